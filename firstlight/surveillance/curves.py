"""The epidemic curve as geometry: what the template draws, and nothing it would have to compute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 34
MOST_TICKS = 8
# Below this share of days with a daily count the curve shows totals: gaps would look like quiet days.
FEWEST_DAILY = 0.6


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place, and its value or day."""

    at: str
    value: int = 0
    day: date | None = None


@dataclass(frozen=True)
class Curve:
    """A drawn curve. `counts` says whether it shows what is new each day, or totals."""

    counts: str
    is_log: bool
    first: date
    last: date
    highest: int
    highest_on: date
    bars: tuple[Bar, ...]
    line: str
    dots: tuple[tuple[str, str], ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    base: str
    left: int = LEFT
    right: int = WIDTH - RIGHT
    width: int = WIDTH
    height: int = HEIGHT


class _Frame:
    """Where a day and a count lie in the picture."""

    def __init__(self, first: date, last: date, counts: Sequence[float], *, is_log: bool) -> None:
        self.first, self.last, self.is_log = first, last, is_log
        self.days = (last - first).days + 1
        self.step = (WIDTH - LEFT - RIGHT) / self.days
        self.ticks = _decades(max(counts)) if is_log else _even(min(0.0, *counts), max(1.0, *counts))
        self.low, self.high = self._scaled(self.ticks[0]), self._scaled(self.ticks[-1])

    def _scaled(self, count: float) -> float:
        return log10(max(count, 1)) if self.is_log else count

    def x(self, day: date) -> float:
        return LEFT + (day - self.first).days * self.step

    def y(self, count: float) -> float:
        share = (self._scaled(count) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def draw(
    totals: Mapping[date, int], news: Mapping[date, int], means: Mapping[date, float], *, is_log: bool
) -> Curve | None:
    """New cases a day as bars with their 7-day mean; totals as dots where most days are missing. None without data."""
    if not totals:
        return None
    span = (max(totals) - min(totals)).days + 1
    if len(news) >= FEWEST_DAILY * span and len(news) > 1:
        return _draw_news(news, means, is_log=is_log)
    return _draw_totals(totals, is_log=is_log)


def _draw_news(news: Mapping[date, int], means: Mapping[date, float], *, is_log: bool) -> Curve:
    frame = _Frame(min(news), max(news), list(news.values()), is_log=is_log)
    zero = frame.y(1 if is_log else 0)
    bars = tuple(
        Bar(
            _text(frame.x(day) + frame.step * 0.1),
            _text(min(frame.y(count), zero)),
            _text(frame.step * 0.8),
            _text(abs(frame.y(count) - zero)),
        )
        for day, count in sorted(news.items())
        if count and (count > 0 or not is_log)
    )
    middle = frame.step / 2
    path = _path([(frame.x(day) + middle, frame.y(mean)) for day, mean in sorted(means.items())])
    return _curve("new", frame, news, bars=bars, line=path, base=zero)


def _draw_totals(totals: Mapping[date, int], *, is_log: bool) -> Curve:
    frame = _Frame(min(totals), max(totals), list(totals.values()), is_log=is_log)
    places = [(frame.x(day) + frame.step / 2, frame.y(count)) for day, count in sorted(totals.items())]
    dots = tuple((_text(x), _text(y)) for x, y in places)
    return _curve("total", frame, totals, line=_path(places), dots=dots, base=frame.y(1 if is_log else 0))


def _curve(
    counts: str,
    frame: _Frame,
    values: Mapping[date, int],
    *,
    line: str,
    base: float,
    bars: tuple[Bar, ...] = (),
    dots: tuple[tuple[str, str], ...] = (),
) -> Curve:
    highest_on = max(values, key=lambda day: values[day])
    return Curve(
        counts=counts,
        is_log=frame.is_log,
        first=frame.first,
        last=frame.last,
        highest=values[highest_on],
        highest_on=highest_on,
        bars=bars,
        line=line,
        dots=dots,
        across=tuple(Tick(_text(frame.x(day)), day=day) for day in _month_starts(frame.first, frame.last)),
        up=tuple(Tick(_text(frame.y(value)), value=round(value)) for value in frame.ticks),
        base=_text(base),
    )


def _even(low: float, high: float) -> list[float]:
    """Four or five round values that enclose the range."""
    rough = (high - low) / 4
    unit = 10 ** floor(log10(rough)) if rough > 0 else 1
    step = max(1, next(unit * each for each in (1, 2, 2.5, 5, 10) if unit * each >= rough))
    return [step * each for each in range(floor(low / step), ceil(high / step) + 1)]


def _decades(high: float) -> list[float]:
    return [10.0**each for each in range(max(1, ceil(log10(max(high, 2)))) + 1)]


def _month_starts(first: date, last: date) -> list[date]:
    """The firsts of months in the range, thinned so that their names fit; the first day where there is none."""
    day, found = first, []
    while day <= last:
        if day.day == 1:
            found.append(day)
        day += timedelta(days=1)
    return found[:: ceil(len(found) / MOST_TICKS) or 1] or [first]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if number else 'M'}{_text(x)} {_text(y)}" for number, (x, y) in enumerate(places))


def _text(number: float) -> str:
    # As text, so that no locale writes a comma into an SVG attribute.
    return f"{number:.1f}"
