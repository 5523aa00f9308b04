from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from firstlight.literature.actions.editing import split, unite
from firstlight.literature.hooks import resting_on
from firstlight.literature.models import Paper
from firstlight.literature.policies import can_screen, check_can_screen
from firstlight.literature.queries.history import history_of, listings_of, records_shown
from firstlight.literature.queries.papers import card_of, kin_of
from firstlight.literature.views.lists import exported
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest

FILE_NAMES = (("ris", "RIS"), ("bib", "BibTeX"), ("json", "CSL-JSON"), ("csv", "CSV"))


@require_safe
def paper(request: TimedRequest, number: int) -> HttpResponse:
    """One paper: what it says, what became of it, what it is to others, what rests on it."""
    found = get_object_or_404(Paper, pk=number)
    if found.merged_into_id:
        return redirect("paper", found.merged_into_id, permanent=False)
    card = card_of(found, at=request.at)
    if card is None:
        raise Http404
    edits = can_screen(request.user)
    context = {
        "paper": found,
        "card": card,
        "kin": kin_of(found, at=request.at),
        "resting": resting_on(found, at=request.at),
        "history": history_of(found, card, at=request.at),
        "listings": listings_of(found, at=request.at),
        "records": records_shown(found) if edits else [],
        "edits": edits,
        "outbreaks": Outbreak.objects.active(request.now) if edits else [],
        "file_forms": FILE_NAMES,
    }
    return render(request, "literature/paper.html", context)


@require_safe
def export(request: TimedRequest, number: int, form: str) -> HttpResponse:
    """One paper as a file for a reference manager."""
    found = get_object_or_404(Paper, pk=number)
    return exported([found.merged_into_id or found.pk], form, f"paper-{found.pk}", request)


@login_required
@require_POST
def split_paper(request: TimedRequest, number: int) -> HttpResponse:
    """Let some records of a paper be a paper of their own."""
    found, member = get_object_or_404(Paper, pk=number), signed_in(request)
    check_can_screen(member)
    chosen = [int(each) for each in request.POST.getlist("record") if each.isdecimal() and len(each) < 18]
    try:
        other = split(found, chosen, by=member, at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("paper", number)
    messages.success(request, _("Taken apart. They stay two papers, whatever is imported later."))
    return redirect("paper", other.pk)


@login_required
@require_POST
def unite_papers(request: TimedRequest, number: int) -> HttpResponse:
    """Put another paper together with this one."""
    found, member = get_object_or_404(Paper, pk=number), signed_in(request)
    check_can_screen(member)
    told = request.POST.get("other", "").strip().rstrip("/").rpartition("/")[2]
    other = Paper.objects.filter(pk=int(told)).first() if told.isdecimal() and len(told) < 18 else None
    if other is None:
        messages.error(request, _("There is no paper with this number."))
        return redirect("paper", number)
    try:
        first = unite(found, other, by=member, at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("paper", number)
    messages.success(request, _("Put together."))
    return redirect("paper", first.pk)
