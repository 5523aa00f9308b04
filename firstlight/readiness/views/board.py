from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.people.models import Institution, Member, Role
from firstlight.readiness import actions
from firstlight.readiness.charts import trend_chart
from firstlight.readiness.forms import DueForm, ItemForm, ReferenceForm, StartForm
from firstlight.readiness.models import Board, Edition, ItemChange, Reference
from firstlight.readiness.policies import can_write
from firstlight.readiness.queries import (
    Row,
    board_of,
    board_view,
    comparison,
    edition_of,
    history_of,
    is_shared,
    item_now,
    item_of,
    playbooks,
    summary,
    trend_of,
)
from firstlight.readiness.rules import LEAST_TO_COMPARE, pause_minutes
from firstlight.readiness.views.frame import board_at, department, outbreak_at, writer
from firstlight.web.requests import TimedRequest

PAUSES = [
    (air_changes, pause_minutes(air_changes, removal_percent=99), pause_minutes(air_changes))
    for air_changes in (2, 4, 6, 8, 10, 12, 15, 20)
]
SHOW = ("all", "overdue", "unsettled", "settled")


def overview(request: TimedRequest, slug: str) -> HttpResponse:
    """The playbook for everyone; for a member also how their own department stands."""
    outbreak = outbreak_at(request, slug)
    edition = edition_of(outbreak, request.at)
    context = {
        "edition": edition,
        "playbook": edition.playbook if edition else None,
        "playbooks": playbooks(),
        "pauses": PAUSES,
        "summary": summary(outbreak, request.at, request.user),
        "as_of": f"?on={request.on.isoformat()}" if request.on else "",
        **_beginning(request, outbreak, edition),
        **frame_of(outbreak, at=request.at, current="readiness"),
    }
    return render(request, "readiness/overview.html", context)


def _beginning(request: TimedRequest, outbreak: Outbreak, edition: Edition | None) -> dict[str, Any]:
    """What this member may start here, and, for an administrator, the departments that began."""
    member = request.user
    if not isinstance(member, Member):
        return {}
    own = member.institution
    administers = member.has_role(Role.ADMINISTRATOR)
    begun = Board.objects.filter(outbreak=outbreak, started_at__lte=request.at).select_related("institution")
    return {
        "own": own,
        "others": [each for each in begun if each.institution != own] if administers else [],
        "may_start": own is not None and can_write(member, own) and not board_of(outbreak, own, request.at),
        "may_start_everywhere": administers,
        "start_form": StartForm(initial={"playbook": edition.key if edition else "respiratory"}),
    }


@login_required
@require_POST
def start(request: TimedRequest, slug: str) -> HttpResponse:
    """Start the playbook: in one's own department, or, for an administrator, in every one."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.now), slug=slug)
    member = signed_in(request)
    form = StartForm(request.POST)
    edition = edition_of(outbreak, request.now)
    if not form.is_valid() and edition is None:
        messages.error(request, _("Choose a playbook."))
        return redirect("readiness", slug)
    key = form.cleaned_data.get("playbook") or (edition.key if edition else "")
    if "everywhere" in request.POST:
        boards = actions.start_playbooks(outbreak, playbook_key=key, by=member, at=request.now)
        told = ngettext("%(count)d department has begun.", "%(count)d departments have begun.", len(boards))
        messages.success(request, told % {"count": len(boards)})
        return redirect("readiness", slug)
    own = get_object_or_404(Institution, pk=member.institution_id)
    actions.start_playbook(outbreak, own, playbook_key=key, by=member, at=request.now)
    return redirect("readiness_board", slug, own.slug)


@login_required
def show(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """The department's board: every item, what is late first of all."""
    board = board_at(request, slug, institution)
    view = board_view(board, request.at)
    shown = request.GET.get("show", "all")
    shown = shown if shown in SHOW else "all"
    sections = [(each, [row for row in each.rows if _belongs(row, shown)]) for each in view.sections]
    context = department(
        request,
        board,
        "readiness_board",
        view=view,
        sections=[(section, rows) for section, rows in sections if rows],
        shown=shown,
        filters=_filters(),
    )
    return render(request, "readiness/board.html", context)


def _filters() -> list[tuple[str, str]]:
    words = (_("All"), _("Overdue"), _("To do"), _("Settled"))
    return list(zip(SHOW, words, strict=True))


def _belongs(row: Row, shown: str) -> bool:
    """Whether a row is among what the reader asked to see."""
    return {
        "all": True,
        "overdue": row.is_overdue,
        "unsettled": not row.now.is_settled,
        "settled": row.now.is_settled,
    }[shown]


@login_required
def item(request: TimedRequest, slug: str, institution: str, number: int) -> HttpResponse:
    """One item: how it stands, its history, and the form that changes it."""
    board = board_at(request, slug, institution)
    found = item_of(board, number)
    now = item_now(board, number, request.at)
    earlier, later = _neighbours(list(board.playbook.items), number)
    form = ItemForm(
        request.POST or None,
        instance=ItemChange(board=board, number=number),
        initial={**{name: getattr(now, name) for name in ITEM_FIELDS}, "seen": now.pk},
    )
    if request.method == "POST":
        member = writer(request, board)
        if form.is_valid() and _changed(form, board, number, by=member, request=request):
            messages.success(request, _("Saved."))
            return redirect("readiness_item", slug, institution, later if later and "next" in request.POST else number)
    context = department(
        request,
        board,
        "readiness_board",
        item=found,
        now=now,
        form=form,
        people=Member.objects.filter(institution=board.institution, is_active=True),
        history=history_of(board, number, request.at),
        references=Reference.objects.filter(board=board, number=number).there(request.at),
        reference_form=ReferenceForm(),
        earlier=earlier,
        later=later,
    )
    return render(request, "readiness/item.html", context)


def _neighbours(numbers: list[int], number: int) -> tuple[int | None, int | None]:
    """The items before and after one."""
    place = numbers.index(number)
    return (
        numbers[place - 1] if place else None,
        numbers[place + 1] if place + 1 < len(numbers) else None,
    )


ITEM_FIELDS = ("state", "owner", "due_on", "evidence", "evidence_link")


def _changed(form: ItemForm, board: Board, number: int, *, by: Member, request: TimedRequest) -> bool:
    """Save the form; when someone else was quicker, say so and let the author save again over it."""
    fields = {name: form.cleaned_data[name] for name in (*ITEM_FIELDS, "comment")}
    try:
        actions.change_item(board, number, by=by, at=request.now, seen=form.cleaned_data["seen"], **fields)
    except ValidationError as error:
        form.add_error(None, error)
        form.data = {**request.POST.dict(), "seen": str(item_now(board, number, request.now).pk)}
        return False
    return True


@login_required
@require_POST
def add_reference(request: TimedRequest, slug: str, institution: str, number: int) -> HttpResponse:
    """Link an item to a guideline's or notice's version."""
    board = board_at(request, slug, institution)
    form = ReferenceForm(request.POST)
    if form.is_valid():
        actions.add_reference(board, number, by=signed_in(request), at=request.now, **form.cleaned_data)
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("readiness_item", slug, institution, number)


@login_required
@require_POST
def remove_reference(request: TimedRequest, slug: str, institution: str, number: int, pk: int) -> HttpResponse:
    """Take a link away."""
    board = board_at(request, slug, institution)
    row = get_object_or_404(Reference, pk=pk, board=board, number=number)
    actions.remove(row, by=signed_in(request), at=request.now)
    return redirect("readiness_item", slug, institution, number)


@login_required
def due(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """One due date for several items, or for whole groups."""
    board = board_at(request, slug, institution)
    member = writer(request, board)
    groups = {group.key: [each.number for each in group.items] for group in board.playbook.groups}
    form = DueForm(request.POST or None, numbers=list(board.playbook.items), groups=groups)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        moved = actions.set_due_dates(board, data["numbers"], due_on=data["due_on"], by=member, at=request.now)
        told = ngettext("%(count)d item has a new date.", "%(count)d items have a new date.", moved)
        messages.success(request, told % {"count": moved})
        return redirect("readiness_board", slug, institution)
    view = board_view(board, request.at)
    return render(request, "readiness/due.html", department(request, board, "readiness_board", form=form, view=view))


@login_required
def progress(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """The department's score day by day, and, if it shares its own, where the others stand."""
    board = board_at(request, slug, institution)
    if request.method == "POST":
        actions.share_score(board, shares="share" in request.POST, by=writer(request, board), at=request.now)
        return redirect("readiness_progress", slug, institution)
    days = trend_of(board, request.at)
    shared = is_shared(board, request.at)
    context = department(
        request,
        board,
        "readiness_progress",
        view=board_view(board, request.at),
        score_days=[each for place, each in enumerate(days) if place == 0 or each.score != days[place - 1].score],
        chart=trend_chart(days),
        shared=shared,
        spread=comparison(board.outbreak, request.at) if shared else None,
        least=LEAST_TO_COMPARE,
    )
    return render(request, "readiness/progress.html", context)
