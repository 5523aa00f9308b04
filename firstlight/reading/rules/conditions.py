"""Conditions on findings, as schemes write them: true, false, or not to be decided until more is given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from firstlight.reading.rules.findings import Findings, Value
from firstlight.reading.rules.vocabulary import Finding, Vocabulary

COMPARATORS = ("is", "in", "has", "has_any", "has_none", "at_least", "at_most")
OF_SEVERAL = frozenset({"has", "has_any", "has_none"})
OF_NUMBERS = frozenset({"at_least", "at_most"})


class BadCondition(ValueError):
    """A condition that cannot be used; the message says which part and why."""


@dataclass(frozen=True)
class Compared:
    """A finding compared; when it was not given the outcome is `when_missing`, or undecided."""

    finding: str
    comparator: str
    operand: tuple[str, ...] | int
    when_missing: bool | None


@dataclass(frozen=True)
class Sign:
    """A sign defined elsewhere in the scheme."""

    key: str


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Some:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Opposite:
    part: "Condition"


Condition = Compared | Sign | Every | Some | Opposite


@dataclass(frozen=True)
class Verdict:
    """A condition's outcome: the signs and findings it rests on, or when undecided the findings it waits for."""

    truth: bool | None
    signs: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def read_condition(raw: Mapping[str, Any], vocabulary: Vocabulary, signs: Collection[str] = ()) -> Condition:
    """A condition from its TOML; raises BadCondition naming what is wrong. Signs must be known before they are used."""
    match raw:
        case {"all": parts, **rest} if not rest:
            return Every(tuple(read_condition(each, vocabulary, signs) for each in parts))
        case {"any": parts, **rest} if not rest:
            return Some(tuple(read_condition(each, vocabulary, signs) for each in parts))
        case {"not": part, **rest} if not rest:
            return Opposite(read_condition(part, vocabulary, signs))
        case {"sign": key, **rest} if not rest:
            if key not in signs:
                raise BadCondition(f"the sign {key} is not defined before it is used")
            return Sign(key)
        case {"finding": key, **rest}:
            return _compared(key, dict(rest), vocabulary)
    raise BadCondition(f"a condition is one of all, any, not, sign, finding; this one has {', '.join(map(str, raw))}")


def _compared(key: str, rest: dict[str, Any], vocabulary: Vocabulary) -> Compared:
    finding = vocabulary.findings.get(key)
    if finding is None:
        raise BadCondition(f"the vocabulary has no finding {key}")
    when_missing = {None: None, "yes": True, "no": False}[rest.pop("when_missing", None)]
    if len(rest) != 1 or next(iter(rest)) not in COMPARATORS:
        raise BadCondition(f"{key} is compared by exactly one of {', '.join(COMPARATORS)}")
    ((comparator, given),) = rest.items()
    operand = _operand(finding, comparator, given)
    return Compared(key, comparator, operand, when_missing)


def _operand(finding: Finding, comparator: str, given: Any) -> tuple[str, ...] | int:
    fits = {
        "several_of": comparator in OF_SEVERAL,
        "integer": comparator in OF_NUMBERS,
    }.get(finding.kind, comparator in {"is", "in"})
    if not fits:
        raise BadCondition(f"{finding.key} is {finding.kind} and cannot be compared by {comparator}")
    if finding.kind == "integer":
        return int(given)
    keys = (given,) if isinstance(given, str) else tuple(given)
    unknown = [each for each in keys if finding.option(each) is None]
    if unknown or not keys:
        raise BadCondition(f"{finding.key} has no option {', '.join(unknown)}")
    return keys


def findings_in(condition: Condition) -> frozenset[str]:
    """Every finding that a condition looks at itself; not those of the signs it names."""
    match condition:
        case Compared(finding=key):
            return frozenset({key})
        case Every(parts=parts) | Some(parts=parts):
            return frozenset().union(*(findings_in(each) for each in parts))
        case Opposite(part=part):
            return findings_in(part)
    return frozenset()


def judge(condition: Condition, findings: Findings, signs: Mapping[str, Verdict] | None = None) -> Verdict:
    """Whether the findings meet a condition; `signs` are the verdicts on the signs it may name."""
    match condition:
        case Compared():
            return _compare(condition, findings)
        case Sign(key=key):
            verdict = (signs or {})[key]
            return Verdict(verdict.truth, (key,) if verdict.truth else (), verdict.rests_on, verdict.missing)
        case Opposite(part=part):
            verdict = judge(part, findings, signs)
            truth = None if verdict.truth is None else not verdict.truth
            return Verdict(truth, (), verdict.rests_on, verdict.missing)
        case Every(parts=parts):
            return _combine([judge(each, findings, signs) for each in parts], settled_by=False)
        case Some(parts=parts):
            return _combine([judge(each, findings, signs) for each in parts], settled_by=True)


def _combine(verdicts: list[Verdict], *, settled_by: bool) -> Verdict:
    """One part that is `settled_by` settles the whole; else an undecided part leaves it undecided (Kleene's logic)."""
    settling = [each for each in verdicts if each.truth is settled_by]
    undecided = [each for each in verdicts if each.truth is None]
    if settling:
        return _together(settled_by, settling)
    return _together(None, undecided) if undecided else _together(not settled_by, verdicts)


def _together(truth: bool | None, verdicts: list[Verdict]) -> Verdict:
    return Verdict(
        truth,
        tuple(dict.fromkeys(key for each in verdicts for key in each.signs)) if truth else (),
        tuple(dict.fromkeys(key for each in verdicts for key in each.rests_on)),
        tuple(dict.fromkeys(key for each in verdicts for key in each.missing)) if truth is None else (),
    )


def _compare(condition: Compared, findings: Findings) -> Verdict:
    value = findings.known(condition.finding)
    if value is None:
        waits_for = (condition.finding,) if condition.when_missing is None else ()
        return Verdict(condition.when_missing, missing=waits_for)
    return Verdict(_holds(condition, value), rests_on=(condition.finding,))


def _holds(condition: Compared, value: Value) -> bool:
    operand = condition.operand
    if isinstance(value, int) and isinstance(operand, int):
        return value >= operand if condition.comparator == "at_least" else value <= operand
    chosen = {value} if isinstance(value, str) else set(value) if isinstance(value, tuple) else set()
    meets = bool(chosen & set(operand if isinstance(operand, tuple) else ()))
    return not meets if condition.comparator == "has_none" else meets
