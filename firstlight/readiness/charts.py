"""A board's score by day as the numbers of an SVG that a template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from firstlight.readiness.queries import TrendDay

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 28


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class TrendChart:
    """A stepped line from the first day to the last, with its axes."""

    line: str
    area: str
    heights: tuple[Tick, ...]
    first: date
    last: date
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def trend_chart(days: Sequence[TrendDay]) -> TrendChart | None:
    """The chart; None while there is a single day, which a number says better."""
    if len(days) < 2:
        return None
    step = (WIDTH - LEFT - RIGHT) / (len(days) - 1)
    points = [(LEFT + place * step, _height(each.score or 0)) for place, each in enumerate(days)]
    line = f"M{points[0][0]:.1f},{points[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    base = HEIGHT - BOTTOM
    return TrendChart(
        line=line,
        area=f"{line}V{base}H{LEFT}Z",
        heights=tuple(Tick(_height(score), f"{score} %") for score in (0, 25, 50, 75, 100)),
        first=days[0].day,
        last=days[-1].day,
    )


def _height(score: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - score / 100)
