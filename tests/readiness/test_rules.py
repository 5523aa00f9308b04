"""The rules of readiness, as properties and beside published tables."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.readiness.rules import (
    LEAST_TO_COMPARE,
    Happening,
    ItemState,
    RoomEvent,
    RoomState,
    area,
    fault_of,
    middle,
    pause_minutes,
    people_in_several,
    read_corners,
    rectangle,
    room_status,
    score_percent,
    spread,
    trend,
)

NOON = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)
ACH = st.floats(min_value=0.5, max_value=100)
REMOVAL = st.floats(min_value=1, max_value=99.99)
STATES = st.lists(st.sampled_from(list(ItemState)), max_size=60)

# CDC, Guidelines for Environmental Infection Control (2003), table B.1, as reprinted in PMC7178924, table 2.
TABLE_B1 = {
    2: (138, 207),
    4: (69, 104),
    6: (46, 69),
    8: (35, 52),
    10: (28, 41),
    12: (23, 35),
    15: (18, 28),
    20: (14, 21),
    50: (6, 8),
}


@pytest.mark.parametrize("air_changes", TABLE_B1)
def test_the_pause_is_the_published_one_rounded_up(air_changes: int) -> None:
    for removal, published in zip((99, 99.9), TABLE_B1[air_changes], strict=True):
        assert published <= pause_minutes(air_changes, removal_percent=removal) <= published + 1


@given(ACH, REMOVAL, st.floats(min_value=1, max_value=10))
def test_more_air_never_means_a_longer_pause_nor_more_removal_a_shorter_one(
    air_changes: float, removal: float, mixing: float
) -> None:
    pause = pause_minutes(air_changes, removal_percent=removal, mixing_factor=mixing)
    assert pause >= 1
    assert pause_minutes(air_changes * 1.5, removal_percent=removal, mixing_factor=mixing) <= pause
    assert pause_minutes(air_changes, removal_percent=(removal + 100) / 2, mixing_factor=mixing) >= pause
    assert pause_minutes(air_changes, removal_percent=removal) <= pause


@given(ACH, REMOVAL)
def test_what_is_left_after_the_pause_is_at_most_what_may_be_left(air_changes: float, removal: float) -> None:
    hours = pause_minutes(air_changes, removal_percent=removal) / 60
    left = 2.718281828459045 ** (-air_changes * hours)
    assert left <= (1 - removal / 100) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("air_changes", "removal", "mixing"), [(0, 99, 1), (-1, 99, 1), (6, 100, 1), (6, 0, 1), (6, 99, 0.5)]
)
def test_a_pause_that_means_nothing_is_refused(air_changes: float, removal: float, mixing: float) -> None:
    with pytest.raises(ValueError, match="pause"):
        pause_minutes(air_changes, removal_percent=removal, mixing_factor=mixing)


@given(STATES)
def test_a_score_is_between_nothing_and_all(states: list[ItemState]) -> None:
    score = score_percent(states)
    applicable = [state for state in states if state != ItemState.NOT_APPLICABLE]
    if not applicable:
        assert score is None
        return
    assert score is not None
    assert 0 <= score <= 100
    assert (score == 100) == all(state == ItemState.DONE for state in applicable)
    assert score_percent([*states, ItemState.NOT_APPLICABLE]) == score
    assert (score_percent([*states, ItemState.DONE]) or 0) >= score


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5), st.sampled_from(list(ItemState))), max_size=40))
def test_a_trend_says_for_each_day_what_that_day_said(raw: list[tuple[int, int, ItemState]]) -> None:
    first = date(2031, 3, 1)
    changes = sorted(((first + timedelta(days=day), number, state) for day, number, state in raw), key=lambda c: c[0])
    days = [first + timedelta(days=step) for step in range(25)]
    for day, score in zip(days, trend(changes, range(1, 6), days), strict=True):
        states = dict.fromkeys(range(1, 6), ItemState.OPEN) | {n: s for on, n, s in changes if on <= day}
        assert score == score_percent(states.values())


@given(st.lists(st.integers(0, 100), max_size=LEAST_TO_COMPARE - 1))
def test_few_departments_are_never_compared(scores: list[int]) -> None:
    assert spread(scores) is None


@given(st.lists(st.integers(0, 100), min_size=LEAST_TO_COMPARE, max_size=40))
def test_a_comparison_keeps_its_order_and_nobodys_place(scores: list[int]) -> None:
    found = spread(scores)
    assert found is not None
    assert min(scores) <= found.lower <= found.median <= found.upper <= max(scores)
    assert found == spread(sorted(scores, reverse=True))


def visits() -> st.SearchStrategy[list[RoomEvent]]:
    """Logs as they can happen: each step is one of those the room's state allows."""

    @st.composite
    def build(draw: st.DrawFn) -> list[RoomEvent]:
        events: list[RoomEvent] = []
        at = NOON
        for _step in range(draw(st.integers(0, 14))):
            at += timedelta(minutes=draw(st.integers(0, 90)))
            status = room_status(events, at=at)
            what = draw(st.sampled_from(status.may_happen))
            visit = status.visit + (what == Happening.PATIENT_IN)
            isolation = draw(st.booleans()) if what == Happening.PATIENT_IN else status.isolation
            events.append(RoomEvent(what, at, visit, isolation, draw(st.integers(0, 120))))
        return events

    return build()


@settings(max_examples=60, deadline=None)
@given(visits(), st.integers(0, 300))
def test_a_room_is_free_only_when_it_is_empty_clean_and_its_air_clear(events: list[RoomEvent], later: int) -> None:
    at = (events[-1].at if events else NOON) + timedelta(minutes=later)
    status = room_status(events, at=at)
    isolated = [place for place, each in enumerate(events) if each.what == Happening.PATIENT_OUT and each.isolation]
    if status.state != RoomState.FREE or not isolated:
        return
    last = isolated[-1]
    assert events[last].at + timedelta(minutes=events[last].pause_minutes) <= at
    assert any(each.what == Happening.CLEANING_ENDED for each in events[last:])


@settings(max_examples=60, deadline=None)
@given(visits(), st.integers(0, 300))
def test_when_a_room_says_it_is_free_from_then_on_it_is(events: list[RoomEvent], later: int) -> None:
    at = (events[-1].at if events else NOON) + timedelta(minutes=later)
    status = room_status(events, at=at)
    if status.state == RoomState.PAUSE:
        assert status.free_at is not None
        assert status.free_at > at
        assert room_status(events, at=status.free_at).state == RoomState.FREE
        assert room_status(events, at=status.free_at - timedelta(seconds=1)).state == RoomState.PAUSE
    if status.state in {RoomState.OCCUPIED, RoomState.TO_CLEAN, RoomState.CLEANING}:
        assert status.free_at is None


@settings(max_examples=60, deadline=None)
@given(visits())
def test_what_happens_later_changes_nothing_before(events: list[RoomEvent]) -> None:
    for place, event in enumerate(events):
        before = [each for each in events[: place + 1] if each.at <= event.at]
        later = [each for each in events if each.at > event.at]
        assert room_status([*before, *later], at=event.at) == room_status(before, at=event.at)


def test_a_visit_from_door_to_door() -> None:
    def after(minutes: int) -> datetime:
        return NOON + timedelta(minutes=minutes)

    log = [
        RoomEvent("patient_in", after(0), 1),
        RoomEvent("patient_out", after(20), 1, pause_minutes=35),
        RoomEvent("cleaning_started", after(25), 1),
        RoomEvent("cleaning_ended", after(40), 1),
    ]
    states = [room_status(log, at=after(minutes)).state for minutes in (-1, 10, 22, 30, 45, 55)]
    assert states == ["free", "occupied", "to_clean", "cleaning", "pause", "free"]
    assert room_status(log, at=after(45)).free_at == after(55)


@given(st.floats(0, 80), st.floats(0, 80), st.floats(1, 20), st.floats(1, 20))
def test_a_rectangle_is_a_zone_with_its_area_and_its_middle(
    left: float, top: float, width: float, height: float
) -> None:
    corners = rectangle(left, top, width, height)
    assert fault_of(corners) == ""
    assert area(corners) == pytest.approx(width * height, rel=1e-3)
    assert middle(corners) == pytest.approx((left + width / 2, top + height / 2), abs=1e-2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("10,10 40,10", "few"),
        ("10,10 40,10 10,10", "few"),
        ("10,10 40,10 140,30", "outside"),
        ("10,10 40,40 40,10 10,40", "crossing"),
        ("10,10 20,20 30,30", "flat"),
        (" ".join(f"{place},{place % 2}" for place in range(41)), "many"),
        ("10,10 40,10 40,30 10,30", ""),
        ("0,0 100,0 100,100 50,20 0,100", ""),
    ],
)
def test_what_is_wrong_with_corners_has_a_name(text: str, fault: str) -> None:
    assert fault_of(read_corners(text)) == fault


@pytest.mark.parametrize("text", ["", "10", "10,10;40,10", "a,b c,d", "1e3,2 3,4", "-1,2 3,4", "nan,1 2,3"])
def test_corners_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="corners"):
        read_corners(text)


def test_nobody_is_in_two_teams_unseen() -> None:
    assert people_in_several({"A": ["Kim", "Lee", "kim"], "B": ["lee ", "Park", ""], "C": [""]}) == ["lee"]
    assert people_in_several({"A": ["Kim"], "B": ["Park"]}) == []
