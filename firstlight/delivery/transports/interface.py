from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from firstlight.delivery.rules.messages import Channel, Message, Outcome, Reply, Report


class CarrierDown(Exception):
    """The carrier cannot be reached or refuses us altogether; the sentence holds no address and no password.

    Raised by `connect`, and by `send` only while it is certain that none of the batch was taken.
    """


@dataclass(frozen=True, slots=True)
class Inbox:
    """What a carrier told on its own."""

    reports: tuple[Report, ...] = ()
    replies: tuple[Reply, ...] = ()


class Connection(Protocol):
    """One line to a carrier, used by one thread."""

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand messages over, at most the carrier's `batch`: an outcome for each, in their order.

        Bad content or a bad address is an outcome, never an exception. When the line breaks in the middle, what was
        being handed over is UNSURE and what was not begun is AGAIN.
        """

    def inbox(self) -> Inbox:
        """The reports and replies that came over this line since the last look; waits for nothing."""

    def close(self) -> None:
        """Say goodbye; closing twice does no harm."""


class Carrier(Protocol):
    """A carrier as its setting describes it: `scheme://user:password@host:port?option=value`.

    `name` is for people and rows, without credentials. `connections` and `per_second` are what the carrier allows
    (None: no limit); `batch` is how many messages one call takes. A `dedicated` carrier speaks over lines that must
    stay open to hear reports.
    """

    name: str
    channel: Channel
    connections: int
    per_second: float | None
    batch: int
    dedicated: bool

    def connect(self) -> Connection:
        """Open a line; raises CarrierDown."""

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """Read a carrier's call to our report address: its fields and raw body; raises ValueError for nonsense."""


@runtime_checkable
class Asked(Protocol):
    """A carrier that must be asked what became of messages, since it neither calls nor tells."""

    def resume(self, carrier_ids: Iterable[str]) -> None:
        """Ask again about messages that an earlier process had handed over."""
