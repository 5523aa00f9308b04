"""Whatever comes in, an answer goes out: a good one or a clear word, soon, and nothing of what came stays or shows."""

import time
from typing import Any

import orjson
import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstlight.guidance.cds import keeping
from firstlight.guidance.cds.facts import MOST_RESOURCES, Facts, facts_of
from firstlight.guidance.cds.orders import modality_of
from tests.order_systems.conftest import NOW, Ask, answers, hook, order, refused, said

SERVICE = "novel-2031.who-2020"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
WORDS = st.sampled_from(
    ["resourceType", "entry", "resource", "code", "coding", "system", "value", "status", "class", "item", "answer",
     "linkId", "valueCoding", "valueCodeableConcept", "interpretation", "severity", "clinicalStatus", "birthDate",
     "authored", "recordedDate", "effectiveDateTime", "effectivePeriod", "start", "period", "extension", "id",
     "reasonCode", "text", "display", "draftOrders", "selections", "context", "prefetch", "patientId"]
)  # fmt: skip
KINDS = st.sampled_from(
    ["Bundle", "Condition", "Observation", "Encounter", "Patient", "QuestionnaireResponse", "ServiceRequest"]
)
FHIRISH = st.recursive(
    JSON | KINDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=100)
@given(resources=st.lists(st.dictionaries(WORDS, FHIRISH, max_size=8).flatmap(
    lambda made: KINDS.map(lambda kind: {**made, "resourceType": kind})), max_size=5))  # fmt: skip
def test_any_record_is_read_without_a_fault(resources: list[dict[str, Any]]) -> None:
    assert isinstance(facts_of(resources, at=NOW), Facts)


@settings(max_examples=100)
@given(concept=FHIRISH)
def test_any_concept_is_an_examination_or_none(concept: Any) -> None:
    assert modality_of(concept) in {"", "radiograph", "ct", "ct_angiography", "ultrasound"}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(["hook", "hookInstance", "context", "prefetch", "fhirServer", "fhirAuthorization", "order",
                              "patientId", "selections", "draftOrders"]), value=FHIRISH)  # fmt: skip
def test_any_call_is_answered(ask: Ask, guidelines: object, place: str, value: Any) -> None:
    call = hook("order-select")
    if place == "order":
        call["context"]["draftOrders"]["entry"][0]["resource"] |= {"extension": value, "code": value}
    elif place in call["context"]:
        call["context"][place] = value
    else:
        call[place] = value
    found = ask("which-imaging", call)
    assert found.status in {200, 400, 412, 413}
    if found.status != 200:
        refused(found)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered(ask: Ask, guidelines: object, body: bytes) -> None:
    assert ask("which-imaging", body or b"x").status in {400, 412}


def deep(levels: int) -> Any:
    value: Any = "x"
    for _level in range(levels):
        value = {"extension": [value]}
    return value


def timed(ask: Ask, body: Any) -> tuple[Any, float]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    began = time.process_time()
    found = ask(SERVICE, raw)
    return found, time.process_time() - began


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_a_deep_order_is_refused_and_a_deep_record_is_not_read(ask: Ask, guidelines: object) -> None:
    found, seconds = timed(ask, hook("order-sign", order(), prefetch=answers(symptoms="none"))
                           | {"context": {**hook()["context"], "draftOrders": {"resourceType": "Bundle", "entry": [
                               {"resource": order(extension=[deep(50)])}]}}})  # fmt: skip
    assert "nested too deeply" in refused(found)["title"]
    body = orjson.dumps(hook()).replace(b'"conditions":null', b'"conditions":' + nested(900))
    assert timed(ask, body)[0].status == 200, "what nobody reads may be as deep as JSON allows"
    body = orjson.dumps(hook()).replace(b'"conditions":null', b'"conditions":' + nested(100_000))
    found, seconds = timed(ask, body)
    assert "JSON" in refused(found)["title"]
    assert seconds < 2


def test_a_huge_record_is_read_in_bounded_time(ask: Ask, guidelines: object) -> None:
    condition = {"resourceType": "Condition", "code": {"coding": [{"system": "http://snomed.info/sct", "code": "1"}]}}
    many = {"resourceType": "Bundle", "entry": [{"resource": condition}] * (MOST_RESOURCES - 1)}
    found, seconds = timed(ask, hook(prefetch={"conditions": many}))
    assert found.status == 200
    assert seconds < 3
    many["entry"] = [{"resource": condition}] * (MOST_RESOURCES + 1)
    assert "Too much" in refused(timed(ask, hook(prefetch={"conditions": many}))[0])["title"]
    codes = {"resourceType": "Condition", "code": {"coding": [{"system": "s", "code": str(n)} for n in range(50_000)]}}
    found, seconds = timed(ask, hook(prefetch={"conditions": codes}))
    assert found.status == 200
    assert seconds < 3


def test_references_in_a_circle_are_not_followed(ask: Ask, guidelines: object) -> None:
    itself = {"resourceType": "Condition", "id": "c", "evidence": [{"detail": [{"reference": "#c"}]}]}
    back = [{"reference": "ServiceRequest/order-2"}]
    one = order(basedOn=back, reasonReference=[{"reference": "#c"}], contained=[itself])
    two = {**order(basedOn=[{"reference": "ServiceRequest/order-1"}]), "id": "order-2"}
    found = said(ask(SERVICE, hook("order-sign", one, two, prefetch=answers(symptoms="none"))))
    assert len(found["systemActions"]) == 2


def test_the_same_resource_twice_says_the_same_once(ask: Ask, guidelines: object) -> None:
    cough = {
        "resourceType": "Condition",
        "id": "same",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "49727002"}]},
    }
    twice = {"resourceType": "Bundle", "entry": [{"resource": cough}, {"resource": cough}]}
    assert facts_of([twice], at=NOW).findings[0] == facts_of([cough], at=NOW).findings[0]
    assert len(facts_of([twice], at=NOW).findings) == 2


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000, "1" * 400 + ".5", "NaN", "Infinity"])
def test_numbers_that_no_machine_holds(ask: Ask, guidelines: object, number: str) -> None:
    body = orjson.dumps(hook("order-sign", order(quantityQuantity={"value": 7.25}), prefetch=answers(symptoms="none")))
    found = ask(SERVICE, body.replace(b"7.25", number.encode()))
    assert found.status in {200, 400}
    if found.status == 200:
        orjson.loads(found.body)


def test_nothing_of_the_patient_is_kept_or_said(ask: Ask, guidelines: object, caplog: pytest.LogCaptureFixture) -> None:
    secret = "HONG-GILDONG-8801011234567"
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"text": secret}], "identifier": [{"value": secret}]}
    code = {"text": secret, "coding": [{"system": secret, "code": secret}]}
    condition = {"resourceType": "Condition", "code": code}
    known = {"patient": patient, **answers(symptoms="none"), "conditions": condition}
    found = ask(SERVICE, hook("order-sign", order(), prefetch=known))
    assert secret.encode() not in found.body
    keeping.write_counts()
    kept = [str(list(model.objects.values())) for model in apps.get_app_config("guidance").get_models()]
    assert not any(secret in each or "'p1'" in each for each in kept)
    assert secret not in caplog.text
