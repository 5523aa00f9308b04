"""The guidelines that ship say what was published; the rules are those of the papers named in each file."""

import pytest

from firstlight.guidance.rules.advice import advise, failing_vignettes
from firstlight.guidance.rules.checking import check
from firstlight.guidance.rules.guideline import Guideline
from tests.guidance.documents import everything, ship

SHIPPED = everything()


@pytest.mark.parametrize("guideline", SHIPPED, ids=lambda each: each.slug)
def test_is_without_gaps_overlaps_and_contradictions(guideline: Guideline) -> None:
    assert check(guideline) == []


@pytest.mark.parametrize("guideline", SHIPPED, ids=lambda each: each.slug)
def test_answers_its_vignettes_as_they_expect(guideline: Guideline) -> None:
    assert failing_vignettes(guideline) == []


@pytest.mark.parametrize("guideline", SHIPPED, ids=lambda each: each.slug)
def test_every_recommendation_has_a_vignette(guideline: Guideline) -> None:
    held_to = {name for each in guideline.vignettes for name in each.expected}
    assert held_to == guideline.by_id.keys()


@pytest.mark.parametrize("guideline", SHIPPED, ids=lambda each: each.slug)
def test_nothing_ships_as_signed(guideline: Guideline) -> None:
    assert guideline.needs_sign_off


# Situations as a reader of the papers would put them, beside the files' own vignettes.
PUBLISHED = [
    ("ksr-kstr-2020", {"setting": "screening_clinic", "symptoms": "none"}, "KR20-1", "against"),
    ("ksr-kstr-2020", {"setting": "screening_clinic", "symptoms": "respiratory"}, "KR20-2", "for"),
    ("ksr-kstr-2020", {"setting": "safe_clinic", "symptoms": "fever"}, "KR20-3", "for"),
    ("ksr-kstr-2020", {"setting": "safe_clinic", "symptoms": "respiratory"}, "KR20-3b", "against"),
    ("ksr-kstr-2020", {"suspicion": "high", "test_status": "negative"}, "KR20-4", "for"),
    ("ksr-kstr-2020", {"pneumonia_suspected": "yes", "radiograph": "not_definite"}, "KR20-4", "for"),
    ("ksr-kstr-2020", {"severity": "critical"}, "KR20-4", "for"),
    ("ksr-kstr-2020", {"emergent_procedure": "yes"}, "KR20-4", "for"),
    ("korea-2022", {"symptoms": "none"}, "KR22-1", "against"),
    ("korea-2022", {"symptoms": "fever", "test_status": "unavailable"}, "KR22-2", "for"),
    ("korea-2022", {"symptoms": "none", "test_status": "positive", "place": "community"}, "KR22-3", "for"),
    ("korea-2022", {"test_status": "positive", "place": "hospital"}, "KR22-4", "for"),
    ("korea-2022", {"test_status": "positive", "complication": "haemoptysis"}, "KR22-5", "for"),
    ("korea-2022", {"test_status": "positive", "symptoms": "resolved"}, "KR22-6", "against"),
    ("korea-2022", {"impairment_after_recovery": "yes"}, "KR22-7", "for"),
    ("who-2020", {"symptoms": "none"}, "R1", "against"),
    ("who-2020", {"symptoms": "respiratory", "test_status": "available"}, "R2.1", "against"),
    ("who-2020", {"symptoms": "respiratory", "test_status": "delayed"}, "R2.2", "for"),
    ("who-2020", {"symptoms": "respiratory", "test_status": "negative", "suspicion": "high"}, "R2.2", "for"),
    ("who-2020", {"severity": "mild", "place": "community"}, "R3", "for"),
    ("who-2020", {"severity": "moderate_severe", "place": "community"}, "R4", "for"),
    ("who-2020", {"severity": "moderate_severe", "place": "hospital"}, "R5", "for"),
    ("who-2020", {"symptoms": "resolved", "place": "hospital"}, "R6", "against"),
    ("fleischner-2020", {"symptoms": "none"}, "FL-1", "against"),
    ("fleischner-2020", {"severity": "mild", "risk_factors": "no"}, "FL-2", "against"),
    ("fleischner-2020", {"severity": "mild", "risk_factors": "yes", "test_status": "positive"}, "FL-2b", "for"),
    ("fleischner-2020", {"severity": "moderate_severe"}, "FL-3", "for"),
    ("fleischner-2020", {"worsening": "yes"}, "FL-4", "for"),
    (
        "fleischner-2020",
        {"severity": "moderate_severe", "resource_constraint": "yes", "suspicion": "high"},
        "FL-5",
        "for",
    ),
    ("fleischner-2020", {"severity": "mild", "resource_constraint": "yes"}, "FL-6", "against"),
    ("fleischner-2020", {"intubated": "yes"}, "FL-7", "against"),
    ("fleischner-2020", {"impairment_after_recovery": "yes"}, "FL-8", "for"),
    ("fleischner-2020", {"incidental_finding": "yes"}, "FL-9", "for"),
    ("acr-2020", {"symptoms": "none"}, "ACR-1", "against"),
    ("acr-2020", {"place": "hospital", "symptoms": "respiratory", "worsening": "yes"}, "ACR-2", "for"),
    ("acr-2020", {"place": "community", "symptoms": "respiratory"}, "ACR-3", "for"),
    ("acr-2020", {"incidental_finding": "yes", "test_status": "available"}, "ACR-4", "for"),
]


@pytest.mark.parametrize(("slug", "answers", "name", "direction"), PUBLISHED, ids=lambda each: str(each)[:40])
def test_published_rules_hold_with_the_fewest_answers(
    slug: str, answers: dict[str, str], name: str, direction: str
) -> None:
    given = {each.id: each for each in advise(ship(slug), answers).recommendations}
    assert name in given
    assert given[name].direction == direction


def test_nobody_without_symptoms_is_screened_by_anyone() -> None:
    answers = {"symptoms": "none", "setting": "screening_clinic", "test_status": "available", "contact": "yes"}
    for guideline in SHIPPED:
        advice = advise(guideline, answers)
        imaging = [each for each in advice.recommendations if "ct" in each.covered]
        assert imaging, guideline.slug
        assert {each.direction for each in imaging} == {"against"}, guideline.slug


def test_what_was_not_read_in_a_source_says_so() -> None:
    unverified = {each.id for guideline in SHIPPED for each in guideline.recommendations if not each.verified}
    assert unverified == {"KR20-5", "KR20-5b", "FL-5j"}
    assert ship("ksr-kstr-2020").by_id["KR20-4"].needs_sign_off
