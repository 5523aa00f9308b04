from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from firstlight.readiness import actions
from firstlight.readiness.forms import ApprovalForm, DrillForm, TeamForm
from firstlight.readiness.models import Approval, Board, Drill, Lasting, Plan, Room, Team
from firstlight.readiness.queries import approvals_of, people_twice, teams_of
from firstlight.readiness.views.frame import board_at, department, writer
from firstlight.web.requests import TimedRequest

# What can be edited and removed by its name in an address: its form, the page it is on, and where to look for it.
ROWS: dict[str, tuple[Any, str, Callable[[Board], Any]]] = {
    "team": (TeamForm, "readiness_teams", lambda board: Team.objects.filter(board=board)),
    "drill": (DrillForm, "readiness_teams", lambda board: Drill.objects.filter(board=board)),
    "approval": (
        ApprovalForm,
        "readiness_devices",
        lambda board: Approval.objects.filter(institution=board.institution),
    ),
    "room": (None, "readiness_rooms", lambda board: Room.objects.filter(institution=board.institution)),
    "plan": (None, "readiness_plans", lambda board: Plan.objects.filter(board=board)),
}


@login_required
def teams(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """The teams that never meet, and the drills."""
    board = board_at(request, slug, institution)
    team_form, drill_form = TeamForm(prefix="team"), DrillForm(prefix="drill")
    if request.method == "POST":
        member = writer(request, board)
        if "team-name" in request.POST:
            team_form = TeamForm(request.POST, prefix="team", instance=Team(board=board))
        else:
            drill_form = DrillForm(request.POST, prefix="drill", instance=Drill(board=board))
        form: Any = team_form if team_form.is_bound else drill_form
        if form.is_valid():
            actions.put(form.save(commit=False), by=member, at=request.now)
            return redirect("readiness_teams", slug, institution)
    found = teams_of(board, request.at)
    context = department(
        request,
        board,
        "readiness_teams",
        teams=found,
        twice=people_twice(found),
        drills=Drill.objects.filter(board=board).there(request.at),
        on=timezone.localdate(request.at),
        team_form=team_form,
        drill_form=drill_form,
    )
    return render(request, "readiness/teams.html", context)


@login_required
def devices(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """Which disinfectant may go on which device."""
    board = board_at(request, slug, institution)
    form = ApprovalForm(request.POST or None, instance=Approval(institution=board.institution))
    if request.method == "POST":
        member = writer(request, board)
        if form.is_valid():
            actions.put(form.save(commit=False), by=member, at=request.now)
            return redirect("readiness_devices", slug, institution)
    rows = approvals_of(board.institution, board.playbook, request.at)
    context = department(request, board, "readiness_devices", rows=rows, form=form, playbook=board.playbook)
    return render(request, "readiness/devices.html", context)


@login_required
def edit(request: TimedRequest, slug: str, institution: str, what: str, pk: int) -> HttpResponse:
    """Change a team, a drill or a device's disinfectant."""
    board = board_at(request, slug, institution)
    row, form_class, back = _row(board, what, pk, request)
    member = writer(request, board)
    if form_class is None:
        raise Http404
    form = form_class(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        actions.put(form.save(commit=False), by=member, at=request.now)
        return redirect(back, slug, institution)
    return render(request, "readiness/edit.html", department(request, board, back, form=form, what=what, row=row))


@login_required
@require_POST
def remove(request: TimedRequest, slug: str, institution: str, what: str, pk: int) -> HttpResponse:
    """Take one of them away from now on."""
    board = board_at(request, slug, institution)
    row, _form, back = _row(board, what, pk, request)
    actions.remove(row, by=writer(request, board), at=request.now)
    return redirect(back, slug, institution)


def _row(board: Board, what: str, pk: int, request: TimedRequest) -> tuple[Lasting, Any, str]:
    if what not in ROWS:
        raise Http404
    form_class, back, rows = ROWS[what]
    return get_object_or_404(rows(board).there(request.now), pk=pk), form_class, back
