"""What a patient's record says, as codes with their dates; who the patient is does not come along."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from firstlight.guidance.cds.exchange import Refusal
from firstlight.guidance.cds.shapes import Coding, coding, codings, moment, record, records, text

RESULTS = Path(__file__).with_name("results.toml")
MOST_RESOURCES = 5000
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_NOT_SO = frozenset({"refuted", "entered-in-error"})
_NOT_NOW = frozenset({"inactive", "remission", "resolved"})
_WITH_RESULT = frozenset({"final", "amended", "corrected", "preliminary"})
_ANSWERED = frozenset({"completed", "amended", "in-progress"})
POSITIVE = Coding("http://snomed.info/sct", "10828004")
NEGATIVE = Coding("http://snomed.info/sct", "260385009")
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


@dataclass(frozen=True)
class Finding:
    """Something coded that holds for the patient, its severity where one is given, and since when it is known."""

    codes: tuple[Coding, ...]
    severity: tuple[Coding, ...] = ()
    at: datetime = LONG_AGO


@dataclass(frozen=True)
class Result:
    """What was observed, what was found, and when."""

    observed: tuple[Coding, ...]
    found: tuple[Coding, ...]
    at: datetime = LONG_AGO

    @property
    def is_positive(self) -> bool:
        """Whether what was looked for was found."""
        return POSITIVE in self.found


@dataclass(frozen=True)
class Facts:
    """All that is known of a patient for a guideline: findings, results, answers given by name, age."""

    findings: tuple[Finding, ...] = ()
    results: tuple[Result, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    age_years: int | None = None


def facts_of(prefetch: Iterable[Any], *, at: datetime, reasons: Iterable[Coding] = ()) -> Facts:
    """The facts in what was prefetched; what is of no known shape is passed over. Raises Refusal for too much."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for resource in _resources(prefetch):
        by_type.setdefault(text(resource.get("resourceType")), []).append(resource)
    findings = [Finding((each,)) for each in reasons]
    findings += [found for each in by_type.get("Condition", ()) if (found := _condition(each))]
    findings += [found for each in by_type.get("Encounter", ()) if (found := _encounter(each))]
    return Facts(
        tuple(findings),
        tuple(result for each in by_type.get("Observation", ()) if (result := _result(each))),
        _answers(by_type.get("QuestionnaireResponse", ())),
        next((age for each in by_type.get("Patient", ()) if (age := _age(each, at)) is not None), None),
    )


def _resources(prefetch: Iterable[Any]) -> Iterator[dict[str, Any]]:
    seen = 0
    for given in prefetch:
        whole = record(given)
        bundled = whole.get("resourceType") == "Bundle"
        for each in (record(entry.get("resource")) for entry in records(whole.get("entry"))) if bundled else [whole]:
            seen += 1
            if seen > MOST_RESOURCES:
                raise Refusal(413, "Too much was prefetched", f"At most {MOST_RESOURCES} resources are read.")
            yield each


def _codes_in(concept: Any) -> set[str]:
    return {each.code for each in codings(concept)}


def _condition(resource: dict[str, Any]) -> Finding | None:
    """A condition that holds now; one without a status is taken to hold."""
    if _codes_in(resource.get("verificationStatus")) & _NOT_SO or _codes_in(resource.get("clinicalStatus")) & _NOT_NOW:
        return None
    known = next(filter(None, (moment(resource.get(each)) for each in ("recordedDate", "onsetDateTime"))), LONG_AGO)
    return Finding(tuple(codings(resource.get("code"))), tuple(codings(resource.get("severity"))), known)


def _encounter(resource: dict[str, Any]) -> Finding | None:
    if text(resource.get("status")) in {"finished", "cancelled", "entered-in-error"}:
        return None
    kind = record(resource.get("class"))
    found = [coding(text(kind.get("system")), text(kind.get("code")))] if text(kind.get("code")) else []
    found += [*codings(resource.get("type")), *codings(resource.get("serviceType"))]
    return Finding(tuple(found), at=moment(record(resource.get("period")).get("start")) or LONG_AGO)


def _result(resource: dict[str, Any]) -> Result | None:
    if text(resource.get("status")) not in _WITH_RESULT:
        return None
    found = [*codings(resource.get("valueCodeableConcept")), *codings(resource.get("interpretation"))]
    if isinstance(told := resource.get("valueBoolean"), bool):
        found.append(POSITIVE if told else NEGATIVE)
    known = next(filter(None, (moment(resource.get(each)) for each in ("effectiveDateTime", "issued"))), None)
    began = moment(record(resource.get("effectivePeriod")).get("start"))
    return Result(tuple(codings(resource.get("code"))), tuple(map(_same_result, found)), known or began or LONG_AGO)


@cache
def _results() -> dict[Coding, Coding]:
    listed = tomllib.loads(RESULTS.read_text(encoding="utf-8"))
    return {
        Coding(row["system"], code): Coding(*meaning.split("|"))
        for meaning, rows in listed.items()
        for row in rows
        for code in row["codes"]
    }


def _same_result(found: Coding) -> Coding:
    if found.system.endswith("/v2/0078") or found.system.endswith("/v3/ObservationInterpretation"):
        found = Coding(_INTERPRETATION, found.code)
    return _results().get(found, found)


def _answers(resources: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Answers by the link id of their question, the latest response last and so in force."""
    usable = [each for each in resources if text(each.get("status")) in _ANSWERED]
    usable.sort(key=lambda each: moment(each.get("authored")) or LONG_AGO)
    return {name: answer for each in usable for item in records(each.get("item")) for name, answer in _answer(item)}


def _answer(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for given in list(records(item.get("answer")))[:1]:
        number = given.get("valueInteger")
        written = text(record(given.get("valueCoding")).get("code")) or text(given.get("valueString"))
        if written or type(number) is int:
            yield text(item.get("linkId")), written or str(number)


def _age(resource: dict[str, Any], at: datetime) -> int | None:
    born = moment(resource.get("birthDate"))
    if born is None or born > at or len(text(resource.get("birthDate"))) < 10:
        return None
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))
