"""Whom a notice reached: one state a member, how far it had come after how long, and the curves of that."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from math import log10

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 168, 14, 34
LABELS_APART = 24.0
SHARES = (50, 90, 99)
MINUTE, HOUR, DAY = 60, 3600, 86400
# Where a reader looks along the curve: after how many seconds.
STATIONS = (10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY)
TICKS_APART = 72.0
_TICKS = (1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)


class Reach(IntEnum):
    """The one state of a member over every channel and repetition; the higher one wins."""

    DIGEST = 1
    STOPPED = 2
    WAITING = 3
    FAILED = 4
    UNKNOWN = 5
    HANDED_OVER = 6
    DELIVERED = 7
    ACKNOWLEDGED = 8


# What each state of a delivery says of its member.
REACH_BY_STATE = {
    "digest": Reach.DIGEST,
    "stopped": Reach.STOPPED,
    "created": Reach.WAITING,
    "sending": Reach.WAITING,
    "failed": Reach.FAILED,
    "expired": Reach.FAILED,
    "unknown": Reach.UNKNOWN,
    "sent": Reach.HANDED_OVER,
    "delivered": Reach.DELIVERED,
}


def reach_of(states: Iterable[str], *, is_acknowledged: bool = False) -> Reach | None:
    """A member's one state from those of all their deliveries; None without any."""
    if is_acknowledged:
        return Reach.ACKNOWLEDGED
    return max((REACH_BY_STATE[state] for state in states), default=None)


@dataclass(frozen=True, slots=True)
class Curve:
    """How many members had come so far after how many seconds: both rising, the counts cumulative."""

    after: tuple[int, ...]
    members: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many came so far at all."""
        return self.members[-1] if self.members else 0

    def at(self, seconds: float) -> int:
        """How many had come so far after that many seconds."""
        place = bisect_right(self.after, seconds)
        return self.members[place - 1] if place else 0

    def time_to(self, members: float) -> int | None:
        """After how many seconds that many had come so far; None when they never did."""
        reached = (after for after, count in zip(self.after, self.members, strict=True) if count >= members)
        return next(reached, None)


def curve_of(counts: Mapping[int, int]) -> Curve:
    """The curve of how many members came so far in each second after the issue; what came before counts as 0."""
    merged: dict[int, int] = {}
    for second, count in counts.items():
        merged[max(second, 0)] = merged.get(max(second, 0), 0) + count
    after = sorted(merged)
    return Curve(tuple(after), tuple(accumulate(merged[second] for second in after)))


def times_to_shares(curve: Curve, audience: int) -> list[tuple[int, int | None]]:
    """For each share of the audience in percent, after how many seconds it was reached, if it was."""
    return [(share, curve.time_to(share / 100 * audience) if audience else None) for share in SHARES]


def renewed_after(elapsed: int, *, is_settled: bool) -> int:
    """After how many seconds the numbers are worth another look; 0 when they hardly change any more.

    Carriers report for days, and readers confirm for hours, after the last message was handed over.
    """
    if not is_settled or elapsed < HOUR:
        return 10
    return MINUTE if elapsed < 3 * DAY else 0


def stations(elapsed: int) -> list[int]:
    """The moments worth a row of the table, the last being now; all in seconds after the issue."""
    return [*(each for each in STATIONS if each < elapsed), max(elapsed, 0)]


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn curve: its path, and where its label stands."""

    path: str
    label_y: str
    total: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place, and its seconds or percent."""

    at: str
    value: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Several curves in one frame; time runs by powers of ten, since a send takes seconds and its answers take days."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    left: int = LEFT
    right: int = WIDTH - RIGHT
    label_x: int = WIDTH - RIGHT + 8
    bottom: int = HEIGHT - BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def draw(curves: Sequence[Curve], *, audience: int, elapsed: int) -> Picture | None:
    """The curves against their audience, from one second after the issue until now; None for no audience."""
    if not audience:
        return None
    last = max(elapsed, 10)
    labels = _apart([_y(curve.total, audience) for curve in curves])
    lines = (
        Line(_steps(curve, audience, last), _text(y), curve.total) for curve, y in zip(curves, labels, strict=True)
    )
    return Picture(
        lines=tuple(lines),
        across=_ticks(last),
        up=tuple(Tick(_text(_y(share, 100)), share) for share in (0, 25, 50, 75, 100)),
    )


def worth_showing(curves: Iterable[Curve], elapsed: int) -> int:
    """How many seconds after the issue are worth a picture: until now, but no long stretch without any event."""
    last_event = max((curve.after[-1] for curve in curves if curve.after), default=0)
    return min(elapsed, max(2 * last_event, HOUR))


def _ticks(last: int) -> tuple[Tick, ...]:
    """The marks of time that leave each other room."""
    shown: list[Tick] = []
    for tick in _TICKS:
        x = _x(tick, last)
        if tick <= last and (not shown or x - float(shown[-1].at) >= TICKS_APART):
            shown.append(Tick(_text(x), tick))
    return tuple(shown)


def _steps(curve: Curve, audience: int, last: int) -> str:
    """A staircase, with one step a tenth of a unit at most, so that a million seconds stay a short path."""
    places: dict[str, str] = {_text(_x(1, last)): _text(_y(curve.at(1), audience))}
    for after, count in zip(curve.after, curve.members, strict=True):
        if after <= last:
            places[_text(_x(after, last))] = _text(_y(count, audience))
    places[_text(_x(last, last))] = _text(_y(curve.at(last), audience))
    (x, y), *rest = places.items()
    return f"M{x} {y}" + "".join(f"H{x}V{y}" for x, y in rest)


def _x(seconds: int, last: int) -> float:
    return LEFT + log10(max(seconds, 1)) / log10(last) * (WIDTH - LEFT - RIGHT)


def _y(members: int, audience: int) -> float:
    return HEIGHT - BOTTOM - members / audience * (HEIGHT - BOTTOM - TOP)


def _apart(wanted: Sequence[float]) -> list[float]:
    """The labels' heights, moved up where they would lie on each other."""
    placed: dict[int, float] = {}
    lowest = HEIGHT - BOTTOM + LABELS_APART
    for index in sorted(range(len(wanted)), key=lambda each: (-wanted[each], -each)):
        lowest = placed[index] = min(wanted[index], lowest - LABELS_APART)
    return [placed[index] for index in range(len(wanted))]


def _text(number: float) -> str:
    # As text, so that no locale writes a comma into an SVG attribute.
    return f"{number:.1f}"
