"""What a file may look like, and with which words it is refused."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from firstlight.surveillance.files import LARGEST_BYTES
from firstlight.surveillance.places import code_named, code_written, parts_of, place_name
from firstlight.surveillance.rules import Mark, Measure
from firstlight.surveillance.sources import sources
from tests.surveillance.files import ECDC_HEADER, complaints, plain, read, wide, written

JUNE = date(2020, 6, 26)


def test_a_wide_label_is_the_midnight_that_ends_its_day(tmp_path: Path) -> None:
    reading = read(wide(tmp_path, {',"Korea, South"': [12653, 12715], ",Japan": [1, 2]}, first=JUNE), "jhu")
    assert [(n.place, n.label, n.day, n.value) for n in reading.numbers] == [
        ("KR", JUNE, date(2020, 6, 27), 12653),
        ("KR", date(2020, 6, 27), date(2020, 6, 28), 12715),
        ("JP", JUNE, date(2020, 6, 27), 1),
        ("JP", date(2020, 6, 27), date(2020, 6, 28), 2),
    ]
    assert {n.measure for n in reading.numbers} == {Measure.CASES}


def test_korea_kept_its_day_until_22_april(tmp_path: Path) -> None:
    first = date(2020, 4, 21)
    reading = read(wide(tmp_path, {',"Korea, South"': [1, 2, 3], ",Japan": [1, 2, 3]}, first=first), "jhu")
    days = {place: [n.day.day for n in reading.numbers if n.place == place] for place in ("KR", "JP")}
    assert days == {"KR": [21, 22, 24], "JP": [22, 23, 24]}


def test_a_country_given_in_parts_is_summed_and_marked(tmp_path: Path) -> None:
    rows = {"Hubei,China": [5, 6], "Beijing,China": [1, 1], "Reunion,France": [3, 3], ",France": [10, 12]}
    numbers = read(wide(tmp_path, rows, first=JUNE), "jhu").numbers
    last = {n.place: (n.value, n.marks) for n in numbers}
    assert last["CN"] == (7, Mark.SUMMED)
    assert last["CN-HB"] == (6, Mark.NONE)
    assert last["FR"] == (12, Mark.NONE)
    assert last["RE"] == (3, Mark.NONE)


def test_what_a_wide_file_counts_is_never_guessed(tmp_path: Path) -> None:
    rows = {",Japan": [1, 2]}
    deaths = wide(tmp_path, rows, first=JUNE, name="a_deaths_global.csv")
    assert {n.measure for n in read(deaths, "jhu").numbers} == {Measure.DEATHS}
    assert "but --measure says cases" in complaints(deaths, "jhu", measure=Measure.CASES)[0][1]
    unnamed = wide(tmp_path, rows, first=JUNE, name="a.csv")
    assert "Say --measure cases" in complaints(unnamed, "jhu")[0][1]
    assert {n.measure for n in read(unnamed, "jhu", measure=Measure.CASES).numbers} == {Measure.CASES}
    recovered = wide(tmp_path, rows, first=JUNE, name="a_recovered_global.csv")
    assert "recoveries" in complaints(recovered, "jhu")[0][1]


@pytest.mark.parametrize(
    ("labels", "line", "word"),
    [
        ("6/26/20,6/26/20", 1, "appears twice"),
        ("6/26/20,6/28/20", 1, "does not follow 2020-06-26"),
        ("6/26/20,27-Jun", 1, "spreadsheet"),
        ("6/26/20,44009", 1, "spreadsheet"),
        ("6/26/20,2020-06-27", 1, "is not a day"),
        ("6/26/20,13/45/20", 1, "not a day of the calendar"),
    ],
)
def test_a_wide_header_must_be_days_in_a_row(tmp_path: Path, labels: str, line: int, word: str) -> None:
    path = written(tmp_path / "a_confirmed.csv", f"Province/State,Country/Region,Lat,Long,{labels}", ",Japan,1,1,5,6")
    found = complaints(path, "jhu")
    assert [each for each in found if each[0] == line and word in each[1]]


def test_a_renamed_column_is_named_with_its_likely_new_name(tmp_path: Path) -> None:
    path = written(tmp_path / "a_confirmed.csv", "Province/State,Country_Region,Lat,Long,6/26/20", ",Japan,1,1,5")
    assert (1, "the column 'Country/Region' is missing; perhaps it is now called 'Country_Region'") in complaints(
        path, "jhu"
    )
    path = plain(tmp_path, "KR,2020-06-28,1,1,1")
    path.write_text(path.read_text().replace("cases", "confirmed"))
    assert {line for line, _ in complaints(path, "csv")} == {1}


def test_columns_in_another_order_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", "place,date,deaths,cases,tests", "KR,2020-06-28,282,12715,")
    assert any("another order" in sentence for _line, sentence in complaints(path, "csv"))


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("KR,3/2/2020,1,1,1", "'3/2/2020' is not a day as in '2020-03-12'"),
        ("KR,43892,1,1,1", "spreadsheet"),
        ("KR,#######,1,1,1", "spreadsheet"),
        ("KR,02-Mar,1,1,1", "spreadsheet"),
        ("KR,2020-03-02 00:00:00,1,1,1", "spreadsheet"),
        ("KR,2020-02-30,1,1,1", "not a day of the calendar"),
        ("KR,,1,1,1", "the day is missing"),
        ("Atlantis,2020-03-02,1,1,1", "the place 'Atlantis' is not known"),
        ('KR,2020-03-02,"12,715",1,1', "'12,715' is not a count"),
        ("KR,2020-03-02,1.5,1,1", "'1.5' is not a count"),
        ("KR,2020-03-02,99999999999,1,1", "is not a count"),
        ("KR,2020-03-02,1,1", "4 cells where the header has 5"),
    ],
)
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, row: str, word: str) -> None:
    found = complaints(plain(tmp_path, "KR,2020-03-01,1,0,5", row, "KR,2020-03-03,2,0,6"), "csv")
    assert [line for line, _ in found] == [3]
    assert word in found[0][1]


def test_every_bad_line_is_named_up_to_twenty(tmp_path: Path) -> None:
    rows = [f"XX,2020-03-{day:02},1,1,1" for day in range(1, 6)]
    assert [line for line, _ in complaints(plain(tmp_path, *rows), "csv")] == [2, 3, 4, 5, 6]
    many = complaints(plain(tmp_path, *["XX,2020-03-01,1,1,1"] * 50), "csv")
    assert len(many) == 21
    assert many[-1] == (0, "There may be more; reading stopped here.")


def test_a_day_that_comes_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    found = complaints(plain(tmp_path, "KR,2020-03-01,1,,", "KR,2020-03-02,2,,", "KR,2020-03-01,1,,"), "csv")
    assert found == [(4, "cases of KR on 2020-03-01 stand on line 2 too")]


def test_the_same_day_known_twice_is_a_correction_not_a_double(tmp_path: Path) -> None:
    rows = ("KR,2020-03-01,10,,,2020-03-01", "KR,2020-03-01,12,,,2020-03-05")
    assert [n.value for n in read(plain(tmp_path, *rows, known=True), "csv").numbers] == [10, 12]
    early = complaints(plain(tmp_path, "KR,2020-03-02,10,,,2020-03-01", known=True), "csv")
    assert early == [(2, "known_on 2020-03-01 is before the day it tells of, 2020-03-02")]


def test_falling_and_negative_counts_stay_and_are_marked(tmp_path: Path) -> None:
    reading = read(plain(tmp_path, "KR,2020-03-01,10,,", "KR,2020-03-02,8,,", "KR,2020-03-03,-1,,"), "csv")
    assert [(n.value, n.marks) for n in reading.numbers] == [
        (10, Mark.NONE),
        (8, Mark.FALLING),
        (-1, Mark.FALLING | Mark.NEGATIVE),
    ]


def ds4c(tmp_path: Path, *rows: str) -> Path:
    return written(tmp_path / "Time.csv", "date,time,test,negative,confirmed,released,deceased", *rows)


def test_mixed_ways_of_writing_days_are_refused(tmp_path: Path) -> None:
    found = complaints(ds4c(tmp_path, "2020-03-02,0,1,0,1,0,0", "3/13/2020,0,1,0,1,0,0"), "ds4c")
    assert [line for line, _ in found] == [3]
    assert "one file, one way of writing days" in found[0][1]


def test_days_that_could_be_meant_the_other_way_round_are_refused(tmp_path: Path) -> None:
    found = complaints(ds4c(tmp_path, "3/2/2020,0,1,0,1,0,0", "3/3/2020,0,1,0,1,0,0"), "ds4c")
    assert "day and month may be swapped" in found[0][1]
    assert complaints(ds4c(tmp_path, "3/12/2020,0,1,0,1,0,0", "3/13/2020,0,1,0,1,0,0"), "ds4c") == []


def test_an_afternoon_count_is_marked(tmp_path: Path) -> None:
    numbers = read(ds4c(tmp_path, "2020-02-29,16,94055,0,3150,0,17", "2020-03-02,0,109591,0,4212,0,22"), "ds4c").numbers
    assert [(n.day, n.value, n.marks) for n in numbers if n.measure == Measure.CASES] == [
        (date(2020, 2, 29), 3150, Mark.AFTERNOON),
        (date(2020, 3, 2), 4212, Mark.NONE),
    ]
    assert "hour '8'" in complaints(ds4c(tmp_path, "2020-02-29,8,1,0,1,0,0"), "ds4c")[0][1]


def test_ecdc_days_must_agree_with_their_columns(tmp_path: Path) -> None:
    def row(day: str, columns: str) -> str:
        return f"{day},{columns},62,0,South_Korea,KR,KOR,51225321,Asia,1.1"

    good = read(written(tmp_path / "e.csv", ECDC_HEADER, row("28/06/2020", "28,6,2020")), "ecdc")
    assert [(n.day, n.value) for n in good.numbers] == [(date(2020, 6, 28), 62), (date(2020, 6, 28), 0)]
    assert good.populations == [("KR", 51225321, 2019)]
    swapped = complaints(written(tmp_path / "e.csv", ECDC_HEADER, row("06/07/2020", "7,6,2020")), "ecdc")
    assert swapped == [(2, "the day '06/07/2020' contradicts the columns year, month, day")]


DAILY = (
    "FIPS,Admin2,Province_State,Country_Region,Last_Update,Lat,Long_,Confirmed,Deaths,Recovered,Active,"
    "Combined_Key,Incidence_Rate,Case-Fatality_Ratio"
)


def daily_row(part: str, country: str, cases: int, deaths: int) -> str:
    return f',,{part},"{country}",2020-06-28 04:34:04,,,{cases},{deaths},0,0,"{country}",0,0'


def test_a_daily_report_knows_when_it_was_made(tmp_path: Path) -> None:
    rows = [
        daily_row("", "Korea, South", 12715, 282),
        daily_row("Georgia", "US", 5, 1),
        daily_row("Utah", "US", 7, 0),
        daily_row("", "Georgia", 3, 0),
        daily_row("Reunion", "France", 4, 0),
        daily_row("", "France", 9, 2),
    ]
    numbers = read(written(tmp_path / "06-27-2020.csv", DAILY, *rows), "jhu").numbers
    cases = {n.place: (n.day, n.value, n.marks) for n in numbers if n.measure == Measure.CASES}
    day = date(2020, 6, 28)
    assert cases == {
        "KR": (day, 12715, Mark.NONE),
        "US": (day, 12, Mark.SUMMED),
        "GE": (day, 3, Mark.NONE),
        "RE": (day, 4, Mark.NONE),
        "FR": (day, 9, Mark.NONE),
    }
    assert {n.known_at for n in numbers} == {datetime(2020, 6, 28, 4, 34, 4, tzinfo=UTC)}


def test_a_daily_report_without_its_day_in_the_name_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "report.csv", DAILY, daily_row("", "Japan", 1, 0))
    assert "name the file as in '06-28-2020.csv'" in complaints(path, "jhu")[0][1]
    assert complaints(written(tmp_path / "13-45-2020.csv", DAILY, daily_row("", "Japan", 1, 0)), "jhu")


def test_groupings_that_are_no_place_are_left_out(tmp_path: Path) -> None:
    header = "iso_code,location,date,total_cases,total_deaths,total_tests,population,one_more_column"
    rows = ["OWID_WRL,World,2020-06-28,9,1,,7,", "KOR,South Korea,2020-06-28,12715.0,282.0,,51269183.0,"]
    reading = read(written(tmp_path / "o.csv", header, *rows), "owid")
    assert {n.place for n in reading.numbers} == {"KR"}
    assert reading.populations == [("KR", 51269183, 2020)]


def test_a_file_of_300_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    assert LARGEST_BYTES < 300_000_000
    [(line, sentence)] = complaints(path, "csv")
    assert line == 0
    assert sentence.startswith("The file has 300 MB; no file of this source is larger than 134 MB.")


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"", 0, "empty"),
        (b"place,date,cases,deaths,tests\n", 0, "not one number"),
        (b"place,date,cases,deaths,tests\nKR,2020-03-01,1,0,\xff\n", 1, "not UTF-8"),
        (b'place,date,cases,deaths,tests\nKR,2020-03-01,"1"x,0,\n', 2, "not CSV"),
        (b"PK\x03\x04\x00\x00", 1, ""),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, line: int, word: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    found = complaints(path, "csv")
    assert found[0][0] == line
    assert word in found[0][1]


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = plain(tmp_path, "KR,2020-03-01,1,,")
    path.write_text("\ufeff" + path.read_text(), encoding="utf-8")
    assert complaints(path, "csv") == []


def test_places_by_every_spelling() -> None:
    assert [code_named(name) for name in ("Korea, South", "South Korea", "US", "Burma")] == ["KR", "KR", "US", "MM"]
    assert [code_written(text) for text in ("KR", "KOR", "UK", "EL", "KR-11")] == ["KR", "KR", "GB", "GR", "KR-11"]
    assert [code_written(text) for text in ("", "ZZ", "EU", "Korea", "KR-99", "XXX")] == [None] * 6
    assert code_named("Georgia", within="US") is None
    assert "HK" in parts_of("CN")
    assert (place_name("KR-11", "ko"), place_name("KR-11", "en")) == ("서울", "Seoul")


def test_every_source_states_its_rule_in_both_languages() -> None:
    for source in sources().values():
        assert source.day_label_ko
        assert source.day_label_en
        assert source.name_ko
    assert list(sources())[-1] == "published"
