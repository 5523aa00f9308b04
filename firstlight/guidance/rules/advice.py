"""What a guideline says about a situation."""

from collections.abc import Mapping
from dataclasses import dataclass

from firstlight.guidance.rules.conditions import Verdict, combine, judge
from firstlight.guidance.rules.facts import Known, known_from
from firstlight.guidance.rules.guideline import Guideline, Recommendation, Silence, Vignette
from firstlight.guidance.rules.inputs import Input, Words

__all__ = ["Advice", "Reason", "advise"]


class UnknownAnswer(ValueError):
    """An answer that no input has; the message names the input and never the answer."""


@dataclass(frozen=True)
class Reason:
    """One fact that a recommendation rests on; `presumed` when nobody said so, `implied` when it follows."""

    input: Input
    answer: str
    presumed: bool = False
    implied: bool = False

    @property
    def label(self) -> Words:
        """The answer in words."""
        return self.input.label(self.answer)


@dataclass(frozen=True)
class Advice:
    """What applies, and why; what would still apply or not by the answers to `missing`, most telling first.

    `outside`: the situation lies outside the guideline's population. `conflicts` names inputs whose answers cannot
    stand beside each other; then nothing is advised. `silence` is the guideline's known silence on the situation.
    """

    guideline: Guideline
    recommendations: tuple[Recommendation, ...] = ()
    because: Mapping[str, tuple[Reason, ...]] = frozenset()  # type: ignore[assignment]
    missing: tuple[str, ...] = ()
    undecided: tuple[Recommendation, ...] = ()
    silence: Silence | None = None
    outside: bool = False
    conflicts: tuple[str, ...] = ()


def advise(guideline: Guideline, answers: Mapping[str, str]) -> Advice:
    """What the guideline says to these answers, each the name of a value; answers to other inputs may be there.

    Raises UnknownAnswer for a value that the input does not have.
    """
    _check_answers(guideline, answers)
    return advise_on(guideline, known_from(answers))


def advise_on(guideline: Guideline, known: Known) -> Advice:
    """The same for facts that were worked out before, so that several guidelines share them."""
    if known.conflicts:
        return Advice(guideline, because={}, conflicts=known.conflicts)
    about = judge(guideline.population, known.facts)
    if about.truth is False:
        return Advice(guideline, because={}, outside=True)
    verdicts = _verdicts(guideline, known)
    given = tuple(each for each in guideline.recommendations if verdicts[each.id].truth)
    undecided = tuple(each for each in guideline.recommendations if verdicts[each.id].truth is None)
    return Advice(
        guideline,
        recommendations=given,
        because={each.id: _reasons(guideline, verdicts[each.id], known) for each in given},
        missing=_most_telling(guideline, [verdicts[each.id] for each in undecided]),
        undecided=undecided,
        silence=None if given or undecided else _silence(guideline, known),
    )


def _verdicts(guideline: Guideline, known: Known) -> dict[str, Verdict]:
    """Each recommendation's own condition, less the situations of those it yields to."""
    verdicts: dict[str, Verdict] = {}
    for each in guideline.in_turn:
        own = judge(each.when, known.facts)
        others = [_opposite(verdicts[name]) for name in each.yields_to]
        verdicts[each.id] = combine([own, *others], settled_by=False) if others else own
    return verdicts


def _opposite(verdict: Verdict) -> Verdict:
    return Verdict(None if verdict.truth is None else not verdict.truth, verdict.rests_on, verdict.missing)


def _reasons(guideline: Guideline, verdict: Verdict, known: Known) -> tuple[Reason, ...]:
    rests_on = set(verdict.rests_on)
    return tuple(
        Reason(each, known.facts[each.name], each.name in known.presumed, each.name in known.implied)
        for each in guideline.inputs
        if each.name in rests_on
    )


def _most_telling(guideline: Guideline, undecided: list[Verdict]) -> tuple[str, ...]:
    """The inputs that undecided recommendations wait for, those that most of them wait for first."""
    counts = {each.name: sum(each.name in verdict.missing for verdict in undecided) for each in guideline.inputs}
    return tuple(sorted((name for name, count in counts.items() if count), key=lambda name: -counts[name]))


def _silence(guideline: Guideline, known: Known) -> Silence | None:
    return next((each for each in guideline.silences if judge(each.when, known.facts).truth), None)


def _check_answers(guideline: Guideline, answers: Mapping[str, str]) -> None:
    for each in guideline.inputs:
        if each.name in answers and not each.accepts(answers[each.name]):
            raise UnknownAnswer(f"{each.name} has no such answer")


def failing_vignettes(guideline: Guideline) -> list[tuple[Vignette, tuple[str, ...]]]:
    """The guideline's own vignettes that are not answered as they expect, with what they are answered."""
    answered = (
        (each, tuple(one.id for one in advise(guideline, each.answers).recommendations)) for each in guideline.vignettes
    )
    return [(each, got) for each, got in answered if set(got) != set(each.expected)]
