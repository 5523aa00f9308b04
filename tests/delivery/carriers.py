"""Carriers that do as a test tells them, in memory, on a clock that the test moves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from firstlight.delivery.rules.messages import Answer, Channel, Fate, Message, Outcome, Reply, Report
from firstlight.delivery.transports.interface import CarrierDown, Inbox

NOON = datetime(2031, 3, 2, 3, 0, tzinfo=UTC)  # twelve o'clock in Seoul


class Clock:
    """Seconds that pass only when told."""

    def __init__(self, at: datetime = NOON) -> None:
        self.seconds = at.timestamp()

    def __call__(self) -> float:
        return self.seconds

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def forward(self, **units: float) -> None:
        self.seconds += timedelta(**units).total_seconds()


def taken(message: Message) -> Outcome:
    """What a carrier says when all is well."""
    return Outcome(message.client_id, Answer.TAKEN, carrier_id=f"c-{message.client_id}")


def never(message: Message) -> Outcome:
    """What a carrier says of an address that is no address."""
    return Outcome(message.client_id, Answer.NEVER, reason="550 5.1.1 no such user")


@dataclass
class FakeCarrier:
    """`answer` says what becomes of each message; `is_down` and `seconds_each` are the weather."""

    name: str = "fake"
    channel: Channel = Channel.SMS
    connections: int = 1
    per_second: float | None = None
    batch: int = 10
    dedicated: bool = False
    clock: Clock | None = None
    answer: Callable[[Message], Outcome | None] = taken
    is_down: bool = False
    seconds_each: float = 0.0
    given: list[Message] = field(default_factory=list)
    given_at: list[float] = field(default_factory=list)
    dialled: int = 0
    told: list[Report] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def connect(self) -> "FakeConnection":
        self.dialled += 1
        if self.is_down:
            raise CarrierDown("refused")
        return FakeConnection(self)

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        if fields.get("from"):
            return Inbox(replies=(Reply(fields["from"], fields.get("text", "")),))
        fate = Fate(fields.get("status", ""))
        return Inbox(reports=(Report(fate, fields.get("id", ""), fields.get("their_id", ""), fields.get("why", "")),))

    @property
    def distinct(self) -> set[str]:
        """The messages it got, doubles dropped as a good carrier drops them."""
        return {message.client_id for message in self.given}


@dataclass
class FakeConnection:
    carrier: FakeCarrier

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        carrier = self.carrier
        if carrier.is_down:
            raise CarrierDown("gone away")
        if carrier.clock:
            carrier.clock.forward(seconds=carrier.seconds_each * len(messages))
        carrier.given += messages
        carrier.given_at += [carrier.clock() if carrier.clock else 0.0] * len(messages)
        return [outcome for message in messages if (outcome := carrier.answer(message)) is not None]

    def inbox(self) -> Inbox:
        reports, replies = tuple(self.carrier.told), tuple(self.carrier.replies)
        self.carrier.told, self.carrier.replies = [], []
        return Inbox(reports, replies)

    def close(self) -> None:
        """Nothing is open."""
