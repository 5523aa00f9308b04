"""What was kept because no carrier is set, as a telephone and a mailbox show it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.transports.console import OutboxEntry, read_outbox
from firstlight.people.rules.phones import masked

MOST_PHONES = 30
MOST_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone that got messages: a key that is no number, and the number half hidden."""

    key: str
    number: str
    count: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it is shown."""

    at: datetime
    to: str
    subject: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """The telephones, the messages of the one in hand (oldest first), and the letters (newest first)."""

    phones: list[Phone]
    in_hand: Phone | None
    texts: list[Kept]
    letters: list[Kept]


def outbox_of(data: Path, *, newest: int, phone: str = "") -> Outbox:
    """The newest messages under `data`; `phone` is the key of the telephone to look at, else that of the newest."""
    entries = read_outbox(data, newest=newest)
    texts = [entry for entry in entries if entry.channel is Channel.SMS]
    letters = [entry for entry in entries if entry.channel is Channel.EMAIL]
    phones = _phones(texts)
    in_hand = next((each for each in phones if each.key == phone), phones[0] if phones else None)
    thread = [_kept(each) for each in reversed(texts) if in_hand and _key(each.to) == in_hand.key]
    return Outbox(phones, in_hand, thread, [_kept(each) for each in letters[:MOST_LETTERS]])


def _phones(texts: list[OutboxEntry]) -> list[Phone]:
    counts: dict[str, int] = {}
    for entry in texts:
        counts[entry.to] = counts.get(entry.to, 0) + 1
    return [Phone(_key(to), masked(to), count) for to, count in list(counts.items())[:MOST_PHONES]]


def _key(to: str) -> str:
    """Stands for a number in an address, where numbers would reach logs."""
    return sha256(to.encode()).hexdigest()[:12]


def _kept(entry: OutboxEntry) -> Kept:
    to = masked(entry.to) if entry.channel is Channel.SMS else entry.to
    return Kept(entry.at, to, entry.subject, entry.text, entry.language)
