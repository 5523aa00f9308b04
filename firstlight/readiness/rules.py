"""What can be computed of a department's readiness: its score, its rooms' pauses, its zones, its contradictions."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import quantiles

Corner = tuple[float, float]

# With fewer departments than this, a comparison would give one of them away.
LEAST_TO_COMPARE = 5
# American College of Radiology, 11 March 2020: about an hour, depending on the air exchange.
PAUSE_MINUTES_WHEN_UNKNOWN = 60
MOST_CORNERS = 40


class ItemState(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


def score_percent(states: Iterable[str]) -> int | None:
    """Items done among those that apply, in whole per cent rounded down; None when none applies."""
    applicable = [state for state in states if state != ItemState.NOT_APPLICABLE]
    if not applicable:
        return None
    return 100 * applicable.count(ItemState.DONE) // len(applicable)


def trend(changes: Iterable[tuple[date, int, str]], numbers: Iterable[int], days: Sequence[date]) -> list[int | None]:
    """The score at the end of each day; `changes` are (day, item, state) in the order they happened."""
    states: dict[int, str] = dict.fromkeys(numbers, ItemState.OPEN)
    waiting = list(changes)
    done = 0
    scores = []
    for day in days:
        while done < len(waiting) and waiting[done][0] <= day:
            _on, number, state = waiting[done]
            states[number] = state
            done += 1
        scores.append(score_percent(states.values()))
    return scores


@dataclass(frozen=True)
class Spread:
    """Where departments stand, without saying which one stands where."""

    departments: int
    lower: int
    median: int
    upper: int


def spread(scores: Sequence[int]) -> Spread | None:
    """The quartiles of the scores; None when there are too few to hide among."""
    if len(scores) < LEAST_TO_COMPARE:
        return None
    lower, median, upper = (round(each) for each in quantiles(scores, n=4, method="inclusive"))
    return Spread(len(scores), lower, median, upper)


def pause_minutes(air_changes_per_hour: float, *, removal_percent: float = 99.9, mixing_factor: float = 1) -> int:
    """Minutes until the air of an empty room has lost that share of what floats in it, rounded up.

    t = -ln(1 - removal) / ACH x 60 x mixing factor (CDC 2003, table B.1; the factor: MMWR 1994;43(RR-13), table S3-1).
    It holds once nobody adds to the air. Raises ValueError outside 0 < ACH, 0 < removal < 100, 1 <= mixing <= 10.
    """
    if not (air_changes_per_hour > 0 and 0 < removal_percent < 100 and 1 <= mixing_factor <= 10):
        raise ValueError("The pause needs air changes above 0, a removal between 0 and 100 % and a mixing of 1 to 10.")
    exact = -math.log(1 - removal_percent / 100) / air_changes_per_hour * 60 * mixing_factor
    # The logarithm is off by some 1e-15: a pause of exactly 30 minutes must not become 31.
    return math.ceil(exact - 1e-9)


class RoomState(StrEnum):
    FREE = "free"
    OCCUPIED = "occupied"
    TO_CLEAN = "to_clean"
    CLEANING = "cleaning"
    PAUSE = "pause"


class Happening(StrEnum):
    PATIENT_IN = "patient_in"
    PATIENT_OUT = "patient_out"
    CLEANING_STARTED = "cleaning_started"
    CLEANING_ENDED = "cleaning_ended"


@dataclass(frozen=True)
class RoomEvent:
    """Something that happened in a room; a visit is a number, and never a person."""

    what: str
    at: datetime
    visit: int
    isolation: bool = True
    pause_minutes: int = 0


@dataclass(frozen=True)
class RoomStatus:
    """A room at a moment: since when it is so, when its air is clear, and from when it is free if that is known."""

    state: RoomState
    since: datetime | None
    visit: int
    isolation: bool
    air_clear_at: datetime | None
    free_at: datetime | None

    @property
    def may_happen(self) -> tuple[Happening, ...]:
        """What can come next, the expected thing first."""
        return NEXT[self.state]


NEXT = {
    RoomState.FREE: (Happening.PATIENT_IN, Happening.CLEANING_STARTED),
    RoomState.OCCUPIED: (Happening.PATIENT_OUT,),
    RoomState.TO_CLEAN: (Happening.CLEANING_STARTED, Happening.PATIENT_IN),
    RoomState.CLEANING: (Happening.CLEANING_ENDED,),
    RoomState.PAUSE: (Happening.PATIENT_IN, Happening.CLEANING_STARTED),
}


@dataclass
class _Room:
    """A room while its log is read."""

    since: datetime | None = None
    visit: int = 0
    isolation: bool = False
    occupied: bool = False
    cleaning: bool = False
    dirty: bool = False
    air_clear_at: datetime | None = None

    def take(self, event: RoomEvent) -> None:
        self.since = event.at
        if event.what == Happening.PATIENT_IN:
            self.occupied, self.visit, self.isolation = True, event.visit, event.isolation
        elif event.what == Happening.PATIENT_OUT:
            self._empty(event)
        elif event.what == Happening.CLEANING_STARTED:
            self.cleaning = True
        else:
            self.cleaning = self.dirty = False

    def _empty(self, event: RoomEvent) -> None:
        self.occupied = False
        if self.isolation:
            self.dirty = True
            clear_at = event.at + timedelta(minutes=event.pause_minutes)
            self.air_clear_at = max(clear_at, self.air_clear_at or clear_at)


def room_status(events: Iterable[RoomEvent], *, at: datetime) -> RoomStatus:
    """The room at that moment, from what happened until then, in order.

    After a patient in isolation a room is free when it has been cleaned and its air is clear, whichever is later.
    """
    room = _Room()
    for event in events:
        if event.at <= at:
            room.take(event)
    state = _state_of(room, at)
    free_at = None
    if state in {RoomState.FREE, RoomState.PAUSE}:
        free_at = max((each for each in (room.since, room.air_clear_at) if each), default=None)
    return RoomStatus(state, room.since, room.visit, room.isolation, room.air_clear_at, free_at)


def _state_of(room: _Room, at: datetime) -> RoomState:
    if room.occupied:
        return RoomState.OCCUPIED
    if room.cleaning:
        return RoomState.CLEANING
    if room.dirty:
        return RoomState.TO_CLEAN
    if room.air_clear_at and at < room.air_clear_at:
        return RoomState.PAUSE
    return RoomState.FREE


def read_corners(text: str) -> list[Corner]:
    """Corners written as `x,y x,y x,y` in per cent of the picture; raises ValueError with a sentence for a person."""
    pairs = [re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?),(\d{1,3}(?:\.\d{1,4})?)", word) for word in text.split()]
    if not pairs or not all(pairs):
        raise ValueError("corners")
    return [(float(pair[1]), float(pair[2])) for pair in pairs if pair]


def fault_of(corners: Sequence[Corner]) -> str:
    """What keeps these corners from being a zone: 'few', 'many', 'outside', 'crossing', 'flat', or nothing."""
    if len(set(corners)) < 3 or len(set(corners)) != len(corners):
        return "few"
    if len(corners) > MOST_CORNERS:
        return "many"
    if any(not 0 <= value <= 100 for corner in corners for value in corner):
        return "outside"
    if _crosses_itself(corners):
        return "crossing"
    return "flat" if area(corners) < 0.01 else ""


def area(corners: Sequence[Corner]) -> float:
    """The area inside the corners, in ten-thousandths of the picture (shoelace formula)."""
    following = [*corners[1:], *corners[:1]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(corners, following, strict=True))) / 2


def rectangle(left: float, top: float, width: float, height: float) -> list[Corner]:
    """The four corners of a rectangle, clockwise from the upper left."""
    right, bottom = round(left + width, 4), round(top + height, 4)
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def middle(corners: Sequence[Corner]) -> Corner:
    """Where a zone's name is written: the centre of its area."""
    following = [*corners[1:], *corners[:1]]
    pieces = [(x * v - u * y, x + u, y + v) for (x, y), (u, v) in zip(corners, following, strict=True)]
    whole = sum(piece for piece, _across, _down in pieces)
    return (
        sum(piece * across for piece, across, _down in pieces) / (3 * whole),
        sum(piece * down for piece, _across, down in pieces) / (3 * whole),
    )


def _crosses_itself(corners: Sequence[Corner]) -> bool:
    edges = list(zip(corners, [*corners[1:], *corners[:1]], strict=True))
    last = len(edges) - 1
    return any(
        _cross(edges[one], edges[other])
        for one in range(len(edges))
        for other in range(one + 2, len(edges))
        if (one, other) != (0, last)
    )


def _cross(one: tuple[Corner, Corner], other: tuple[Corner, Corner]) -> bool:
    (a, b), (c, d) = one, other
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Corner, b: Corner, c: Corner) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def people_in_several(teams: Mapping[str, Sequence[str]]) -> list[str]:
    """Who is in more than one of the teams that should never meet."""
    folded = [{person.strip().casefold() for person in people} for people in teams.values()]
    times = Counter(person for people in folded for person in people if person)
    names = {person.strip().casefold(): person.strip() for people in teams.values() for person in people}
    return sorted(names[person] for person, count in times.items() if count > 1)
