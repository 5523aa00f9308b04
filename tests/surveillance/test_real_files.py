"""The sources' own files: what they say of Korea, and how their days relate."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client

from firstlight.outbreaks.models import Outbreak
from firstlight.surveillance.models import Figure
from firstlight.surveillance.queries import numbers_of, rows_of, sums_of
from firstlight.surveillance.rules import Mark, Measure, cumulative_from_daily
from firstlight.web.clock import end_of_day
from tests.cast import DAWN, Cast
from tests.surveillance.files import read
from tests.surveillance.test_store import NOW, take

CASES = "jhu/time_series_covid19_confirmed_global_2020-07-28.csv"
DEATHS = "jhu/time_series_covid19_deaths_global_2020-07-28.csv"
BRIEFINGS = "ds4c_0701/Time.csv"
PROVINCES = "ds4c_0701/TimeProvince.csv"
ECDC = "ecdc/ecdc_korea_japan_china_us_to_2020-10.csv"
OWID = "owid/owid_korea_japan_italy_to_2020-06-18.csv"


@pytest.fixture
def files(shared_data: Path) -> Path:
    return shared_data / "surveillance"


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=DAWN - timedelta(days=4100))
    return Outbreak.objects.get()


def totals(path: Path, key: str, place: str = "KR", measure: Measure = Measure.CASES) -> dict[date, int]:
    """A file's cumulative counts by our day."""
    found = {n.day: n.value for n in read(path, key).numbers if (n.place, n.measure) == (place, measure)}
    return cumulative_from_daily(found) if key == "ecdc" else found


def agreeing(one: dict[date, int], other: dict[date, int], first: date, last: date) -> tuple[int, int]:
    days = [day for day in one.keys() & other.keys() if first <= day <= last]
    return sum(one[day] == other[day] for day in days), len(days)


def test_the_derived_day_rule_brings_jhu_onto_the_national_briefings(files: Path) -> None:
    """Label D is the briefing of D until 22 April 2020, then the one of D + 1; so that of 23 April is missing."""
    briefings, jhu = totals(files / BRIEFINGS, "ds4c"), totals(files / CASES, "jhu")
    change = date(2020, 4, 23)
    assert agreeing(jhu, briefings, change, date(2020, 7, 1)) == (68, 69)
    assert briefings[date(2020, 6, 30)] == jhu[date(2020, 6, 30)] - 1  # 12,799, corrected to 12,800 next day
    assert agreeing(jhu, briefings, date(2020, 3, 10), date(2020, 4, 22)) == (42, 44)
    assert change in briefings
    assert change not in jhu


def test_without_the_rule_no_day_would_agree(files: Path) -> None:
    briefings, jhu = totals(files / BRIEFINGS, "ds4c"), totals(files / CASES, "jhu")
    labels = {day - timedelta(days=1): value for day, value in jhu.items()}
    assert agreeing(labels, briefings, date(2020, 4, 24), date(2020, 7, 1))[0] == 0


def test_ecdc_and_owid_carry_the_morning_of_their_day(files: Path) -> None:
    briefings = totals(files / BRIEFINGS, "ds4c")
    window = (date(2020, 3, 2), date(2020, 6, 30))
    for path, key in ((ECDC, "ecdc"), (OWID, "owid")):
        same, compared = agreeing(totals(files / path, key), briefings, *window)
        assert same >= compared - 7
    assert totals(files / ECDC, "ecdc")[date(2020, 6, 28)] == 12715


@pytest.mark.parametrize(
    ("day", "cases", "percent"),
    [("2020-06-27", "12,653", "2.2"), ("2020-06-28", "12,715", "2.2"), ("2020-06-29", "12,757", "2.2")],
)
def test_the_letters_day_by_import_alone(
    outbreak: Outbreak, files: Path, client: Client, day: str, cases: str, percent: str
) -> None:
    take(files / CASES, outbreak, "jhu")
    take(files / DEATHS, outbreak, "jhu")
    page = client.get(f"/outbreaks/novel-2031/numbers/?on={day}").content.decode()
    assert f"<dd>{cases}</dd>" in page
    assert f"<dd>{percent} %</dd>" in page
    rows = {row.day: row for row in rows_of(outbreak, at=end_of_day(date.fromisoformat(day)), place="KR")}
    last = rows[max(rows)]
    assert (last.day.isoformat(), f"{last.cases:,}", last.deaths) == (day, cases, 282)


def test_the_whole_history_twice_is_the_history_once(outbreak: Outbreak, files: Path) -> None:
    first = take(files / CASES, outbreak, "jhu")
    count = Figure.objects.count()
    assert (first.new, first.corrected) == (count, 0)
    assert take(files / CASES, outbreak, "jhu").was_known
    assert Figure.objects.count() == count


def test_daily_reports_show_what_was_believed_before_the_history_was_revised(outbreak: Outbreak, files: Path) -> None:
    take(files / CASES, outbreak, "jhu")
    take(files / "jhu/daily/06-27-2020.csv", outbreak, "jhu")
    day = date(2020, 6, 28)

    def france(on: date) -> int | None:
        rows = {row.day: row.cases for row in rows_of(outbreak, at=end_of_day(on), place="FR")}
        return rows[day]

    assert france(date(2020, 6, 28)) == 192430
    assert france(date(2020, 7, 28)) == 193152


def test_provinces_fall_short_of_the_country(outbreak: Outbreak, files: Path) -> None:
    take(files / BRIEFINGS, outbreak, "ds4c")
    take(files / PROVINCES, outbreak, "ds4c")
    at = end_of_day(date(2020, 6, 28))
    [cases, deaths] = sorted(sums_of(numbers_of(outbreak, "KR", at=at), outbreak, at=at), key=lambda each: each.measure)
    assert (cases.whole, cases.parts, cases.part_count, cases.difference) == (12715, 12009, 17, 706)
    assert deaths.difference == 0


def test_the_spreadsheets_copy_differs_in_one_row(outbreak: Outbreak, files: Path) -> None:
    take(files / "ds4c_0630_excel/Time.csv", outbreak, "ds4c", known_on=date(2020, 6, 30))
    outcome = take(files / BRIEFINGS, outbreak, "ds4c", known_on=date(2020, 7, 1))
    assert outcome.corrected == 2
    assert {each.day for each in numbers_of(outbreak, "KR", at=NOW).corrections} == {date(2020, 6, 30)}


def test_february_counts_are_of_the_afternoon(files: Path) -> None:
    marks = {n.day: n.marks for n in read(files / BRIEFINGS, "ds4c").numbers}
    assert marks[date(2020, 3, 1)] & Mark.AFTERNOON
    assert not marks[date(2020, 3, 2)] & Mark.AFTERNOON
