from datetime import date, timedelta
from itertools import pairwise
from math import exp, log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firstlight.surveillance.rules import (
    Fatality,
    Mark,
    Unit,
    case_fatality,
    cumulative_from_daily,
    daily_from_cumulative,
    doubling_time,
    incidence_per_million,
    mark_names,
    marks_of,
    seven_day_mean,
    weekly_growth,
)

FIRST = date(2020, 3, 1)
counts = st.integers(min_value=-1000, max_value=10**9)
days = st.dates(date(2020, 1, 1), date(2020, 12, 31))
tables = st.dictionaries(days, counts, max_size=60)


def in_a_row(values: list[int]) -> dict[date, int]:
    return {FIRST + timedelta(days=place): value for place, value in enumerate(values)}


@given(st.lists(counts, min_size=1, max_size=60))
def test_daily_and_cumulative_undo_each_other(values: list[int]) -> None:
    news = in_a_row(values)
    totals = cumulative_from_daily(news)
    again = daily_from_cumulative({FIRST - timedelta(days=1): 0, **totals})
    assert again == news
    assert totals[max(totals)] == sum(values)


@given(tables)
def test_a_day_after_a_gap_has_no_new_cases(totals: dict[date, int]) -> None:
    news = daily_from_cumulative(totals)
    assert all(day - timedelta(days=1) in totals for day in news)
    assert all(totals[day - timedelta(days=1)] + new == totals[day] for day, new in news.items())


@given(tables)
def test_a_mean_lies_between_its_days_and_needs_all_seven(news: dict[date, int]) -> None:
    for day, mean in seven_day_mean(news).items():
        week = [news[day - timedelta(days=back)] for back in range(7)]
        assert min(week) <= mean + 1e-6
        assert mean <= max(week) + 1e-6


@given(tables, tables)
def test_case_fatality_is_of_the_last_day_that_both_know(cases: dict[date, int], deaths: dict[date, int]) -> None:
    found = case_fatality(cases, deaths)
    both = [day for day in cases.keys() & deaths.keys() if cases[day] > 0 and deaths[day] >= 0]
    assert (found is None) == (not both)
    if found:
        assert found == Fatality(max(both), cases[max(both)], deaths[max(both)])
        assert found.percent == pytest.approx(100 * found.deaths / found.cases)


def test_the_letters_case_fatality() -> None:
    day = date(2020, 6, 28)
    found = case_fatality({day: 12715}, {day: 282})
    assert found is not None
    assert f"{found.percent:.1f}" == "2.2"
    assert case_fatality({day: 12715}, {day - timedelta(days=1): 282}) is None


@given(st.floats(min_value=1.5, max_value=30), st.booleans())
def test_doubling_time_finds_an_exact_exponential(length: float, grows: bool) -> None:
    slope = log(2) / length * (1 if grows else -1)
    news = in_a_row([round(1e8 * exp(slope * place)) for place in range(14)])
    assume(min(news.values()) > 10_000)
    found = doubling_time(news, max(news))
    assert found is not None
    assert found.length == pytest.approx(length, rel=1e-3)
    assert found.grows == grows
    assert found.interval is not None
    assert found.interval[0] <= found.length <= found.interval[1]


@given(st.lists(st.integers(1, 10**6), min_size=14, max_size=14))
def test_the_interval_holds_the_estimate_or_is_open(values: list[int]) -> None:
    found = doubling_time(in_a_row(values), FIRST + timedelta(days=13))
    if found and found.interval:
        assert found.interval[0] <= found.length <= found.interval[1]


def test_noise_without_a_trend_is_not_called_growth() -> None:
    found = doubling_time(in_a_row([40, 60, 45, 55, 40, 60, 50, 45, 60, 40, 55, 45, 61, 42]), date(2020, 3, 14))
    assert found is not None
    assert not found.is_certain


def test_too_few_positive_days_give_no_doubling_time() -> None:
    assert doubling_time(in_a_row([0, 0, 1, 0, 2, 0, 4, 0, 8, 0, 16, 0, 32, 0]), date(2020, 3, 14)) is None
    assert doubling_time(in_a_row([5] * 14), date(2020, 3, 14)) is None
    assert doubling_time({}, FIRST) is None


def test_growth_against_the_week_before() -> None:
    news = in_a_row([10] * 7 + [15] * 7)
    assert weekly_growth(news, date(2020, 3, 14)) == pytest.approx(0.5)
    assert weekly_growth(news, date(2020, 3, 13)) is None
    assert weekly_growth(in_a_row([0] * 14), date(2020, 3, 14)) is None


def test_incidence() -> None:
    assert incidence_per_million(51_269_183, 51_269_183) == pytest.approx(1_000_000)
    with pytest.raises(ValueError, match="population"):
        incidence_per_million(1, 0)


@given(tables)
def test_marks_say_where_a_total_falls_and_nothing_else(totals: dict[date, int]) -> None:
    marks = marks_of(totals, Unit.CUMULATIVE)
    order = sorted(totals)
    falling = {day for eve, day in pairwise(order) if totals[day] < totals[eve]}
    assert {day for day, mark in marks.items() if mark & Mark.FALLING} == falling
    assert {day for day, mark in marks.items() if mark & Mark.NEGATIVE} == {d for d in order if totals[d] < 0}
    assert not any(mark & Mark.FALLING for mark in marks_of(totals, Unit.DAILY).values())


def test_marks_have_names() -> None:
    assert mark_names(Mark.FALLING | Mark.SUMMED) == ["falling", "summed"]
    assert mark_names(0) == []
