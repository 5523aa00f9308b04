from collections.abc import Iterator
from datetime import datetime

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory

from firstlight.alerts import hooks
from firstlight.alerts.hooks import Target, TargetKind, register_target_kind
from firstlight.alerts.models import Acknowledgement, Notice, NoticeLink
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Severity
from tests.alerts.aftermath import DAY, NOON, cancel, issue, outbreak_of_the_past
from tests.cast import Cast

SHOWN = {"1": Target("1", "열한 번째 증례", "The eleventh case", "/cases/11/")}


@pytest.fixture(autouse=True)
def outbreak(cast: Cast) -> Outbreak:
    return outbreak_of_the_past(cast)


@pytest.fixture
def specimens() -> Iterator[None]:
    """A kind of thing that notices can point at, for one test."""
    register_target_kind(TargetKind("specimen", "Specimen", lambda words, outbreak, at: [], get_specimen))
    yield
    hooks._kinds.pop("specimen")


def get_specimen(key: str, at: datetime) -> Target | None:
    return SHOWN.get(key)


def page(client: Client, number: int, query: str = "") -> str:
    answer = client.get(f"/alerts/{number}/{query}", headers={"accept-language": "en"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_notice_s_page_says_tier_time_source_and_both_languages(cast: Cast, client: Client) -> None:
    issue(cast, severity=Severity.EMERGENCY, expires_at=NOON + 9999 * DAY)
    shown = page(client, 1)
    for words in (
        "Emergency",
        "1 March 2026, 12:00",
        "Public health agency, 1 March",
        "<strong>Three</strong> patients",
        "<strong>세 명</strong>",
        "Wear a mask while imaging.",
        "by a second person",
        'href="/feeds/cap/1.xml"',
        'type="application/atom+xml"',
    ):
        assert words in shown, words
    assert "{notice}" not in shown
    assert "Haneul" not in shown, "who wrote it is not for strangers"


def test_a_korean_reader_has_korean_first_and_english_at_hand(cast: Cast, client: Client) -> None:
    issue(cast)
    shown = client.get("/alerts/1/", headers={"accept-language": "ko"}).content.decode()
    assert shown.index("<strong>세 명</strong>") < shown.index("<strong>Three</strong>")
    assert '<div class="prose" lang="en">' in shown


def test_what_followed_a_notice_is_said_before_anything_else(cast: Cast, client: Client) -> None:
    first = issue(cast, title_en="The first word")
    second = issue(cast, at=NOON + DAY, follows=first, title_en="The second word")
    cancel(cast, second, at=NOON + 2 * DAY, title_en="The last word")
    before, updated, cancelled = (page(client, 1, f"?on=2026-03-0{day}") for day in (1, 2, 3))
    assert "callout" not in before.split("<article ")[0]
    assert "was updated by a later one" in updated.split("<article ")[0]
    assert "What holds now:" in updated
    assert "The second word" in updated.split("<article ")[0]
    assert "Nothing of it holds now" in cancelled.split("<article ")[0]
    assert "The last word" in cancelled.split("<article ")[0]
    assert "was cancelled" in page(client, 2).split("<article ")[0]
    assert "This cancels an earlier notice" in page(client, 3).split("<article ")[0]
    assert 'href="/alerts/1/"' in page(client, 3)


def test_an_expired_notice_says_when_it_ended(cast: Cast, client: Client) -> None:
    issue(cast, expires_at=NOON + DAY)
    assert "It stood until" in page(client, 1).split("<article ")[0]
    assert "It stood until" not in page(client, 1, "?on=2026-03-01")


def test_a_notice_was_not_there_before_it_was_issued(cast: Cast, client: Client) -> None:
    issue(cast, at=NOON + DAY)
    assert client.get("/alerts/1/?on=2026-03-01").status_code == 404
    assert client.get("/alerts/1/?on=2026-03-02").status_code == 200


def test_marks_for_an_override_an_exercise_and_a_replay(cast: Cast, client: Client) -> None:
    issue(cast, severity=Severity.EMERGENCY, override_reason="Nobody else answered at 3 in the morning")
    issue(cast, is_exercise=True)
    issue(cast, is_replay=True)
    assert "Nobody else answered" in page(client, 1)
    assert "Issued by one person" in page(client, 1)
    assert "This is an exercise." in page(client, 2)
    assert "never sent from here" in page(client, 3)


def test_links_are_looked_up_and_keep_their_title_when_the_thing_is_gone(
    cast: Cast, client: Client, specimens: None
) -> None:
    notice = issue(cast)
    for place, (kind, key, title) in enumerate(
        [
            ("specimen", "1", "As it was called"),
            ("specimen", "2", "A case since withdrawn"),
            ("unheard-of", "3", "From a part since removed"),
            ("address", "https://example.org/paper", "A paper"),
            ("address", "javascript:alert(1)", "No address at all"),
        ]
    ):
        NoticeLink.objects.create(notice=notice, kind=kind, key=key, title_ko=title, title_en=title, place=place)
    shown = page(client, 1)
    assert '<a href="/cases/11/">The eleventh case</a>' in shown
    assert "As it was called" not in shown
    assert shown.count("not there any more") == 3
    assert '<a href="https://example.org/paper">A paper</a>' in shown
    assert "javascript:" not in shown


def test_words_are_words_and_never_markup(cast: Cast, client: Client) -> None:
    evil = "<script>alert(1)</script>"
    issue(cast, title_en=evil, sms_en=evil, body_en=evil, source=evil)
    for address in ("/alerts/1/", "/alerts/", "/outbreaks/novel-2031/alerts/"):
        assert evil not in client.get(address).content.decode()


def test_a_member_is_asked_to_confirm_only_what_asks_and_stands(cast: Cast, client: Client) -> None:
    issue(cast, wants_answer=True)
    issue(cast, wants_answer=True, expires_at=NOON + DAY)
    issue(cast)
    button = "I have read this"
    assert button not in page(client, 1), "strangers have a link of their own in the message"
    client.force_login(cast.noel)
    assert [button in page(client, each) for each in (1, 2, 3)] == [True, False, False]
    assert button not in page(client, 1, "?on=2026-03-02"), "nobody confirms in the past"
    Acknowledgement.objects.create(notice=Notice.objects.get(number=1), member=cast.noel, at=NOON + DAY, how="page")
    assert button not in page(client, 1)
    assert "You confirmed this notice" in page(client, 1)


def test_editors_see_who_wrote_and_who_approved(cast: Cast, client: Client) -> None:
    issue(cast)
    client.force_login(cast.bora)
    assert "Haneul → Bora" in page(client, 1)
    assert "/alerts/1/reach/" in page(client, 1)


def test_the_strip_is_a_fragment_for_any_page(cast: Cast, rf: RequestFactory) -> None:
    issue(cast, severity=Severity.EMERGENCY, title_en="Stop all fluoroscopy")
    request = rf.get("/")
    request.at, request.on = NOON + DAY, None  # type: ignore[attr-defined]
    template = Template("{% load alerts %}{% standing_notices outbreak %}")
    shown = template.render(Context({"request": request, "outbreak": cast.outbreak}))
    assert "Stop all fluoroscopy" in shown
    assert 'href="/alerts/1/"' in shown
    request.at = NOON - DAY  # type: ignore[attr-defined]
    assert template.render(Context({"request": request, "outbreak": None})).strip() == ""


def test_a_notice_of_the_society_stands_in_no_outbreak_s_frame(cast: Cast, client: Client) -> None:
    issue(cast, outbreak=None)
    assert "outbreak-banner" not in page(client, 1)


def test_a_page_without_a_moment_goes_without_the_strip(cast: Cast, rf: RequestFactory) -> None:
    issue(cast, severity=Severity.EMERGENCY)
    for given in ({"request": rf.get("/")}, {}):
        assert Template("{% load alerts %}{% standing_notices %}").render(Context(given)).strip() == ""
