from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db.models import F, Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firstlight.outbreaks.hooks import News, Task
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Institution, Member, Role
from firstlight.readiness.models import (
    Approval,
    Board,
    Edition,
    ItemChange,
    OutbreakPlaybook,
    Plan,
    PlanSigning,
    Room,
    RoomLogEntry,
    Sharing,
    Team,
    Zone,
)
from firstlight.readiness.playbook import Disinfection, Group, Item, Playbook, documents, read_playbook
from firstlight.readiness.rules import (
    ItemState,
    RoomStatus,
    Spread,
    people_in_several,
    room_status,
    score_percent,
    spread,
    trend,
)


@dataclass(frozen=True)
class Row:
    """An item and how it stands."""

    item: Item
    now: ItemChange
    today: date

    @property
    def is_overdue(self) -> bool:
        """Whether its day has passed and it is not settled."""
        return not self.now.is_settled and self.now.due_on is not None and self.now.due_on < self.today


@dataclass(frozen=True)
class Section:
    """A group of items as a board shows it."""

    group: Group
    rows: tuple[Row, ...]

    @property
    def settled(self) -> int:
        """How many are done or do not apply."""
        return sum(row.now.is_settled for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class BoardView:
    """A department's board at a moment."""

    board: Board
    sections: tuple[Section, ...]

    @property
    def rows(self) -> list[Row]:
        """Every item, in the playbook's order."""
        return [row for section in self.sections for row in section.rows]

    @property
    def score(self) -> int | None:
        """Items done among those that apply, in per cent."""
        return score_percent(row.now.state for row in self.rows)

    @property
    def done(self) -> int:
        return sum(row.now.state == ItemState.DONE for row in self.rows)

    @property
    def applicable(self) -> int:
        return sum(row.now.state != ItemState.NOT_APPLICABLE for row in self.rows)

    @property
    def in_progress(self) -> int:
        return sum(row.now.state == ItemState.IN_PROGRESS for row in self.rows)

    @property
    def overdue(self) -> list[Row]:
        """What is late, the latest first."""
        return sorted((row for row in self.rows if row.is_overdue), key=lambda row: str(row.now.due_on))

    @property
    def next_due(self) -> Row | None:
        """What comes next among the things that are not late."""
        waiting = [row for row in self.rows if row.now.due_on and not row.now.is_settled and not row.is_overdue]
        return min(waiting, key=lambda row: str(row.now.due_on), default=None)


@dataclass(frozen=True)
class Summary:
    """An outbreak's readiness for its situation page; `mine` is the asking member's own department."""

    playbook: Playbook | None
    departments: int
    mine: BoardView | None


def summary(outbreak: Outbreak, at: datetime, member: object) -> Summary:
    """What the situation page says: to everyone how many departments began, to a member how their own stands."""
    edition = edition_of(outbreak, at)
    own = board_of(outbreak, member.institution, at) if isinstance(member, Member) else None
    return Summary(
        playbook=edition.playbook if edition else None,
        departments=Board.objects.filter(outbreak=outbreak, started_at__lte=at).count(),
        mine=board_view(own, at) if own else None,
    )


def boards_of(outbreak: Outbreak) -> list[str]:
    """What departments have done in an outbreak, in a sentence, so that it is not undone under them."""
    touched = ItemChange.objects.filter(board__outbreak=outbreak, at__gt=F("board__started_at")).values("board")
    drawn = Plan.objects.filter(board__outbreak=outbreak).values("board")
    count = Board.objects.filter(Q(pk__in=touched) | Q(pk__in=drawn)).count()
    words = ngettext(
        "%(count)d department works through its playbook.", "%(count)d departments work through their playbook.", count
    )
    return [words % {"count": count}] if count else []


def playbook_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every edition that the outbreak went by up to that moment."""
    for chosen in outbreak.playbooks.filter(since__lte=at).select_related("edition"):
        words = chosen.edition.document
        url = reverse("readiness", args=[outbreak.slug])
        yield News(chosen.since, _("Playbook"), words["title_ko"], words["title_en"], url)


def items_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """What is late in this member's own department, for those who can change it."""
    if not isinstance(member, Member) or not member.has_role(Role.COORDINATOR, Role.ADMINISTRATOR):
        return
    board = board_of(outbreak, member.institution, at)
    late = len(board_view(board, at).overdue) if board else 0
    if board and late:
        label = ngettext("%(count)d overdue readiness item", "%(count)d overdue readiness items", late)
        address = reverse("readiness_board", args=[outbreak.slug, board.institution.slug])
        yield Task(label % {"count": late}, f"{address}?show=overdue")


def edition_of(outbreak: Outbreak, at: datetime) -> Edition | None:
    """The edition that the outbreak went by at that moment."""
    chosen = OutbreakPlaybook.objects.filter(outbreak=outbreak, since__lte=at).select_related("edition").last()
    return chosen.edition if chosen else None


def playbooks() -> list[Playbook]:
    """The playbooks that ship."""
    return [read_playbook(document) for document in documents().values()]


def board_of(outbreak: Outbreak, institution: Institution | None, at: datetime) -> Board | None:
    """A department's board, if it had begun by then."""
    if institution is None:
        return None
    boards = Board.objects.select_related("institution", "edition", "outbreak")
    return boards.filter(outbreak=outbreak, institution=institution, started_at__lte=at).first()


def board_view(board: Board, at: datetime) -> BoardView:
    """The board as it stood: one query, whatever the day."""
    latest = {change.number: change for change in board.changes.filter(at__lte=at)}
    today = timezone.localdate(at)
    sections = tuple(
        Section(group, tuple(Row(item, latest[item.number], today) for item in group.items))
        for group in board.playbook.groups
    )
    return BoardView(board, sections)


def item_of(board: Board, number: int) -> Item:
    """An item of the board's playbook; Http404 for a number it does not have."""
    item = board.playbook.items.get(number)
    if item is None:
        raise Http404
    return item


def item_now(board: Board, number: int, at: datetime) -> ItemChange:
    """How an item stood; Http404 for a number the playbook does not have."""
    item_of(board, number)
    found = board.changes.filter(number=number, at__lte=at).last()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Line:
    """A line of an item's history: what changed, by whom, when."""

    change: ItemChange
    changed: tuple[str, ...]


def history_of(board: Board, number: int, at: datetime) -> list[Line]:
    """What happened to an item, newest first."""
    changes = list(board.changes.filter(number=number, at__lte=at).select_related("by"))
    names = ("state", "owner", "due_on", "evidence", "evidence_link")
    lines = [Line(changes[0], ("started",))]
    for before, after in pairwise(changes):
        lines.append(Line(after, tuple(name for name in names if getattr(before, name) != getattr(after, name))))
    return lines[::-1]


@dataclass(frozen=True)
class TrendDay:
    day: date
    score: int | None


def trend_of(board: Board, at: datetime) -> list[TrendDay]:
    """The score at the end of each day since the board began, until everything was settled."""
    rows = list(board.changes.filter(at__lte=at))
    changes = [(timezone.localdate(change.at), change.number, change.state) for change in rows]
    settled = all({change.number: change.is_settled for change in rows}.values())
    first, last = changes[0][0], changes[-1][0] if settled else timezone.localdate(at)
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return [TrendDay(day, score) for day, score in zip(days, trend(changes, board.playbook.items, days), strict=True)]


def is_shared(board: Board, at: datetime) -> bool:
    """Whether the department lets its score be counted among the others'."""
    return Sharing.objects.filter(board=board).there(at).exists()


def comparison(outbreak: Outbreak, at: datetime) -> Spread | None:
    """Where the departments that share stand; None while they are too few to stay nameless."""
    boards = Board.objects.filter(outbreak=outbreak, pk__in=Sharing.objects.there(at).values("board"))
    scores = [board_view(board, at).score for board in boards.select_related("edition")]
    return spread([score for score in scores if score is not None])


def plans_of(board: Board, at: datetime) -> list[Plan]:
    """The floor plans that hung there."""
    return list(Plan.objects.filter(board=board).there(at))


def zones_of(plan: Plan, at: datetime) -> list[Zone]:
    """The zones drawn on a plan, the largest first so that a smaller one stays in sight."""
    return list(Zone.objects.filter(plan=plan).there(at))


def signing_of(plan: Plan, at: datetime) -> PlanSigning | None:
    """Who had signed the zones as they were."""
    signings = plan.signings.filter(signed_at__lte=at).exclude(ended_at__lte=at)
    return signings.select_related("by").last()


def teams_of(board: Board, at: datetime) -> list[Team]:
    """The department's teams."""
    return list(Team.objects.filter(board=board).there(at))


def people_twice(teams: Iterable[Team]) -> list[str]:
    """Who is in two teams that should never meet."""
    return people_in_several({team.name: team.names for team in teams})


@dataclass(frozen=True)
class ApprovalRow:
    """A disinfectant on a device, and the sources that speak against it although the vendor approved."""

    approval: Approval
    conflicts: tuple[Disinfection, ...]


def approvals_of(institution: Institution, playbook: Playbook, at: datetime) -> list[ApprovalRow]:
    """The department's disinfectants by device, each with what sources say against it."""
    rows = Approval.objects.filter(institution=institution).there(at)
    return [ApprovalRow(row, tuple(_against(row, playbook.disinfection))) for row in rows]


def _against(row: Approval, statements: Sequence[Disinfection]) -> Iterator[Disinfection]:
    if row.verdict == Approval.Verdict.REFUSED:
        return
    for statement in statements:
        if statement.verdict == "avoid" and row.kind in statement.kinds and row.agent == statement.agent:
            yield statement


def log_of(room: Room, at: datetime, *, limit: int | None = None) -> list[RoomLogEntry]:
    """A room's log until that moment, newest first, without what had been struck out by then."""
    rows = room.log.filter(at__lte=at).exclude(undone_at__lte=at).order_by("-at", "-pk").select_related("by")
    return list(rows[:limit])


def room_now(room: Room, at: datetime) -> RoomStatus:
    """How a room stands: only its last visits matter, so that a year's log costs nothing."""
    recent = log_of(room, at, limit=200)
    return room_status([entry.event for entry in reversed(recent)], at=at)


def rooms_of(institution: Institution, at: datetime) -> list[tuple[Room, RoomStatus]]:
    """The department's rooms and how they stand."""
    return [(room, room_now(room, at)) for room in Room.objects.filter(institution=institution).there(at)]
