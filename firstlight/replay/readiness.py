"""The demo's imaginary hospital gets ready: invented from beginning to end, and the same on every machine."""

from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw

from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member
from firstlight.readiness.actions import (
    add_plan,
    add_reference,
    change_item,
    draw_zone,
    log_room,
    put,
    set_due_dates,
    share_score,
    sign_plan,
    start_playbooks,
)
from firstlight.readiness.models import Approval, Board, Drill, Room, Team
from firstlight.readiness.pictures import Picture, read_picture
from firstlight.readiness.rules import Happening, ItemState
from firstlight.replay.script import KOREA_2020, moment, read_toml

ACTOR = "command:demo"
VISIT = (Happening.PATIENT_IN, Happening.PATIENT_OUT, Happening.CLEANING_STARTED, Happening.CLEANING_ENDED)


@transaction.atomic
def play_readiness(outbreak: Outbreak, members: Mapping[str, Member], *, folder: Path = KOREA_2020) -> Board:
    """Start the playbook and let the imaginary department work through it; once played, it stays as it is."""
    script = read_toml(folder / "readiness.toml")
    at = outbreak.activated_at + timedelta(hours=1)
    start_playbooks(outbreak, playbook_key=script["playbook"], by=ACTOR, at=at)
    institution = Institution.objects.get(slug=script["institution"])
    board = Board.objects.get(outbreak=outbreak, institution=institution)
    if board.changes.filter(at__gt=board.started_at).exists():
        return board
    by = members[script["by"]]
    _work(board, script, by)
    _furnish(board, script, by)
    _hang_plan(board, script["plan"], by)
    share_score(board, shares=True, by=by, at=moment(script["due"]["on"], 17))
    return board


def _work(board: Board, script: dict[str, Any], by: Member) -> None:
    """Every item is taken up and settled on its days, with the bulk date in between."""
    steps: list[tuple[Any, ...]] = []
    for owner in script["owners"]:
        for number, begun_on, settled_on in owner["items"]:
            steps.append(
                (moment(begun_on, 9, number), number, {"state": ItemState.IN_PROGRESS, "owner": owner["name"]})
            )
            steps.append((moment(settled_on, 16, number), number, _settled(script, number)))
    bulk_at = moment(script["due"]["on"], 8)
    for at, number, fields in sorted(steps, key=lambda step: step[0]):
        if at > bulk_at and "moved" not in script:
            script["moved"] = set_due_dates(board, _unsettled(board), due_on=script["due"]["due_on"], by=by, at=bulk_at)
        change_item(board, number, by=by, at=at, **fields)
    for number, raw in script["references"].items():
        add_reference(board, int(number), label=raw["label"], address="", by=by, at=moment(raw["on"], 10))


def _settled(script: dict[str, Any], number: int) -> dict[str, Any]:
    note = f"{script['note_ko']} · {script['note_en']}"
    evidence = script["evidence"].get(str(number), "")
    return {"state": ItemState.DONE, "evidence": f"{evidence} ({note})" if evidence else note}


def _unsettled(board: Board) -> list[int]:
    settled = {change.number for change in board.changes.all() if change.is_settled}
    return [number for number in board.playbook.items if number not in settled]


def _furnish(board: Board, script: dict[str, Any], by: Member) -> None:
    """Rooms with their visits, teams, the drill, the disinfectants."""
    began_at = moment(script["rooms"][0]["added_on"], 10)
    rooms = []
    for raw in script["rooms"]:
        fields = {name: value for name, value in raw.items() if name != "added_on"}
        room = Room(institution=board.institution, **fields)
        put(room, by=by, at=moment(raw["added_on"], 10))
        rooms.append(room)
    for day in script["visits"]:
        for times in day["minutes"]:
            for what, minutes in zip(VISIT, times, strict=True):
                log_room(rooms[day["room"]], what, by=by, at=moment(day["on"], 9) + timedelta(minutes=minutes))
    for raw in script["teams"]:
        put(Team(board=board, **{**raw, "people": "\n".join(raw["people"])}), by=by, at=began_at)
    for raw in script["drills"]:
        put(Drill(board=board, **raw), by=by, at=moment(raw["held_on"], 18))
    for raw in script["approvals"]:
        put(Approval(institution=board.institution, **raw), by=by, at=began_at)


def _hang_plan(board: Board, raw: dict[str, Any], by: Member) -> None:
    at = moment(raw["added_on"], 11)
    plan = add_plan(board, name=raw["name"], picture=draw_floor_plan(), by=by, at=at)
    for zone in raw["zones"]:
        corners = [(float(x), float(y)) for x, y in zone["corners"]]
        draw_zone(plan, kind=zone["kind"], label=zone["label"], corners=corners, by=by, at=at)
    sign_plan(plan, by=by, at=moment(raw["signed_on"], 15))


def draw_floor_plan() -> Picture:
    """The ground floor of a department that exists nowhere: walls, doors and a scanner."""
    image = Image.new("RGB", (1200, 800), "white")
    pen = ImageDraw.Draw(image)
    for left, top, right, bottom in ROOMS:
        pen.rectangle((left, top, right, bottom), outline="#37424a", width=6)
    for left, top, right, bottom in DOORS:
        pen.line((left, top, right, bottom), fill="white", width=8)
    pen.ellipse((880, 190, 1010, 320), outline="#37424a", width=5)
    pen.rectangle((920, 255, 970, 420), outline="#37424a", width=5)
    pen.rectangle((480, 250, 660, 290), outline="#8a959c", width=4)
    for place in range(4):
        pen.rectangle((90 + 80 * place, 90, 150 + 80 * place, 130), outline="#8a959c", width=4)
    out = BytesIO()
    image.save(out, "PNG")
    return read_picture(BytesIO(out.getvalue()))


ROOMS = (
    (24, 24, 440, 376),
    (450, 24, 700, 376),
    (710, 24, 1176, 500),
    (450, 392, 700, 612),
    (24, 392, 440, 776),
    (450, 624, 1176, 776),
)
DOORS = (
    (440, 180, 440, 250),
    (700, 430, 700, 480),
    (540, 376, 620, 376),
    (540, 612, 620, 612),
    (900, 500, 980, 500),
    (1176, 660, 1176, 740),
)
