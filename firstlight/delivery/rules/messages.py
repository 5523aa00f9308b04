"""What passes between the outbox and a carrier."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address.

    `client_id` is the same at every attempt, so that a carrier which keeps it can drop a double. `report_to` is the
    signed address a carrier calls with what became of the message; carriers that report otherwise ignore it.
    """

    client_id: str
    to: str
    text: str
    language: str = "ko"
    subject: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    report_to: str = ""
    valid_until: datetime | None = None


class Answer(StrEnum):
    """What a carrier said when a message was handed over."""

    TAKEN = "taken"  # the carrier has it and answers for it
    AGAIN = "again"  # not now: try again later
    THROTTLED = "throttled"  # too many at once: slow down, then again
    NEVER = "never"  # this message will not be carried, however often it is tried
    UNSURE = "unsure"  # the line broke before an answer: it may have been taken


@dataclass(frozen=True, slots=True)
class Outcome:
    """A carrier's answer for one message; `reason` is the carrier's own code and words, never an address."""

    client_id: str
    answer: Answer
    carrier_id: str = ""
    reason: str = ""
    wait_seconds: float = 0.0


class Fate(StrEnum):
    """What became of a message that a carrier took."""

    ACCEPTED = "accepted"  # by a relay on the way: not there yet
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Report:
    """A carrier's later word on a message, by our id, by the carrier's, or by both."""

    fate: Fate
    client_id: str = ""
    carrier_id: str = ""
    reason: str = ""
    at: datetime | None = None
    is_address_dead: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A text message that a person sent back."""

    sender: str
    text: str
    to: str = ""
    carrier_id: str = ""
