"""Where administrators see how the sending goes, and hold it up."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from firstlight.delivery.actions import NotNow, pause_mailing, resume_mailing, stop_mailing
from firstlight.delivery.models import Mailing
from firstlight.delivery.policies import check_can_see_post
from firstlight.delivery.queries import carriers_now, failures_by_reason, going_mailings
from firstlight.people.doors import signed_in

FAILURES_SINCE = timedelta(days=7)
BY_HAND = "by hand"


@login_required
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Carriers, what is being sent, and why something did not arrive."""
    check_can_see_post(request.user)
    now = timezone.now()
    page = Paginator(Mailing.objects.all(), 20).get_page(request.GET.get("page"))
    return render(
        request,
        "delivery/desk.html",
        {
            "carriers": carriers_now(now),
            "page": page,
            "mailings": going_mailings(page.object_list),
            "failures": failures_by_reason(now - FAILURES_SINCE),
        },
    )


@login_required
@require_POST
def turn(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Pause a mailing, let it go on, or end it."""
    check_can_see_post(request.user)
    mailing, by, at = get_object_or_404(Mailing, pk=pk), signed_in(request), timezone.now()
    try:
        match what:
            case "pause":
                pause_mailing(mailing, by=by, at=at, reason=BY_HAND)
            case "resume":
                resume_mailing(mailing, by=by, at=at)
            case "stop":
                stop_mailing(mailing, by=by, at=at, reason=BY_HAND)
            case _other:
                raise Http404
    except NotNow:
        messages.warning(request, _("Nothing was changed: its state is another one by now."))
    return redirect("post")
