import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from firstlight.alerts import actions
from firstlight.alerts.hooks import Target, TargetKind, register_target_kind
from firstlight.alerts.models import Notice
from firstlight.alerts.rules.standing import proposed_expiry
from firstlight.delivery.actions import write_rows
from firstlight.delivery.models import Mailing
from firstlight.people.models import Severity
from tests.alerts.scene import WORDS, draft, emergency, issued, reachable, submitted
from tests.cast import Cast

HOUR = timedelta(hours=1)
# Pages go by the clock on the wall.
YESTERDAY = timezone.now() - timedelta(days=1)


def at(name: str, notice: Notice) -> str:
    return reverse(name, args=[notice.number])


def as_typed(notice: Notice, **fields: object) -> dict[str, object]:
    """What the composer sends when nothing else is changed."""
    typed: dict[str, object] = {
        name: getattr(notice, name) for name in (*WORDS, "body_ko", "body_en", "severity", "urgency", "certainty")
    }
    expires_at = timezone.localtime(notice.expires_at).strftime("%Y-%m-%dT%H:%M") if notice.expires_at else ""
    return {**typed, "expires_at": expires_at, "written_at": notice.written_at.isoformat(), "act": "save", **fields}


@pytest.fixture
def haneul(cast: Cast, client: Client) -> Client:
    """The browser of the editor who writes."""
    client.force_login(cast.haneul)
    return client


@pytest.fixture
def bora(cast: Cast) -> Client:
    """The browser of the editor who decides."""
    browser = Client()
    browser.force_login(cast.bora)
    return browser


def test_the_desk_s_pages_are_for_editors_and_its_reins_for_administrators_too(cast: Cast) -> None:
    notice = draft(cast, at=YESTERDAY)
    seen = {"Haneul": (200, 200, 200), "Ara": (200, 200, 403)}
    for name, member in cast.everyone().items():
        browser = Client()
        if member:
            browser.force_login(member)
        pages = (reverse("notice_desk"), at("review_notice", notice), at("edit_notice", notice))
        answers = tuple(browser.get(page).status_code for page in pages)
        assert answers == seen.get(name, (403, 403, 403) if member else (302, 302, 302)), name


def test_every_button_of_the_desk_is_refused_to_a_member(cast: Cast, client: Client) -> None:
    client.force_login(cast.noel)
    notice = submitted(cast, at=YESTERDAY, severity=Severity.EMERGENCY)
    before = Notice.objects.values().get(pk=notice.pk)
    buttons = (
        "submit_notice", "approve_notice", "return_notice", "issue_notice_alone", "look_over_notice",
        "withdraw_notice", "test_notice", "follow_notice", "control_notice", "edit_notice", "count_notice",
    )  # fmt: skip
    sent = {"because": "no", "reason": "because I want to", "submitted_at": notice.submitted_at, "act": "stop"}
    for name in buttons:
        assert client.post(at(name, notice), sent).status_code in {302, 403}, name
    assert client.post(reverse("begin_notice")).status_code == 403
    assert Notice.objects.values().get(pk=notice.pk) == before
    assert Notice.objects.count() == 1


def test_a_notice_is_begun_written_and_sent_for_review(cast: Cast, haneul: Client) -> None:
    begun = haneul.post(reverse("begin_notice"), {"outbreak": cast.outbreak.slug})
    notice = Notice.objects.get()
    assert begun["Location"] == at("edit_notice", notice)
    saved = haneul.post(at("edit_notice", notice), {**as_typed(notice), **WORDS, "act": "review"})
    assert saved["Location"] == at("review_notice", notice)
    haneul.post(at("submit_notice", notice))
    notice.refresh_from_db()
    assert (notice.state, notice.sms_ko) == (Notice.State.IN_REVIEW, WORDS["sms_ko"])


def test_a_draft_with_gaps_is_kept_and_its_gaps_are_named(cast: Cast, haneul: Client) -> None:
    notice = actions.begin_notice(outbreak=None, by=cast.haneul, at=YESTERDAY)
    haneul.post(at("edit_notice", notice), as_typed(notice, title_ko="제목만"))
    page = haneul.get(at("edit_notice", notice)).content.decode()
    assert 'value="제목만"' in page
    assert "Title, English: It is missing." in page
    assert "Title, English: It is missing." in haneul.post(at("submit_notice", notice), follow=True).content.decode()


def test_words_with_html_in_them_stay_words(cast: Cast, haneul: Client) -> None:
    notice = draft(cast, at=YESTERDAY, title_en='<img src=x onerror="a()">', sms_en="<script>a()</script>")
    for page in ("edit_notice", "review_notice"):
        shown = haneul.get(at(page, notice)).content.decode()
        assert "<script>a()" not in shown
        assert "<img src=x" not in shown


def test_a_wrong_date_loses_no_word(cast: Cast, haneul: Client) -> None:
    notice = draft(cast, at=YESTERDAY)
    sent = as_typed(notice, expires_at="2031-02-31T10:00", body_ko="길게 쓴 본문")
    page = haneul.post(at("edit_notice", notice), sent).content.decode()
    assert "Nothing was saved yet" in page
    assert "길게 쓴 본문" in page


def test_the_end_follows_the_tier_until_somebody_sets_it(cast: Cast, haneul: Client) -> None:
    notice = draft(cast, at=YESTERDAY)
    haneul.post(at("edit_notice", notice), as_typed(notice, severity=4))
    notice.refresh_from_db()
    assert notice.expires_at == proposed_expiry(4, kind="alert", at=YESTERDAY)
    haneul.post(at("edit_notice", notice), as_typed(notice, expires_at="2031-05-01T10:00"))
    notice.refresh_from_db()
    haneul.post(at("edit_notice", notice), as_typed(notice, severity=2))
    notice.refresh_from_db()
    assert timezone.localtime(notice.expires_at).strftime("%Y-%m-%d %H:%M") == "2031-05-01 10:00"


def test_the_later_of_two_editors_writes_over_nothing(cast: Cast, haneul: Client, bora: Client) -> None:
    notice = draft(cast, at=YESTERDAY)
    typed = as_typed(notice, title_en="Haneul's title")
    bora.post(at("edit_notice", notice), as_typed(notice, title_en="Bora's title"))
    page = haneul.post(at("edit_notice", notice), typed).content.decode()
    notice.refresh_from_db()
    assert notice.title_en == "Bora's title"
    assert "Somebody else was quicker" in page
    assert "Haneul&#x27;s title" in page
    assert "Bora&#x27;s title" in page
    haneul.post(at("edit_notice", notice), {**typed, "overwrite": "1"})
    notice.refresh_from_db()
    assert notice.title_en == "Haneul's title"


def test_the_count_is_live_and_by_the_carrier_s_own_rules(cast: Cast, haneul: Client, settings: object) -> None:
    settings.CARRIERS = {  # type: ignore[attr-defined]
        "sms": ["console://?plan=korean&price_sms=9.9&price_lms=30"],
        "email": ["console://"],
    }
    notice = draft(cast, at=YESTERDAY)
    typed = as_typed(notice, sms_ko="확진 😷", sms_en="Ask about fever. " * 8)
    report = haneul.post(at("count_notice", notice), typed).json()
    korean, english = report["counts"]["ko"], report["counts"]["en"]
    assert korean["state"] == "danger"
    assert "U+1F637" in korean["unsendable"]
    assert english["state"] == "warn"
    assert english["charge"].startswith("one LMS")
    assert "30 KRW" in english["charge"]
    assert re.fullmatch(r"\d+ of 2000 bytes, \d+ left", english["room"])
    assert english["shown"].endswith(f"/alerts/{notice.number}/")
    assert any("U+1F637" in check["sentence"] and check["blocks"] for check in report["checks"])
    notice.refresh_from_db()
    assert notice.sms_ko == WORDS["sms_ko"], "counting saves nothing"


@pytest.mark.parametrize(
    "nonsense", [{}, {"sms_ko": "\0"}, {"severity": "high", "expires_at": "soon", "roles": ["king"]}]
)
def test_the_count_bears_nonsense(cast: Cast, haneul: Client, nonsense: dict[str, object]) -> None:
    answer = haneul.post(at("count_notice", draft(cast, at=YESTERDAY)), nonsense)
    assert answer.status_code == 200
    assert set(answer.json()) == {"counts", "checks"}


def test_links_are_found_pointed_at_and_taken_out(cast: Cast, haneul: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.alerts.hooks._kinds", {})
    case = Target("7", "일곱째", "The seventh case", "/cases/7/")
    register_target_kind(TargetKind("case", "Case", lambda *_asked: [case], lambda _key, _at: case))
    notice = draft(cast, at=YESTERDAY)
    found = haneul.post(at("edit_notice", notice), as_typed(notice, find="seven th", act="find"))
    assert f"find={quote('seven th').replace('%20', '+')}" in found["Location"]
    assert 'value="link:case:7"' in haneul.get(found["Location"]).content.decode()
    notice.refresh_from_db()
    haneul.post(at("edit_notice", notice), as_typed(notice, act="link:case:7"))
    notice.refresh_from_db()
    haneul.post(at("edit_notice", notice), as_typed(notice, act="address", address="10.1000/xyz"))
    assert [link.title_en for link in notice.links.all()] == ["The seventh case", "https://doi.org/10.1000/xyz"]
    notice.refresh_from_db()
    refused = haneul.post(at("edit_notice", notice), as_typed(notice, act="address", address="?"), follow=True)
    assert "Nothing is found there" in refused.content.decode()
    notice.refresh_from_db()
    haneul.post(at("edit_notice", notice), as_typed(notice, act=f"unlink:{notice.links.all()[0].pk}"))
    assert notice.links.count() == 1


def test_an_audience_is_chosen_in_the_composer(cast: Cast, haneul: Client) -> None:
    notice = draft(cast, at=YESTERDAY)
    haneul.post(at("edit_notice", notice), as_typed(notice, roles=["editor"], languages=["ko"]))
    notice.refresh_from_db()
    assert notice.audience == {"roles": ["editor"], "languages": ["ko"]}
    page = haneul.get(at("edit_notice", notice)).content.decode()
    assert "Some members only" in page
    assert "Editor, Korean" in haneul.get(at("review_notice", notice)).content.decode()


def test_a_second_editor_approves_on_one_screen(cast: Cast, bora: Client) -> None:
    reachable(cast.noel)
    notice = submitted(cast, at=YESTERDAY)
    page = bora.get(at("review_notice", notice)).content.decode()
    for said in (WORDS["sms_ko"], WORDS["sms_en"], "Haneul", "Approve and send 2 messages now", WORDS["source"]):
        assert said in page, said
    seen = {"submitted_at": notice.submitted_at.isoformat()}  # type: ignore[union-attr]
    bora.post(at("approve_notice", notice), seen)
    notice.refresh_from_db()
    assert (notice.state, notice.approved_by) == (Notice.State.ISSUED, cast.bora)


def test_its_author_finds_no_button_to_approve_it(cast: Cast, haneul: Client) -> None:
    reachable(cast.noel)
    notice = submitted(cast, at=YESTERDAY)
    page = haneul.get(at("review_notice", notice)).content.decode()
    assert at("approve_notice", notice) not in page
    assert "another editor has to approve it" in page
    sent = {"submitted_at": notice.submitted_at.isoformat()}  # type: ignore[union-attr]
    assert "Nobody approves their own" in haneul.post(at("approve_notice", notice), sent, follow=True).content.decode()


def test_an_approver_says_that_they_have_looked_at_the_doubts(cast: Cast, bora: Client) -> None:
    reachable(cast.noel)
    notice = submitted(cast, at=YESTERDAY, sms_ko="환자 3명 확진. 발열을 물으십시오.")
    sent = {"submitted_at": notice.submitted_at.isoformat()}  # type: ignore[union-attr]
    assert "Look at the doubts first" in bora.post(at("approve_notice", notice), sent, follow=True).content.decode()
    bora.post(at("approve_notice", notice), {**sent, "has_looked": "on"})
    notice.refresh_from_db()
    assert notice.state == Notice.State.ISSUED


@pytest.mark.parametrize("sent", [{}, {"submitted_at": ""}, {"submitted_at": "yesterday"}])
def test_an_approval_without_having_read_is_none(cast: Cast, bora: Client, sent: dict[str, str]) -> None:
    reachable(cast.noel)
    notice = submitted(cast, at=YESTERDAY)
    bora.post(at("approve_notice", notice), sent)
    notice.refresh_from_db()
    assert notice.state == Notice.State.IN_REVIEW


def test_a_notice_is_given_back_with_words(cast: Cast, haneul: Client, bora: Client) -> None:
    notice = submitted(cast, at=YESTERDAY)
    assert "Say why" in bora.post(at("return_notice", notice), {"because": ""}, follow=True).content.decode()
    bora.post(at("return_notice", notice), {"because": "Which hospital?"})
    for page in (at("edit_notice", notice), at("review_notice", notice), reverse("notice_desk")):
        assert "Which hospital?" in haneul.get(page).content.decode()


def test_an_emergency_issued_alone_says_so_and_is_looked_over(cast: Cast, haneul: Client, bora: Client) -> None:
    reachable(cast.noel)
    notice = draft(cast, at=YESTERDAY, severity=Severity.EMERGENCY)
    haneul.post(at("issue_notice_alone", notice), {"reason": "Nobody else is awake tonight."})
    notice.refresh_from_db()
    assert notice.state == Notice.State.ISSUED
    for browser in (haneul, bora):
        assert "Nobody else is awake tonight." in browser.get(at("review_notice", notice)).content.decode()
    assert at("look_over_notice", notice) not in haneul.get(at("review_notice", notice)).content.decode()
    assert at("review_notice", notice) in bora.get(reverse("notice_desk")).content.decode()
    bora.post(at("look_over_notice", notice))
    notice.refresh_from_db()
    assert notice.looked_over_by == cast.bora


def test_a_send_is_held_stopped_and_watched_by_an_administrator(cast: Cast, client: Client) -> None:
    notice = issued(cast, at=YESTERDAY)
    write_rows(notice.mailings().get(), YESTERDAY)
    client.force_login(cast.ara)
    fragment = client.get(at("control_notice", notice)).content.decode()
    assert "0 of 2 messages have left" in fragment
    assert "<html" not in fragment
    for act, state in (("pause", "paused"), ("resume", "sending"), ("stop", "stopped")):
        client.post(at("control_notice", notice), {"act": act})
        assert notice.mailings().get().state == state
    for nothing in ("stop", "resume", "explode", ""):
        said = client.post(at("control_notice", notice), {"act": nothing}, follow=True).content.decode()
        assert "Nothing was changed" in said
    assert notice.mailings().get().state == Mailing.State.STOPPED


def test_what_went_out_leads_from_the_composer_to_its_page(cast: Cast, haneul: Client) -> None:
    notice = issued(cast, at=YESTERDAY)
    assert haneul.get(at("edit_notice", notice))["Location"] == at("review_notice", notice)
    typed = as_typed(notice, title_en="Other")
    assert haneul.post(at("edit_notice", notice), typed)["Location"] == at("review_notice", notice)
    notice.refresh_from_db()
    assert notice.title_en == WORDS["title_en"]


@pytest.mark.parametrize("kind", ["update", "cancel"])
def test_an_update_and_a_cancellation_are_begun_from_a_notice(cast: Cast, haneul: Client, kind: str) -> None:
    notice = emergency(cast, at=YESTERDAY)
    assert at("follow_notice", notice) in haneul.get(at("review_notice", notice)).content.decode()
    haneul.post(at("follow_notice", notice), {"kind": kind})
    begun = Notice.objects.latest("number")
    assert (begun.kind, begun.follows) == (kind, notice)
    page = haneul.get(at("edit_notice", begun)).content.decode()
    assert f"otice {notice.number}" in page


def test_a_scheduled_notice_is_on_the_desk_and_can_be_withdrawn(cast: Cast, haneul: Client) -> None:
    notice = issued(cast, at=YESTERDAY, scheduled_for=timezone.now() + HOUR)
    assert "Approved, leaving later" in haneul.get(reverse("notice_desk")).content.decode()
    assert "Withdraw it before it leaves" in haneul.get(at("review_notice", notice)).content.decode()
    haneul.post(at("withdraw_notice", notice))
    notice.refresh_from_db()
    assert notice.state == Notice.State.WITHDRAWN


def test_a_test_is_sent_from_the_composer_after_saving(cast: Cast, haneul: Client) -> None:
    notice = draft(cast, at=YESTERDAY)
    reachable(cast.haneul, "sms")
    page = haneul.post(at("edit_notice", notice), as_typed(notice, title_en="Newest", act="test"), follow=True)
    assert "2 messages are on their way to you" in page.content.decode()
    notice.refresh_from_db()
    assert notice.title_en == "Newest"


def test_the_desk_shows_one_outbreak_or_all(cast: Cast, haneul: Client) -> None:
    draft(cast, at=YESTERDAY, title_en="Of the outbreak")
    society = actions.begin_notice(outbreak=None, by=cast.haneul, at=YESTERDAY)
    actions.write_notice(society, by=cast.haneul, at=YESTERDAY, title_en="Of the society")
    everything = haneul.get(reverse("notice_desk")).content.decode()
    assert "Of the outbreak" in everything
    assert "Of the society" in everything
    ours = haneul.get(reverse("notice_desk"), {"outbreak": cast.outbreak.slug}).content.decode()
    assert "Of the outbreak" in ours
    assert "Of the society" not in ours
    assert haneul.get(reverse("notice_desk"), {"outbreak": "nowhere"}).status_code == 404


def test_the_desk_asks_the_database_no_more_for_more_notices(cast: Cast, haneul: Client) -> None:
    asked = []
    for _each in range(3):
        for begin in (draft, submitted, issued):
            begin(cast, at=YESTERDAY)
        with CaptureQueriesContext(connection) as queries:
            assert haneul.get(reverse("notice_desk")).status_code == 200
        asked.append(len(queries))
    assert asked[2] <= asked[1]
