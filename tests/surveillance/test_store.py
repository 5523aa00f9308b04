"""Two times for every number: the day it describes, and the day it was known."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given
from hypothesis import strategies as st

from firstlight.audit.models import Entry
from firstlight.outbreaks.hooks import news_of
from firstlight.outbreaks.models import Outbreak
from firstlight.surveillance.actions import (
    Change,
    Known,
    Outcome,
    Statement,
    _changes_for,
    import_file,
    rank_sources,
    record_numbers,
)
from firstlight.surveillance.files import Number, Refused
from firstlight.surveillance.models import Delivery, Figure, Series
from firstlight.surveillance.queries import disagreements, key_figures, numbers_of, rows_of, sums_of
from firstlight.surveillance.rules import Measure
from firstlight.surveillance.sources import sources
from firstlight.web.clock import end_of_day
from tests.cast import DAWN, Cast
from tests.surveillance.files import plain, wide, written

NOW = datetime(2031, 6, 1, 9, tzinfo=UTC)
FIRST = date(2031, 3, 1)
FIRST_MOMENT = end_of_day(FIRST - timedelta(days=1)) + timedelta(microseconds=1)


def take(path: Path, outbreak: Outbreak, key: str = "csv", **more: object) -> Outcome:
    return import_file(path, outbreak=outbreak, source=sources()[key], **{"by": "command:test", "at": NOW, **more})  # type: ignore[arg-type]


def cases_known(outbreak: Outbreak, day: date, *, on: date) -> int | None:
    """What was believed on one day of another."""
    row = next((row for row in rows_of(outbreak, at=end_of_day(on), place="KR") if row.day == day), None)
    return row.cases if row else None


def test_a_number_is_known_on_its_own_day_unless_somebody_says_otherwise(cast: Cast, tmp_path: Path) -> None:
    assert take(plain(tmp_path, "KR,2031-03-01,10,1,"), cast.outbreak) == Outcome(new=2)
    assert cases_known(cast.outbreak, FIRST, on=FIRST - timedelta(days=1)) is None
    assert cases_known(cast.outbreak, FIRST, on=FIRST) == 10
    assert set(Figure.objects.values_list("is_assumed", flat=True)) == {True}


def test_a_correction_is_another_row_and_the_old_day_stays_as_it_was(cast: Cast, tmp_path: Path) -> None:
    take(plain(tmp_path, "KR,2031-03-01,10,,"), cast.outbreak)
    outcome = take(plain(tmp_path, "KR,2031-03-01,12,,"), cast.outbreak, known_on=date(2031, 3, 5))
    assert outcome == Outcome(corrected=1)
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 3, 4)) == 10
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 3, 5)) == 12
    [correction] = numbers_of(cast.outbreak, "KR", at=NOW).corrections
    assert (correction.before, correction.after, correction.day) == (10, 12, FIRST)
    assert Figure.objects.count() == 2


def test_without_a_day_a_correction_is_known_from_now(cast: Cast, tmp_path: Path) -> None:
    take(plain(tmp_path, "KR,2031-03-01,10,,"), cast.outbreak)
    take(plain(tmp_path, "KR,2031-03-01,12,,"), cast.outbreak)
    assert cases_known(cast.outbreak, FIRST, on=NOW.date() - timedelta(days=1)) == 10
    assert cases_known(cast.outbreak, FIRST, on=NOW.date()) == 12


def test_what_is_learned_late_about_an_early_day_does_not_outlive_what_was_seen_since(
    cast: Cast, tmp_path: Path
) -> None:
    """A history that reaches into May is here; then a report of March turns up that said something else."""
    take(plain(tmp_path, "KR,2031-03-01,10,,", "KR,2031-05-20,90,,"), cast.outbreak)
    take(plain(tmp_path, "KR,2031-03-01,7,,"), cast.outbreak, known_on=date(2031, 3, 2))
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 3, 3)) == 7
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 5, 19)) == 7
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 5, 20)) == 10


def test_a_table_may_carry_its_own_corrections(cast: Cast, tmp_path: Path) -> None:
    rows = ("KR,2031-03-01,10,,,2031-03-01", "KR,2031-03-01,12,,,2031-03-05", "KR,2031-03-02,20,,,")
    outcome = take(plain(tmp_path, *rows, known=True), cast.outbreak)
    assert (outcome.new, outcome.corrected) == (2, 1)
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 3, 4)) == 10
    assert cases_known(cast.outbreak, FIRST, on=date(2031, 3, 5)) == 12


def test_the_same_file_again_changes_nothing(cast: Cast, tmp_path: Path) -> None:
    path = plain(tmp_path, "KR,2031-03-01,10,1,5", "KR,2031-03-02,12,1,")
    assert take(path, cast.outbreak) == Outcome(new=5)
    assert take(path, cast.outbreak) == Outcome(unchanged=5, was_known=True)
    path.write_text(path.read_text() + "\n")
    assert take(path, cast.outbreak) == Outcome(unchanged=5)
    assert Figure.objects.count() == 5


def test_going_back_to_an_earlier_file_is_a_correction_too(cast: Cast, tmp_path: Path) -> None:
    first, second = "KR,2031-03-01,10,,", "KR,2031-03-01,12,,"
    for number, row in enumerate((first, second, first)):
        outcome = take(plain(tmp_path, row), cast.outbreak, at=NOW + timedelta(hours=number))
    assert outcome == Outcome(corrected=1)
    assert cases_known(cast.outbreak, FIRST, on=NOW.date()) == 10


def test_nothing_of_a_bad_file_is_kept(cast: Cast, tmp_path: Path) -> None:
    good = [f"KR,2031-03-{day:02},{day},,".strip() for day in range(1, 20)]
    with pytest.raises(Refused):
        take(plain(tmp_path, *good, "XX,2031-03-20,20,,"), cast.outbreak)
    assert not Series.objects.exists()
    assert not Delivery.objects.exists()
    assert not Entry.objects.filter(verb="numbers.imported").exists()


def test_a_file_that_changes_most_of_what_is_held_is_asked_about(cast: Cast, tmp_path: Path) -> None:
    rows = {",Japan": range(100, 130)}
    take(wide(tmp_path, rows, first=FIRST), cast.outbreak, "jhu")
    other = wide(tmp_path, {",Japan": range(1, 31)}, first=FIRST)
    with pytest.raises(Refused, match="30 of the 30 numbers that are held already would change"):
        take(other, cast.outbreak, "jhu")
    assert take(other, cast.outbreak, "jhu", accept_many_corrections=True).corrected == 30


def test_swapped_cases_and_deaths_are_refused(cast: Cast, tmp_path: Path) -> None:
    rows = [f"KR,2031-03-{day:02},{day},{day * 50}," for day in range(1, 9)]
    with pytest.raises(Refused, match="Deaths exceed cases in 8 of 8"):
        take(plain(tmp_path, *rows), cast.outbreak)
    countries = (",Japan", ",Italy", ",France", ",Spain", ",Kenya")
    take(wide(tmp_path, {each: [1, 2] for each in countries}, first=FIRST), cast.outbreak, "jhu")
    deaths = wide(tmp_path, {each: [50, 60] for each in countries}, first=FIRST, name="x_deaths_global.csv")
    with pytest.raises(Refused, match="may be swapped"):
        take(deaths, cast.outbreak, "jhu")


@pytest.mark.parametrize("name", ["Noel", "Maru", "Sora"])
def test_only_editors_and_administrators_bring_numbers_in(cast: Cast, tmp_path: Path, name: str) -> None:
    member = cast.everyone()[name]
    with pytest.raises(PermissionDenied):
        take(plain(tmp_path, "KR,2031-03-01,10,,"), cast.outbreak, by=member)
    assert take(plain(tmp_path, "KR,2031-03-01,10,,"), cast.outbreak, by=cast.haneul).new == 1
    assert Entry.objects.filter(verb="numbers.imported", actor=f"member:{cast.haneul.pk}").count() == 1


def test_which_source_counts_is_a_setting_with_its_own_history(cast: Cast, tmp_path: Path) -> None:
    take(plain(tmp_path, "KR,2031-03-01,10,,"), cast.outbreak)
    take(wide(tmp_path, {',"Korea, South"': [11, 12]}, first=FIRST - timedelta(days=1)), cast.outbreak, "jhu")
    assert cases_known(cast.outbreak, FIRST, on=NOW.date()) == 10
    rank_sources(cast.outbreak, ["jhu", "csv"], by=cast.ara, at=NOW)
    assert cases_known(cast.outbreak, FIRST, on=NOW.date()) == 11
    assert cases_known(cast.outbreak, FIRST, on=NOW.date() - timedelta(days=1)) == 10
    rank_sources(cast.outbreak, ["csv"], place="KR", by=cast.ara, at=NOW + timedelta(hours=1))
    assert cases_known(cast.outbreak, FIRST, on=NOW.date()) == 10
    [difference] = disagreements(numbers_of(cast.outbreak, "KR", at=NOW))
    assert (difference.counted, difference.other, difference.days_different) == (11, 10, 1)


@pytest.mark.parametrize("ranking", [["who"], [], ["jhu", "jhu"]])
def test_a_ranking_of_what_does_not_exist_is_refused(cast: Cast, ranking: list[str]) -> None:
    with pytest.raises(ValidationError):
        rank_sources(cast.outbreak, ranking, by=cast.ara, at=NOW)


def test_parts_that_do_not_sum_to_their_whole_are_shown_as_such(cast: Cast, tmp_path: Path) -> None:
    header = "date,time,test,negative,confirmed,released,deceased"
    take(written(tmp_path / "t.csv", header, "2031-03-01,0,9,0,30,0,2"), cast.outbreak, "ds4c")
    rows = ("2031-03-01,0,Seoul,10,0,1", "2031-03-01,0,Daegu,15,0,1")
    take(written(tmp_path / "p.csv", "date,time,province,confirmed,released,deceased", *rows), cast.outbreak, "ds4c")
    sums = {each.measure: each for each in sums_of(numbers_of(cast.outbreak, "KR", at=NOW), cast.outbreak, at=NOW)}
    assert (sums[Measure.CASES].whole, sums[Measure.CASES].parts, sums[Measure.CASES].difference) == (30, 25, 5)
    assert sums[Measure.DEATHS].difference == 0


def test_the_last_good_value_stays_with_its_age(cast: Cast, tmp_path: Path) -> None:
    take(plain(tmp_path, "KR,2031-03-01,10,1,5"), cast.outbreak)
    fresh = key_figures(cast.outbreak, end_of_day(date(2031, 3, 3)))
    stale = key_figures(cast.outbreak, end_of_day(date(2031, 3, 11)))
    assert fresh is not None
    assert stale is not None
    assert (fresh.cases, fresh.age_days, fresh.is_stale) == (10, 2, False)
    assert (stale.cases, stale.age_days, stale.is_stale) == (10, 10, True)
    assert key_figures(cast.outbreak, end_of_day(date(2031, 2, 28))) is None


def test_a_replays_clock_stops_when_nothing_happens_any_more(cast: Cast) -> None:
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(is_replay=True)
    outbreak = Outbreak.objects.get()
    record_numbers(outbreak, [LETTER], by="command:test", at=DAWN)
    later = key_figures(outbreak, end_of_day(date(2033, 1, 1)))
    assert later is not None
    assert (later.age_days, later.is_stale) == (0, False)


LETTER = Statement(
    place="KR",
    day=FIRST,
    citation="A letter",
    evidence="L",
    cases=12715,
    tests=196600,
    at_least=frozenset({"tests"}),
    case_fatality_percent=Decimal("2.2"),
)


def test_a_stated_rate_is_a_fact_beside_the_computed_one(cast: Cast) -> None:
    earlier = Statement(place="KR", day=FIRST - timedelta(days=9), citation="A paper", cases=1000, deaths=7)
    assert record_numbers(cast.outbreak, [earlier, LETTER], by="command:test", at=DAWN) == Outcome(new=4)
    figures = key_figures(cast.outbreak, end_of_day(FIRST))
    assert figures is not None
    assert figures.fatality is not None
    assert figures.reported_rate is not None
    assert figures.shows_reported_rate
    assert f"{figures.fatality.percent:.1f}" == "0.7"
    assert (str(figures.reported_rate.percent), figures.reported_rate.delivery.evidence) == ("2.200", "L")
    assert figures.tests_at_least
    before = key_figures(cast.outbreak, end_of_day(FIRST - timedelta(days=1)))
    assert before is not None
    assert before.reported_rate is None


def test_the_same_statement_again_changes_nothing(cast: Cast) -> None:
    for _again in range(2):
        outcome = record_numbers(cast.outbreak, [LETTER], by="command:test", at=DAWN)
    assert outcome == Outcome(unchanged=2)
    assert Figure.objects.count() == 2
    assert Delivery.objects.count() == 1


def test_a_statement_is_news_on_its_day(cast: Cast) -> None:
    record_numbers(cast.outbreak, [LETTER], by="command:test", at=DAWN)
    assert "12,715 confirmed cases" in [each.title_en for each in news_of(cast.outbreak, at=end_of_day(FIRST))]
    assert not any("12,715" in each.title_en for each in news_of(cast.outbreak, at=FIRST_MOMENT - timedelta(seconds=1)))


@pytest.mark.parametrize(("place", "source"), [("ZZ", "published"), ("KR", "nobody")])
def test_a_statement_of_nowhere_or_nobody_is_refused(cast: Cast, place: str, source: str) -> None:
    statement = Statement(place=place, day=FIRST, citation="x", cases=1)
    with pytest.raises(ValidationError):
        record_numbers(cast.outbreak, [statement], source=source, by="command:test", at=DAWN)


moments = st.integers(0, 40).map(lambda hours: DAWN + timedelta(hours=hours))


@given(st.lists(st.tuples(st.integers(0, 5), moments), max_size=12))
def test_whatever_arrives_in_whatever_order_each_moment_shows_the_last_said_by_then(
    said: list[tuple[int, datetime]],
) -> None:
    """Of exact knowledge nothing is lost and nothing is kept twice."""
    history: list[Known] = []
    for value, known_at in said:
        number = Number("KR", Measure.CASES, FIRST, FIRST, value, 1, known_at)
        changes = _changes_for(number, history, told_at=None, assumed_at=DAWN, at=NOW)
        history += [Known(each.known_at, each.value, each.is_assumed, NOW) for each in changes]
        history.sort()
        believed = [each for each in history if each.known_at <= known_at + timedelta(seconds=1)]
        assert believed[-1].value == value
    assert len({each.known_at for each in history}) == len(history)
    assert len(history) <= len(said)


def test_a_known_value_needs_no_row() -> None:
    number = Number("KR", Measure.CASES, FIRST, FIRST, 5, 1)
    held = [Known(DAWN, 5, False, DAWN)]
    assert _changes_for(number, held, told_at=None, assumed_at=DAWN, at=NOW) == []
    assert _changes_for(number, [], told_at=None, assumed_at=DAWN, at=NOW) == [Change(number, 5, DAWN, True)]
