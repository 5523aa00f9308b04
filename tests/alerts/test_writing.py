import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from firstlight.alerts import actions
from firstlight.alerts.hooks import Target, TargetKind, register_target_kind
from firstlight.alerts.models import Notice
from firstlight.alerts.queries import desk
from firstlight.alerts.queries.checks import checks_of
from firstlight.alerts.queries.targets import read_address
from firstlight.alerts.queries.texts import email_of, sms_of, sms_shown
from firstlight.alerts.rules.answers import is_confirmation
from firstlight.alerts.rules.marking import Mark, marked, marks_of, unknown_placeholders
from firstlight.audit.models import Entry
from firstlight.outbreaks.actions import undo_activation
from firstlight.outbreaks.hooks import dependents_of, links_of, milestones, news_of
from firstlight.people.models import Severity
from tests.alerts.scene import HOUR, WORDS, draft, issued, submitted
from tests.cast import DAWN, Cast


def test_only_an_editor_begins_a_notice(cast: Cast) -> None:
    for member in (cast.noel, cast.maru, cast.sora, cast.ara):
        with pytest.raises(PermissionDenied):
            actions.begin_notice(outbreak=cast.outbreak, by=member, at=DAWN)
    assert actions.begin_notice(outbreak=cast.outbreak, by=cast.haneul, at=DAWN).number == 1


def test_notices_are_numbered_one_after_the_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [draft(cast).number for _each in range(3)] == [1, 2, 3]
    stale = iter([3, 4])
    monkeypatch.setattr("firstlight.alerts.actions.writing.next_number", lambda: next(stale))
    assert actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN).number == 4, "another editor was quicker"


def test_a_new_notice_has_an_end_that_its_tier_proposes(cast: Cast) -> None:
    notice = actions.begin_notice(outbreak=None, by=cast.haneul, at=DAWN)
    assert notice.expires_at is not None
    assert (notice.expires_at - DAWN).days == 14
    assert notice.topic == "society"


def test_whoever_writes_is_an_author_and_it_is_a_draft_again(cast: Cast) -> None:
    notice = submitted(cast)
    actions.write_notice(notice, by=cast.bora, at=DAWN + HOUR, title_en="Changed")
    assert notice.state == Notice.State.DRAFT
    assert notice.written_at == DAWN + HOUR
    assert {each.member for each in notice.authorships.all()} == {cast.haneul, cast.bora}
    assert Entry.objects.filter(verb="notice.written").latest("pk").details == {"fields": ["title_en"]}


def test_what_is_missing_is_named_all_at_once(cast: Cast) -> None:
    notice = actions.begin_notice(outbreak=cast.outbreak, by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError) as refused:
        actions.submit_notice(notice, by=cast.haneul, at=DAWN)
    assert refused.value.messages == [
        "Title, Korean: It is missing.",
        "Title, English: It is missing.",
        "Text message, Korean: It is missing.",
        "Text message, English: It is missing.",
        "Source: Say where this knowledge comes from, and as of when.",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sms_ko": "확진 😷 발열을 물으십시오."}, "U+1F637"),
        ({"sms_ko": "발열을 물으십시오. " * 200}, "longer than the carrier takes"),
        ({"sms_en": "Ask about fever: {link}"}, "Nothing fills {link}"),
        ({"title_ko": "___에서 첫 환자 확진"}, "A gap is still to be filled"),
        ({"body_ko": "본문이 있습니다."}, "the other language has it"),
        ({"expires_at": DAWN}, "ended before it leaves"),
        ({"expires_at": None}, "until when"),
        ({"expires_at": DAWN + HOUR, "scheduled_for": DAWN + 2 * HOUR}, "ended before it leaves"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_review(
    cast: Cast, fields: dict[str, object], said: str, settings: object
) -> None:
    settings.CARRIERS = {"sms": ["console://?plan=korean"], "email": ["console://"]}  # type: ignore[attr-defined]
    notice = draft(cast, **fields)
    with pytest.raises(ValidationError, match=r".") as refused:
        actions.submit_notice(notice, by=cast.haneul, at=DAWN)
    assert said in " ".join(refused.value.messages)


def test_doubts_are_said_and_do_not_block(cast: Cast) -> None:
    notice = draft(cast, sms_ko="환자 3명 확진. 발열을 물으십시오.", title_ko="The first patient is confirmed")
    doubts = checks_of(notice, at=DAWN)
    assert {check.blocks for check in doubts} == {False}
    assert {(check.field, check.language) for check in doubts} >= {("sms", "en"), ("title", "ko")}
    assert actions.submit_notice(notice, by=cast.haneul, at=DAWN).state == Notice.State.IN_REVIEW


def test_what_went_out_is_never_changed(cast: Cast) -> None:
    notice = issued(cast)
    for act in (
        lambda: actions.write_notice(notice, by=cast.haneul, at=DAWN, title_en="Other"),
        lambda: actions.add_link(notice, "address", "https://example.org/", by=cast.haneul, at=DAWN),
        lambda: actions.submit_notice(notice, by=cast.haneul, at=DAWN),
    ):
        with pytest.raises(PermissionDenied):
            act()
    notice.refresh_from_db()
    assert notice.title_en == WORDS["title_en"]


def test_an_update_begins_with_the_earlier_words_and_a_cancellation_says_what_it_ends(cast: Cast) -> None:
    first = draft(cast, severity=Severity.WARNING, audience={"languages": ["ko"]})
    actions.add_link(first, "address", "10.3348/kjr.2020.0001", by=cast.haneul, at=DAWN)
    first = Notice.objects.get(pk=first.pk)
    with pytest.raises(ValidationError, match="went out"):
        actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.UPDATE, follows=first)
    earlier = issued(cast)
    update = actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.UPDATE, follows=earlier)
    assert (update.outbreak, update.sms_ko, update.source) == (cast.outbreak, earlier.sms_ko, earlier.source)
    cancel = actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.CANCEL, follows=earlier)
    assert earlier.title_en in cancel.sms_en
    assert str(earlier.number) in cancel.sms_ko
    assert not cancel.wants_answer


def test_a_plain_notice_follows_nothing_and_an_update_something(cast: Cast) -> None:
    earlier = issued(cast)
    for kind, follows in ((Notice.Kind.ALERT, earlier), (Notice.Kind.UPDATE, None)):
        with pytest.raises(ValidationError):
            actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=kind, follows=follows)


def test_links_are_things_of_a_registered_kind_or_whole_addresses(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.alerts.hooks._kinds", {})
    found = Target("7", "일곱째 증례", "Case seven", "/cases/7/")
    register_target_kind(
        TargetKind("case", "Case", lambda *_asked: [found], lambda key, _at: found if key == "7" else None)
    )
    notice = draft(cast)
    for kind, key in (("case", "7"), ("case", "7"), ("address", "doi:10.3348/kjr.2020.0001")):
        actions.add_link(notice, kind, key, by=cast.haneul, at=DAWN)
    assert [link.title_en for link in notice.links.all()] == ["Case seven", "https://doi.org/10.3348/kjr.2020.0001"]
    for kind, key in (("case", "8"), ("release", "7"), ("address", "javascript:alert(1)"), ("address", "example.org")):
        with pytest.raises(ValidationError):
            actions.add_link(notice, kind, key, by=cast.haneul, at=DAWN)
    assert "http://127.0.0.1:8000/cases/7/" in email_of(notice, "en").text
    actions.remove_link(notice.links.all()[0], by=cast.haneul, at=DAWN)
    assert notice.links.count() == 1


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("10.1000/xyz", "https://doi.org/10.1000/xyz"),
        (" https://doi.org/10.1000/xyz ", "https://doi.org/10.1000/xyz"),
        ("https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("example", ""),
        ("https://", ""),
        ("ftp://example.org/", ""),
        ("", ""),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, address: str) -> None:
    assert read_address(typed) == address


def test_the_message_carries_its_marks_and_its_link(cast: Cast) -> None:
    notice = draft(cast, severity=Severity.EMERGENCY, is_exercise=True)
    assert sms_of(notice, "ko") == f"[훈련][긴급] {WORDS['sms_ko']}\nhttp://127.0.0.1:8000/alerts/{notice.number}/"
    notice.wants_answer = True
    assert sms_of(notice, "en").endswith("\n{ack}")
    assert "{" not in sms_shown(notice, "en")
    notice.sms_en = "[exercise] Press {ack} now, see {notice}"
    assert sms_of(notice, "en") == (
        f"[URGENT] [exercise] Press {{ack}} now, see http://127.0.0.1:8000/alerts/{notice.number}/"
    )


def test_the_e_mail_says_everything_in_its_own_language(cast: Cast) -> None:
    notice = draft(
        cast, body_ko="**발열**을 물으십시오. <b>x</b>", body_en="Ask about **fever**. <b>x</b>", wants_answer=True
    )
    korean, english = (email_of(notice, language) for language in ("ko", "en"))
    assert korean.subject == WORDS["title_ko"]
    assert "출처" in korean.text
    assert "Source" in english.text
    assert all(link in english.text and link in english.html for link in ("{ack}", "{me}", "{leave}"))
    assert "<strong>fever</strong>" in english.html
    assert "<b>x</b>" not in english.html
    assert 'lang="en"' in english.html


def test_without_a_full_text_the_e_mail_says_what_the_text_message_says(cast: Cast) -> None:
    notice = draft(cast, sms_en="Ask about fever. {ack}", wants_answer=True)
    assert "Ask about fever." in email_of(notice, "en").text


@pytest.mark.parametrize("text", ["1", " 1. ", "１", "네", "네!", "확인했습니다.", "OK", "ok~", "Yes", "확 인"])
def test_a_reply_that_confirms(text: str) -> None:
    assert is_confirmation(text)


@pytest.mark.parametrize(
    "text", ["", "2", "11", "확인 못했습니다", "not ok", "누구세요?", "STOP", "네 그런데 질문이", "0"]
)
def test_a_reply_that_does_not(text: str) -> None:
    assert not is_confirmation(text)


def test_marks_stand_once_and_the_gravest_first() -> None:
    marks = marks_of(kind="update", severity=4, is_exercise=True, round=2, is_test=True)
    assert marks == [Mark.TEST, Mark.EXERCISE, Mark.UPDATE, Mark.REMINDER, Mark.EMERGENCY]
    assert marked("[훈련] 점검", [Mark.EXERCISE], "ko") == "[훈련] 점검"
    assert marks_of(kind="cancel", severity=4, is_exercise=False) == [Mark.CANCEL]
    assert unknown_placeholders("{ack} {notice} {x}") == ["x"]


def test_an_outbreak_is_told_of_its_notices(cast: Cast) -> None:
    notice = issued(cast)
    outbreak = cast.outbreak
    assert [news.title_en for news in news_of(outbreak, at=DAWN)][:1] == [WORDS["title_en"]]
    assert "1 notice belongs to it." in dependents_of(outbreak)
    first = next(each for each in milestones() if each.key == "first-notice")
    assert first.reached(outbreak, DAWN) == notice.issued_at
    assert first.reached(outbreak, DAWN - HOUR) is None


def test_what_a_notice_points_at_is_in_the_evidence_trail(cast: Cast) -> None:
    notice = draft(cast)
    actions.add_link(notice, "address", "https://example.org/report", by=cast.haneul, at=DAWN)
    assert [*desk.notice_links(cast.outbreak, DAWN)] == []
    actions.submit_notice(notice, by=cast.haneul, at=DAWN)
    actions.approve_notice(notice, by=cast.bora, at=DAWN, is_replay=True)
    ours = [link for link in links_of(cast.outbreak, at=DAWN) if link.thing.title_en == WORDS["title_en"]]
    assert [link.rests_on.url for link in ours] == ["https://example.org/report"]


def test_an_outbreak_begins_with_its_blueprint_s_draft_and_takes_it_back_untouched(cast: Cast) -> None:
    from firstlight.outbreaks.actions import set_up_shares

    plan = {
        "first-notice": {
            "title_ko": "초안",
            "title_en": "Draft",
            "sms_ko": "",
            "sms_en": "",
            "body_ko": "",
            "body_en": "",
        }
    }
    cast.ara.grants.create(role="editor", granted_at=DAWN)
    set_up_shares(cast.outbreak, plan, by=cast.ara, at=DAWN)
    notice = Notice.objects.get(outbreak=cast.outbreak)
    assert (notice.state, notice.title_en, notice.source) == (Notice.State.DRAFT, "Draft", "")
    assert dependents_of(cast.outbreak) == []
    undo_activation(cast.outbreak, by=cast.ara, at=DAWN)
    assert not Notice.objects.exists()


def test_a_touched_draft_keeps_its_outbreak(cast: Cast) -> None:
    from firstlight.outbreaks.actions import set_up_shares

    set_up_shares(cast.outbreak, {"first-notice": {"title_en": "Draft"}}, by=cast.ara, at=DAWN)
    notice = Notice.objects.get(outbreak=cast.outbreak)
    actions.write_notice(notice, by=cast.haneul, at=DAWN + HOUR, title_en="Ours")
    with pytest.raises(ValidationError, match="notice belongs"):
        undo_activation(cast.outbreak, by=cast.ara, at=DAWN + HOUR)


def test_a_command_begins_no_draft(cast: Cast) -> None:
    actions.set_up_first_notice(cast.outbreak, {"title_en": "Draft"}, by="command:test", at=DAWN)
    assert not Notice.objects.exists()
