from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.literature.actions.screening import describe, include_at_once, put_before_editors, vote
from firstlight.literature.forms import NoteForm
from firstlight.literature.models import Listing, Paper
from firstlight.literature.policies import check_can_screen
from firstlight.literature.queries.listing import plan_of, queue, rows_of
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest

PAGE = 10
STATES = (Listing.State.WAITING, Listing.State.CONFLICT, Listing.State.EXCLUDED)


@login_required
def screening(request: TimedRequest, slug: str) -> HttpResponse:
    """What waits for the outbreak's editors, what they disagree on, what they left out."""
    member = signed_in(request)
    check_can_screen(member)
    outbreak = get_object_or_404(Outbreak, slug=slug)
    state = request.GET.get("state", Listing.State.WAITING)
    state = state if state in STATES else Listing.State.WAITING
    mine = member if state == Listing.State.WAITING else None
    page = Paginator(queue(outbreak, state=state, member=mine), PAGE).get_page(request.GET.get("page"))
    context = {
        **frame_of(outbreak, at=request.now, current="outbreak_literature"),
        "state": state,
        "states": [(each, each.label, queue(outbreak, state=each).count()) for each in STATES],
        "page_obj": page,
        "rows": rows_of(list(page.object_list), at=request.now, language=get_language() or "en"),
        "plan": plan_of(outbreak),
    }
    return render(request, "literature/screening.html", context)


@login_required
@require_POST
def decide(request: TimedRequest, slug: str, number: int) -> HttpResponse:
    """A screener's word on one paper."""
    listing = get_object_or_404(Listing.objects.select_related("outbreak"), outbreak__slug=slug, paper=number)
    reason = request.POST.get("why", "") or request.POST.get("reason", "")
    is_included = request.POST.get("word") == "include"
    settles = listing.state == Listing.State.CONFLICT
    try:
        done = vote(
            listing, is_included=is_included, reason=reason, by=signed_in(request), at=request.now, settles=settles
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _told(done))
    back = reverse("screening", args=[slug])
    return redirect(f"{back}?state={Listing.State.CONFLICT}" if settles else back)


def _told(listing: Listing) -> str:
    return {
        Listing.State.INCLUDED: _("Included."),
        Listing.State.EXCLUDED: _("Left out."),
        Listing.State.CONFLICT: _("The two screeners disagree; a third person decides."),
    }.get(Listing.State(listing.state), _("Kept. One more screener has to look at it."))


@login_required
def listing(request: TimedRequest, slug: str, number: int) -> HttpResponse:
    """Tags of a listed paper and why it matters."""
    member = signed_in(request)
    check_can_screen(member)
    found = get_object_or_404(Listing.objects.select_related("outbreak", "paper"), outbreak__slug=slug, paper=number)
    form = NoteForm(request.POST or None, initial={"note_ko": found.note_ko, "note_en": found.note_en})
    if request.method == "POST" and form.is_valid():
        describe(found, tags=request.POST.getlist("tag"), **form.cleaned_data, by=member, at=request.now)
        messages.success(request, _("Kept."))
        return redirect("paper", number)
    context = {
        **frame_of(found.outbreak, at=request.now, current="outbreak_literature"),
        "form": form,
        "listing": found,
        "tags": [(each, each.key in found.tags) for each in found.outbreak.paper_tags.all()],
    }
    return render(request, "literature/listing.html", context)


@login_required
@require_POST
def propose(request: TimedRequest, number: int) -> HttpResponse:
    """Put a paper before an outbreak's editors, or straight into its list."""
    member = signed_in(request)
    check_can_screen(member)
    paper = get_object_or_404(Paper.objects.standing_alone(), pk=number)
    outbreak = get_object_or_404(Outbreak.objects.active(request.now), slug=request.POST.get("outbreak", ""))
    if request.POST.get("at_once"):
        include_at_once([paper.pk], outbreak=outbreak, reason=_("Chosen by an editor"), by=member, at=request.now)
    else:
        put_before_editors([paper.pk], outbreak=outbreak, at=request.now)
    messages.success(request, _("Done."))
    return redirect("paper", number)
