"""Conditions on a situation, from a closed list of comparators: true, false, or undecided until more is known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from firstlight.guidance.rules.inputs import Input

COMPARATORS = ("not", "at_least", "at_most")
RESERVED = frozenset({"all", "any", "not", "present", "absent"})
PRESENT, ABSENT = "yes", "no"
DEEPEST = 12
Inputs = Mapping[str, Input]
Facts = Mapping[str, str]


class BadCondition(ValueError):
    """A condition that cannot be used; the message says which part and why."""


@dataclass(frozen=True)
class Among:
    """An input has one of these values: `is`, `one of`, `not`, `present` and `absent` are all this."""

    input: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """A number's input lies from `low` to `high`, both included."""

    input: str
    low: int
    high: int


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Some:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Opposite:
    part: "Condition"


Condition = Among | Between | Every | Some | Opposite
ALWAYS = Every(())


@dataclass(frozen=True)
class Verdict:
    """A condition's outcome: the inputs it rests on, or while undecided the inputs it waits for."""

    truth: bool | None
    rests_on: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def read_condition(raw: Any, inputs: Inputs, depth: int = 0) -> Condition:
    """A condition from its TOML table, whose keys must all hold; raises BadCondition naming what is wrong."""
    if depth > DEEPEST:
        raise BadCondition(f"a condition is nested at most {DEEPEST} deep")
    if not isinstance(raw, Mapping):
        raise BadCondition(f'a condition is a table such as {{ symptoms = "none" }}, not {raw!r}')
    parts = tuple(part for key, value in raw.items() for part in _parts(key, value, inputs, depth + 1))
    return parts[0] if len(parts) == 1 else Every(parts)


def _parts(key: str, value: Any, inputs: Inputs, depth: int) -> Iterator[Condition]:
    match key:
        case "all":
            yield Every(tuple(read_condition(each, inputs, depth) for each in _listed(key, value)))
        case "any":
            yield Some(tuple(read_condition(each, inputs, depth) for each in _listed(key, value)))
        case "not":
            yield Opposite(read_condition(value, inputs, depth))
        case "present" | "absent":
            answer = PRESENT if key == "present" else ABSENT
            names = [value] if isinstance(value, str) else _listed(key, value)
            yield from (_among(_known(name, inputs), (answer,)) for name in names)
        case _:
            yield _compared(_known(key, inputs), value)


def _listed(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise BadCondition(f"{key} takes a list that is not empty")
    return value


def _known(name: Any, inputs: Inputs) -> Input:
    if name not in inputs:
        raise BadCondition(f"there is no input {name!r}; the vocabulary has {', '.join(inputs)}")
    return inputs[name]


def _compared(asked: Input, test: Any) -> Condition:
    match test:
        case str():
            return _among(asked, (test,))
        case [*values] if values:
            return _among(asked, tuple(values))
        case {"not": unwanted, **rest} if not rest:
            ruled_out = _among(asked, (unwanted,) if isinstance(unwanted, str) else tuple(_listed("not", unwanted)))
            return Among(asked.name, tuple(name for name in asked.names if name not in ruled_out.values))
        case {"at_least": _, **_rest} | {"at_most": _, **_rest} if set(test) <= {"at_least", "at_most"}:
            return _between(asked, test)
    raise BadCondition(
        f"{asked.name} is compared by a value, a list of values, or one of {', '.join(COMPARATORS)}; not by {test!r}"
    )


def _among(asked: Input, values: tuple[Any, ...]) -> Among:
    if asked.is_number:
        raise BadCondition(f"{asked.name} is a number: compare it by at_least and at_most")
    unknown = [str(each) for each in values if each not in asked.names]
    if unknown:
        raise BadCondition(f"{asked.name} has no value {', '.join(unknown)}; it has {', '.join(asked.names)}")
    return Among(asked.name, tuple(name for name in asked.names if name in values))


def _between(asked: Input, test: Mapping[str, Any]) -> Between:
    if not asked.is_number:
        raise BadCondition(f"{asked.name} is no number, so at_least and at_most mean nothing")
    low, high = test.get("at_least", asked.low), test.get("at_most", asked.high)
    if not all(type(each) is int for each in (low, high)) or not asked.low <= low <= high <= asked.high:
        raise BadCondition(f"{asked.name} lies between {asked.low} and {asked.high}, whole numbers")
    return Between(asked.name, low, high)


def inputs_in(condition: Condition) -> frozenset[str]:
    """Every input that a condition looks at."""
    match condition:
        case Among(input=name) | Between(input=name):
            return frozenset({name})
        case Every(parts=parts) | Some(parts=parts):
            return frozenset().union(*map(inputs_in, parts))
        case Opposite(part=part):
            return inputs_in(part)


def stretches(number: Input, conditions: Iterable[Condition]) -> list[int]:
    """Where the stretches of a number begin that no condition tells apart."""
    borders = (border for each in conditions for border in _borders(each, number.name))
    return sorted({number.low, *(border for border in borders if border <= number.high)})


def _borders(condition: Condition, name: str) -> Iterator[int]:
    match condition:
        case Between(input=asked, low=low, high=high) if asked == name:
            yield from (low, high + 1)
        case Every(parts=parts) | Some(parts=parts):
            for each in parts:
                yield from _borders(each, name)
        case Opposite(part=part):
            yield from _borders(part, name)


def judge(condition: Condition, facts: Facts) -> Verdict:
    """Whether the facts meet a condition, in Kleene's three-valued logic."""
    match condition:
        case Among(input=name) | Between(input=name):
            if name not in facts:
                return Verdict(None, missing=(name,))
            return Verdict(_holds(condition, facts[name]), rests_on=(name,))
        case Opposite(part=part):
            verdict = judge(part, facts)
            return Verdict(None if verdict.truth is None else not verdict.truth, verdict.rests_on, verdict.missing)
        case Every(parts=parts):
            return combine([judge(each, facts) for each in parts], settled_by=False)
        case Some(parts=parts):
            return combine([judge(each, facts) for each in parts], settled_by=True)


def combine(verdicts: list[Verdict], *, settled_by: bool) -> Verdict:
    """One part that is `settled_by` settles the whole; else an undecided part leaves it undecided."""
    settling = [each for each in verdicts if each.truth is settled_by]
    undecided = [each for each in verdicts if each.truth is None]
    if settling:
        return Verdict(settled_by, min((each.rests_on for each in settling), key=len))
    if undecided:
        return Verdict(None, missing=_each_once(each.missing for each in undecided))
    return Verdict(not settled_by, _each_once(each.rests_on for each in verdicts))


def _each_once(groups: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _holds(condition: Among | Between, value: str) -> bool:
    if isinstance(condition, Among):
        return value in condition.values
    return condition.low <= int(value) <= condition.high
