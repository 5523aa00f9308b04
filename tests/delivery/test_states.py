"""States after answers and reports: properties over every order in which words may come."""

from datetime import UTC, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from firstlight.delivery.models import Delivery
from firstlight.delivery.rules.alarm import is_alarming, is_alarming_lately
from firstlight.delivery.rules.bites import next_bite
from firstlight.delivery.rules.circuit import Circuit, Trust, after_answers, after_break
from firstlight.delivery.rules.client_ids import is_return_signed, read_client_id, sign_return, write_client_id
from firstlight.delivery.rules.codes import BadCode
from firstlight.delivery.rules.messages import Answer, Fate
from firstlight.delivery.rules.pace import eased, grant, pace_of, taken_back
from firstlight.delivery.rules.quiet import BREAKS_THROUGH, not_before
from firstlight.delivery.rules.rendering import compiled, filled
from firstlight.delivery.rules.retrying import LONGEST_WAIT, PATIENCE, next_step
from firstlight.delivery.rules.states import ENDED, State, after_report
from firstlight.people.models import Severity

NOW = datetime(2031, 3, 2, 12, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
fates = some.lists(some.sampled_from(list(Fate)), max_size=6)


def end(state: State, told: list[Fate]) -> State:
    for fate in told:
        state = after_report(state, fate) or state
    return state


def test_rules_and_table_know_the_same_states() -> None:
    assert {each.value for each in State} == set(Delivery.State.values)
    assert Severity.EMERGENCY.value == BREAKS_THROUGH


@given(fates)
def test_the_order_of_reports_makes_no_difference(told: list[Fate]) -> None:
    ends = {end(State.SENT, list(order)) for order in permutations(told[:5])}
    assert len(ends) == 1


@given(fates)
def test_a_report_told_twice_changes_nothing(told: list[Fate]) -> None:
    doubled = [fate for fate in told for _ in range(2)]
    assert end(State.SENT, doubled) == end(State.SENT, told)


@given(some.sampled_from([State.SENDING, State.SENT, State.UNKNOWN, State.FAILED, State.EXPIRED, State.CREATED]), fates)
def test_delivered_is_final_and_wins_whenever_it_is_told(state: State, told: list[Fate]) -> None:
    assert (end(state, told) is State.DELIVERED) == (Fate.DELIVERED in told)


@given(fates)
def test_accepted_never_takes_a_fate_back(told: list[Fate]) -> None:
    before = end(State.SENT, told)
    assert before not in ENDED or end(before, [Fate.ACCEPTED]) is before


def test_unknown_gives_way() -> None:
    for fate, state in ((Fate.FAILED, State.FAILED), (Fate.EXPIRED, State.EXPIRED), (Fate.DELIVERED, State.DELIVERED)):
        assert after_report(State.UNKNOWN, fate) is state


def test_a_failed_first_attempt_does_not_end_the_next() -> None:
    assert after_report(State.CREATED, Fate.FAILED) is None
    assert after_report(State.CREATED, Fate.ACCEPTED) is State.SENT
    assert after_report(State.STOPPED, Fate.FAILED) is None
    assert after_report(State.DIGEST, Fate.DELIVERED) is None


@given(
    some.sampled_from([Answer.AGAIN, Answer.THROTTLED, Answer.UNSURE]),
    some.integers(1, 300),
    some.floats(0, 1),
    some.floats(0, 4000),
)
def test_waiting_ends(answer: Answer, attempts: int, chance: float, wait_seconds: float) -> None:
    step = next_step(answer, attempts=attempts, now=NOW, expires_at=None, chance=chance, wait_seconds=wait_seconds)
    if attempts >= PATIENCE[answer].attempts:
        assert step.state is PATIENCE[answer].in_the_end and step.due_at is None
    else:
        assert step.due_at is not None
        wait = step.due_at - NOW
        assert timedelta(seconds=wait_seconds) <= wait <= max(LONGEST_WAIT * 1.5, timedelta(seconds=wait_seconds))


def test_waits_grow_and_differ_by_chance() -> None:
    def wait(attempts: int, chance: float) -> timedelta:
        step = next_step(Answer.AGAIN, attempts=attempts, now=NOW, expires_at=None, chance=chance)
        assert step.due_at
        return step.due_at - NOW

    assert [wait(n, 0.5).total_seconds() for n in (1, 2, 3)] == [15, 30, 60]
    assert wait(1, 0.0) < wait(1, 1.0)


def test_what_would_be_due_too_late_has_expired() -> None:
    step = next_step(Answer.AGAIN, attempts=1, now=NOW, expires_at=NOW + timedelta(seconds=10), chance=0.5)
    assert step.state is State.EXPIRED
    assert next_step(Answer.NEVER, attempts=1, now=NOW, expires_at=None, chance=0).state is State.FAILED


@given(some.floats(1, 1000), some.lists(some.tuples(some.floats(0, 3), some.integers(1, 200)), max_size=40))
def test_a_pace_is_never_exceeded(per_second: float, asks: list[tuple[float, int]]) -> None:
    pace, now, granted_in_all = pace_of(per_second, 0.0), 0.0, 0
    for passed, wanted in asks:
        now += passed
        pace, granted = grant(pace, wanted, now, presses=True)
        granted_in_all += granted
        assert granted_in_all <= per_second * now + max(1.0, per_second * 0.25) + 1e-6


def test_what_presses_finds_tokens_that_others_left() -> None:
    pace = pace_of(100, 0.0)
    pace, normal = grant(pace, 100, 0.0, presses=False)
    pace, more = grant(pace, 100, 0.0, presses=False)
    pace, urgent = grant(pace, 100, 0.0, presses=True)
    assert (normal, more, urgent) == (20, 0, 5)
    assert grant(taken_back(pace, 5), 100, 0.0, presses=True)[1] == 5


def test_a_clock_set_back_stops_nobody() -> None:
    pace, _ = grant(pace_of(10, 1000.0), 2, 1000.0, presses=True)
    pace, _ = grant(pace, 1, 10.0, presses=True)
    assert grant(pace, 2, 11.0, presses=True)[1] == 2


def test_too_many_halves_the_speed_which_comes_back_in_time() -> None:
    pace = eased(pace_of(100, 0.0), 80.0, 0.0, wait_seconds=2)
    assert pace.per_second == 40
    assert grant(pace, 10, 1.0, presses=True)[1] == 0
    later, _ = grant(pace, 0, 60.0, presses=True)
    assert later.per_second == 100
    unlimited, _ = grant(eased(pace_of(None, 0.0), 50.0, 0.0), 0, 200.0, presses=True)
    assert unlimited.per_second is None


def test_a_circuit_opens_waits_and_closes() -> None:
    circuit = after_break(Circuit(), 0.0)
    assert circuit.trust(0.0) is Trust.CLOSED, "a line closed for idleness is no fault"
    circuit = after_break(circuit, 0.0)
    assert circuit.trust(0.5) is Trust.OPEN and circuit.trust(1.0) is Trust.HALF_OPEN
    circuit = after_break(circuit, 1.0)
    assert circuit.trust(2.5) is Trust.OPEN and circuit.trust(3.0) is Trust.HALF_OPEN
    assert after_answers(circuit, 1, 0, 3.0).trust(3.0) is Trust.CLOSED


def test_many_bad_answers_open_it_few_do_not() -> None:
    assert after_answers(Circuit(), 5, 10, 0.0).trust(0.0) is Trust.CLOSED
    assert after_answers(Circuit(), 10, 10, 0.0).trust(0.0) is Trust.OPEN
    assert after_answers(after_answers(Circuit(), 90, 0, 0.0), 0, 10, 0.0).trust(0.0) is Trust.CLOSED


@pytest.mark.parametrize(
    ("hour", "until"),
    [(21, None), (22, (3, 7)), (23, (3, 7)), (0, (2, 7)), (6, (2, 7)), (7, None), (12, None)],
)
def test_quiet_hours_over_midnight(hour: int, until: tuple[int, int] | None) -> None:
    now = datetime(2031, 3, 2, hour, 0, tzinfo=SEOUL).astimezone(UTC)
    told = not_before(now, time(22), time(7), SEOUL, Severity.WARNING)
    wanted = now if until is None else datetime(2031, 3, until[0], until[1], tzinfo=SEOUL)
    assert told == wanted
    assert not_before(now, time(22), time(7), SEOUL, Severity.EMERGENCY) == now


@given(
    some.datetimes(datetime(2030, 1, 1), datetime(2032, 1, 1)),  # noqa: DTZ001 — a zone is given below
    some.times(),
    some.times(),
    some.sampled_from(["Asia/Seoul", "Europe/Berlin", "America/St_Johns", "Pacific/Auckland"]),
)
def test_silence_ends_within_a_day(moment: datetime, since: time, until: time, zone: str) -> None:
    now = moment.replace(tzinfo=UTC)
    told = not_before(now, since, until, ZoneInfo(zone), Severity.ADVISORY)
    assert now <= told <= now + timedelta(hours=25)
    assert not_before(told, since, until, ZoneInfo(zone), Severity.ADVISORY) - told <= timedelta(hours=1)


def test_alarm_needs_enough_to_tell() -> None:
    assert not is_alarming(9, 10, share=0.25, at_least=100)
    assert is_alarming(26, 100, share=0.25, at_least=100)
    assert not is_alarming_lately([True] * 25 + [False] * 75, share=0.25, at_least=100)


def test_bites_grow_when_quick_and_shrink_when_slow() -> None:
    assert next_bite(8, 0.1, most=64) == 16 and next_bite(64, 0.1, most=64) == 64
    assert next_bite(8, 1.0, most=64) == 8 and next_bite(1, 9.0, most=64) == 1


@given(some.text(), some.dictionaries(some.sampled_from(["ack", "leave"]), some.text(), min_size=2))
def test_only_registered_names_are_filled(text: str, values: dict[str, str]) -> None:
    told = filled(compiled(text, values), values)
    if "{ack}" not in text and "{leave}" not in text:
        assert told == text


def test_a_value_is_not_searched_again() -> None:
    template = compiled("{a_b} {ack}{ack} {x} {{leave}} {", {"ack", "leave"})
    assert filled(template, {"ack": "{leave}", "leave": "L"}) == "{a_b} {leave}{leave} {x} {L} {"
    assert template.names == {"ack", "leave"}


@given(some.integers(0, 10**17), some.integers(0, 10**17), some.text(max_size=40))
def test_a_messages_name_is_ours_or_bad(mailing: int, delivery: int, noise: str) -> None:
    name = write_client_id(mailing, delivery, key="k")
    assert read_client_id(name, key="k") == delivery and len(name) <= 64
    for forged in (name[:-1] + ("a" if name[-1] != "a" else "b"), f"m{mailing + 1}{name[name.index('-') :]}", noise):
        with pytest.raises(BadCode):
            read_client_id(forged, key="k")
    with pytest.raises(BadCode):
        read_client_id(name, key="another")
    assert is_return_signed(name, sign_return(name, key="k"), key="k")
    assert not is_return_signed(name, name[-8:], key="k") and not is_return_signed(name, noise, key="k")
