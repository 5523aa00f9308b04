"""Whether an answer is right, and what an entry earns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from firstlight.weekly.rules.naming import normalised

Known = Mapping[str, frozenset[str]]
"""From a normalised name to the keys of the diagnoses that bear it; some short forms are borne by two."""


class Verdict(StrEnum):
    """What becomes of one answer; an open one waits for an editor and earns nothing until then."""

    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"


@dataclass(frozen=True)
class Key:
    """What is right in a round: diagnoses of the vocabulary, wordings of the editors' own, rulings on texts."""

    diagnoses: frozenset[str]
    names: frozenset[str] = frozenset()
    rulings: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """An entry's points, and the place of its first right answer."""

    points: int
    right_place: int | None


def verdict_on(text: str, *, key: Key, known: Known) -> Verdict:
    """The verdict on one answer: an editor's ruling goes before the vocabulary."""
    name = normalised(text)
    if name in key.rulings:
        return Verdict.RIGHT if key.rulings[name] else Verdict.WRONG
    meant = known.get(name, frozenset())
    if name in key.names or meant & key.diagnoses:
        return Verdict.RIGHT
    return Verdict.WRONG if meant else Verdict.OPEN


def result_of(verdicts: Sequence[Verdict], *, first: int, other: int) -> Result:
    """The full points when the first answer is right, the rest's when a later one is."""
    place = next((place for place, each in enumerate(verdicts, start=1) if each == Verdict.RIGHT), None)
    if place is None:
        return Result(0, None)
    return Result(first if place == 1 else other, place)
