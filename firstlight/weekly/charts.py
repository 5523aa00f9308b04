"""The calibration curve, ready to be drawn: how often one was right against how sure one was."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from firstlight.weekly.rules.practice import Step

SIDE, LEFT, TOP = 240.0, 40.0, 10.0


@dataclass(frozen=True)
class Dot:
    """One confidence: where its point lies and how large it is drawn."""

    x: float
    y: float
    radius: float
    step: Step


@dataclass(frozen=True)
class Chart:
    """Points joined by a path, beside the line of somebody who is exactly as right as they are sure."""

    dots: list[Dot]
    path: str
    perfect: str
    ticks: list[tuple[int, float, float]]


def calibration_chart(steps: Sequence[Step]) -> Chart | None:
    """The chart of these steps; None where there is nothing to draw."""
    if not steps:
        return None
    dots = [Dot(_x(each.confidence), _y(each.right_percent), _radius(each.answers), each) for each in steps]
    return Chart(
        dots,
        "M" + " L".join(f"{dot.x:.1f} {dot.y:.1f}" for dot in dots),
        f"M{_x(0):.1f} {_y(0):.1f} L{_x(100):.1f} {_y(100):.1f}",
        [(each, _x(each), _y(each)) for each in range(0, 101, 20)],
    )


def _x(percent: float) -> float:
    return LEFT + SIDE * percent / 100


def _y(percent: float) -> float:
    return TOP + SIDE * (1 - percent / 100)


def _radius(answers: int) -> float:
    return min(3 + math.sqrt(answers), 12)
