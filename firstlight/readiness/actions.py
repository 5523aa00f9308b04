from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.imaging.store import keep
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member
from firstlight.readiness.models import (
    Approval,
    Board,
    Drill,
    Edition,
    ItemChange,
    Lasting,
    OutbreakPlaybook,
    Plan,
    PlanSigning,
    Reference,
    Room,
    RoomLogEntry,
    Sharing,
    Team,
    Zone,
)
from firstlight.readiness.pictures import Picture
from firstlight.readiness.playbook import digest_of, documents
from firstlight.readiness.policies import check_can_log, check_can_start_everywhere, check_can_write
from firstlight.readiness.queries import edition_of, item_now, room_now
from firstlight.readiness.rules import PAUSE_MINUTES_WHEN_UNKNOWN, Corner, Happening, RoomState, fault_of

PICTURES = "plans"


@transaction.atomic
def start_playbooks(outbreak: Outbreak, *, playbook_key: str, by: Member | str, at: datetime) -> list[Board]:
    """Let the outbreak go by a playbook, and start it in every department that has members; again, it adds who is new.

    Raises ValidationError for a playbook that does not exist.
    """
    edition = choose_playbook(outbreak, playbook_key=playbook_key, by=by, at=at)
    taking_part = Institution.objects.filter(member__is_active=True).distinct()
    return [_start_board(outbreak, each, edition, by=by, at=at) for each in taking_part]


def set_up_playbook(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """The share of an outbreak's activation: start the playbook of its plan, if it names one."""
    if plan.get("playbook"):
        start_playbooks(outbreak, playbook_key=str(plan["playbook"]), by=by, at=at)


@transaction.atomic
def take_back_playbook(outbreak: Outbreak) -> None:
    """Remove what `set_up_playbook` set up."""
    outbreak.boards.all().delete()
    outbreak.playbooks.all().delete()


@transaction.atomic
def start_playbook(
    outbreak: Outbreak, institution: Institution, *, playbook_key: str, by: Member, at: datetime
) -> Board:
    """Start one department's board: by the outbreak's playbook, or by its own choice while the outbreak has none."""
    check_can_write(by, institution)
    edition = edition_of(outbreak, at) or _edition(playbook_key)
    return _start_board(outbreak, institution, edition, by=by, at=at)


def choose_playbook(outbreak: Outbreak, *, playbook_key: str, by: Member | str, at: datetime) -> Edition:
    """Let the outbreak go by the newest edition of a playbook from now on; boards already started keep theirs."""
    check_can_start_everywhere(by)
    edition = _edition(playbook_key)
    if edition_of(outbreak, at) != edition:
        OutbreakPlaybook.objects.create(outbreak=outbreak, edition=edition, since=at)
        record("readiness.playbook_chosen", outbreak, by=by, at=at, playbook=str(edition))
    return edition


def _edition(playbook_key: str) -> Edition:
    """The playbook on the shelf, its wording kept; raises ValidationError for one that does not exist."""
    document = documents().get(playbook_key)
    if document is None:
        raise ValidationError(_("There is no playbook of that name."))
    edition, _made = Edition.objects.get_or_create(
        digest=digest_of(document),
        defaults={"key": document["key"], "version": document["version"], "document": document},
    )
    return edition


def _start_board(
    outbreak: Outbreak, institution: Institution, edition: Edition, *, by: Member | str, at: datetime
) -> Board:
    """A department's board with every item open and due after its days; the one it has stays as it is."""
    board, made = Board.objects.get_or_create(
        outbreak=outbreak, institution=institution, defaults={"edition": edition, "started_at": at}
    )
    if made:
        today = timezone.localdate(at)
        author = by if isinstance(by, Member) else None
        ItemChange.objects.bulk_create(
            ItemChange(board=board, number=item.number, at=at, by=author, due_on=today + timedelta(days=item.due_days))
            for item in board.playbook.items.values()
        )
        record("readiness.started", board, by=by, at=at, playbook=str(edition))
    return board


@transaction.atomic
def change_item(
    board: Board, number: int, *, by: Member, at: datetime, seen: int | None = None, **fields: Any
) -> ItemChange:
    """Change some of an item's fields, or only comment on it; the others stay as they are.

    `seen` is the change the author last saw: raises ValidationError if someone else has changed the item since.
    """
    check_can_write(by, board.institution)
    before = item_now(board, number, at)
    if seen is not None and before.pk != seen:
        raise ValidationError(
            _("Someone else changed this item meanwhile. Look at it again; nothing of yours is lost.")
        )
    kept = {name: getattr(before, name) for name in ("state", "owner", "due_on", "evidence", "evidence_link")}
    after = ItemChange(board=board, number=number, at=at, by=by, **{**kept, **fields})
    after.full_clean(exclude=["by"])
    if not after.comment and all(getattr(after, name) == value for name, value in kept.items()):
        return before
    after.save()
    record("readiness.item_changed", board, by=by, at=at, item=number, state=after.state)
    return after


@transaction.atomic
def set_due_dates(board: Board, numbers: Iterable[int], *, due_on: date, by: Member, at: datetime) -> int:
    """Give several items one due date; gives how many changed."""
    check_can_write(by, board.institution)
    known = sorted(set(numbers) & board.playbook.items.keys())
    moved = [number for number in known if item_now(board, number, at).due_on != due_on]
    for number in moved:
        change_item(board, number, by=by, at=at, due_on=due_on)
    return len(moved)


@transaction.atomic
def add_reference(board: Board, number: int, *, label: str, address: str, by: Member, at: datetime) -> Reference:
    """Link an item to a version of a guideline or a notice."""
    check_can_write(by, board.institution)
    item_now(board, number, at)
    row = Reference(board=board, number=number, label=label, address=address, added_at=at)
    row.full_clean()
    row.save()
    record("readiness.reference_added", board, by=by, at=at, item=number)
    return row


@transaction.atomic
def share_score(board: Board, *, shares: bool, by: Member, at: datetime) -> None:
    """Let the board's score be counted, nameless, among the others', or stop that."""
    check_can_write(by, board.institution)
    shared = Sharing.objects.filter(board=board).there(at)
    if shares and not shared.exists():
        Sharing.objects.create(board=board, added_at=at)
    elif not shares:
        shared.update(removed_at=at)
    record("readiness.sharing", board, by=by, at=at, shares=shares)


@transaction.atomic
def add_plan(board: Board, *, name: str, picture: Picture, by: Member, at: datetime) -> Plan:
    """Hang up a floor plan."""
    check_can_write(by, board.institution)
    [digest] = keep([picture.content], room=PICTURES)
    plan = Plan(board=board, name=name, digest=digest, width=picture.width, height=picture.height, added_at=at)
    plan.full_clean()
    plan.save()
    record("readiness.plan_added", board, by=by, at=at, plan=plan.pk)
    return plan


@transaction.atomic
def draw_zone(plan: Plan, *, kind: str, label: str, corners: list[Corner], by: Member, at: datetime) -> Zone:
    """Draw a zone; whoever signed the plan has to look again. Raises ValidationError for corners that make none."""
    check_can_write(by, plan.board.institution)
    if fault := fault_of(corners):
        raise ValidationError({"corners": FAULTS[fault]()})
    zone = Zone(plan=plan, kind=kind, label=label, corners=[list(each) for each in corners], added_at=at)
    zone.full_clean()
    zone.save()
    _end_signing(plan, at=at)
    record("readiness.zone_drawn", plan, by=by, at=at, kind=kind)
    return zone


@transaction.atomic
def redraw_zone(zone: Zone, *, kind: str, label: str, corners: list[Corner], by: Member, at: datetime) -> Zone:
    """Replace a zone by another; the old one stays for the days it was there."""
    remove(zone, by=by, at=at)
    return draw_zone(zone.plan, kind=kind, label=label, corners=corners, by=by, at=at)


FAULTS = {
    "few": lambda: _("A zone needs at least three corners, each in its own place."),
    "many": lambda: _("A zone has at most 40 corners."),
    "outside": lambda: _("Every corner lies between 0 and 100 per cent."),
    "crossing": lambda: _("The zone's edges cross each other."),
    "flat": lambda: _("The corners enclose nothing."),
}


@transaction.atomic
def sign_plan(plan: Plan, *, by: Member, at: datetime) -> PlanSigning:
    """Put one's name to a plan's zones as they are; raises ValidationError when it has none."""
    check_can_write(by, plan.board.institution)
    if not Zone.objects.filter(plan=plan).there(at).exists():
        raise ValidationError(_("Draw the zones first, then sign."))
    _end_signing(plan, at=at)
    signing = PlanSigning.objects.create(plan=plan, by=by, signed_at=at)
    record("readiness.plan_signed", plan, by=by, at=at)
    return signing


def _end_signing(plan: Plan, *, at: datetime) -> None:
    plan.signings.filter(ended_at__isnull=True).update(ended_at=at)


@transaction.atomic
def put(row: Team | Drill | Approval | Room, *, by: Member, at: datetime) -> None:
    """Add a department's team, drill, approval or room, or keep what was changed about it."""
    check_can_write(by, institution_of(row))
    verb = "changed" if row.pk else "added"
    row.added_at = row.added_at or at
    row.full_clean()
    row.save()
    record(f"readiness.{row._meta.model_name}_{verb}", row, by=by, at=at)


@transaction.atomic
def remove(row: Lasting, *, by: Member, at: datetime) -> None:
    """Take something away from now on; the days before still show it."""
    check_can_write(by, institution_of(row))
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    if isinstance(row, Zone):
        _end_signing(row.plan, at=at)
    record(f"readiness.{row._meta.model_name}_removed", row, by=by, at=at)


def institution_of(row: Lasting) -> Institution:
    """The department that something belongs to."""
    if isinstance(row, Zone):
        return row.plan.board.institution
    if isinstance(row, (Room, Approval)):
        return row.institution
    board: Board = row.board  # type: ignore[attr-defined]  # every other Lasting hangs on a board
    return board.institution


@transaction.atomic
def log_room(room: Room, what: Happening, *, by: Member, at: datetime, isolation: bool = True) -> RoomLogEntry:
    """Write down what just happened in a room; raises ValidationError for what cannot have happened."""
    check_can_log(by, room.institution)
    room = Room.objects.select_for_update().get(pk=room.pk)
    status = room_now(room, at)
    if what not in status.may_happen:
        raise ValidationError(
            _("Someone has logged this already, or something else happened first. This is how the room stands now.")
        )
    comes_in = what == Happening.PATIENT_IN
    pause = room.pause_minutes
    entry = RoomLogEntry.objects.create(
        room=room,
        what=what,
        at=at,
        by=by,
        visit=status.visit + 1 if comes_in else status.visit,
        isolation=isolation if comes_in else status.isolation,
        pause_minutes=PAUSE_MINUTES_WHEN_UNKNOWN if pause is None else pause,
        was_early=comes_in and status.state != RoomState.FREE,
    )
    record("readiness.room_logged", room, by=by, at=at, what=what, visit=entry.visit)
    return entry


@transaction.atomic
def undo_last(room: Room, *, by: Member, at: datetime) -> RoomLogEntry | None:
    """Strike the last line of a room's log; it stays readable as struck out."""
    check_can_log(by, room.institution)
    last = room.log.filter(undone_at__isnull=True).last()
    if last is None:
        return None
    last.undone_at = at
    last.save(update_fields=["undone_at"])
    record("readiness.room_undone", room, by=by, at=at, what=last.what, visit=last.visit)
    return last
