"""Whom a notice reached, counted by the database: nothing here grows with the members but the database's work."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Left

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.alerts.queries.archive import issue_of
from firstlight.alerts.queries.audience import members_meant
from firstlight.alerts.rules.reach import REACH_BY_STATE, Curve, Reach, curve_of
from firstlight.delivery.models import Attempt, Delivery, Mailing
from firstlight.people.models import ContactPoint, Institution, Member

# Deliveries grouped into one row of named values each.
Grouped = QuerySet[Any, Any]
FATES_WITHOUT_ARRIVAL = (Delivery.State.FAILED, Delivery.State.EXPIRED, Delivery.State.UNKNOWN)
MOST_REASONS = 30
ROWS_AT_ONCE = 2000
# Both databases write a moment so, in UTC; with SQLite a moment is this text.
SECOND = len("2031-03-01 09:00:00")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why messages did not arrive, in the carrier's own words, and how many did not."""

    channel: str
    carrier: str
    state: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    """One institution or one channel: how many members are in each state."""

    name: Any
    counts: dict[Reach, int]

    @property
    def audience(self) -> int:
        """Everyone in it."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ReachReport:
    """Everything the page of a notice's reach says."""

    counts: dict[Reach, int]
    institutions: list[Row]
    channels: list[Row]
    handed_over: Curve
    delivered: Curve
    acknowledged: Curve
    reasons: list[Reason]
    more_reasons: int
    confirmed_besides: int
    unreached: int
    mailings: list[Mailing] = field(default_factory=list)

    @property
    def audience(self) -> int:
        """Every member to whom it was addressed."""
        return sum(self.counts.values())

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be handed over any more; carriers and readers may still have a word to say."""
        return not self.counts.get(Reach.WAITING) and all(
            each.state in {Mailing.State.DONE, Mailing.State.STOPPED} for each in self.mailings
        )


def reach_report(notice: Notice, *, institution: Institution | None = None) -> ReachReport:
    """Whom a notice reached so far, in one institution or everywhere."""
    mailings = list(notice.mailings())
    deliveries = _deliveries(mailings, institution)
    steps = ("handed_over", "delivered", "acknowledged")
    states, *curves = _tallies(_each_member(deliveries, notice), ("institution", "reach"), *((each,) for each in steps))
    handed_over, delivered, acknowledged = (_curve(each, notice) for each in curves)
    reasons = _reasons(deliveries)
    return ReachReport(
        counts=_summed(states),
        institutions=_rows_by_institution(states),
        channels=_rows_by_channel(deliveries),
        handed_over=handed_over,
        delivered=delivered,
        acknowledged=acknowledged,
        reasons=reasons[:MOST_REASONS],
        more_reasons=len(reasons[MOST_REASONS:]),
        confirmed_besides=_confirmed_besides(notice, mailings, institution),
        unreached=_unreached(notice, deliveries, institution),
        mailings=mailings,
    )


def reach_counts(notice: Notice, *, institution: Institution | None = None) -> dict[Reach, int]:
    """How many members are in each state: the short answer, for other pages."""
    members = _each_member(_deliveries(list(notice.mailings()), institution), notice)
    (states,) = _tallies(members, ("reach",))
    return {Reach(int(reach)): count for (reach,), count in states}


def _deliveries(mailings: Sequence[Mailing], institution: Institution | None) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(mailing__in=[each.pk for each in mailings], member__isnull=False).order_by()
    return found.filter(member__institution=institution) if institution else found


def _rank() -> Case:
    # The best first, which are the most: each row is asked about them in this order.
    ranks = sorted(REACH_BY_STATE.items(), key=lambda each: -each[1])
    whens = [When(state=state, then=Value(int(reach))) for state, reach in ranks]
    return Case(*whens, default=Value(0), output_field=IntegerField())


def _second(field: str) -> Left:
    return Left(Cast(field, TextField()), SECOND)


def _each_member(deliveries: QuerySet[Delivery], notice: Notice) -> Grouped:
    """One row a member: their one state, and the first second of each step."""
    word = FilteredRelation("member__acknowledgements", condition=Q(member__acknowledgements__notice=notice))
    # Grouped by the member alone, which an index has in order; the rest is the same in all rows of a member.
    return (
        deliveries.annotate(word=word)
        .values("member")
        .annotate(
            institution=Max("member__institution"),
            best=Max(_rank()),
            handed_over=Min(_second("sent_at")),
            delivered=Min(_second("ended_at"), filter=Q(state=Delivery.State.DELIVERED)),
            acknowledged=Min(_second("word__at")),
            reach=Case(
                When(acknowledged__isnull=False, then=Value(int(Reach.ACKNOWLEDGED))),
                default=F("best"),
                output_field=IntegerField(),
            ),
        )
    )


# The values of some columns, as text, and how many rows have them.
Tally = list[tuple[tuple[str, ...], int]]


def _tallies(rows: Grouped, *groups: tuple[str, ...]) -> list[Tally]:
    """For each group of a query's columns how many rows have the same values in them; the query runs once.

    Django groups rows, but not groups again: the query is its, the counting around it is written here.
    """
    try:
        inner, values = rows.query.sql_with_params()
    except EmptyResultSet:  # nothing was sent yet, and Django knows without asking
        return [[] for _group in groups]
    widest = max(len(group) for group in groups)
    counting = " UNION ALL ".join(_counting(place, group, widest) for place, group in enumerate(groups))
    tallies: list[Tally] = [[] for _group in groups]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH counted AS MATERIALIZED ({inner}) {counting}", values)
        for place, *columns, count in cursor.fetchall():
            tallies[place].append((tuple(columns[: len(groups[place])]), count))
    return tallies


def _counting(place: int, group: tuple[str, ...], widest: int) -> str:
    """One group's count. Names are this module's own words; values never come in here."""
    names = [connection.ops.quote_name(each) for each in group]
    columns = [*(f"CAST({name} AS TEXT)" for name in names), *["NULL"] * (widest - len(names))]
    return f"SELECT {place}, {', '.join(columns)}, COUNT(*) FROM counted GROUP BY {', '.join(names)}"  # noqa: S608


def _summed(states: Tally) -> dict[Reach, int]:
    counts: dict[Reach, int] = defaultdict(int)
    for (_institution, reach), count in states:
        counts[Reach(int(reach))] += count
    return dict(counts)


def _rows_by_institution(states: Tally) -> list[Row]:
    """The largest audience first; members without an institution are a row of their own, under None."""
    grouped: dict[str | None, dict[Reach, int]] = defaultdict(dict)
    for (institution, reach), count in states:
        grouped[institution][Reach(int(reach))] = count
    named = Institution.objects.in_bulk([int(key) for key in grouped if key is not None])
    rows = [Row(named.get(int(key)) if key else None, counts) for key, counts in grouped.items()]
    return sorted(rows, key=lambda row: (-row.audience, row.name.name_en if row.name else ""))


def _rows_by_channel(deliveries: QuerySet[Delivery]) -> list[Row]:
    each = deliveries.values("member", "channel").annotate(best=Max(_rank()))
    grouped: dict[str, dict[Reach, int]] = defaultdict(dict)
    (rows,) = _tallies(each, ("channel", "best"))
    for (channel, reach), count in rows:
        grouped[channel][Reach(int(reach))] = count
    return [Row(channel, grouped[channel]) for channel in ContactPoint.Channel if channel in grouped]


def _curve(steps: Tally, notice: Notice) -> Curve:
    began = issue_of(notice)
    return curve_of({_after(second, began): count for (second,), count in steps if second is not None})


def _after(second: str, began: datetime) -> int:
    return int((datetime.fromisoformat(second).replace(tzinfo=UTC) - began).total_seconds())


def _reasons(deliveries: QuerySet[Delivery]) -> list[Reason]:
    failed = deliveries.filter(state__in=FATES_WITHOUT_ARRIVAL)
    rows = failed.values_list("channel", "carrier", "state", "reason").annotate(times=Count("pk"))
    return [Reason(*row) for row in rows.order_by("-times", "channel", "carrier", "state", "reason")]


def _confirmed_besides(notice: Notice, mailings: Sequence[Mailing], institution: Institution | None) -> int:
    """Those who confirmed it although it was not addressed to them."""
    theirs = notice.acknowledgements.all()
    if institution:
        theirs = theirs.filter(member__institution=institution)
    return theirs.exclude(
        member__in=Delivery.objects.filter(mailing__in=[each.pk for each in mailings], member__isnull=False).values(
            "member"
        )
    ).count()


def _unreached(notice: Notice, deliveries: QuerySet[Delivery], institution: Institution | None) -> int:
    """Those it was meant for when it was issued and to whom nothing could be addressed."""
    meant = members_meant(notice).filter(joined_at__lte=issue_of(notice))
    if institution:
        meant = meant.filter(institution=institution)
    return meant.exclude(pk__in=deliveries.values("member")).count()


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member of a notice's audience, as the export writes them: never an address."""

    member: int
    name: str
    institution_ko: str
    institution_en: str
    reach: Reach
    handed_over_at: str
    delivered_at: str
    acknowledged_at: str
    by_channel: dict[str, tuple[str, str]]


def member_rows(notice: Notice) -> Iterator[MemberRow]:
    """Everyone to whom a notice was addressed, one by one from the database, in the order of their numbers."""
    deliveries = _deliveries(list(notice.mailings()), None)
    named = {"name": "name", "name_ko": "institution__name_ko", "name_en": "institution__name_en"}
    rows = _each_member(deliveries, notice)
    rows = rows.annotate(**{each: Max(f"member__{field}") for each, field in named.items()})
    rows = rows.annotate(**{f"{each}_best": _best_on(each) for each in ContactPoint.Channel})
    rows = rows.annotate(**{f"{each}_reason": _reason_on(each) for each in ContactPoint.Channel})
    return (_member_row(row) for row in rows.order_by("member").iterator(chunk_size=ROWS_AT_ONCE))


def _best_on(channel: str) -> Max:
    return Max(_rank(), filter=Q(channel=channel))


def _reason_on(channel: str) -> Max:
    return Max("reason", filter=Q(channel=channel, state__in=FATES_WITHOUT_ARRIVAL))


def _member_row(row: dict[str, Any]) -> MemberRow:
    return MemberRow(
        member=row["member"],
        name=row["name"],
        institution_ko=row["name_ko"] or "",
        institution_en=row["name_en"] or "",
        reach=Reach(row["reach"]),
        handed_over_at=_utc(row["handed_over"]),
        delivered_at=_utc(row["delivered"]),
        acknowledged_at=_utc(row["acknowledged"]),
        by_channel={
            each: (Reach(row[f"{each}_best"]).name.lower(), row[f"{each}_reason"] or "")
            for each in ContactPoint.Channel
            if row[f"{each}_best"]
        },
    )


def _utc(second: str | None) -> str:
    return f"{second.replace(' ', 'T')}Z" if second else ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One delivery of one notice to a member, with what its carrier said line by line."""

    notice: Notice | None
    delivery: Delivery
    attempts: list[Attempt]
    acknowledgement: Acknowledgement | None


def deliveries_to(member: Member) -> QuerySet[Delivery]:
    """Every delivery of a notice to a member, the latest first."""
    notices = Delivery.objects.filter(member=member, mailing__reference__startswith="notice:")
    return notices.select_related("mailing").prefetch_related("log").order_by("-pk")


def log_lines(member: Member, deliveries: Sequence[Delivery]) -> list[LogLine]:
    """Deliveries with their notices and the member's own words on them."""
    keys = {each.pk: int(each.mailing.reference.partition(":")[2]) for each in deliveries}
    notices = Notice.objects.in_bulk(keys.values())
    words = {each.notice_id: each for each in member.acknowledgements.filter(notice__in=keys.values())}
    return [
        LogLine(notices.get(keys[each.pk]), each, list(each.log.all()), words.get(keys[each.pk])) for each in deliveries
    ]
