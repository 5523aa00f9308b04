"""Guidelines side by side: where each stands on each examination, and whether they agree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firstlight.guidance.rules.advice import Advice
from firstlight.guidance.rules.guideline import Recommendation

EXAMINATIONS = ("radiograph", "ct", "ct_angiography", "ultrasound")
# Of these a page speaks only where a recommendation names them; "imaging" as such asks for none in particular.
ONLY_WHEN_NAMED = frozenset({"ct_angiography", "ultrasound"})
# How an examination is carried out is no opinion on whether it should be.
NO_OPINION = frozenset({"safety", "preparedness"})
# A single recommendation for an examination outweighs those against it for other purposes.
ORDER = ("for", "either", "against")


@dataclass(frozen=True)
class Stance:
    """What a guideline says on one examination; an empty direction where it says nothing, or not yet (`is_open`)."""

    advice: Advice
    direction: str
    is_open: bool = False


@dataclass(frozen=True)
class Comparison:
    """All guidelines on one examination."""

    modality: str
    stances: tuple[Stance, ...]

    @property
    def directions(self) -> frozenset[str]:
        """The directions of those that say something."""
        return frozenset(each.direction for each in self.stances if each.direction)

    @property
    def disagree(self) -> bool:
        """Whether one is for it and another against."""
        return {"for", "against"} <= self.directions

    @property
    def agree(self) -> bool:
        """Whether two or more say something, and the same."""
        return len(self.directions) == 1 and sum(bool(each.direction) for each in self.stances) > 1


def compare(advices: Sequence[Advice]) -> tuple[Comparison, ...]:
    """The guidelines' stances on each examination that one of them speaks of."""
    named = {name for advice in advices for each in advice.recommendations for name in each.modalities}
    shown = (each for each in EXAMINATIONS if each not in ONLY_WHEN_NAMED or each in named)
    compared = (Comparison(each, tuple(stance(each, advice) for advice in advices)) for each in shown)
    return tuple(each for each in compared if each.directions or any(one.is_open for one in each.stances))


def stance(modality: str, advice: Advice) -> Stance:
    """Where a guideline stands on an examination."""
    said = _weightiest(each.direction for each in _about(modality, advice.recommendations))
    still_for = any(each.direction != "against" for each in _about(modality, advice.undecided))
    is_open = said != "for" and (still_for or (not said and any(_about(modality, advice.undecided))))
    return Stance(advice, "" if is_open else said, is_open)


def _about(modality: str, recommendations: Iterable[Recommendation]) -> list[Recommendation]:
    return [each for each in recommendations if modality in each.covered and not set(each.purposes) <= NO_OPINION]


def _weightiest(directions: Iterable[str]) -> str:
    said = set(directions)
    return next((each for each in ORDER if each in said), "")
