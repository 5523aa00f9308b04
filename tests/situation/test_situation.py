"""The overview, the day-0 clock, the situation report, the tour."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from firstlight.library.models import Case
from firstlight.outbreaks.actions import begin_phase
from firstlight.outbreaks.hooks import news_of
from firstlight.outbreaks.models import Outbreak
from firstlight.replay.tour import stops
from firstlight.situation.queries import clock_of, standing_of, trails_of
from firstlight.situation.report import hours, situation_report
from firstlight.situation.rules import clock_line, comparators
from tests.cast import DAWN, Cast
from tests.drafts import published


def test_the_clock_counts_from_the_moment_it_was_switched_on(cast: Cast, case: Case) -> None:
    before = {line.label: line.hours for line in clock_of(cast.outbreak, at=DAWN)}
    assert before["First teaching case"] is None
    published(cast, case)
    [line] = [each for each in clock_of(cast.outbreak, at=DAWN + timedelta(hours=2)) if each.hours is not None]
    assert (line.label, line.hours) == ("First teaching case", 2)
    again = clock_of(cast.outbreak, at=DAWN + timedelta(hours=1))
    assert [each.hours for each in again if each.label == "First teaching case"] == [None], "as it was an hour before"


@given(st.integers(0, 100_000))
def test_hours_and_weeks_say_the_same(number: int) -> None:
    line = clock_line("first-case", "x", day_zero=DAWN, reached_at=DAWN + timedelta(hours=number))
    assert line.hours == number
    assert line.weeks is not None
    assert abs(line.weeks * 168 - number) <= 0.05 * 168 + 1e-6


def test_every_comparator_names_its_source_and_how_sure_it_is() -> None:
    for each in comparators():
        assert each.source and each.name_ko and each.name_en
        assert each.mark in {"V", "V2", "L", "M"}
        assert each.weeks > 0


def test_news_are_told_newest_first_and_only_up_to_the_moment(cast: Cast, case: Case) -> None:
    published(cast, case)
    begin_phase(
        cast.outbreak, "response", by=cast.ara, at=DAWN + timedelta(days=2), note_ko="퍼짐", note_en="It spreads"
    )
    told = news_of(cast.outbreak, at=DAWN + timedelta(days=3))
    assert [each.title_en for each in told][:2] == ["Response: It spreads", "Fever in a traveller"]
    assert told[0].title_ko == "대응: 퍼짐"
    earlier = news_of(cast.outbreak, at=DAWN + timedelta(hours=3))
    assert earlier[0].title_en == "Fever in a traveller"


def test_an_editor_is_told_what_waits_for_them_and_nobody_else(cast: Cast, case: Case) -> None:
    from firstlight.library.actions import submit_case

    submit_case(case, by=cast.haneul, at=DAWN)

    def waiting(member: object) -> list[str]:
        return [task.url for task in standing_of(cast.outbreak, at=DAWN, member=member).tasks if "/cases/" in task.url]

    assert waiting(cast.bora) == ["/cases/1/preview/"]
    assert waiting(cast.haneul) == waiting(cast.noel) == waiting(None) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", ("상황 보고서", "여행자의 발열")), ("en", ("Situation report", "Fever in a traveller"))],
)
def test_the_report_is_one_page_in_either_language(
    cast: Cast, case: Case, language: str, words: tuple[str, str]
) -> None:
    published(cast, case)
    pdf = situation_report(cast.outbreak, at=DAWN + timedelta(days=1), language=language)
    assert pdf.startswith(b"%PDF")
    assert BytesIO(pdf).getvalue().count(b"/Type /Page\n") + pdf.count(b"/Type/Page/") in {0, 1}
    from django.utils import translation

    from firstlight.situation.report import report_data

    with translation.override(language):
        data = report_data(cast.outbreak, at=DAWN + timedelta(days=1), language=language)
    assert (data["kind"], data["news"][0]["title"]) == words


def test_the_report_has_an_address_and_a_day(cast: Cast, client: Client) -> None:
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=DAWN.replace(year=2020))
    answer = client.get("/outbreaks/novel-2031/report.pdf?on=2020-04-01", headers={"Accept-Language": "ko"})
    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="novel-2031-2020-04-01-ko.pdf"' in answer["Content-Disposition"]
    assert client.get("/outbreaks/novel-2031/report.pdf?on=2019-04-01").status_code == 404


@pytest.mark.parametrize(("number", "text"), [(1, "1 hour"), (2, "2 hours"), (576, "576 hours (3.4 weeks)")])
def test_hours_are_said_as_people_say_them(number: int, text: str) -> None:
    assert hours(number) == text


def test_the_tour_stays_in_the_replay(cast: Cast, client: Client) -> None:
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=DAWN.replace(year=2020))
    assert client.get("/outbreaks/novel-2031/tour/").status_code == 404
    assert "tour" not in client.get("/outbreaks/novel-2031/").content.decode()
    days = [stop.day for stop in stops()]
    assert days == sorted(days)


def test_the_evidence_trail_goes_both_ways_as_of_its_moment(cast: Cast, case: Case) -> None:
    assert trails_of(cast.outbreak, at=DAWN) == ([], [])
    published(cast, case)
    rests_on, supports = trails_of(cast.outbreak, at=DAWN + timedelta(days=1))
    assert [(each.thing.url, each.others[0].url) for each in rests_on] == [("/cases/1/", "https://doi.org/10.1000/182")]
    assert [(each.thing.url, each.others[0].url) for each in supports] == [("https://doi.org/10.1000/182", "/cases/1/")]
