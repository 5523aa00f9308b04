from datetime import date, datetime
from typing import NamedTuple

from firstlight.surveillance.rules import Mark, Measure


class Number(NamedTuple):
    """One reported number. `label` is the source's day, `day` ours; `known_at` is None when the file does not say."""

    place: str
    measure: Measure
    label: date
    day: date
    value: int
    line: int
    known_at: datetime | None = None
    marks: Mark = Mark.NONE


class Population(NamedTuple):
    """The inhabitants of a place as the source states them."""

    place: str
    people: int
    year: int


class Reading(NamedTuple):
    """Everything a file says."""

    numbers: list[Number]
    populations: list[Population]
    shape: str
