"""From facts to the closed vocabulary of guidelines: what no code says stays unknown, what two codes say is told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from firstlight.guidance.cds.facts import Facts, Finding
from firstlight.guidance.cds.shapes import Coding, coding, covers
from firstlight.guidance.rules.inputs import Code, Input

ANYBODY = frozenset({"place", "setting", "age_years"})  # known of every patient, whatever the chest is imaged for


@dataclass(frozen=True)
class Situation:
    """What is known by the vocabulary's names, and the inputs on which the record contradicts itself.

    It `concerns_us` when more is known than where any patient may be: a form was filled, or something is clinical.
    """

    answers: dict[str, str] = field(default_factory=dict)
    contradicted: tuple[str, ...] = ()
    concerns_us: bool = False


@dataclass(frozen=True)
class Reader:
    """An input as records are read for it: the tests that it asks the result of, and the codes of its values."""

    asked: Input
    tests: tuple[Coding, ...]
    values: tuple[tuple[str, tuple[Coding, ...]], ...]


@dataclass(frozen=True)
class Reading:
    """A guideline's inputs as records are read for them, and the conditions whose severity is the patient's."""

    readers: tuple[Reader, ...]
    diseases: tuple[Coding, ...]
    telling: tuple[Coding, ...]


def reading_of(inputs: Iterable[Input], diseases: Iterable[Coding] = ()) -> Reading:
    """How records are read for these inputs; the severity of these diseases is that of the patient."""
    readers = tuple(
        Reader(each, _codings(each.codes), tuple((value.name, _codings(value.codes)) for value in each.values))
        for each in inputs
    )
    told = tuple(code for each in readers if not each.tests for _name, codes in each.values for code in codes)
    return Reading(readers, tuple(diseases), (*told, *diseases))


def _codings(codes: Iterable[Code]) -> tuple[Coding, ...]:
    return tuple(coding(each.system, each.code) for each in codes)


def situation_of(reading: Reading, facts: Facts) -> Situation:
    """The answers that facts give."""
    answers: dict[str, str] = {}
    contradicted = []
    findings = (*facts.findings, *_severities(reading, facts))
    for each in reading.readers:
        found = _answer(each, facts, findings)
        if len(found) == 1:
            answers[each.asked.name] = found.pop()
        elif found:
            contradicted.append(each.asked.name)
    return Situation(answers, tuple(contradicted), bool(contradicted) or _concerns(reading, facts, answers))


def _concerns(reading: Reading, facts: Facts, answers: dict[str, str]) -> bool:
    clinical, said = answers.keys() - ANYBODY, answers.keys() & facts.answers.keys()
    return bool(clinical or said) or any(_any_covered(reading.diseases, each.codes) for each in facts.findings)


def _answer(reader: Reader, facts: Facts, findings: Iterable[Finding]) -> set[str]:
    """The values that hold at once: those of the latest date that any is known of."""
    asked = reader.asked
    said = facts.answers.get(asked.name, "")
    if said and asked.accepts(said):
        return {said}
    if asked.is_number:
        age = facts.age_years
        return {str(age)} if asked.name == "age_years" and age is not None and asked.accepts(str(age)) else set()
    dated = list(_by_tests(reader, facts) if reader.tests else _by_findings(reader, facts, findings))
    latest = max((at for at, _value in dated), default=None)
    return {value for at, value in dated if at == latest}


def _by_tests(reader: Reader, facts: Facts) -> Iterator[tuple[datetime, str]]:
    """What the tests that are asked for showed: their values mean nothing without what was observed."""
    for result in facts.results:
        if _any_covered(reader.tests, result.observed):
            yield from ((result.at, name) for name, codes in reader.values if _any_covered(codes, result.found))


def _by_findings(reader: Reader, facts: Facts, findings: Iterable[Finding]) -> Iterator[tuple[datetime, str]]:
    """What holds for the patient, or was looked for and found, such as a cough."""
    for name, codes in reader.values:
        if codes:
            yield from ((each.at, name) for each in findings if _any_covered(codes, each.codes))
            yield from (
                (each.at, name) for each in facts.results if each.is_positive and _any_covered(codes, each.observed)
            )


def _severities(reading: Reading, facts: Facts) -> Iterator[Finding]:
    """The severity of what is the disease, or itself answers one of the inputs."""
    for each in facts.findings:
        if each.severity and _any_covered(reading.telling, each.codes):
            yield Finding(each.severity, at=each.at)


def _any_covered(known: Iterable[Coding], found: Iterable[Coding]) -> bool:
    return any(covers(code, each) for each in found for code in known)
