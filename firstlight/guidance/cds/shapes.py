"""Reading FHIR JSON whose shape nobody vouches for: what is not of the expected type is read as absent."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
LONGEST_TEXT = 500
_SAME_SYSTEM = {
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.12": "http://www.ama-assn.org/go/cpt",
    "urn:oid:2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "urn:oid:2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/v3/ActCode": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://radlex.org": "http://www.radlex.org",
}
ICD_10 = "http://hl7.org/fhir/sid/icd-10"


class Coding(NamedTuple):
    """A code with the system it is of."""

    system: str
    code: str


def record(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def text(value: Any) -> str:
    """The string without blanks around it, or an empty one."""
    return value.strip()[:LONGEST_TEXT] if isinstance(value, str) else ""


def coding(system: str, code: str) -> Coding:
    """A coding as it is compared: one name for each system, ICD-10 (and what is made from it) without its dot."""
    same = _SAME_SYSTEM.get(system, system)
    if "icd-10" in same or "kcd" in same.lower():
        return Coding(ICD_10, code.replace(".", "").upper())
    return Coding(same, code)


def codings(concept: Any) -> Iterator[Coding]:
    """The codings of a CodeableConcept, or of a list of them."""
    for each in concept if isinstance(concept, list) else [concept]:
        for found in records(record(each).get("coding")):
            if text(found.get("code")):
                yield coding(text(found.get("system")), text(found["code"]))


def wordings(concept: Any) -> Iterator[str]:
    """The words of a CodeableConcept: its text and what its codings display."""
    words = record(concept)
    yield text(words.get("text"))
    yield from (text(each.get("display")) for each in records(words.get("coding")))


def covers(known: Coding, found: Coding) -> bool:
    """Whether a code of a guideline covers one of a record; in ICD-10 a category covers what lies below it."""
    if known.system != found.system:
        return False
    if known.system == ICD_10:
        return found.code.startswith(known.code)
    return known.code == found.code


def moment(value: Any) -> datetime | None:
    """A FHIR date or dateTime, a day being its first moment; None for anything else."""
    written = text(value)
    try:
        found = datetime.fromisoformat(written) if "T" in written else _first_moment(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _first_moment(written: str) -> datetime:
    return datetime.combine(date.fromisoformat((written + "-01-01")[:10]), time.min, UTC)
