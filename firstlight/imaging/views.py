from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.imaging.actions import discard_held, retry_held
from firstlight.imaging.models import Held, Study
from firstlight.imaging.policies import check_can_keep_quarantine
from firstlight.imaging.queries import account_of
from firstlight.imaging.reasons import ACTIONS, sentence_for
from firstlight.people.doors import signed_in, who_asks
from firstlight.web.requests import TimedRequest


@login_required
def quarantine(request: TimedRequest) -> HttpResponse:
    """What could not be accepted, why, and what to do about it."""
    check_can_keep_quarantine(signed_in(request))
    page = Paginator(Held.objects.select_related("outbreak"), 50).get_page(request.GET.get("page"))
    rows = [(held, sentence_for(held.reason)) for held in page]
    return render(request, "imaging/quarantine.html", {"rows": rows, "page": page})


@login_required
@require_POST
def retry(request: TimedRequest, number: int) -> HttpResponse:
    """Judge a held file once more."""
    member = signed_in(request)
    check_can_keep_quarantine(member)
    held = get_object_or_404(Held, pk=number, state=Held.State.HELD, kept=True)
    outcome = retry_held(held, by=member, at=request.now)
    if outcome.status == "held":
        messages.warning(request, _("It is still held: %(why)s") % {"why": sentence_for(outcome.reason)})
    else:
        messages.success(request, _("The file was accepted."))
    return redirect("quarantine")


@login_required
@require_POST
def discard(request: TimedRequest, number: int) -> HttpResponse:
    """Delete a held file's bytes for good."""
    member = signed_in(request)
    check_can_keep_quarantine(member)
    discard_held(get_object_or_404(Held, pk=number, state=Held.State.HELD), by=member, at=request.now)
    messages.success(request, _("The file was deleted."))
    return redirect("quarantine")


def receipt(request: TimedRequest, study: str) -> HttpResponse:
    """What de-identification did to a study before it came here, for anyone who may see the study."""
    visible = Study.objects.visible_to(who_asks(request, at=request.now), at=request.now)
    account = account_of(get_object_or_404(visible, study_instance_uid=study))
    if account is None:
        raise Http404
    return render(request, "imaging/receipt.html", {"account": account, "actions": ACTIONS})
