"""No carrier: messages are kept in the data folder, where the outbox page shows them as a handset would."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message as MailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from firstlight.delivery.rules.messages import Answer, Channel, Fate, Message, Outcome, Report
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox

OPTIONS = frozenset({"channel"})
BATCH = 100
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One message as it was kept: what the outbox page shows."""

    client_id: str
    channel: Channel
    at: datetime
    to: str
    text: str
    language: str = ""
    subject: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class ConsoleCarrier:
    """Takes every message, keeps it in `folder`, and reports it delivered."""

    name: str
    folder: Path
    connections: int
    per_second: float | None
    channel: Channel
    clock: Callable[[], float] = time.time
    batch: int = BATCH
    dedicated: bool = False

    def connect(self) -> "ConsoleConnection":
        """Always possible; a full disk shows when a message is kept."""
        return ConsoleConnection(self)

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """Nobody calls for a console: always ValueError."""
        raise ValueError("the console does not call")


@dataclass(slots=True)
class ConsoleConnection:
    """Appends to the outbox; remembers what to report."""

    carrier: ConsoleCarrier
    _reports: list[Report] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Keep the messages in one write; CarrierDown when they cannot be kept, and then none is."""
        at = datetime.fromtimestamp(self.carrier.clock(), UTC)
        keep(self.carrier.folder, [_entry(message, self.carrier.channel, at) for message in messages])
        self._reports += [Report(Fate.DELIVERED, client_id=each.client_id, at=at) for each in messages]
        return [Outcome(each.client_id, Answer.TAKEN) for each in messages]

    def inbox(self) -> Inbox:
        """Everything kept since the last look was delivered."""
        reports, self._reports = self._reports, []
        return Inbox(reports=tuple(reports))

    def close(self) -> None:
        """Nothing is open."""


class OutboxBackend(BaseEmailBackend):
    """Django's own mails (signing in, verifying an address) in the same outbox, under settings.DATA."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep each message once for each of its recipients."""
        at = datetime.fromtimestamp(time.time(), UTC)
        entries = [entry for mail in email_messages for entry in _mail_entries(mail, at)]
        try:
            keep(outbox_folder(settings.DATA), entries)
        except CarrierDown:
            if not self.fail_silently:
                raise
            return 0
        return len(email_messages)


def open_console(url: CarrierUrl, *, data: Path, channel: Channel | None = None) -> ConsoleCarrier:
    """The outbox under `data` for the channel asked for, or for the option `channel`; raises ValueError."""
    url.refuse_unknown(OPTIONS)
    named = url.option_choice("channel", channel or Channel.EMAIL, pattern="email|sms", meaning="email or sms")
    if url.host or url.user or url.path:
        raise ValueError("console: the URL is console:// with nothing after it but options")
    return ConsoleCarrier(
        name=url.name,
        folder=outbox_folder(data),
        connections=url.connections(1),
        per_second=url.per_second,
        channel=Channel(named),
    )


def outbox_folder(data: Path) -> Path:
    """Where messages are kept that no carrier took."""
    return data / "outbox"


def keep(folder: Path, entries: Sequence[OutboxEntry]) -> None:
    """Append entries to the outbox, all or none; several processes may at once. Raises CarrierDown."""
    lines = b"".join(_line(entry) for entry in entries)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder / "messages.jsonl") as handle:
            _append(handle, lines)
    except OSError as error:
        raise CarrierDown(f"console: the outbox cannot be written ({type(error).__name__})") from None


def read_outbox(data: Path, *, newest: int = 100) -> list[OutboxEntry]:
    """The last messages kept under `data`, newest first, without reading the rest; a damaged line is passed over."""
    entries: list[OutboxEntry] = []
    for line in _lines_from_the_end(outbox_folder(data) / "messages.jsonl"):
        if len(entries) == newest:
            break
        entry = _read_line(line)
        if entry is not None:
            entries.append(entry)
    return entries


def _entry(message: Message, channel: Channel, at: datetime) -> OutboxEntry:
    return OutboxEntry(
        client_id=message.client_id,
        channel=channel,
        at=at,
        to=message.to,
        text=message.text,
        language=message.language,
        subject=message.subject,
        html=message.html,
        headers=message.headers,
    )


def _mail_entries(mail: EmailMessage, at: datetime) -> list[OutboxEntry]:
    built: MailMessage = mail.message()
    alternatives = getattr(mail, "alternatives", ())
    html = next((str(each[0]) for each in alternatives if each[1] == "text/html"), "")
    shared: dict[str, Any] = {"channel": Channel.EMAIL, "at": at, "subject": str(mail.subject), "html": html}
    client_id = str(built["Message-ID"] or "").strip("<>")
    return [OutboxEntry(client_id, to=to, text=str(mail.body), **shared) for to in mail.recipients()]


def _line(entry: OutboxEntry) -> bytes:
    parts = {
        "id": entry.client_id,
        "channel": entry.channel.value,
        "at": entry.at.isoformat(),
        "to": entry.to,
        "subject": entry.subject,
        "text": entry.text,
        "html": entry.html,
        "language": entry.language,
        "headers": entry.headers,
    }
    # ASCII, because a text with half a character in it must not be lost here either
    return json.dumps(parts, ensure_ascii=True).encode("ascii") + b"\n"


def _read_line(line: bytes) -> OutboxEntry | None:
    try:
        parts = json.loads(line)
        return OutboxEntry(
            client_id=parts["id"],
            channel=Channel(parts["channel"]),
            at=datetime.fromisoformat(parts["at"]),
            to=parts["to"],
            text=parts["text"],
            language=parts["language"],
            subject=parts["subject"],
            html=parts["html"],
            headers=tuple((name, value) for name, value in parts["headers"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _append(handle: int, lines: bytes) -> None:
    """Write all of the lines, or take back what was written of them."""
    before = os.fstat(handle).st_size
    try:
        left = memoryview(lines)
        while left:
            left = left[os.write(handle, left) :]
    except OSError:
        os.ftruncate(handle, before)
        raise


def _lines_from_the_end(path: Path) -> Iterator[bytes]:
    """A file's lines, last first, a block at a time."""
    if not path.exists():
        return
    with path.open("rb") as file:
        place, tail = file.seek(0, os.SEEK_END), b""
        while place:
            start = max(0, place - _BLOCK_BYTES)
            file.seek(start)
            first, *lines = (file.read(place - start) + tail).split(b"\n")
            yield from filter(None, reversed(lines))
            place, tail = start, first
        if tail:
            yield tail
