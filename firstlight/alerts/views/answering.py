"""Where a reader confirms a notice: by the link in a message, or on its page."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from firstlight.alerts import actions
from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.alerts.queries.answers import acknowledged_at, delivery_of
from firstlight.alerts.queries.archive import Reading, course_of, notice_issued
from firstlight.alerts.queries.audience import notice_of
from firstlight.alerts.queries.texts import body_of
from firstlight.delivery.models import Delivery
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest


# The code in the address is the permission, and a mail program's own browser may keep no cookie.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ack(request: TimedRequest, code: str) -> HttpResponse:
    """A notice with one button; only pressing it confirms, since programs open links too."""
    delivery = delivery_of(code)
    notice = notice_of(delivery.mailing.reference) if delivery else None
    if delivery is None or notice is None:
        return render(request, "alerts/bad_link.html", status=404)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(delivery.language)
        request.LANGUAGE_CODE = delivery.language
    if request.method == "POST" and _may_answer(delivery, notice, request):
        actions.acknowledge(notice, delivery.member, how=Acknowledgement.How.LINK, at=request.now)  # type: ignore[arg-type]
        return redirect("ack", code)
    return render(request, "alerts/ack.html", _page(request, delivery, notice))


def _may_answer(delivery: Delivery, notice: Notice, request: TimedRequest) -> bool:
    is_test = delivery.mailing.reference.startswith("test:")
    return not is_test and delivery.member is not None and notice_issued(notice.number, request.now) is not None


def _page(request: TimedRequest, delivery: Delivery, notice: Notice) -> dict[str, object]:
    course = course_of(notice, request.now) if notice.issued_at else []
    shown = next((each for each in course if each.notice.pk == notice.pk), None)
    last: Reading | None = course[-1] if course else None
    return {
        "notice": notice,
        "body": body_of(notice, (translation.get_language() or "en")[:2]),
        "reading": shown,
        "latest": last if last is not shown else None,
        "is_test": delivery.mailing.reference.startswith("test:"),
        "answered_at": acknowledged_at(notice, delivery.member_id),
        "may_answer": _may_answer(delivery, notice, request),
    }


@login_required
@require_POST
def acknowledge(request: TimedRequest, number: int) -> HttpResponse:
    """The button on a notice's page, for a member who is signed in."""
    found = get_object_or_404(Notice.objects.issued(request.now), number=number)
    actions.acknowledge(found, signed_in(request), how=Acknowledgement.How.PAGE, at=request.now)
    messages.success(request, _("Thank you. You are counted among those who have read it."))
    return redirect("notice", number)
