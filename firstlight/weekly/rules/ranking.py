"""Who stands where."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """What somebody has earned in a year."""

    who: int
    points: int
    right_first: int
    right_later: int
    answered: int


@dataclass(frozen=True)
class Placed:
    """A tally with its place; those with the same points share one, and the next is counted on."""

    place: int
    tally: Tally


def placed(tallies: Iterable[Tally]) -> list[Placed]:
    """Everyone with their place, best first; in a shared place, more first answers first."""
    ordered = sorted(tallies, key=lambda each: (-each.points, -each.right_first, each.answered, each.who))
    rows: list[Placed] = []
    for number, tally in enumerate(ordered, start=1):
        shares = rows and rows[-1].tally.points == tally.points
        rows.append(Placed(rows[-1].place if shares else number, tally))
    return rows
