"""What can be computed from counts: rates, means, growth. Days are `date`, counts are cumulative unless said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntFlag, StrEnum
from math import log, sqrt

ONE_DAY = timedelta(days=1)
# Student's t at 0.975 by degrees of freedom: what a fit over 14 days can need.
_T_975 = {5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179}
FIT_DAYS = 14
FEWEST_POINTS = 7


class Measure(StrEnum):
    """What is counted."""

    CASES = "cases"
    DEATHS = "deaths"
    TESTS = "tests"


class Unit(StrEnum):
    """Whether a source reports totals so far or what is new each day."""

    CUMULATIVE = "cumulative"
    DAILY = "daily"


class Mark(IntFlag):
    """What a reader must know about one number; the number itself stays as it was reported."""

    NONE = 0
    NEGATIVE = 1
    FALLING = 2
    AFTERNOON = 4
    SUMMED = 8
    AT_LEAST = 16


# What follows from the numbers themselves, as they are known at a moment; the others are said by the source.
SEEN_IN_NUMBERS = Mark.NEGATIVE | Mark.FALLING


@dataclass(frozen=True)
class Fatality:
    """Deaths per cases as known on one day."""

    day: date
    cases: int
    deaths: int

    @property
    def percent(self) -> float:
        return 100 * self.deaths / self.cases


@dataclass(frozen=True)
class Doubling:
    """Days in which daily new cases double (or halve), with the 95 % interval.

    `days` is negative when they halve; a bound is None when the interval reaches "no change at all".
    """

    days: float
    low: float | None
    high: float | None
    first: date
    last: date

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out the possibility that nothing grows or shrinks."""
        return self.low is not None and self.high is not None

    @property
    def grows(self) -> bool:
        return self.days > 0

    @property
    def length(self) -> float:
        """Days to double, or to halve."""
        return abs(self.days)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The shorter and the longer bound of `length`."""
        if self.low is None or self.high is None:
            return None
        shorter, longer = sorted((abs(self.low), abs(self.high)))
        return shorter, longer


def case_fatality(cases: Mapping[date, int], deaths: Mapping[date, int]) -> Fatality | None:
    """Cumulative deaths divided by cumulative cases of the latest day on which both are known."""
    days = [day for day in cases.keys() & deaths.keys() if cases[day] > 0 and deaths[day] >= 0]
    if not days:
        return None
    day = max(days)
    return Fatality(day, cases[day], deaths[day])


def incidence_per_million(cases: int, people: int) -> float:
    """Cumulative cases per million inhabitants; raises ValueError for a place without people."""
    if people <= 0:
        raise ValueError("A population is a positive number.")
    return 1_000_000 * cases / people


def daily_from_cumulative(totals: Mapping[date, int]) -> dict[date, int]:
    """What is new since the day before; a day whose eve is unknown has none. May be negative, as reported."""
    return {day: total - totals[day - ONE_DAY] for day, total in totals.items() if day - ONE_DAY in totals}


def cumulative_from_daily(news: Mapping[date, int]) -> dict[date, int]:
    """Running sum in the order of days; a day that was not reported adds nothing and has no entry."""
    total, totals = 0, {}
    for day in sorted(news):
        total += news[day]
        totals[day] = total
    return totals


def seven_day_mean(news: Mapping[date, int]) -> dict[date, float]:
    """Mean of a day and the six before it, where all seven are known."""
    means = {}
    for day in news:
        week = [news.get(day - back * ONE_DAY) for back in range(7)]
        known = [each for each in week if each is not None]
        if len(known) == 7:
            means[day] = sum(known) / 7
    return means


def weekly_growth(news: Mapping[date, int], on: date) -> float | None:
    """The last seven days' new cases against the seven before, as a share: 0.5 is half as many again."""
    weeks = [[news.get(on - (start + back) * ONE_DAY) for back in range(7)] for start in (0, 7)]
    sums = [sum(each for each in week if each is not None) for week in weeks if None not in week]
    if len(sums) < 2 or sums[1] <= 0 or sums[0] < 0:
        return None
    return sums[0] / sums[1] - 1


def doubling_time(news: Mapping[date, int], on: date) -> Doubling | None:
    """Log-linear least squares of daily new cases over the 14 days to `on`, with the slope's 95 % t interval.

    Days without a positive count are left out; fewer than seven points give no answer. Independent errors are
    assumed, so that the interval is a lower bound of what is uncertain.
    """
    days = [on - back * ONE_DAY for back in range(FIT_DAYS - 1, -1, -1)]
    points = [((day - on).days, log(news[day])) for day in days if news.get(day, 0) > 0]
    if len(points) < FEWEST_POINTS:
        return None
    slope, half = _slope(points)
    if abs(slope) < 1e-9:
        return None
    low, high = sorted(log(2) / each for each in (slope - half or 1e-12, slope + half or 1e-12))
    certain = (slope - half) * (slope + half) > 0
    return Doubling(log(2) / slope, low if certain else None, high if certain else None, days[0], on)


def _slope(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """Slope and half the width of its 95 % interval."""
    number = len(points)
    mean_x, mean_y = (sum(values) / number for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    return slope, _T_975[number - 2] * sqrt(rest / (number - 2) / spread)


def marks_of(totals: Mapping[date, int], unit: Unit) -> dict[date, Mark]:
    """The days whose number is negative, or less than the total before it."""
    marks: dict[date, Mark] = {}
    before: int | None = None
    for day in sorted(totals):
        value = totals[day]
        mark = Mark.NEGATIVE if value < 0 else Mark.NONE
        if unit == Unit.CUMULATIVE and before is not None and value < before:
            mark |= Mark.FALLING
        if mark:
            marks[day] = mark
        before = value
    return marks


def mark_names(marks: int) -> list[str]:
    """The marks as words for a program: 'falling', 'summed'."""
    return [mark.name.lower() for mark in Mark if mark & marks and mark.name] if marks else []
