"""Out of the outbox: the receipt first, then its instances by STOW-RS (PS3.18 10.5), until the server has them all.

A server that does not answer is asked again, later and later; nothing is given up. What the server refuses is held for
a person with the reason; a token it does not know stops everything until it does.
"""

import http.client
import json
import random
import secrets
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from firstlight.gateway.journal import note, tell
from firstlight.gateway.ledger import Ledger
from firstlight.gateway.settings import Settings

MOST_FILES, MOST_BYTES = 16, 24 << 20
TIMEOUT_SECONDS = 120
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, LONGEST_RETRY_AFTER_SECONDS = 1.0, 300.0, 3600.0
CLOSED_PAUSE_SECONDS = 60.0
LONGEST_ANSWER = 16 << 20
PASSING = frozenset({408, 425, 429})
UNKNOWN_TOKEN = frozenset({401, 403})


class NoAnswer(Exception):
    """The server was not reached, or did not manage to answer; `retry_after_seconds` where it said when."""

    def __init__(self, why: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after_seconds = retry_after_seconds


class Closed(Exception):
    """The server does not let this gateway in, or does not know the outbreak; `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: Any


class Server:
    """One connection to the server, opened again when it breaks."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._is_safe = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._token = token
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: bytes, content_type: str) -> Answer:
        """One request. Raises NoAnswer."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": content_type,
            "Accept": "application/dicom+json, application/json",
        }
        try:
            answer, content = self._asked(self._path + path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer("certificate" if isinstance(error, ssl.SSLError) else "no-connection") from None
        if answer.will_close:
            self.close()
        if answer.status in PASSING or answer.status >= 500:
            raise NoAnswer(f"status-{answer.status}", retry_after(answer.getheader("Retry-After"), time.time()))
        return Answer(answer.status, _understood(content))

    def _asked(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer and its body; a connection that the server closed while nothing was sent is opened again."""
        if self._connection is not None:
            try:
                return self._exchanged(self._connection, path, body, headers)
            except (ConnectionError, http.client.HTTPException):
                self.close()
        return self._exchanged(self._connect(), path, body, headers)

    def _exchanged(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer, answer.read(LONGEST_ANSWER)

    def _connect(self) -> http.client.HTTPConnection:
        if self._is_safe:
            context = ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        return self._connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _understood(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def retry_after(header: str | None, now: float) -> float | None:
    """How many seconds a server asks to wait (RFC 9110 10.2.3); None where it says nothing that can be read."""
    if not header:
        return None
    if header.strip().isdigit():
        return min(float(header), LONGEST_RETRY_AFTER_SECONDS)
    try:
        seconds = parsedate_to_datetime(header).timestamp() - now
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def pause_seconds(attempt: int, chance: float) -> float:
    """How long to wait after so many failures in a row: twice as long each time, half of it by chance (0 to 1)."""
    longest: float = min(FIRST_PAUSE_SECONDS * 2 ** min(attempt, 30), LONGEST_PAUSE_SECONDS)
    return longest * (0.5 + chance / 2)


def multipart(contents: list[bytes]) -> tuple[bytes, str]:
    """A multipart/related body (RFC 2387) and its content type."""
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    body = b"".join(part for content in contents for part in (head, content, b"\r\n"))
    return body + f"--{boundary}--\r\n".encode(), f'multipart/related; type="application/dicom"; boundary={boundary}'


def stored_and_held(answer: Any) -> tuple[set[str], dict[str, str]]:
    """The UIDs that a Store Instances Response (PS3.18 table 10.5.3-1) says are stored, and those held with why."""
    stored, held = _items(answer, "00081199"), _items(answer, "00081198")
    return {_value(item, "00081155") for item in stored}, {
        _value(item, "00081155"): _code(_value(item, "00000902")) for item in held
    }


def _items(answer: Any, tag: str) -> list[Mapping[str, Any]]:
    return [each for each in _values(answer, tag) if isinstance(each, dict)]


def _value(item: Mapping[str, Any], tag: str) -> str:
    return next((str(each) for each in _values(item, tag)), "")


def _values(item: Any, tag: str) -> list[Any]:
    """An element's values in DICOM JSON; none where it is of another form."""
    element = item.get(tag) if isinstance(item, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def _code(reason: str) -> str:
    """A server's reason as our own code: small letters and hyphens alone, whatever it wrote."""
    plain = "".join(letter for letter in reason.lower() if letter.isascii() and (letter.isalpha() or letter == "-"))
    return f"server-{plain[:50] or 'held'}"


class Sender:
    """Sends in a thread of its own; `state` is what the status page shows: "" where all is well, else a code."""

    def __init__(self, settings: Settings, token: str) -> None:
        self.settings = settings
        self.server = Server(settings.server, token)
        self.state = ""
        self.wake = threading.Event()
        self._told: set[str] = set()
        self._attempt = 0

    def work(self, stop: threading.Event) -> None:
        """Send until told to stop."""
        ledger = Ledger(self.settings.data / "ledger")
        try:
            while not stop.is_set():
                self.wake.wait(self.once(ledger, stop))
                self.wake.clear()
        finally:
            ledger.close()
            self.server.close()

    def once(self, ledger: Ledger, stop: threading.Event) -> float:
        """Send what there is; says how many seconds to wait before the next time."""
        try:
            while not stop.is_set() and self.send_next(ledger):
                self._is_well()
        except NoAnswer as error:
            self._attempt += 1
            self._is_not_well(error.why)
            chance = random.random()  # noqa: S311 - spreads gateways in time, no secret
            return error.retry_after_seconds or pause_seconds(self._attempt - 1, chance)
        except Closed as error:
            self._is_not_well(error.why)
            return CLOSED_PAUSE_SECONDS
        except (OSError, sqlite3.OperationalError):
            self._is_not_well("disk-error")
            return FIRST_PAUSE_SECONDS * 5
        return 0.5

    def _is_well(self) -> None:
        self.state, self._attempt = "", 0
        self._told.clear()

    def _is_not_well(self, why: str) -> None:
        self.state = why
        if why not in self._told:
            self._told.add(why)
            note("not-sent", why=why)
            tell(f"firstlight gateway: {TOLD.get(why, 'the server does not answer; asking again')} ({why})")

    def send_next(self, ledger: Ledger) -> bool:
        """One receipt, or one batch of what is under it; False where nothing waits. Raises NoAnswer and Closed."""
        found = ledger.next_receipt()
        if found is None:
            return False
        number, receipt, is_taken = found
        if not is_taken:
            self._send_receipt(ledger, number, receipt)
            return True
        self._send_batch(ledger, number, next(self._batches(ledger.to_send(number))))
        return True

    def _send_receipt(self, ledger: Ledger, number: int, receipt: Mapping[str, Any]) -> None:
        answer = self._post("/api/receipts", json.dumps(receipt).encode(), "application/json")
        if answer.status in (200, 201):
            ledger.receipt_is_taken(number)
            return
        note("receipt-refused", status=answer.status)
        self.refuse(ledger, ledger.to_send(number), "server-receipt")

    def _post(self, path: str, body: bytes, content_type: str) -> Answer:
        answer = self.server.post(path, body, content_type)
        if answer.status in UNKNOWN_TOKEN:
            raise Closed("token")
        if answer.status in range(300, 400) or answer.status in (404, 405):
            raise Closed("address")
        return answer

    def _batches(self, waiting: list[tuple[str, str, str]]) -> Iterator[list[tuple[str, str, str]]]:
        batch: list[tuple[str, str, str]] = []
        size = 0
        for each in waiting:
            more = (self.settings.outbox / each[2]).stat().st_size
            if batch and (len(batch) == MOST_FILES or size + more > MOST_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(each)
            size += more
        yield batch

    def _send_batch(self, ledger: Ledger, receipt: int, batch: list[tuple[str, str, str]]) -> None:
        body, content_type = multipart([(self.settings.outbox / sha256).read_bytes() for _, _, sha256 in batch])
        answer = self._post(f"/dicom-web/studies?outbreak={quote(self.settings.outbreak)}", body, content_type)
        if answer.status not in (200, 202, 409) or not isinstance(answer.body, dict):
            if answer.status in (200, 202):
                raise NoAnswer("not-understood")
            self.refuse(ledger, batch, f"server-status-{answer.status}")
            return
        stored, held = stored_and_held(answer.body)
        if any(reason == "server-no-receipt" for reason in held.values()):
            ledger.receipt_is_lost(receipt)
            held = {uid: reason for uid, reason in held.items() if reason != "server-no-receipt"}
        sent = [name for name, sop, _sha in batch if sop in stored]
        ledger.answer(sent, {}, at=time.time())
        for each in batch:
            if each[1] in held:
                self.refuse(ledger, [each], held[each[1]])
        note("sent", files=len(sent))
        if not sent and not held:
            raise NoAnswer("not-understood")

    def refuse(self, ledger: Ledger, files: list[tuple[str, str, str]], reason: str) -> None:
        """Hold what the server did not take; it is de-identified anew when a person lets it be tried again."""
        note("held", reason=reason, files=len(files))
        ledger.answer([], {name: reason for name, _sop, _sha in files}, at=time.time())
        for _name, _sop, sha256 in files:
            (self.settings.outbox / sha256).unlink(missing_ok=True)


TOLD = {
    "token": "the server does not accept the token; everything is kept until it does",
    "address": "the server does not know this address or outbreak; everything is kept until it does",
    "certificate": "the server's certificate cannot be trusted; everything is kept until it can",
    "no-connection": "the server cannot be reached; everything is kept and sent later",
}
