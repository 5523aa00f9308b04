"""How an order stands to guidelines: appropriate, not, no criterion applies, or not to be said yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from firstlight.guidance.rules.advice import Advice
from firstlight.guidance.rules.guideline import Recommendation

ANY_MODALITY = "imaging"
# What is said of the wider examination holds for the special one where nothing is said of that.
WIDER = {"ct_angiography": "ct"}


class Rating(StrEnum):
    """The ratings of Argonaut's guide on imaging orders; one that cannot be given is not sent."""

    APPROPRIATE = "appropriate"
    NOT_APPROPRIATE = "not-appropriate"
    NO_CRITERIA = "no-criteria-apply"
    UNDETERMINED = ""


@dataclass(frozen=True)
class Opinion:
    """What one guideline says of one modality: its rating, by which recommendations, and what it still waits for."""

    advice: Advice
    rating: Rating
    recommendations: tuple[Recommendation, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def leaves_it_open(self) -> bool:
        """Whether it leaves the order to clinical judgement."""
        return bool(self.recommendations) and all(each.direction == "either" for each in self.recommendations)


def opinion_on(modality: str, advice: Advice, *, concerns_us: bool) -> Opinion:
    """The opinion of a guideline whose advice this is on imaging of the chest by that modality.

    Unless something of the record `concerns_us`, nothing is decided: a chest is imaged for many reasons besides.
    """
    found = _opinion(modality, advice)
    if found.rating in {Rating.APPROPRIATE, Rating.NOT_APPROPRIATE} and not concerns_us:
        return Opinion(advice, Rating.UNDETERMINED, missing=advice.missing)
    return found


def _opinion(modality: str, advice: Advice) -> Opinion:
    given, undecided = _about(modality, advice.recommendations), _about(modality, advice.undecided)
    directions = {each.direction for each in given}
    if advice.conflicts:
        return Opinion(advice, Rating.UNDETERMINED, missing=advice.conflicts)
    if directions & {"for", "either"}:
        return Opinion(advice, Rating.APPROPRIATE, given, advice.missing if undecided else ())
    if any(each.direction != "against" for each in undecided) or (undecided and not given):
        return Opinion(advice, Rating.UNDETERMINED, given, advice.missing)
    if given:
        return Opinion(advice, Rating.NOT_APPROPRIATE, given)
    return Opinion(advice, Rating.NO_CRITERIA)


def _about(modality: str, recommendations: Iterable[Recommendation]) -> tuple[Recommendation, ...]:
    every = tuple(recommendations)
    exact = tuple(each for each in every if {modality, ANY_MODALITY} & set(each.modalities))
    wider = WIDER.get(modality)
    return exact or tuple(each for each in every if wider in each.modalities)


def rating_of(opinions: Iterable[Opinion]) -> Rating:
    """What several guidelines say together: a rating only where those that can say something agree."""
    said = {each.rating for each in opinions}
    decided = said & {Rating.APPROPRIATE, Rating.NOT_APPROPRIATE}
    if len(decided) == 1:
        return decided.pop()
    if decided or Rating.UNDETERMINED in said:
        return Rating.UNDETERMINED
    return Rating.NO_CRITERIA


def is_disputed(opinions: Iterable[Opinion]) -> bool:
    """Whether guidelines contradict each other on the order."""
    return {Rating.APPROPRIATE, Rating.NOT_APPROPRIATE} <= {each.rating for each in opinions}


def alternatives(modality: str, opinions: Iterable[Opinion]) -> tuple[str, ...]:
    """Other examinations that a guideline which rates this one as not appropriate is for, in their order."""
    wanted = [
        other
        for each in opinions
        if each.rating == Rating.NOT_APPROPRIATE
        for other in advised(each.advice)
        if other != modality
    ]
    return tuple(dict.fromkeys(wanted))


def advised(advice: Advice) -> Iterator[str]:
    """The examinations that a guideline is for in this situation, and not against for the same purpose."""
    against = {pair for each in advice.recommendations if each.direction == "against" for pair in _pairs(each)}
    for each in advice.recommendations:
        if each.direction == "for":
            wanted = {
                name for name, purpose in _pairs(each) if not {(name, purpose), (ANY_MODALITY, purpose)} & against
            }
            yield from (name for name in each.modalities if name in ORDERED and name in wanted)


def _pairs(recommendation: Recommendation) -> set[tuple[str, str]]:
    return {(name, purpose) for name in recommendation.modalities for purpose in recommendation.purposes}


ORDERED = ("radiograph", "ct", "ct_angiography", "ultrasound")
