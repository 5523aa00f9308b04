"""What became of cards."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.guidance.cds import ids, keeping
from firstlight.guidance.cds.models import CardCount, Feedback
from tests.order_systems.conftest import RADIOGRAPH, Ask, answers, hook, order, refused, said

SERVICE = "novel-2031.fleischner-2020"
KEY = b"a key of the tests"


@pytest.fixture
def card(ask: Ask, guidelines: object) -> dict[str, Any]:
    call = hook("order-sign", order(RADIOGRAPH), prefetch=answers(symptoms="none"))
    found: dict[str, Any] = said(ask(SERVICE, call))["cards"][0]
    return found


def told(card: dict[str, Any], outcome: str = "overridden", **more: Any) -> dict[str, Any]:
    return {
        "feedback": [{"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": "2026-11-01T10:00:00Z", **more}]
    }


def test_what_became_of_a_card_is_kept_once_and_without_words(ask: Ask, card: dict[str, Any]) -> None:
    reason = {"reason": {"code": "cannot-wait", "system": "x"}, "userComment": "Mr Hong of ward 3 is worse"}
    for _again in range(2):
        assert ask(f"{SERVICE}/feedback", told(card, overrideReason=reason)).status == 200
    kept = Feedback.objects.get()
    assert (kept.outcome, kept.reason, kept.has_comment, kept.suggestions) == ("overridden", "cannot-wait", True, [])
    assert "Hong" not in str({name: getattr(kept, name) for name in (each.name for each in Feedback._meta.fields)})
    assert kept.kind.recommendations == "FL-1"
    assert kept.kind.rating == "not-appropriate"


def test_accepting_names_a_suggestion_of_the_card(ask: Ask, card: dict[str, Any]) -> None:
    suggestion = card["suggestions"][-1]["uuid"]
    assert ask(f"{SERVICE}/feedback", told(card, "accepted", acceptedSuggestions=[{"id": suggestion}])).status == 200
    assert Feedback.objects.get().suggestions == [len(card["suggestions"])]


def test_a_reason_that_is_not_ours_is_other(ask: Ask, card: dict[str, Any]) -> None:
    for reason, kept in ({"reason": {"code": "their-own"}}, "other"), ({"userComment": "no"}, ""), ({}, ""):
        Feedback.objects.all().delete()
        assert ask(f"{SERVICE}/feedback", told(card, overrideReason=reason)).status == 200
        assert Feedback.objects.get().reason == kept


BAD: list[tuple[dict[str, Any], str]] = [
    ({"card": str(uuid4())}, "no card"),
    ({"card": 7}, "no card"),
    ({"outcome": "ignored"}, "outcome"),
    ({"outcome": "accepted"}, "acceptedSuggestions"),
    ({"outcome": "accepted", "acceptedSuggestions": [{"id": str(uuid4())}]}, "not this card's"),
    ({"outcome": "accepted", "acceptedSuggestions": "x"}, "acceptedSuggestions"),
    ({"overrideReason": "no"}, "overrideReason"),
    ({"overrideReason": {"reason": {"code": 7}}}, "code"),
    ({"outcomeTimestamp": None}, "outcomeTimestamp"),
    ({"outcomeTimestamp": "yesterday"}, "outcomeTimestamp"),
    ({"outcomeTimestamp": "2026-11-01"}, "outcomeTimestamp"),
    ({"outcomeTimestamp": "2026-11-01T10:00:00"}, "outcomeTimestamp"),
    ({"outcomeTimestamp": "2999-11-01T10:00:00Z"}, "future"),
]


@pytest.mark.parametrize(("fault", "word"), BAD)
def test_bad_feedback_is_refused_whole(ask: Ask, card: dict[str, Any], fault: dict[str, Any], word: str) -> None:
    good = told(card)["feedback"][0]
    found = ask(f"{SERVICE}/feedback", {"feedback": [good, {**good, **fault}]})
    assert found.status == 400
    assert "feedback[1]" in refused(found)["detail"]
    assert word in refused(found)["detail"]
    assert not Feedback.objects.exists()


def test_feedback_is_a_list_and_of_this_service(ask: Ask, card: dict[str, Any]) -> None:
    for body in ({}, {"feedback": []}, {"feedback": {}}, {"feedback": [1]}):
        assert ask(f"{SERVICE}/feedback", body).status == 400
    assert ask("novel-2031.who-2020/feedback", told(card)).status == 400
    assert ask(f"{SERVICE}/feedback", {"feedback": [1] * 501}).status == 413


def test_cards_are_counted_by_kind_and_day(ask: Ask, guidelines: object) -> None:
    keeping.forget_kinds()
    for _ in range(3):
        said(ask(SERVICE, hook("order-sign", order(RADIOGRAPH), prefetch=answers(symptoms="none"))))
    assert keeping.write_counts() == 3
    assert keeping.write_counts() == 0
    assert CardCount.objects.get().given == 3


@given(
    kind=st.integers(0, ids.MOST_KINDS - 1),
    chance=st.integers(0, (1 << ids.CHANCE_BITS) - 1),
    number=st.integers(0, ids.MOST_SUGGESTIONS),
    bit=st.integers(0, 127),
)
def test_a_uuid_says_what_was_written_in_it_and_no_bit_can_be_changed(
    kind: int, chance: int, number: int, bit: int
) -> None:
    from uuid import UUID

    card = ids.CardId(kind, chance, number)
    written = ids.written(card, KEY)
    assert ids.read(written, KEY) == card
    assert UUID(written).version == 8
    assert UUID(written).variant == "specified in RFC 4122"
    assert ids.read(str(UUID(int=UUID(written).int ^ (1 << bit))), KEY) is None
    assert ids.read(written, b"another key") is None
