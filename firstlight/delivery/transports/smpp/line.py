"""One TCP line to a message centre: whole units in and out, and the small talk that keeps it up."""

import select
import socket
import ssl
import time
from collections.abc import Iterable, Sequence

from firstlight.delivery.transports.smpp.pdu import RESPONSE, Command, Pdu, cut

_CHUNK = 65_536
_MOST_AT_ONCE = 4 * 1024 * 1024  # of what has come, before it is looked at
_INVALID_COMMAND_ID = 0x03
_LAST_SEQUENCE = 0x7FFFFFFF
_FOR_US = frozenset({Command.DELIVER_SM, Command.DATA_SM})


class LineBroken(Exception):
    """The line is of no more use; the words hold no address."""


class Line:
    """A line over a connected socket.

    `heard_at` is a moment of the monotonic clock; so is `asked_at`, while an enquiry is out and nothing was heard.
    """

    def __init__(self, sock: socket.socket, *, timeout_seconds: float) -> None:
        self._sock = sock
        self._timeout_seconds = timeout_seconds
        self._buffer = bytearray()
        self._sequence = 0
        self._end = ""
        self._kept: list[Pdu] = []
        self.heard_at = time.monotonic()
        self.asked_at: float | None = None

    def ask(self, command: int, bodies: Sequence[bytes] = (b"",)) -> list[int]:
        """Send requests in one go; their sequence numbers."""
        units = [Pdu(command, 0, self._next_sequence(), body) for body in bodies]
        self._post(units)
        return [unit.sequence for unit in units]

    def enquire(self) -> None:
        """Ask whether the centre is there."""
        self.ask(Command.ENQUIRE_LINK)
        self.asked_at = time.monotonic()

    def answer(self, request: Pdu, *, status: int = 0, body: bytes = b"") -> None:
        """Answer a request of the centre's."""
        self._post([Pdu(request.command | RESPONSE, status, request.sequence, body)])

    def take(self) -> list[Pdu]:
        """The units for us that have come, without waiting; small talk is answered on the way.

        What came before the line broke is given first, and LineBroken at the next look.
        """
        units, self._kept = self._kept, []
        if not self._end:
            self._end = self._fill()
            self._sort(units)
        if self._end and not units:
            raise LineBroken(self._end)
        return units

    def give_back(self, units: list[Pdu]) -> None:
        """Keep units that came sooner than they are wanted for the next look."""
        self._kept = units

    def close(self, *, wait_seconds: float = 0.0) -> None:
        """Unbind, wait so long for the answer, and hang up; what is delivered meanwhile stays with the centre."""
        if self._sock.fileno() < 0:
            return
        try:
            self.ask(Command.UNBIND)
            self._await_unbound(time.monotonic() + wait_seconds)
        except LineBroken:
            pass  # it is being closed anyway
        finally:
            self._sock.close()

    def hang_up(self) -> None:
        """Close without a word."""
        self._sock.close()

    def fileno(self) -> int:
        """For select."""
        return self._sock.fileno()

    @property
    def has_more(self) -> bool:
        """Whether something waits inside, where poll does not see it."""
        return bool(self._kept) or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0)

    def _await_unbound(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            wait([self], left)
            is_over = self._fill()
            units, is_in_step = cut(self._buffer)
            if is_over or not is_in_step or any(unit.command == Command.UNBIND | RESPONSE for unit in units):
                return

    def _sort(self, units: list[Pdu]) -> None:
        """Put what is for us into `units`; after a goodbye or out of step, nothing more is heard."""
        arrived, is_in_step = cut(self._buffer)
        try:
            for unit in arrived:
                if self._is_for_us(unit):
                    units.append(unit)
        except LineBroken as broken:
            self._end = str(broken)
        if not is_in_step:
            self._end = self._end or "the carrier speaks no SMPP"

    def _is_for_us(self, unit: Pdu) -> bool:
        if unit.command & RESPONSE or unit.command in _FOR_US:
            return unit.command != Command.ENQUIRE_LINK | RESPONSE
        if unit.command == Command.UNBIND:
            self.answer(unit)
            raise LineBroken("the carrier said goodbye")
        if unit.command == Command.ENQUIRE_LINK:
            self.answer(unit)
        elif unit.command != Command.ALERT_NOTIFICATION:
            self._post([Pdu(Command.GENERIC_NACK, _INVALID_COMMAND_ID, unit.sequence)])
        return False

    def _fill(self) -> str:
        """Read what there is; why there will be no more, or nothing."""
        try:
            self._sock.settimeout(0)
            while len(self._buffer) < _MOST_AT_ONCE:
                chunk = self._sock.recv(_CHUNK)
                if not chunk:
                    return "the carrier closed the line"
                self._acknowledge()
                self._buffer += chunk
                self.heard_at, self.asked_at = time.monotonic(), None
        except (BlockingIOError, ssl.SSLWantReadError):
            return ""
        except OSError as error:
            return f"the line broke ({type(error).__name__})"
        return ""

    def _acknowledge(self) -> None:
        """Now, and not 40 ms later (RFC 1122 4.2.3.2): many centres hold their next answer back till then (RFC 896)."""
        if hasattr(socket, "TCP_QUICKACK"):
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _post(self, units: Iterable[Pdu]) -> None:
        try:
            self._sock.settimeout(self._timeout_seconds)
            self._sock.sendall(b"".join(unit.encoded() for unit in units))
        except OSError as error:
            raise LineBroken(f"the line broke ({type(error).__name__})") from None

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        return self._sequence


def wait(lines: Sequence[Line], seconds: float) -> None:
    """Until one of the lines has something to read, or so long."""
    if any(line.has_more for line in lines):
        return
    poll = select.poll()
    for line in lines:
        poll.register(line.fileno(), select.POLLIN)
    poll.poll(max(0.0, seconds) * 1000)
