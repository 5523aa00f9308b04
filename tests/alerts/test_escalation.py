from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.alerts import actions
from firstlight.alerts.models import Notice
from firstlight.alerts.queries.answers import silent_institutions, without_coordinator
from firstlight.alerts.rules.escalation import Course, Patience, Step, next_step
from firstlight.delivery.actions import write_rows
from firstlight.delivery.models import Delivery, Mailing
from firstlight.people.models import Member, Severity
from tests.alerts.scene import emergency, hospital, issued, reachable, someone
from tests.cast import DAWN, Cast

MINUTE = timedelta(minutes=1)
PATIENCE = Patience(wait=15 * MINUTE, most_rounds=3)


def course(*rounds: int, escalated: bool = False, ends: int | None = None) -> Course:
    return Course(tuple(DAWN + at * MINUTE for at in rounds), escalated, None if ends is None else DAWN + ends * MINUTE)


@pytest.mark.parametrize(
    ("so_far", "minute", "step"),
    [
        (course(0), 14, Step.WAIT),
        (course(0), 15, Step.REPEAT),
        (course(0, 15), 20, Step.WAIT),
        (course(0, 15), 31, Step.REPEAT),
        (course(0, 15, 31), 40, Step.WAIT),
        (course(0, 15, 31), 46, Step.ESCALATE),
        (course(0, 15, 31, escalated=True), 90, Step.WAIT),
        (course(0, ends=15), 15, Step.WAIT),
        (course(0, ends=16), 15, Step.REPEAT),
        (course(60), 30, Step.WAIT),
        (course(), 90, Step.WAIT),
    ],
)
def test_what_is_due(so_far: Course, minute: int, step: Step) -> None:
    assert next_step(so_far, PATIENCE, at=DAWN + minute * MINUTE) == step


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_however_often_the_clock_looks_rounds_are_few_and_apart(gaps: list[int]) -> None:
    rounds, escalated, minute = [0], [], 0
    for gap in gaps:
        minute += gap
        match next_step(course(*rounds, escalated=bool(escalated)), PATIENCE, at=DAWN + minute * MINUTE):
            case Step.REPEAT:
                rounds.append(minute)
            case Step.ESCALATE:
                escalated.append(minute)
    assert len(rounds) <= 3
    assert len(escalated) <= 1
    assert all(later - earlier >= 15 for earlier, later in zip(rounds, [*rounds[1:], *escalated], strict=False))
    assert not escalated or len(rounds) == 3


def written(notice: Notice) -> list[tuple[int, set[str]]]:
    """Each round with those it went to."""
    rounds = []
    for mailing in notice.mailings():
        write_rows(mailing, mailing.starts_at)
        names = Delivery.objects.filter(mailing=mailing).values_list("member__name", flat=True)
        rounds.append((mailing.round, set(names)))
    return rounds


def press(minute: int) -> int:
    return actions.press_on(DAWN + minute * MINUTE)


def test_only_the_silent_are_asked_again(cast: Cast) -> None:
    reachable(cast.maru, "sms")
    notice = emergency(cast)
    assert written(notice) == [(1, {"Noel", "Maru"})]
    actions.acknowledge(notice, cast.noel, how="link", at=DAWN + MINUTE)
    assert (press(14), press(15), press(16)) == (0, 1, 0)
    assert written(notice) == [(1, {"Noel", "Maru"}), (2, {"Maru"})]
    assert notice.mailings().last().wordings.get(channel="sms", language="en").text.startswith("[AGAIN][URGENT]")  # type: ignore[union-attr]


def test_when_all_have_answered_it_is_over(cast: Cast) -> None:
    notice = emergency(cast)
    actions.acknowledge(notice, cast.noel, how="link", at=DAWN)
    assert [press(minute) for minute in (15, 30, 45, 60)] == [0, 0, 0, 0]


def scene_of_two_hospitals(cast: Cast) -> Notice:
    """North's reader answers, south's does not; each has a coordinator, west has none and is silent."""
    for name, slug, roles in (
        ("North reader", "north", ("member",)),
        ("North coordinator", "north", ("coordinator",)),
        ("South reader", "south", ("member",)),
        ("South coordinator", "south", ("coordinator",)),
        ("West reader", "west", ("member",)),
    ):
        reachable(someone(name, institution=hospital(slug), roles=roles), "sms")
    notice = emergency(cast)
    written(notice)
    actions.acknowledge(notice, Member.objects.get(name="North reader"), how="reply", at=DAWN)
    return notice


def test_the_coordinators_of_silent_hospitals_are_told_in_the_end(cast: Cast) -> None:
    notice = scene_of_two_hospitals(cast)
    assert [press(minute) for minute in (15, 30, 45, 60, 75)] == [1, 1, 1, 0, 0]
    assert [round_number for round_number, _names in written(notice)] == [1, 2, 3]
    told = Mailing.objects.get(reference=f"escalation:{notice.pk}")
    write_rows(told, DAWN + 45 * MINUTE)
    assert set(Delivery.objects.filter(mailing=told).values_list("member__name", flat=True)) == {"South coordinator"}
    assert {each.slug for each in silent_institutions(notice)} == {"south", "west"}
    assert {each.slug for each in without_coordinator(notice)} == {"west"}
    text = told.wordings.get(channel="sms", language="en").text
    assert f"notice {notice.number}" in text
    assert "{ack}" in text
    assert "reader" not in text, "nobody is named"


def test_the_coordinator_s_own_word_ends_the_silence(cast: Cast) -> None:
    notice = scene_of_two_hospitals(cast)
    actions.acknowledge(notice, Member.objects.get(name="South coordinator"), how="link", at=DAWN)
    assert {each.slug for each in silent_institutions(notice)} == {"west"}


@pytest.mark.parametrize(
    "fields",
    [{"severity": Severity.WARNING, "wants_answer": True}, {"severity": Severity.EMERGENCY, "wants_answer": False}],
)
def test_only_an_emergency_that_asks_is_repeated(cast: Cast, fields: dict[str, object]) -> None:
    issued(cast, **fields)
    assert press(60) == 0


def test_nothing_is_repeated_after_its_end_its_cancellation_or_a_stop(cast: Cast) -> None:
    ended = emergency(cast, expires_at=DAWN + 10 * MINUTE)
    cancelled = emergency(cast)
    stopped = emergency(cast)
    held = emergency(cast)
    cancel = actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.CANCEL, follows=cancelled)
    actions.submit_notice(cancel, by=cast.bora, at=DAWN)
    actions.approve_notice(cancel, by=cast.haneul, at=DAWN)
    actions.stop_sending(stopped, by=cast.ara, at=DAWN, reason="wrong")
    actions.pause_sending(held, by=cast.ara, at=DAWN, reason="wait")
    assert press(20) == 0
    assert {ended.mailings().count(), stopped.mailings().count(), held.mailings().count()} == {1}


def test_a_replayed_emergency_disturbs_nobody(cast: Cast) -> None:
    notice = emergency(cast)
    Notice.objects.filter(pk=notice.pk).update(is_replay=True)
    assert press(20) == 0
