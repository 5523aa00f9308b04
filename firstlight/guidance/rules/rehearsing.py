"""Whose advice changes when a guideline is replaced by another: situations answered by both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firstlight.guidance.rules.advice import UnknownAnswer, advise
from firstlight.guidance.rules.guideline import Guideline, Recommendation
from firstlight.guidance.rules.inputs import Words


@dataclass(frozen=True)
class Situation:
    """A vignette, or what a form of a cohort tells without saying of whom."""

    id: str
    text: Words
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Changed:
    """A situation that is advised otherwise, before and after."""

    situation: Situation
    before: tuple[Recommendation, ...]
    after: tuple[Recommendation, ...]


@dataclass(frozen=True)
class Rehearsal:
    """How many situations were replayed, which change, and how many neither version can read."""

    replayed: int
    changed: tuple[Changed, ...]
    unreadable: int

    @property
    def unchanged(self) -> int:
        """How many are advised as before."""
        return self.replayed - len(self.changed)


def rehearse(old: Guideline | None, new: Guideline, situations: Iterable[Situation]) -> Rehearsal:
    """Replay the situations against both versions; without an old one, everything that is advised is a change."""
    replayed = unreadable = 0
    changed = []
    for each in situations:
        try:
            before = advise(old, each.answers).recommendations if old else ()
            after = advise(new, each.answers).recommendations
        except UnknownAnswer:
            unreadable += 1
            continue
        replayed += 1
        if _substance(before) != _substance(after):
            changed.append(Changed(each, before, after))
    return Rehearsal(replayed, tuple(changed), unreadable)


def _substance(recommendations: tuple[Recommendation, ...]) -> frozenset[tuple[object, ...]]:
    """What is advised, whatever it is called and however it is worded."""
    return frozenset(
        (frozenset(each.modalities), frozenset(each.purposes), each.direction, each.verb, each.strength)
        for each in recommendations
    )


def as_situations(guideline: Guideline) -> list[Situation]:
    """A guideline's own vignettes as situations."""
    return [Situation(each.id, each.text, each.answers) for each in guideline.vignettes]
