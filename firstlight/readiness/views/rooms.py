from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.people.doors import signed_in
from firstlight.readiness import actions
from firstlight.readiness.forms import RoomForm
from firstlight.readiness.models import HAPPENINGS, Room
from firstlight.readiness.policies import can_log, can_read
from firstlight.readiness.queries import log_of, room_now, rooms_of
from firstlight.readiness.rules import PAUSE_MINUTES_WHEN_UNKNOWN, Happening
from firstlight.readiness.views.frame import board_at, department, writer
from firstlight.web.requests import TimedRequest


@login_required
def show_all(request: TimedRequest, slug: str, institution: str) -> HttpResponse:
    """The department's rooms, how each stands, and the form that adds one."""
    board = board_at(request, slug, institution)
    form = RoomForm(request.POST or None, instance=Room(institution=board.institution))
    if request.method == "POST":
        member = writer(request, board)
        if form.is_valid():
            actions.put(form.save(commit=False), by=member, at=request.now)
            return redirect("readiness_rooms", slug, institution)
    rooms = rooms_of(board.institution, request.at)
    context = department(request, board, "readiness_rooms", rooms=rooms, form=form, unknown=PAUSE_MINUTES_WHEN_UNKNOWN)
    return render(request, "readiness/rooms.html", context)


@login_required
def edit(request: TimedRequest, slug: str, institution: str, pk: int) -> HttpResponse:
    """A room's ventilation."""
    board = board_at(request, slug, institution)
    room = get_object_or_404(Room.objects.there(request.at), pk=pk, institution=board.institution)
    member = writer(request, board)
    form = RoomForm(request.POST or None, instance=room)
    if request.method == "POST" and form.is_valid():
        actions.put(form.save(commit=False), by=member, at=request.now)
        messages.success(request, _("Saved."))
        return redirect("readiness_rooms", slug, institution)
    context = department(request, board, "readiness_rooms", form=form, what="room", row=room)
    return render(request, "readiness/edit.html", context)


def _room(request: TimedRequest, pk: int) -> Room:
    """A room that this member may see; otherwise it is as if there were none."""
    room: Room = get_object_or_404(Room.objects.select_related("institution").there(request.at), pk=pk)
    if not can_read(request.user, room.institution):
        raise Http404
    return room


@login_required
def tablet(request: TimedRequest, pk: int) -> HttpResponse:
    """The page that hangs beside a room's door."""
    room = _room(request, pk)
    status = room_now(room, request.at)
    context = {
        "room": room,
        "status": status,
        "log": log_of(room, request.at, limit=12),
        "words": HAPPENINGS,
        "may_log": request.on is None and can_log(request.user, room.institution),
        "unknown": PAUSE_MINUTES_WHEN_UNKNOWN,
        "today": request.at,
    }
    return render(request, "readiness/room.html", context)


@login_required
@require_POST
def log(request: TimedRequest, pk: int) -> HttpResponse:
    """Write down what just happened."""
    room = _room(request, pk)
    what = request.POST.get("what", "")
    if what not in set(Happening):
        raise Http404
    try:
        actions.log_room(
            room,
            Happening(what),
            by=signed_in(request),
            at=request.now,
            isolation=request.POST.get("isolation") != "no",
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("readiness_room", pk)


@login_required
@require_POST
def undo(request: TimedRequest, pk: int) -> HttpResponse:
    """Strike the last line out."""
    if actions.undo_last(_room(request, pk), by=signed_in(request), at=request.now):
        messages.success(request, _("The last line was struck out."))
    return redirect("readiness_room", pk)
