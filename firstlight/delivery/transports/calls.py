"""Calls to a carrier's HTTP interface over one kept line: what is known of a call that went wrong is never guessed."""

import json
import select
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote

from firstlight.delivery.rules.messages import Answer, Message, Outcome
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown

LONGEST_ANSWER = 1024 * 1024
LONGEST_WAIT_SECONDS = 3600.0
_REFUSES_US = frozenset({401, 402, 403, 404, 405, 407, 410, 451})
_LATER = frozenset({408, 425, 503})
_NOBODY_KNOWS = frozenset({409, 500, 502, 504})


class NotReached(Exception):
    """The call did not leave this machine: nothing can have been taken."""


class BrokeOff(Exception):
    """The call was begun and not answered in full: it may have been taken."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: `wait_seconds` is the server's Retry-After."""

    status: int
    body: bytes
    wait_seconds: float = 0.0

    @property
    def is_taken(self) -> bool:
        """Whether the status says yes."""
        return 200 <= self.status < 300

    @property
    def refuses_us(self) -> bool:
        """Whether the status speaks of our account, our setting or the whole service: any message would fare so."""
        return self.status in _REFUSES_US or 300 <= self.status < 400

    def parts(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("the answer is nested too deeply") from None

    def refusal(self) -> Answer:
        """What a status that is neither yes nor about us means for the message."""
        if self.status == 429:
            return Answer.THROTTLED
        if self.status in _LATER:
            return Answer.AGAIN
        return Answer.UNSURE if self.status in _NOBODY_KNOWS or self.status > 504 else Answer.NEVER


@dataclass(slots=True)
class Line:
    """One kept line: dialled when it is needed, and again when the other side hung up between calls.

    http.client, because a call costs it half of what urllib3 takes.
    """

    host: "Host"
    connection: HTTPConnection | None = None
    is_used: bool = False

    def dial(self) -> HTTPConnection:
        """Open the line; raises NotReached."""
        self.close()
        connection = self.host.connection()
        try:
            connection.connect()
        except OSError as error:
            raise NotReached(type(error).__name__) from None
        connection.sock.settimeout(self.host.timeout_seconds)
        self.connection, self.is_used = connection, False
        return connection

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        """One call, never repeated and never led elsewhere.

        Raises NotReached, BrokeOff, and ValueError for a call that cannot be written.
        """
        connection = self.connection
        if connection is None or self._was_closed(connection):
            connection = self.dial()
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            answer = response.read(LONGEST_ANSWER)
        except ValueError:
            self.close()  # half a call may stand on it
            raise
        except (HTTPException, OSError) as error:
            self.close()
            raise BrokeOff(type(error).__name__) from None
        self.is_used = True
        if not response.isclosed():
            self.close()
            if len(answer) < LONGEST_ANSWER:
                raise BrokeOff("the answer was cut off")
        return HttpAnswer(response.status, answer, self._wait(response.headers.get("Retry-After", "")))

    def close(self) -> None:
        """Close the line; closing twice does no harm."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def _was_closed(self, connection: HTTPConnection) -> bool:
        """Whether the other side hung up, or spoke without being asked, since its last answer."""
        if connection.sock is None:
            return True
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN)
        return self.is_used and bool(poll.poll(0))

    def _wait(self, retry_after: str) -> float:
        """Seconds or a date (RFC 9110 10.2.3), never more than an hour; 0 when it says nothing."""
        try:
            if retry_after.strip().isdecimal():
                seconds = float(retry_after)
            else:
                seconds = parsedate_to_datetime(retry_after).timestamp() - self.host.clock()
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class Host:
    """Where calls go; built from a setting by `host_of`."""

    host: str
    port: int | None
    tls: ssl.SSLContext | None
    timeout_seconds: float
    clock: Callable[[], float] = time.time

    def line(self) -> Line:
        """A line that is not open yet."""
        return Line(self)

    def connection(self) -> HTTPConnection:
        """What a line is dialled with."""
        dialling = min(10.0, self.timeout_seconds)
        if self.tls is None:
            return HTTPConnection(self.host, self.port, timeout=dialling)
        return HTTPSConnection(self.host, self.port, timeout=dialling, context=self.tls)


def host_of(url: CarrierUrl) -> Host:
    """Where a setting's calls go; ValueError when credentials would leave this machine in the clear."""
    url.require("host")
    is_secured = "https" in url.scheme
    if not is_secured and url.user and url.host not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(f"{url.scheme}: a secret leaves this machine only over https")
    return Host(
        host=url.host,
        port=url.port,
        tls=ssl.create_default_context(cafile=url.option_str("ca") or None) if is_secured else None,
        timeout_seconds=url.option_float("timeout", 20.0, least=0.1, most=600),
    )


def call_path(path: str) -> str:
    """A path as it travels."""
    return quote(path or "/", safe="/:@+~")


def one_by_one(messages: Sequence[Message], post: Callable[[Message], Outcome]) -> list[Outcome]:
    """Hand messages over one call each; once the line breaks or the carrier is full or down, the rest wait.

    Raises CarrierDown while none was begun.
    """
    outcomes: list[Outcome] = []
    for message in messages:
        try:
            outcomes.append(post(message))
        except CarrierDown as down:
            if not outcomes:
                raise
            outcomes.append(Outcome(message.client_id, Answer.AGAIN, reason=str(down)))
        if outcomes[-1].answer not in {Answer.TAKEN, Answer.NEVER}:
            return outcomes + _rest(messages[len(outcomes) :], outcomes[-1])
    return outcomes


def _rest(messages: Sequence[Message], last: Outcome) -> list[Outcome]:
    answer = Answer.THROTTLED if last.answer is Answer.THROTTLED else Answer.AGAIN
    return [Outcome(each.client_id, answer, reason=last.reason, wait_seconds=last.wait_seconds) for each in messages]
