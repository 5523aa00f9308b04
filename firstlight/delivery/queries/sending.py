"""What is being sent, and what became of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.utils.translation import get_language

from firstlight.delivery.models import Delivery, Mailing, Wording
from firstlight.delivery.rules.states import HANDED_OVER, State

REPORTS_AWAITED = timedelta(hours=72)
WAITING = (Delivery.State.CREATED, Delivery.State.SENDING)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries of a mailing are in each state."""

    by_state: dict[str, int]

    def of(self, *states: str) -> int:
        """How many are in any of these states."""
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def total(self) -> int:
        """How many there are, without those kept for the digest."""
        return sum(self.by_state.values()) - self.of(State.DIGEST)

    @property
    def waiting(self) -> int:
        """Not with a carrier yet."""
        return self.of(*WAITING)

    @property
    def failures(self) -> int:
        """Refused by a carrier, or reported undeliverable."""
        return self.of(State.FAILED)

    @property
    def outcomes(self) -> int:
        """Those of which a carrier said anything final or took charge."""
        return self.of(*HANDED_OVER)

    @property
    def done(self) -> int:
        """No longer waiting."""
        return self.total - self.waiting


def tally_of(mailing: Mailing) -> Tally:
    """One mailing's count by state."""
    return tallies([mailing])[mailing.pk]


def tallies(mailings: Iterable[Mailing]) -> dict[int, Tally]:
    """Each mailing's count by state, from the index alone."""
    counts: dict[int, dict[str, int]] = {mailing.pk: {} for mailing in mailings}
    found = Delivery.objects.filter(mailing__in=list(counts)).order_by().values("mailing_id", "state")
    for row in found.annotate(count=Count("pk")):
        counts[row["mailing_id"]][row["state"]] = row["count"]
    return {pk: Tally(states) for pk, states in counts.items()}


@dataclass(frozen=True, slots=True)
class Going:
    """A mailing with its count, and what it is about."""

    mailing: Mailing
    tally: Tally
    subject: str


def going_mailings(mailings: Iterable[Mailing]) -> list[Going]:
    """Each mailing with how far it is."""
    known = list(mailings)
    counts, subjects = tallies(known), _subjects(known)
    return [Going(each, counts[each.pk], subjects.get(each.pk, "")) for each in known]


def _subjects(mailings: Iterable[Mailing]) -> dict[int, str]:
    """What each mailing's e-mail is called, in the reader's language where it is."""
    wordings = Wording.objects.filter(mailing__in=list(mailings)).exclude(subject="")
    rows = sorted(wordings.values_list("mailing_id", "language", "subject"), key=lambda row: row[1] == get_language())
    return {mailing_id: subject for mailing_id, _, subject in rows}


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits on a channel: how many are due, and since when the oldest."""

    due: int
    oldest_due_at: datetime | None


def queue_of(channel: str, at: datetime) -> Queue:
    """What should have left on this channel by now; what is paused does not count."""
    going = Mailing.objects.going_out(at).order_by().values("pk")
    due = Delivery.objects.due(at).filter(mailing__in=going, channel=channel)
    found = due.aggregate(due=Count("pk"), oldest_due_at=Min("due_at"))
    return Queue(found["due"], found["oldest_due_at"])


@dataclass(frozen=True, slots=True)
class Failures:
    """How many messages ended in one way for one reason."""

    channel: str
    carrier: str
    state: str
    reason: str
    count: int

    @property
    def state_label(self) -> str:
        """The state in the reader's language."""
        return str(Delivery.State(self.state).label)


def failures_by_reason(since: datetime, most: int = 50) -> list[Failures]:
    """What did not arrive since then, by the carriers' reasons, the most frequent first."""
    failed = Delivery.objects.filter(
        state__in=(Delivery.State.FAILED, Delivery.State.EXPIRED, Delivery.State.UNKNOWN), ended_at__gte=since
    )
    rows = failed.order_by().values_list("channel", "carrier", "state", "reason").annotate(count=Count("pk"))
    return [Failures(*row) for row in rows.order_by("-count")[:most]]


def ids_without_fate(carrier: str, at: datetime) -> Iterator[str]:
    """The carrier's own ids of what it took and has said nothing of, as long as a word may still come."""
    rows = Delivery.objects.filter(carrier=carrier, state=State.SENT, sent_at__gt=at - REPORTS_AWAITED)
    return rows.exclude(carrier_id="").values_list("carrier_id", flat=True).iterator(chunk_size=2000)
