"""What every page of a department has in common."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.people.models import Institution, Member
from firstlight.readiness.models import Board
from firstlight.readiness.policies import can_read, can_write
from firstlight.readiness.queries import board_of
from firstlight.web.requests import TimedRequest


def outbreak_at(request: TimedRequest, slug: str) -> Outbreak:
    """The outbreak of this address, if it was switched on by the moment asked for."""
    return get_object_or_404(Outbreak.objects.known(request.at), slug=slug)


def board_at(request: TimedRequest, slug: str, institution: str) -> Board:
    """The department's board; for whoever may not read it, it is as if it were not there."""
    found = Institution.objects.filter(slug=institution).first()
    board = board_of(outbreak_at(request, slug), found, request.at)
    if board is None or not can_read(request.user, board.institution):
        raise Http404
    return board


def writer(request: TimedRequest, board: Board) -> Member:
    """The member who is about to change something; raises PermissionDenied for one who may only read."""
    member = signed_in(request)
    if not can_write(member, board.institution):
        raise PermissionDenied(_("Only a coordinator or an administrator of this department can change this."))
    return member


def department(request: TimedRequest, board: Board, current: str, **more: Any) -> dict[str, Any]:
    """The context of a department's page: its frame, its own menu, and whether this member may change anything.

    A page as it was on an earlier day changes nothing.
    """
    return {
        **frame_of(board.outbreak, at=request.at, current="readiness"),
        "board": board,
        "institution": board.institution,
        "tab": current,
        "tabs": TABS,
        "as_of": f"?on={request.on.isoformat()}" if request.on else "",
        "may_write": request.on is None and can_write(request.user, board.institution),
        "today": request.at,
        **more,
    }


TABS = (
    ("readiness_board", gettext_lazy("Checklist")),
    ("readiness_plans", gettext_lazy("Zones")),
    ("readiness_rooms", gettext_lazy("Rooms")),
    ("readiness_teams", gettext_lazy("Teams and drills")),
    ("readiness_devices", gettext_lazy("Disinfectants")),
    ("readiness_progress", gettext_lazy("Trend")),
)
