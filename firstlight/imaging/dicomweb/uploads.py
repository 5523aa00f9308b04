"""Bodies that come slowly, and how many come at once: one sender's pace is no other client's.

A read from the server's body waits in the system, where nothing can call it back, and to answer meanwhile stops the
whole process (Granian 2.8). So a watch looks at the connections themselves: one that is overdue is shut for reading,
the read comes back short, and its sender is told.
"""

import os
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread

MOST_UPLOADS = 8  # at once in one process, so that its other threads stay free for readers
MOST_OF_ONE_SENDER = 6
LEAST_BYTES = 64 * 1024  # that an overdue connection must bring between two looks to be left alone
OWN_CONNECTIONS = Path("/proc/self/fd")
# struct tcp_info of Linux: milliseconds since data was sent, and bytes received.
LAST_SENT, RECEIVED = (44, "=I"), (128, "=Q")
INTERNET = (socket.AF_INET, socket.AF_INET6)
Read = Callable[[int], bytes]

_under_way: Counter[int] = Counter()
_counting = Lock()


class TooSlow(Exception):
    """A sender from whom too little has come for too long."""


class Busy(Exception):
    """As many uploads are under way as this process, or this sender, may have at once."""


@contextmanager
def upload(sender: int) -> Iterator[None]:
    """One upload under way; raises Busy."""
    with _counting:
        if _under_way.total() >= MOST_UPLOADS or _under_way[sender] >= MOST_OF_ONE_SENDER:
            raise Busy
        _under_way[sender] += 1
    try:
        yield
    finally:
        with _counting:
            _under_way[sender] -= 1


@dataclass(eq=False)
class Reading:
    """A read that waits for a piece of a body."""

    address: str
    due_at: float
    is_cut: bool = False


@dataclass
class Watch:
    """Looks after reads that wait, in a thread of its own that ends when there are none."""

    readings: set[Reading] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)
    is_awake: bool = False

    def wait_for(self, read: Read, size: int, *, address: str, seconds: float) -> tuple[bytes, bool]:
        """A piece, and whether it is shorter than asked for because it was cut off."""
        reading = Reading(address, time.monotonic() + seconds)
        with self.lock:
            self.readings.add(reading)
            if not self.is_awake:
                self.is_awake = True
                Thread(target=self._look_on, args=(seconds / 4,), daemon=True).start()
        try:
            found = read(size)
        except OSError:
            found = b""  # The sender is gone: what is missing is found missing.
        finally:
            with self.lock:
                self.readings.discard(reading)
        return found, reading.is_cut and len(found) < size

    def _look_on(self, pause: float) -> None:
        seen: dict[str, int] = {}
        while self._anything_left():
            time.sleep(pause)
            seen = self._look(seen)

    def _anything_left(self) -> bool:
        with self.lock:
            self.is_awake = bool(self.readings)
            return self.is_awake

    def _look(self, seen: dict[str, int]) -> dict[str, int]:
        """Shut the connections of overdue reads that have brought too little since the look before."""
        with self.lock:
            overdue = [each for each in self.readings if each.due_at < time.monotonic()]
        addresses = {each.address for each in overdue}
        now = dict(_received_from(addresses)) if overdue else {}
        slow = {name for name, received in now.items() if name in seen and received - seen[name] < LEAST_BYTES}
        if slow:
            for each in overdue:
                each.is_cut = True
            _shut(slow, addresses)
        return now


watch = Watch()


def patient(read: Read, length: int | None, *, address: str, seconds: float) -> Read:
    """A read that does not wait for ever, and gives no more than the `length` that was announced.

    What has come before it was cut off is still given; the next read raises TooSlow.
    """
    left, is_cut = length, False

    def piece(size: int) -> bytes:
        nonlocal left, is_cut
        if is_cut:
            raise TooSlow
        wanted = size if left is None else min(size, left)
        if wanted <= 0:
            return b""
        found, is_cut = watch.wait_for(read, wanted, address=address, seconds=seconds)
        if is_cut and not found:
            raise TooSlow
        left = None if left is None else left - len(found)
        return found

    return piece


def _connections(addresses: Iterable[str]) -> Iterator[tuple[str, socket.socket]]:
    """This process's connections from these addresses, each under the system's name for it."""
    if not OWN_CONNECTIONS.exists():
        return
    wanted = {each.removeprefix("::ffff:") for each in addresses}
    for entry in OWN_CONNECTIONS.iterdir():
        try:
            name = str(entry.readlink())
            if not name.startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as connection:
                if connection.family in INTERNET and connection.getpeername()[0].removeprefix("::ffff:") in wanted:
                    yield name, connection
        except OSError:
            continue  # It was closed a moment ago, or is none that has a peer.


def _received_from(addresses: Iterable[str]) -> Iterator[tuple[str, int]]:
    """How many bytes each connection has brought so far; one that is being answered is left out."""
    for name, connection in _connections(addresses):
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        sent_ms, received = (struct.unpack_from(form, info, offset)[0] for offset, form in (LAST_SENT, RECEIVED))
        if sent_ms > 1000:
            yield name, received


def _shut(names: set[str], addresses: Iterable[str]) -> None:
    for name, connection in _connections(addresses):
        if name in names:
            connection.shutdown(socket.SHUT_RD)
