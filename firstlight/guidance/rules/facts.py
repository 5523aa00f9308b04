"""From answers to facts: what follows from them, and what is taken when nobody was asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from firstlight.guidance.rules.conditions import Condition, Facts, inputs_in, judge, read_condition
from firstlight.guidance.rules.inputs import document, shared_inputs


@dataclass(frozen=True)
class Inference:
    """When the condition holds, these inputs have these values."""

    when: Condition
    then: Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """All that is known of a situation: what was said, what follows, what was taken; and what contradicts itself."""

    facts: Facts
    implied: frozenset[str]
    presumed: frozenset[str]
    conflicts: tuple[str, ...]


@cache
def implications() -> tuple[Inference, ...]:
    """What cannot be otherwise."""
    return _inferences("implied")


@cache
def presumptions() -> tuple[Inference, ...]:
    """What is taken when nobody was asked."""
    return _inferences("presumed")


def _inferences(kind: str) -> tuple[Inference, ...]:
    return tuple(Inference(read_condition(raw["when"], shared_inputs()), raw["then"]) for raw in document()[kind])


def known_from(answers: Mapping[str, str]) -> Known:
    """The facts behind some answers; an answer always stands above what would be taken."""
    facts = dict(answers)
    implied = _infer(facts, implications())
    presumed: set[str] = set()
    while new := _infer(facts, presumptions()):
        presumed |= new
        implied |= _infer(facts, implications())
    return Known(facts, frozenset(implied), frozenset(presumed), tuple(_conflicts(facts)))


def _infer(facts: dict[str, str], inferences: Iterable[Inference]) -> set[str]:
    """Add what follows to the facts, and name it."""
    new: set[str] = set()
    for each in inferences:
        unknown = {name: value for name, value in each.then.items() if name not in facts}
        if unknown and judge(each.when, facts).truth:
            facts.update(unknown)
            new |= unknown.keys()
    return new


def _conflicts(facts: Facts) -> Iterable[str]:
    """The inputs whose answers cannot stand beside each other."""
    for each in implications():
        if judge(each.when, facts).truth and any(facts.get(name, value) != value for name, value in each.then.items()):
            yield from sorted(inputs_in(each.when) | each.then.keys())
