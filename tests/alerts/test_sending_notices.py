from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from firstlight.alerts import actions
from firstlight.alerts.queries.desk import desk_of, progress_of
from firstlight.audit.models import Entry
from firstlight.delivery.actions import write_rows
from firstlight.delivery.models import Delivery, Mailing, Wording
from firstlight.people.models import Severity
from tests.alerts.scene import HOUR, WORDS, draft, issued, reachable, submitted, unreachable
from tests.cast import DAWN, Cast


def test_an_approval_begins_one_mailing_with_four_wordings(cast: Cast) -> None:
    notice = issued(cast, severity=Severity.WARNING, is_exercise=True)
    mailing = notice.mailings().get()
    assert (mailing.topic, mailing.severity, mailing.round) == ("outbreak:novel-2031", Severity.WARNING, 1)
    assert (mailing.expires_at, mailing.is_exercise, mailing.falls_back) == (notice.expires_at, True, True)
    wordings = {(each.channel, each.language): each for each in mailing.wordings.all()}
    assert wordings.keys() == {("sms", "ko"), ("sms", "en"), ("email", "ko"), ("email", "en")}
    assert wordings["sms", "ko"].text.startswith(f"[훈련] {WORDS['sms_ko']}")
    assert wordings["email", "en"].subject == f"[EXERCISE] {WORDS['title_en']}"


def test_nothing_leaves_when_the_approval_fails(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    reachable(cast.noel)
    notice = submitted(cast)

    def break_down(**_words: object) -> None:
        raise RuntimeError("the postman is away")

    monkeypatch.setattr("firstlight.alerts.actions.sending.begin_mailing", break_down)
    with pytest.raises(RuntimeError):
        actions.approve_notice(notice, by=cast.bora, at=DAWN)
    notice.refresh_from_db()
    assert notice.state == "in_review"


def test_a_running_send_is_held_and_goes_on(cast: Cast) -> None:
    notice = issued(cast)
    for by in (cast.haneul, cast.ara):
        assert actions.pause_sending(notice, by=by, at=DAWN, reason="wrong number in it") == 1
        assert notice.mailings().get().state == Mailing.State.PAUSED
        assert actions.resume_sending(notice, by=by, at=DAWN) == 1
    assert notice.mailings().get().state == Mailing.State.SENDING
    assert Entry.objects.filter(verb__in=["notice.paused", "notice.resumed"]).count() == 4


def test_a_stopped_send_never_leaves(cast: Cast) -> None:
    notice = issued(cast)
    mailing = notice.mailings().get()
    write_rows(mailing, DAWN)
    assert actions.stop_sending(notice, by=cast.ara, at=DAWN, reason="wrong") == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.STOPPED}
    assert actions.stop_sending(notice, by=cast.ara, at=DAWN, reason="wrong") == 0


@pytest.mark.parametrize("name", ["noel", "maru", "sora"])
def test_only_editors_and_administrators_hold_it(cast: Cast, name: str) -> None:
    notice = issued(cast)
    for hold in (actions.pause_sending, actions.stop_sending):
        with pytest.raises(PermissionDenied):
            hold(notice, by=getattr(cast, name), at=DAWN, reason="no")


def test_a_test_goes_to_its_editor_alone_and_says_so(cast: Cast) -> None:
    reachable(cast.noel)
    notice = draft(cast)
    reachable(cast.haneul)
    assert actions.test_send(notice, by=cast.haneul, at=DAWN) == 4
    deliveries = Delivery.objects.all()
    assert {each.member for each in deliveries} == {cast.haneul}
    assert {(each.channel, each.language) for each in deliveries} == {
        (channel, language) for channel in ("sms", "email") for language in ("ko", "en")
    }
    said = {each.text for each in Wording.objects.filter(channel="sms")}
    assert all(text.startswith(("[시험 발송]", "[TEST]")) for text in said)
    assert all(each.subject.startswith(("[시험 발송]", "[TEST]")) for each in Wording.objects.filter(channel="email"))
    assert not notice.mailings().exists()
    assert actions.test_send(notice, by=cast.haneul, at=DAWN + HOUR) == 4, "a second test is a test again"


def test_a_test_needs_words_and_an_address(cast: Cast) -> None:
    notice = draft(cast, sms_ko="", sms_en="")
    with pytest.raises(ValidationError, match="of your own"):
        actions.test_send(notice, by=cast.haneul, at=DAWN)
    reachable(cast.haneul, "sms")
    with pytest.raises(ValidationError, match="text message first"):
        actions.test_send(notice, by=cast.haneul, at=DAWN)
    unreachable(cast.haneul)
    with pytest.raises(PermissionDenied):
        actions.test_send(notice, by=cast.noel, at=DAWN)


def test_the_desk_shows_everything_in_hand(cast: Cast) -> None:
    drafted, waiting = draft(cast), submitted(cast)
    going, later = issued(cast), issued(cast, scheduled_for=DAWN + 2 * HOUR)
    alone = draft(cast, severity=Severity.EMERGENCY)
    actions.issue_alone(alone, by=cast.haneul, at=DAWN, reason="Nobody else is awake tonight.")
    shown = desk_of(cast.outbreak, at=DAWN + HOUR)
    assert list(shown.drafts) == [drafted]
    assert list(shown.waiting) == [waiting]
    assert list(shown.scheduled) == [later]
    assert list(shown.to_look_over) == [alone]
    assert {notice for notice, _progress in shown.going_out} == {going, alone}
    assert set(shown.recent) == {going, alone}
    assert desk_of(None, at=DAWN + HOUR).drafts == shown.drafts


def test_progress_is_what_the_postman_counts(cast: Cast) -> None:
    notice = issued(cast)
    (before,) = progress_of(notice)
    assert not before.has_begun
    write_rows(before.mailing, DAWN)
    Delivery.objects.filter(channel="sms").update(state=Delivery.State.SENT)
    (after,) = progress_of(notice)
    assert (after.tally.done, after.tally.total, after.is_running) == (1, 2, True)


def test_an_expired_notice_is_not_sent_any_longer_than_it_stands(cast: Cast) -> None:
    notice = issued(cast, expires_at=DAWN + timedelta(days=1))
    assert notice.mailings().get().expires_at == DAWN + timedelta(days=1)
