"""Cards as the specification wants them, and as a reader needs them."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import fhirkit
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstlight.guidance.cds import ids, keeping
from firstlight.guidance.cds.names import RATING, RATING_EXTENSION
from firstlight.guidance.models import GuidelineVersion
from firstlight.guidance.rules.inputs import shared_inputs
from tests.cast import Cast
from tests.order_systems.conftest import CT, RADIOGRAPH, ROOT, Ask, answers, hook, order, publish, said

CARD = {"uuid", "summary", "indicator", "detail", "source", "links", "suggestions", "selectionBehavior",
        "overrideReasons", "extension"}  # fmt: skip


def empties(value: Any, path: str = "") -> Iterator[str]:
    """Where something is null or empty, which CDS Hooks and FHIR both forbid."""
    if value is None or value in ("", [], {}):
        yield path
    for name, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from empties(each, f"{path}.{name}")


def check(found: dict[str, Any]) -> None:
    """Everything that the specification says of an answer."""
    assert set(found) <= {"cards", "systemActions"}
    assert list(empties({**found, "cards": found["cards"] or ["none"]})) == []
    for card in found["cards"]:
        check_card(card)
    for action in found.get("systemActions", ()):
        assert action["type"] == "update"
        assert fhirkit.validate(action["resource"]) == []


def check_card(card: dict[str, Any]) -> None:
    assert set(card) <= CARD
    assert 0 < len(card["summary"]) < 140
    assert card["indicator"] in {"info", "warning", "critical"}
    assert UUID(card["uuid"]).version == 8
    assert card["source"]["label"]
    assert card["source"]["url"].startswith(ROOT)
    assert card["source"]["icon"].endswith(".png")
    assert {"system", "code"} <= set(card["source"]["topic"])
    assert all(each["type"] == "absolute" and each["url"].startswith(f"{ROOT}/") for each in card["links"])
    assert ("suggestions" in card) == ("selectionBehavior" in card)
    for reason in card.get("overrideReasons", ()):
        assert {"system", "code", "display"} == set(reason)
    for suggestion in card.get("suggestions", ()):
        check_suggestion(suggestion)


def check_suggestion(suggestion: dict[str, Any]) -> None:
    assert suggestion["label"]
    assert UUID(suggestion["uuid"])
    for action in suggestion["actions"]:
        assert action["description"]
        assert action["type"] in {"create", "update", "delete"}
        if action["type"] == "delete":
            assert re.fullmatch(r"ServiceRequest/[\w.-]+", action["resourceId"])
        else:
            assert fhirkit.validate(action["resource"]) == []


def rating(action: dict[str, Any]) -> str:
    extension = next(each for each in action["resource"]["extension"] if each["url"] == RATING_EXTENSION)
    return str(next(each["code"] for each in extension["valueCodeableConcept"]["coding"] if each["system"] == RATING))


ASYMPTOMATIC = answers(symptoms="none", setting="screening_clinic")
FEVER = answers(symptoms="fever", setting="safe_clinic", test_status="available", severity="mild", suspicion="low")


def test_discovery_lists_every_service_at_each_hook(ask: Ask, guidelines: object) -> None:
    listed = said(ask())["services"]
    assert list(empties(listed)) == []
    assert {each["hook"] for each in listed} == {"order-select", "order-sign", "patient-view"}
    assert len({(each["id"], each["hook"]) for each in listed}) == len(listed) == 3 * (len(guidelines) + 1)  # type: ignore[arg-type]
    for each in listed:
        assert {"hook", "id", "title", "description", "prefetch", "usageRequirements"} == set(each)
        for template in each["prefetch"].values():
            assert set(re.findall(r"{{(.*?)}}", template)) <= {"context.patientId", "context.encounterId"}
    one = next(each for each in listed if each["id"] == "which-imaging")
    assert "http://loinc.org|94500-6" in one["prefetch"]["observations"], "of results, only the disease's own test"


def test_without_guidelines_there_are_no_services(ask: Ask) -> None:
    assert said(ask()) == {"services": []}


def test_an_order_against_the_guideline_is_warned_of(ask: Ask, guidelines: object) -> None:
    found = said(ask("novel-2031.ksr-kstr-2020", hook("order-sign", prefetch=FEVER)))
    check(found)
    found = said(ask("novel-2031.fleischner-2020", hook("order-sign", order(RADIOGRAPH), prefetch=ASYMPTOMATIC)))
    check(found)
    card = found["cards"][0]
    assert (card["indicator"], card["selectionBehavior"]) == ("warning", "at-most-one")
    assert "FL-1" in card["detail"]
    assert card["suggestions"][-1]["actions"][0] == {
        "type": "delete", "resourceId": "ServiceRequest/order-1", "description": card["suggestions"][-1]["label"]
    }  # fmt: skip
    assert rating(found["systemActions"][0]) == "not-appropriate"
    assert card["extension"][RATING_EXTENSION]["coding"][0]["code"] == "not-appropriate"


def test_an_alternative_replaces_the_order_and_keeps_the_rest_of_it(ask: Ask, cast: Cast, guidelines: object) -> None:
    text = GuidelineVersion.objects.get(guideline__slug="ksr-kstr-2020").text
    against_ct = """
[[recommendations]]
id = "X-1"
when = { setting = "safe_clinic" }
modalities = ["ct"]
purposes = ["diagnosis"]
direction = "against"
strength = "strong"
certainty = "low"
verb = "not_recommended"
text_ko = "하지 않습니다."
text_en = "Not done."
sources = ["{source}"]
mark = "V"
"""
    source = re.search(r"^\[sources\.(\w+)\]", text, re.MULTILINE)
    assert source
    own = text.replace("yields_to", "yields_to").split("[[recommendations]]")
    kept = [each for each in own[1:] if '"KR20-3"' in each]
    publish(cast, own[0] + "[[recommendations]]" + "[[recommendations]]".join(kept).split("[[vignettes]]")[0]
            + against_ct.replace("{source}", source[1]), slug="ksr-kstr-2020", number=2)  # fmt: skip
    given = order(CT, priority="urgent", reasonCode=[{"text": "cough"}])
    found = said(ask("novel-2031.ksr-kstr-2020", hook("order-sign", given, prefetch=FEVER)))
    check(found)
    first = found["cards"][0]["suggestions"][0]
    assert first["isRecommended"] is True
    resource = first["actions"][0]["resource"]
    assert resource["code"]["text"] == "Chest radiograph"
    assert (resource["priority"], resource["reasonCode"], resource["id"]) == ("urgent", [{"text": "cough"}], "order-1")
    assert rating(first["actions"][0]) == "appropriate"


def test_an_order_is_given_back_word_by_word_but_for_its_rating(ask: Ask, guidelines: object) -> None:
    body = orjson.dumps(hook("order-sign", order(CT, quantityQuantity={"value": 0}), prefetch=ASYMPTOMATIC))
    body = body.replace(b'"value":0}', b'"value":1.50}')
    found = ask("novel-2031.who-2020", body)
    assert b'"value":1.50}' in found.body, "FHIR tells 1.50 from 1.5"
    again = said(found)["systemActions"][0]["resource"]
    assert {key: value for key, value in again.items() if key != "extension"} == order(
        CT, quantityQuantity={"value": 1.5}
    )


def test_a_rating_replaces_the_former_one_and_leaves_other_extensions(ask: Ask, guidelines: object) -> None:
    other = {"url": "https://example.org/urgent", "valueBoolean": True}
    rated = order(CT, extension=[other, {"url": RATING_EXTENSION, "valueCodeableConcept": {"text": "old"}}])
    found = said(ask("novel-2031.who-2020", hook("order-sign", rated, prefetch=ASYMPTOMATIC)))
    urls = [each["url"] for each in found["systemActions"][0]["resource"]["extension"]]
    assert urls[0] == other["url"]
    assert urls.count(RATING_EXTENSION) == 1


def test_what_is_not_known_is_named_and_asked_for_by_a_link_without_anything_personal(
    ask: Ask, guidelines: object
) -> None:
    known = {"patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1950-02-03", "name": [{"text": "Hong"}]},
             **answers(setting="safe_clinic")}  # fmt: skip
    found = said(ask("novel-2031.fleischner-2020", hook("order-sign", order(), prefetch=known)))
    check(found)
    card = found["cards"][0]
    assert "Not known yet:** " in card["detail"]
    assert "systemActions" not in found, "an undetermined rating is not sent"
    link = card["links"][-1]["url"]
    assert "setting=safe_clinic" in link or "?" not in link
    assert not re.search(r"p1|e1|d1|Hong|1950|age", link)


def test_where_nothing_concerns_us_no_order_is_judged(ask: Ask, guidelines: object) -> None:
    staging = order(CT, reasonCode=[{"coding": [{"system": "http://snomed.info/sct", "code": "363358000"}]}])
    found = said(ask("which-imaging", hook("order-sign", staging)))
    check(found)
    assert "systemActions" not in found
    assert [each["indicator"] for each in found["cards"]] == ["info"]


def test_guidelines_that_disagree_are_shown_and_give_no_rating(ask: Ask, guidelines: object) -> None:
    known = answers(symptoms="respiratory", severity="moderate_severe", test_status="negative", suspicion="high")
    found = said(ask("which-imaging", hook("order-sign", order(), prefetch=known)))
    check(found)
    assert "disagree" in found["cards"][0]["summary"]
    assert "systemActions" not in found
    assert "overrideReasons" in found["cards"][0]


def test_a_patient_whose_record_is_open_gets_a_card_only_for_what_is_known(ask: Ask, guidelines: object) -> None:
    assert said(ask("which-imaging", hook("patient-view"))) == {"cards": []}
    found = said(ask("novel-2031.ksr-kstr-2020", hook("patient-view", prefetch=FEVER)))
    check(found)
    action = found["cards"][0]["suggestions"][0]["actions"][0]
    assert (action["type"], action["resource"]["subject"]) == ("create", {"reference": "Patient/p1"})


def test_cards_speak_korean_to_who_asks_for_it(ask: Ask, guidelines: object) -> None:
    call = hook("order-sign", order(RADIOGRAPH), prefetch=ASYMPTOMATIC)
    korean = said(ask("which-imaging", call, Accept_Language="ko-KR,ko;q=0.9,en;q=0.8"))
    check(korean)
    assert "흉부 X선" in korean["cards"][0]["summary"]
    english = said(ask("which-imaging", call, Accept_Language="fr, en;q=0.5"))
    assert "Chest radiograph" in english["cards"][0]["summary"]


def test_a_new_version_answers_at_once(ask: Ask, cast: Cast, guidelines: object) -> None:
    text = GuidelineVersion.objects.get(guideline__slug="who-2020").text
    publish(cast, text.replace("adults", "grown-ups"), slug="who-2020", number=2)
    call = hook("order-sign", prefetch=ASYMPTOMATIC)
    card = said(ask("novel-2031.who-2020", call))["cards"][0]
    kind = ids.read(card["uuid"], keeping.policy_of_site().key)
    assert kind
    assert keeping.CardKind.objects.get(pk=kind.kind).guidelines == "novel-2031.who-2020@2"


VALUES = {name: st.sampled_from(each.names) for name, each in shared_inputs().items() if each.values}
FORMS = st.fixed_dictionaries({}, optional=VALUES)


@pytest.fixture
def everything(guidelines: object) -> object:
    return guidelines


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=FORMS, code=st.sampled_from([CT, RADIOGRAPH]), name=st.sampled_from(["order-sign", "patient-view"]))
def test_any_situation_gets_a_good_answer(
    ask: Ask, everything: object, form: dict[str, str], code: dict[str, Any], name: str
) -> None:
    known = answers(**form) if form else "none"
    check(said(ask("which-imaging", hook(name, order(code), prefetch=known))))


def test_a_patient_on_whom_guidelines_disagree_is_told_so_and_nothing_is_suggested(
    ask: Ask, guidelines: object
) -> None:
    known = answers(
        symptoms="respiratory", test_status="negative", suspicion="high", place="hospital", radiograph="not_definite"
    )
    found = said(ask("which-imaging", hook("patient-view", prefetch=known)))
    check(found)
    for card in found["cards"]:
        suggested = [each["actions"][0]["resource"]["code"]["text"] for each in card.get("suggestions", ())]
        assert "Chest CT" not in suggested, "the ACR is against it as a first-line test"
