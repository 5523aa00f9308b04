"""What waits at a carrier, the most pressing on top; for several threads."""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from firstlight.delivery.actions.claims import Claimed
from firstlight.delivery.rules.messages import Message


class Parcel(NamedTuple):
    """A claimed row with its message; not to be handed over after `until` (seconds)."""

    row: Claimed
    message: Message
    severity: int
    until: float


class Pile:
    """Parcels by severity, and within one in the order they came. The caller holds a lock."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Parcel]] = []
        self._counts: Counter[int] = Counter()
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def top_severity(self) -> int:
        """How much the first parcel presses; 0 when there is none."""
        return -self._heap[0][0] if self._heap else 0

    def count(self, severity: int) -> int:
        """How many press at least so much."""
        return sum(count for tier, count in self._counts.items() if tier >= severity)

    def add(self, parcels: Iterable[Parcel]) -> None:
        """Lay parcels on the pile."""
        for parcel in parcels:
            heapq.heappush(self._heap, (-parcel.severity, next(self._order), parcel))
            self._counts[parcel.severity] += 1

    def take(self, count: int) -> list[Parcel]:
        """The first parcels, at most so many."""
        taken = [heapq.heappop(self._heap)[2] for _ in range(min(count, len(self._heap)))]
        self._counts.subtract(parcel.severity for parcel in taken)
        return taken

    def withdraw(self, unwanted: Callable[[Parcel], bool]) -> list[Parcel]:
        """Take out what is not wanted any more."""
        gone = [parcel for *_, parcel in self._heap if unwanted(parcel)]
        if gone:
            self._heap = [entry for entry in self._heap if not unwanted(entry[2])]
            heapq.heapify(self._heap)
            self._counts.subtract(parcel.severity for parcel in gone)
        return gone
