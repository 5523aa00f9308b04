"""The day-0 clock: how long each first took, beside how long others took."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

COMPARATORS = Path(__file__).parent / "comparators.toml"
HOURS_A_WEEK = 168


@dataclass(frozen=True)
class Comparator:
    """What someone else's first took, in weeks from their first case, with its source and how sure it is."""

    milestone: str
    weeks: float
    name_ko: str
    name_en: str
    source: str
    mark: str


@dataclass(frozen=True)
class ClockLine:
    """One first of the response: the moment it was reached and the hours since day 0, None while it is not."""

    label: str
    reached_at: datetime | None
    hours: int | None
    comparators: tuple[Comparator, ...]

    @property
    def weeks(self) -> float | None:
        """The same in weeks, as others count."""
        return None if self.hours is None else round(self.hours / HOURS_A_WEEK, 1)


@cache
def comparators() -> tuple[Comparator, ...]:
    """Every published time, quickest first."""
    listed = tomllib.loads(COMPARATORS.read_text(encoding="utf-8"))["comparator"]
    return tuple(sorted((Comparator(**each) for each in listed), key=lambda each: each.weeks))


def clock_line(key: str, label: str, *, day_zero: datetime, reached_at: datetime | None) -> ClockLine:
    """One line of the clock."""
    hours = None if reached_at is None else round((reached_at - day_zero).total_seconds() / 3600)
    return ClockLine(label, reached_at, hours, tuple(each for each in comparators() if each.milestone == key))
