from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from firstlight.alerts.models import Notice
from firstlight.alerts.queries.archive import Search, readings, search_notices, standing_strip
from firstlight.alerts.rules.reading import Standing, quoted, standing_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Severity
from tests.alerts.aftermath import DAY, NOON, cancel, issue, outbreak_of_the_past
from tests.cast import Cast

PAGE = "/outbreaks/novel-2031/alerts/"


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    return outbreak_of_the_past(cast)


def numbers(**asked: object) -> list[int]:
    """The numbers of the notices that a search finds a year later."""
    return [each.number for each in search_notices(Search(**asked), NOON + 365 * DAY)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "ends_in", "follower", "standing"),
    [
        ("alert", 1, "", Standing.STANDS),
        ("alert", None, "", Standing.STANDS),
        ("alert", 0, "", Standing.EXPIRED),
        ("alert", -1, "", Standing.EXPIRED),
        ("alert", -1, "update", Standing.UPDATED),
        ("update", 1, "cancel", Standing.CANCELLED),
        ("cancel", 1, "", Standing.CANCELS),
        ("cancel", -1, "", Standing.CANCELS),
        ("cancel", 1, "update", Standing.UPDATED),
    ],
)
def test_how_a_notice_stands(kind: str, ends_in: int | None, follower: str, standing: Standing) -> None:
    ends_at = NOON + ends_in * DAY if ends_in is not None else None
    assert standing_of(kind, ends_at, follower, at=NOON) is standing


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Wear a mask. {ack}", "Wear a mask."),
        ("{notice}\nWear a mask.", "Wear a mask."),
        ("a {A} {1} {not a place}", "a {A} {1} {not a place}"),
        ("bell\x07 and \ud800 half", "bell and  half"),
        ("", ""),
    ],
)
def test_a_text_is_quoted_without_places_for_links_and_unseen_signs(written: str, shown: str) -> None:
    assert quoted(written) == shown


def test_a_search_finds_words_of_both_languages_tier_outbreak_kind_and_standing(cast: Cast, outbreak: Outbreak) -> None:
    first = issue(cast, severity=Severity.EMERGENCY, body_ko="격리 병상이 찼습니다", expires_at=NOON + DAY)
    second = issue(cast, at=NOON + DAY, outbreak=None, title_en="Annual meeting moved", severity=Severity.INFORMATION)
    third = issue(cast, at=NOON + 2 * DAY, follows=second, outbreak=None)
    fourth = issue(cast, at=NOON + 3 * DAY)
    fifth = cancel(cast, fourth, at=NOON + 4 * DAY)
    assert numbers() == [5, 4, 3, 2, 1]
    assert numbers(words="격리") == [first.number]
    assert numbers(words="MEETING annual") == [second.number]
    assert numbers(words="meeting elephant") == []
    assert numbers(words="100%") == [], "a sign of the pattern language is a sign"
    assert numbers(words="3") == [third.number], "a number finds the notice of that number"
    assert numbers(severity=Severity.EMERGENCY) == [first.number]
    assert numbers(outbreak="society") == [third.number, second.number]
    assert numbers(outbreak="novel-2031") == [5, 4, 1]
    assert numbers(kind="cancel") == [fifth.number]
    assert numbers(standing="standing") == [third.number]
    assert numbers(standing="expired") == [first.number]
    assert numbers(standing="superseded") == [fourth.number, second.number]


def test_the_database_and_the_page_agree_on_what_stands(cast: Cast, outbreak: Outbreak) -> None:
    first = issue(cast, expires_at=NOON + 2 * DAY)
    second = issue(cast, at=NOON + DAY, follows=first, expires_at=NOON + 4 * DAY)
    issue(cast, at=NOON + DAY)
    cancel(cast, second, at=NOON + 3 * DAY)
    for hours in range(-1, 120, 5):
        at = NOON + timedelta(hours=hours)
        shown = readings(Notice.objects.issued(at), at)
        stand = {each.notice.pk for each in shown if each.standing is Standing.STANDS}
        assert stand == set(Notice.objects.standing(at).values_list("pk", flat=True)), hours


def test_the_archive_shows_exercises_apart(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    issue(cast, title_en="A real advisory", severity=Severity.ADVISORY)
    issue(cast, title_en="A rehearsal", is_exercise=True)
    real, exercises = (client.get(f"/alerts/{query}").content.decode() for query in ("", "?exercise=1"))
    assert "A real advisory" in real
    assert "A rehearsal" not in real
    assert "A rehearsal" in exercises
    assert "A real advisory" not in exercises


def test_the_archive_is_as_it_was_and_comes_in_pages(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    for day in range(25):
        issue(cast, at=NOON + day * DAY, title_en=f"Day {day} of it", severity=Severity.ADVISORY)
    assert "3 notices" in client.get("/alerts/?on=2026-03-03").content.decode()
    first, second = (client.get(f"/alerts/?page={page}").content.decode() for page in (1, 2))
    assert ("Day 24 of it" in first, "Day 4 of it" in first) == (True, False)
    assert ("Day 24 of it" in second, "Day 4 of it" in second) == (False, True)
    assert "Day 0 of it" in client.get("/alerts/?page=elephant&on=2026-03-01").content.decode()


@pytest.mark.parametrize("query", ["tier=9", "tier=x", "kind=y", "state=z", "outbreak=%00", "words=%00%25_", "page=-3"])
def test_the_archive_takes_any_question(cast: Cast, outbreak: Outbreak, client: Client, query: str) -> None:
    issue(cast)
    assert client.get(f"/alerts/?{query}").status_code == 200


def test_drafts_and_what_is_scheduled_are_nowhere(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    issue(cast, title_en="Not yet out", at=timezone.now() + DAY)
    draft = issue(cast, title_en="Never approved")
    Notice.objects.filter(pk=draft.pk).update(state=Notice.State.DRAFT)
    for address in ("/alerts/", PAGE, "/feeds/alerts.atom", "/feeds/alerts.json", "/feeds/cap.atom"):
        page = client.get(address).content.decode()
        assert "Not yet out" not in page
        assert "Never approved" not in page
    for address in ("/alerts/1/", "/alerts/2/", "/feeds/cap/1.xml", "/feeds/cap/2.xml", "/alerts/77/"):
        assert client.get(address).status_code == 404


def test_an_outbreak_s_page_tells_what_stood_that_day_from_what_was_issued_before(
    cast: Cast, outbreak: Outbreak, client: Client
) -> None:
    first = issue(cast, title_en="Wear a mask")
    issue(cast, at=NOON + 2 * DAY, follows=first, title_en="Wear a better mask")
    issue(cast, outbreak=None, title_en="Of the society")
    then, later = (client.get(f"{PAGE}?on={day}").context for day in ("2026-03-02", "2026-03-04"))
    assert [each.notice.title_en for each in then["standing"]] == ["Wear a mask"]
    assert then["past"] == []
    assert [each.notice.title_en for each in later["standing"]] == ["Wear a better mask"]
    assert [(each.notice.title_en, each.standing) for each in later["past"]] == [("Wear a mask", Standing.UPDATED)]


def test_an_outbreak_without_notices_says_so(outbreak: Outbreak, client: Client) -> None:
    assert "No notice stands" in client.get(PAGE).content.decode()
    assert client.get("/outbreaks/nowhere/alerts/").status_code == 404


def test_the_strip_holds_what_presses_and_stands(
    cast: Cast, outbreak: Outbreak, django_assert_num_queries: object
) -> None:
    issue(cast, severity=Severity.ADVISORY)
    issue(cast, severity=Severity.EMERGENCY, is_exercise=True)
    warning = issue(cast, severity=Severity.WARNING)
    expired = issue(cast, severity=Severity.EMERGENCY, expires_at=NOON + DAY)
    society = issue(cast, severity=Severity.EMERGENCY, outbreak=None)
    cancelled = issue(cast, severity=Severity.EMERGENCY)
    cancel(cast, cancelled, at=NOON + DAY)
    at = NOON + 2 * DAY
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert [each.outbreak and each.number for each in standing_strip(None, at)] == [None, warning.number]
    assert standing_strip(outbreak, at) == [society, warning]
    assert expired in standing_strip(outbreak, NOON + timedelta(hours=1))
    assert standing_strip(outbreak, NOON - DAY) == []
