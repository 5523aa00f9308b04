import csv
import json
import re
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.test import Client

from firstlight.outbreaks.models import Outbreak
from firstlight.replay.numbers import play_numbers
from firstlight.surveillance.hooks import ResponseNumber, register_response_number, response_figures
from tests.cast import DAWN, Cast
from tests.surveillance.files import plain
from tests.surveillance.test_store import take

FIRST = date(2020, 3, 1)


@pytest.fixture
def outbreak(cast: Cast, tmp_path: Path) -> Outbreak:
    """An outbreak of 2020 with forty days of numbers, the third of them corrected on 1 April."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=DAWN - timedelta(days=4060))
    found = Outbreak.objects.get()
    rows = [f"KR,{FIRST + timedelta(days=n)},{100 + n * n},{n},{n * 100}" for n in range(40)]
    take(plain(tmp_path, *rows, "JP,2020-03-01,7,0,"), found, at=found.activated_at)
    take(plain(tmp_path, "KR,2020-03-03,90,2,200"), found, known_on=date(2020, 4, 1))
    return found


def rows_at(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]


NUMBERS = "/outbreaks/novel-2031/numbers"


def test_the_open_data_is_one_row_a_place_and_day(outbreak: Outbreak, client: Client) -> None:
    rows = rows_at(client, f"{NUMBERS}.csv?on=2020-03-02")
    assert rows == [
        {"place": "JP", "date": "2020-03-01", "cases": "7", "deaths": "0", "tests": "", "known_on": "2020-03-01"},
        {"place": "KR", "date": "2020-03-01", "cases": "100", "deaths": "0", "tests": "0", "known_on": "2020-03-01"},
        {"place": "KR", "date": "2020-03-02", "cases": "101", "deaths": "1", "tests": "100", "known_on": "2020-03-02"},
    ]
    assert {row["place"] for row in rows_at(client, f"{NUMBERS}.csv?place=kr")} == {"KR"}


def test_a_correction_changes_only_what_was_known_after_it(outbreak: Outbreak, client: Client) -> None:
    def third(on: str) -> tuple[str, str]:
        row = rows_at(client, f"{NUMBERS}.csv?place=KR&on={on}")[2]
        return row["cases"], row["known_on"]

    assert third("2020-03-31") == ("104", "2020-03-03")
    assert third("2020-04-01") == ("90", "2020-04-01")


def test_the_json_names_its_schema_and_has_an_address_that_promises_it(outbreak: Outbreak, client: Client) -> None:
    body = json.loads(client.get(f"{NUMBERS}/v1.json?place=KR&on=2020-03-01").content)
    assert set(body) == {"schema", "outbreak", "as_known_on", "definitions", "rows"}
    assert (body["schema"], body["outbreak"], body["as_known_on"]) == (
        "firstlight.numbers/1",
        "novel-2031",
        "2020-03-01",
    )
    assert body["rows"] == [
        {
            "place": "KR",
            "date": "2020-03-01",
            "cases": 100,
            "deaths": 0,
            "tests": 0,
            "known_on": "2020-03-01",
            "marks": [],
            "sources": {"cases": "csv", "deaths": "csv", "tests": "csv"},
        }
    ]
    plain_address = json.loads(client.get(f"{NUMBERS}.json?place=KR&on=2020-03-01").content)
    assert plain_address == body


@pytest.mark.parametrize("name", [".csv", ".json", "/v1.csv", "/v1.json"])
def test_open_data_is_cached_until_something_arrives(
    outbreak: Outbreak, client: Client, tmp_path: Path, name: str
) -> None:
    address = f"{NUMBERS}{name}?on=2020-03-20"
    tag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(address + "&place=KR", headers={"If-None-Match": tag}).status_code == 200
    take(plain(tmp_path, "KR,2020-03-19,1,,"), outbreak, known_on=date(2020, 3, 20))
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("address", [f"{NUMBERS}.csv?place=QQ", f"{NUMBERS}.json?place=Korea"])
def test_a_place_that_does_not_exist_is_said_so(outbreak: Outbreak, client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert client.get(f"{NUMBERS}/?place=QQ").status_code == 404


def test_an_outbreak_not_yet_switched_on_has_no_numbers(outbreak: Outbreak, client: Client) -> None:
    for name in ("/", ".csv", ".json"):
        assert client.get(f"{NUMBERS}{name}?on=2019-01-01").status_code == 404


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("query", ["", "?on=2020-03-10", "?scale=log", "?place=JP", "?place=CN"])
def test_the_page_stands_in_both_languages(outbreak: Outbreak, client: Client, language: str, query: str) -> None:
    answer = client.get(f"{NUMBERS}/{query}", headers={"Accept-Language": language})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in page
    assert not re.search(r"\sstyle=|nan|None<|inf ", page)
    if "CN" not in query:
        assert page.count('<svg role="img" aria-labelledby="curve-title curve-words"') == 1
        assert '<title id="curve-title">' in page
        assert '<desc id="curve-words">' in page


def test_the_curve_and_its_table_hold_the_same_days(outbreak: Outbreak, client: Client) -> None:
    page = client.get(f"{NUMBERS}/?place=KR&on=2020-03-31").content.decode()
    assert len(re.findall(r'<rect class="bar"', page)) == 30
    table = page[page.index("days-caption") :]
    assert len(re.findall(r'<tr><th scope="row">', table[: table.index("</table>")])) == 31


def test_what_was_corrected_is_listed_from_the_day_it_was_known(outbreak: Outbreak, client: Client) -> None:
    before = client.get(f"{NUMBERS}/?place=KR&on=2020-03-31").content.decode()
    after = client.get(f"{NUMBERS}/?place=KR&on=2020-04-01").content.decode()
    assert "No number of this place had been corrected." in before
    assert re.search(r'<td class="number">104</td><td class="number">90</td>', after)
    assert "Less than the day before, as reported" in after


def test_a_word_that_is_no_scale_or_a_post_is_harmless(outbreak: Outbreak, client: Client) -> None:
    assert client.get(f"{NUMBERS}/?scale=<script>").status_code == 200
    assert client.post(f"{NUMBERS}/").status_code == 405


def test_an_outbreak_without_numbers_says_so(cast: Cast, client: Client) -> None:
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=DAWN - timedelta(days=4060))
    page = client.get(f"{NUMBERS}/").content.decode()
    assert "No numbers yet" in page
    assert rows_at(client, f"{NUMBERS}.csv") == []


def test_the_replay_shows_the_letters_numbers_on_the_letters_day(outbreak: Outbreak, client: Client) -> None:
    replayed = Outbreak.objects.create(
        slug="replay", name_ko="재현", name_en="Replay", activated_at=outbreak.activated_at
    )
    assert play_numbers(replayed).new == 8
    assert play_numbers(replayed).new == 0
    page = client.get("/outbreaks/replay/numbers/?on=2020-06-28").content.decode()
    assert "<dd>12,715</dd>" in page
    assert "<dd>2.2 %</dd>" in page
    assert '<span class="mark info">L</span>' in page
    eve = client.get("/outbreaks/replay/numbers/?on=2020-06-27").content.decode()
    assert "12,715" not in eve
    assert "<dd>7,382</dd>" in eve
    assert "<dd>196,600+</dd>" in eve


def test_other_apps_add_their_own_numbers(outbreak: Outbreak) -> None:
    number = ResponseNumber(99, "Notices of the tests", lambda _outbreak, _at: 7)
    register_response_number(number)
    register_response_number(number)
    found = [each for each in response_figures(outbreak, at=DAWN) if each.label == "Notices of the tests"]
    assert [(each.value, each.url) for each in found] == [(7, "")]
