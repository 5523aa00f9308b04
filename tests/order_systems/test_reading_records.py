"""From records to the vocabulary: codes, dates, contradictions, procedures."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.guidance.cds.answers import Situation, reading_of, situation_of
from firstlight.guidance.cds.facts import facts_of
from firstlight.guidance.cds.orders import modality_of
from firstlight.guidance.cds.shapes import ICD_10, coding
from firstlight.guidance.rules.guideline import read_guideline
from tests.order_systems.conftest import CONTENT

GUIDELINE = read_guideline((CONTENT / "who-2020.toml").read_bytes())
READING = reading_of(GUIDELINE.inputs, [coding(ICD_10, "U07.1")])
AT = datetime(2026, 11, 23, tzinfo=UTC)
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
TEST = {"coding": [{"system": LOINC, "code": "94500-6"}]}


def concept(code: str, system: str = SNOMED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def condition(code: str, system: str = SNOMED, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": concept(code, system), **more}


def result(on: str = "2026-11-20", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": TEST, "effectiveDateTime": on, **more}


def known(*resources: Any) -> Situation:
    return situation_of(READING, facts_of(resources, at=AT))


COUGH = "49727002"
RESULTS: dict[str, dict[str, Any]] = {
    "positive": {"valueCodeableConcept": concept("10828004")},
    "detected": {"valueCodeableConcept": concept("260373001")},
    "LOINC answer": {"valueCodeableConcept": concept("LA6576-8", LOINC)},
    "interpretation": {
        "interpretation": [concept("POS", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")]
    },
    "older interpretation": {"interpretation": [concept("POS", "http://hl7.org/fhir/v2/0078")]},
    "by an OID": {"valueCodeableConcept": concept("10828004", "urn:oid:2.16.840.1.113883.6.96")},
    "a boolean": {"valueBoolean": True},
}


@pytest.mark.parametrize("said", RESULTS.values(), ids=RESULTS)
def test_a_result_is_read_however_a_laboratory_words_it(said: dict[str, Any]) -> None:
    assert known(result(**said)).answers["test_status"] == "positive"


def test_of_two_results_the_later_holds_and_of_one_moment_none() -> None:
    negative = {"valueCodeableConcept": concept("260415000")}
    positive = {"valueCodeableConcept": concept("260373001")}
    assert (
        known(result("2026-11-01", **negative), result("2026-11-20", **positive)).answers["test_status"] == "positive"
    )
    at_once = known(result(**negative), result(**positive))
    assert "test_status" not in at_once.answers
    assert at_once.contradicted == ("test_status",)


NO_RESULT: dict[str, dict[str, Any]] = {
    "of another test": {"code": concept("1234-5", LOINC), "valueCodeableConcept": concept("10828004")},
    "not yet there": {"status": "registered"},
    "in error": {"status": "entered-in-error", "valueCodeableConcept": concept("10828004")},
    "of no known word": {"valueCodeableConcept": concept("999")},
}


@pytest.mark.parametrize("said", NO_RESULT.values(), ids=NO_RESULT)
def test_a_result_that_says_nothing_is_unknown(said: dict[str, Any]) -> None:
    assert known({**result(), **said}).answers == {}


def test_conditions_hold_unless_they_are_over_or_refuted() -> None:
    status = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    over = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    assert known(condition(COUGH)).answers["symptoms"] == "respiratory"
    assert known(condition(COUGH, verificationStatus=concept("refuted", status))).answers == {}
    assert known(condition(COUGH, clinicalStatus=concept("resolved", over))).answers == {}
    looked_for = {"resourceType": "Observation", "status": "final", "code": concept(COUGH), "valueBoolean": True}
    assert known(looked_for).answers["symptoms"] == "respiratory"
    assert known({**looked_for, "valueBoolean": False}).answers == {}


def test_severity_is_that_of_the_disease_and_of_nothing_else() -> None:
    severe = {"severity": concept("24484000")}
    assert (
        known(condition("U07.1", "http://hl7.org/fhir/sid/icd-10-cm", **severe)).answers["severity"]
        == "moderate_severe"
    )
    assert known(condition("U07.10", "http://www.hl7korea.or.kr/CodeSystem/kcd-8", **severe)).answers["severity"]
    assert "severity" not in known(condition("43116000", **severe)).answers, "a severe eczema"


def test_where_a_patient_is_does_not_concern_us_by_itself() -> None:
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    there = {"resourceType": "Encounter", "status": "in-progress", "class": kind}
    found = known(there, {"resourceType": "Patient", "birthDate": "1960-11-24"})
    assert found.answers == {"place": "hospital", "age_years": "65"}
    assert not found.concerns_us
    assert known(there, condition(COUGH)).concerns_us
    assert known({**there, "status": "finished"}).answers == {}


def test_a_filled_form_stands_above_codes_and_the_later_one_above_the_former() -> None:
    def form(value: str, on: str) -> dict[str, Any]:
        item = {"linkId": "symptoms", "answer": [{"valueCoding": {"code": value}}]}
        return {"resourceType": "QuestionnaireResponse", "status": "completed", "authored": on, "item": [item]}

    assert known(condition(COUGH), form("none", "2026-11-01")).answers["symptoms"] == "none"
    assert known(form("resolved", "2026-11-20"), form("none", "2026-11-01")).answers["symptoms"] == "resolved"
    assert known(form("nonsense", "2026-11-20"), condition(COUGH)).answers["symptoms"] == "respiratory"


@given(born=st.dates())
def test_an_age_is_counted_in_whole_years(born: Any) -> None:
    age = facts_of([{"resourceType": "Patient", "birthDate": born.isoformat()}], at=AT).age_years
    if born > AT.date():
        assert age is None
    else:
        assert age is not None
        assert born.year + age <= AT.year <= born.year + age + 1


PROCEDURES = [
    (concept("24627-2", LOINC), "ct"),
    (concept("71046", "http://www.ama-assn.org/go/cpt"), "radiograph"),
    (concept("71275", "http://www.ama-assn.org/go/cpt"), "ct_angiography"),
    (concept("RPID147", "http://www.radlex.org"), "ct_angiography"),
    (concept("399208008"), "radiograph"),
    (concept("25850001"), "ultrasound"),
    ({"coding": [*concept("24627-2", LOINC)["coding"], *concept("36147-7", LOINC)["coding"]]}, "ct_angiography"),
    ({"text": "Chest X-ray PA"}, "radiograph"),
    ({"text": "흉부 단순촬영"}, "radiograph"),
    ({"text": "CXR portable"}, "radiograph"),
    ({"text": "HRCT of the chest"}, "ct"),
    ({"text": "흉부 CT"}, "ct"),
    ({"text": "CTPA"}, "ct_angiography"),
    ({"text": "CT angiography, chest"}, "ct_angiography"),
    ({"coding": [{"system": "urn:local", "code": "X1", "display": "폐 초음파"}]}, "ultrasound"),
    ({"text": "CT lumbar spine"}, ""),
    ({"text": "CT thoracic spine"}, ""),
    ({"text": "CT guided lung biopsy"}, ""),
    ({"text": "Chest tube"}, ""),
    ({"text": "Echocardiography"}, ""),
    (concept("36801-9", LOINC), ""),
    (None, ""),
]


@pytest.mark.parametrize(("code", "modality"), PROCEDURES)
def test_orders_of_the_chest_are_known_by_code_and_by_words(code: Any, modality: str) -> None:
    assert modality_of(code) == modality
