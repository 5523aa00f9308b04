"""PDUs on a connection (PS3.8 9.3), bounded in size and in the time that each may take."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass

HEADER = struct.Struct(">BxI")
ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
LARGEST_ASSOCIATE = 262_144
GLANCE_SECONDS = 0.5


@dataclass(frozen=True)
class Limits:
    """What one peer may take: bytes of a PDU, and seconds of silence, of one PDU, and until it has said who it is."""

    largest_pdu: int = 131_072
    silence_seconds: float = 60.0
    pdu_seconds: float = 30.0
    opening_seconds: float = 10.0


class Gone(Exception):
    """The peer hung up, said nothing for too long, or is too slow."""


class Broken(Exception):
    """The peer said what it must not; the reason is that of an A-ABORT by the provider (PS3.8 9.3.8)."""

    def __init__(self, reason: int = 0) -> None:
        super().__init__(f"A-ABORT reason {reason}")
        self.reason = reason


UNEXPECTED_PDU, INVALID_PARAMETER = 2, 6


class Wire:
    """A connection read a PDU at a time into one buffer; what `read` gives holds until the next call."""

    def __init__(self, connection: socket.socket, limits: Limits, stopping: threading.Event | None = None) -> None:
        self.connection = connection
        self.limits = limits
        self._stopping = stopping or threading.Event()
        self._buffer = memoryview(bytearray(max(limits.largest_pdu, LARGEST_ASSOCIATE) + HEADER.size))
        self._start = self._end = 0

    def read(self, *, within_seconds: float) -> tuple[int, memoryview]:
        """The next PDU's type and content; it has to begin in so many seconds. Raises Gone, Broken."""
        if self._start == self._end:
            self._await_first_byte(within_seconds)
        deadline = time.monotonic() + self.limits.pdu_seconds
        self._fill(HEADER.size, deadline)
        kind, length = HEADER.unpack_from(self._buffer, self._start)
        if length > (self.limits.largest_pdu if kind == DATA else LARGEST_ASSOCIATE):
            raise Broken(INVALID_PARAMETER)
        self._fill(HEADER.size + length, deadline)
        begin = self._start + HEADER.size
        self._start = begin + length
        return kind, self._buffer[begin : self._start]

    def has_input(self) -> bool:
        """Whether the peer has said something that was not read yet."""
        if self._start != self._end:
            return True
        try:
            self._receive(0.0)
        except TimeoutError:
            return False
        return True

    def _await_first_byte(self, within_seconds: float) -> None:
        deadline = time.monotonic() + within_seconds
        while True:
            try:
                self._receive(min(GLANCE_SECONDS, within_seconds))
            except TimeoutError:
                if self._stopping.is_set() or time.monotonic() >= deadline:
                    raise Gone from None
            else:
                return

    def _fill(self, wanted: int, deadline: float) -> None:
        """Have so many unread bytes in the buffer."""
        while self._end - self._start < wanted:
            if self._start + wanted > len(self._buffer):
                self._move_to_front()
            try:
                self._receive(deadline - time.monotonic())
            except TimeoutError:
                raise Gone from None

    def _move_to_front(self) -> None:
        rest = bytes(self._buffer[self._start : self._end])
        self._start, self._end = 0, len(rest)
        self._buffer[: self._end] = rest

    def _receive(self, seconds: float) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        try:
            self.connection.settimeout(max(seconds, 0.0))
            count = self.connection.recv_into(self._buffer[self._end :])
        except (BlockingIOError, ssl.SSLWantReadError):
            raise TimeoutError from None
        except TimeoutError:
            raise
        except OSError:
            raise Gone from None
        if not count:
            raise Gone
        self._end += count

    def write(self, *pieces: bytes | memoryview) -> None:
        """Send bytes whole. Raises Gone when the peer does not take them in time."""
        try:
            self.connection.settimeout(self.limits.silence_seconds)
            self.connection.sendall(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        except OSError:
            raise Gone from None

    def write_pdu(self, kind: int, content: bytes) -> None:
        """Send one PDU."""
        self.write(HEADER.pack(kind, len(content)), content)

    def abort(self, source: int, reason: int) -> None:
        """Say A-ABORT, if the peer still listens."""
        try:
            self.connection.settimeout(1.0)
            self.connection.sendall(HEADER.pack(ABORT, 4) + bytes((0, 0, source, reason)))
        except OSError:
            return

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):  # the peer was quicker
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
