"""Reading a guideline: what is refused, and where the fault is said to be; what a situation is answered."""

from typing import Any

import pytest

from firstlight.guidance.rules.advice import UnknownAnswer, advise
from firstlight.guidance.rules.comparing import ChangeKind, changes_between
from firstlight.guidance.rules.editing import BadText, fields_of, ids_in, with_recommendation, without_recommendation
from firstlight.guidance.rules.guideline import GuidelineError, read_document, read_guideline
from firstlight.guidance.rules.inputs import Words, shared_inputs
from firstlight.guidance.rules.rehearsing import as_situations, rehearse
from firstlight.guidance.rules.stances import compare
from firstlight.guidance.rules.starting import adapted, next_version
from firstlight.guidance.rules.wording import say_condition
from firstlight.guidance.shipped import shipped
from tests.guidance.documents import document, everything, recommendation, ship, small


def nested(depth: int) -> dict[str, Any]:
    """A condition that denies itself that often."""
    when: dict[str, Any] = {"symptoms": "none"}
    for _each in range(depth):
        when = {"not": when}
    return when


def code(system: str, value: str) -> dict[str, str]:
    return {"system": system, "code": value, "display": "a code"}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"recommendations": []}, "recommendations: there is none"),
        ({"recommendations": [recommendation("A", {"mood": "good"})]}, "recommendations A: there is no input 'mood'"),
        ({"recommendations": [recommendation("A", {"symptoms": "spots"})]}, "symptoms has no value spots"),
        ({"recommendations": [recommendation("A", {"symptoms": {"matches": ".*"}})]}, "symptoms is compared by"),
        ({"recommendations": [recommendation("A", {"symptoms": {"at_least": 3}})]}, "symptoms is no number"),
        ({"recommendations": [recommendation("A", {"age_years": "18"})]}, "age_years is a number"),
        ({"recommendations": [recommendation("A", {"age_years": {"at_least": 300}})]}, "lies between 0 and 120"),
        ({"recommendations": [recommendation("A", {}, verb="not_recommended")]}, "its verb and its direction disagree"),
        ({"recommendations": [recommendation("A", {}), recommendation("A", {})]}, "recommendations A: the id is used"),
        ({"recommendations": [recommendation("A", {}, sources=["dream"])]}, "sources is one of paper; not 'dream'"),
        ({"recommendations": [recommendation("A", {}, yields_to=["B"])]}, "one that is not there"),
        ({"recommendations": [recommendation("A", {}, modalities=["palm reading"])]}, "modalities is one of"),
        ({"recommendations": "none"}, "recommendations: write each as"),
        ({"recommendations": [recommendation("A", "always")]}, "a condition is a table"),  # type: ignore[arg-type]
        ({"sign_off": "signed"}, "do not say by whom"),
        ({"effective_from": "tomorrow"}, "the guideline:"),
        ({"slug": "Ünsafe/../"}, "slug has small letters"),
        (
            {"vignettes": [{"id": "v", "ko": "", "en": "", "answers": {"symptoms": "x"}, "expected": []}]},
            "vignettes v:",
        ),
        ({"inputs": [{"name": "symptoms"}]}, "inputs"),
        ({"mood": "good"}, "the guideline: does not know 'mood'"),
        ({"recommendations": [recommendation("A", {}, yield_to=["B"])]}, "A: does not know 'yield_to'"),
        ({"recommendations": [recommendation(f"R{each}", {}) for each in range(501)]}, "at most 500"),
        ({"recommendations": [recommendation("A", nested(40))]}, "nested at most"),
        ({"codes": {"mood": []}}, "codes: does not know 'mood'"),
        ({"codes": {"test_status": [code("http://loinc.org", "94500-7")]}}, "its check digit is wrong"),
        ({"codes": {"test_status": [code("http://snomed.info/sct", "840539007")]}}, "its check digit is wrong"),
        ({"codes": {"test_status": [code("http://example.org", "1")]}}, "is not known"),
        ({"codes": {"test_status": [code("http://loinc.org", "spots")]}}, "is no code of"),
    ],
)
def test_a_fault_is_named_with_its_place(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(GuidelineError) as refused:
        read_document({**document(recommendation("A", {})), **changed})
    assert fault in str(refused.value)


def test_a_circle_of_giving_way_is_refused() -> None:
    with pytest.raises(GuidelineError, match="in a circle"):
        small(recommendation("A", {}, yields_to=["B"]), recommendation("B", {}, yields_to=["A"]))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"slug = ", b"a = " + b"[" * 20_000, b"[[recommendations]]"])
def test_bytes_that_are_no_guideline_are_refused(data: bytes) -> None:
    with pytest.raises(GuidelineError):
        read_guideline(data)


def test_conditions_are_data_and_never_run() -> None:
    with pytest.raises(GuidelineError):
        small(recommendation("A", {"__import__('os').getcwd()": "x"}))


def test_a_guideline_brings_inputs_of_its_own() -> None:
    own = {
        "name": "rash",
        "ko": "발진",
        "en": "Rash",
        "question_ko": "발진이 있습니까?",
        "question_en": "A rash?",
        "values": [{"name": "yes", "ko": "예", "en": "Yes"}, {"name": "no", "ko": "아니요", "en": "No"}],
    }
    guideline = small(recommendation("A", {"present": ["rash"]}), inputs=[own])
    assert [each.id for each in advise(guideline, {"rash": "yes"}).recommendations] == ["A"]
    assert advise(guideline, {}).missing == ("rash",)


def test_what_is_not_known_is_asked_and_not_guessed() -> None:
    advice = advise(ship("who-2020"), {"symptoms": "respiratory"})
    assert advice.recommendations == ()
    assert set(advice.missing) == {"test_status", "suspicion", "place", "severity"}
    assert {each.id for each in advice.undecided} == {"R2.1", "R2.2", "R3", "R4", "R5"}


def test_because_names_the_facts_that_settle_it_and_what_was_taken() -> None:
    advice = advise(ship("fleischner-2020"), {"severity": "moderate_severe"})
    reasons = {each.input.name: each for each in advice.because["FL-3"]}
    assert reasons["severity"].label.en.startswith("Moderate")
    assert reasons["resource_constraint"].presumed
    assert not reasons["severity"].presumed


def test_answers_that_cannot_stand_beside_each_other_are_advised_nothing() -> None:
    advice = advise(ship("ksr-kstr-2020"), {"symptoms": "none", "severity": "critical"})
    assert advice.recommendations == ()
    assert set(advice.conflicts) == {"symptoms", "severity"}


def test_an_answer_that_no_input_has_is_refused_without_repeating_it() -> None:
    with pytest.raises(UnknownAnswer) as refused:
        advise(ship("ksr-kstr-2020"), {"symptoms": "홍길동"})
    assert "홍길동" not in str(refused.value)


def test_silence_and_population_are_said() -> None:
    known = {"symptoms": "respiratory", "test_status": "positive", "place": "hospital", "severity": "mild"}
    assert advise(ship("who-2020"), {**known, "suspicion": "high"}).silence is not None
    assert advise(ship("who-2020"), {**known, "age_years": "9"}).outside


def test_guidelines_side_by_side_agree_and_disagree() -> None:
    answers = {"symptoms": "respiratory", "severity": "mild", "test_status": "negative", "suspicion": "high"}
    advices = [advise(each, {**answers, "place": "community"}) for each in everything()]
    ct = next(each for each in compare(advices) if each.modality == "ct")
    stances = {each.advice.guideline.slug: each.direction for each in ct.stances}
    assert stances["ksr-kstr-2020"] == stances["who-2020"] == "for"
    assert stances["acr-2020"] == "against"
    assert ct.disagree


def test_a_change_is_told_in_words_and_rehearsed_on_vignettes() -> None:
    old = ship("ksr-kstr-2020")
    text = with_recommendation(shipped()["ksr-kstr-2020"], "KR20-3", {"verb": "considered"})
    new = read_guideline(text.encode())
    (change,) = changes_between(old, new)
    assert (change.kind, change.id) == (ChangeKind.CHANGED, "KR20-3")
    assert [(each.name.en, each.before.en, each.after.en) for each in change.differences] == [
        ("Verb", "is recommended", "may be considered")
    ]
    rehearsal = rehearse(old, new, as_situations(old))
    assert [each.situation.id for each in rehearsal.changed] == ["kr20-fever-safe-clinic"]
    assert rehearsal.unchanged == len(old.vignettes) - 1


def test_new_words_for_the_same_advice_change_nobodys_advice() -> None:
    old = ship("ksr-kstr-2020")
    text = with_recommendation(shipped()["ksr-kstr-2020"], "KR20-3", {"text_en": "A radiograph, please."})
    assert rehearse(old, read_guideline(text.encode()), as_situations(old)).changed == ()


def test_the_form_keeps_comments_and_the_rest_of_the_text() -> None:
    text = shipped()["fleischner-2020"]
    unchanged = with_recommendation(text, "FL-2b", {"verb": fields_of(text, "FL-2b")["verb"]})
    assert unchanged == text
    changed = with_recommendation(text, "FL-2b", {"when": fields_of(text, "FL-2b")["when"], "mark": "V"})
    assert changed.startswith("# mark:")
    assert read_guideline(changed.encode()).by_id["FL-2b"].when == ship("fleischner-2020").by_id["FL-2b"].when
    assert "FL-2b" not in ids_in(without_recommendation(text, "FL-2b"))
    with pytest.raises(BadText):
        with_recommendation(text, "FL-2b", {"when": "symptoms ="})


def test_an_adaptation_names_its_parent_and_is_unsigned() -> None:
    text = adapted(shipped()["who-2020"], "novel", Words("새 권고안", "New"), "2031-03-01")
    guideline = read_guideline(text.encode())
    assert guideline.adapts is not None
    assert (guideline.adapts.slug, guideline.adapts.version) == ("who-2020", "1")
    assert guideline.needs_sign_off
    assert read_guideline(next_version(text, "2031-04-01").encode()).version == "2"


def test_a_condition_is_said_in_both_languages() -> None:
    guideline = ship("ksr-kstr-2020")
    said = say_condition(guideline.by_id["KR20-4"].when, guideline)
    assert "Chest radiograph: Not definite" in said.en
    assert "흉부 X선: 뚜렷하지 않음" in said.ko
    assert say_condition(guideline.by_id["KR20-0"].when, guideline).en == "Test: not Positive (confirmed)"


def test_the_vocabulary_only_grows() -> None:
    """Names that version 1 published; taking one away or renaming it would change what was published."""
    names = {name: each.names for name, each in shared_inputs().items()}
    assert names["test_status"] == ("available", "unavailable", "delayed", "negative", "positive")
    assert names["severity"] == ("mild", "moderate_severe", "critical")
    assert names["place"] == ("community", "hospital")
    assert {"setting", "symptoms", "suspicion", "risk_factors", "worsening", "resource_constraint"} <= names.keys()
