import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from firstlight.alerts import actions
from firstlight.alerts.models import Notice
from firstlight.alerts.queries.desk import notices_waiting_for
from firstlight.audit.models import Entry
from firstlight.delivery.models import Mailing
from firstlight.people.models import Severity
from tests.alerts.scene import HOUR, draft, emergency, issued, reachable, submitted
from tests.cast import DAWN, Cast

REASON = "A patient is on the table and nobody else is awake."


def tasks(cast: Cast, member: object) -> list[str]:
    return [str(task.label) for task in notices_waiting_for(cast.outbreak, member, DAWN + HOUR)]


def test_a_second_person_approves(cast: Cast) -> None:
    notice = issued(cast)
    assert (notice.state, notice.approved_by, notice.issued_at) == (Notice.State.ISSUED, cast.bora, DAWN)
    assert list(Notice.objects.standing(DAWN)) == [notice]
    assert Entry.objects.filter(verb="notice.approved", actor=f"member:{cast.bora.pk}").count() == 1


def test_nobody_approves_their_own(cast: Cast) -> None:
    reachable(cast.noel)
    with pytest.raises(PermissionDenied, match="their own"):
        actions.approve_notice(submitted(cast), by=cast.haneul, at=DAWN)


def test_nobody_approves_what_they_wrote_a_word_of(cast: Cast) -> None:
    reachable(cast.noel)
    notice = draft(cast)
    actions.write_notice(notice, by=cast.bora, at=DAWN, title_en="One word")
    actions.submit_notice(notice, by=cast.haneul, at=DAWN)
    with pytest.raises(PermissionDenied, match="their own"):
        actions.approve_notice(notice, by=cast.bora, at=DAWN)
    assert tasks(cast, cast.bora) == []


@pytest.mark.parametrize("name", ["noel", "maru", "sora", "ara"])
def test_only_editors_approve(cast: Cast, name: str) -> None:
    notice = submitted(cast)
    with pytest.raises(PermissionDenied):
        actions.approve_notice(notice, by=getattr(cast, name), at=DAWN)


def test_the_database_holds_it_too(cast: Cast) -> None:
    notice = issued(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(approved_by=cast.haneul)


def test_an_approval_is_of_what_was_read(cast: Cast) -> None:
    reachable(cast.noel)
    notice = submitted(cast)
    seen = notice.submitted_at
    actions.write_notice(notice, by=cast.haneul, at=DAWN + HOUR, sms_en="Quite another text.")
    actions.submit_notice(notice, by=cast.haneul, at=DAWN + HOUR)
    with pytest.raises(ValidationError, match="Read it again"):
        actions.approve_notice(notice, by=cast.bora, at=DAWN + HOUR, submitted_at=seen)
    actions.approve_notice(notice, by=cast.bora, at=DAWN + HOUR, submitted_at=notice.submitted_at)


def test_everything_is_checked_again(cast: Cast) -> None:
    notice = submitted(cast, expires_at=DAWN + HOUR)
    with pytest.raises(ValidationError) as refused:
        actions.approve_notice(notice, by=cast.bora, at=DAWN + 2 * HOUR)
    assert refused.value.messages == [
        "Stands until: It would have ended before it leaves.",
        "Audience: Nobody can be reached by it: look at whom it is for.",
    ]
    notice.refresh_from_db()
    assert notice.state == Notice.State.IN_REVIEW
    assert not Mailing.objects.exists()


def test_a_notice_is_given_back_with_a_reason(cast: Cast) -> None:
    notice = submitted(cast)
    actions.return_notice(notice, by=cast.bora, at=DAWN, because="The date is missing.")
    assert (notice.state, notice.returned_because) == (Notice.State.DRAFT, "The date is missing.")
    actions.submit_notice(notice, by=cast.haneul, at=DAWN)
    assert notice.returned_because == ""


def test_one_alone_only_in_an_emergency_and_with_a_sentence(cast: Cast) -> None:
    reachable(cast.noel)
    with pytest.raises(PermissionDenied, match="highest tier"):
        actions.issue_alone(submitted(cast), by=cast.haneul, at=DAWN, reason=REASON)
    notice = draft(cast, severity=Severity.EMERGENCY)
    for short in ("", "   ", "urgent"):
        with pytest.raises(ValidationError, match="in a sentence"):
            actions.issue_alone(notice, by=cast.haneul, at=DAWN, reason=short)
    actions.issue_alone(notice, by=cast.haneul, at=DAWN, reason=REASON)
    notice.refresh_from_db()
    assert (notice.state, notice.approved_by, notice.override_reason) == (Notice.State.ISSUED, cast.haneul, REASON)
    entry = Entry.objects.get(verb="notice.issued_alone")
    assert entry.details["reason"] == REASON


def test_one_alone_cannot_send_what_cannot_be_sent(cast: Cast) -> None:
    reachable(cast.noel)
    notice = draft(cast, severity=Severity.EMERGENCY, sms_en="")
    with pytest.raises(ValidationError, match="missing"):
        actions.issue_alone(notice, by=cast.haneul, at=DAWN, reason=REASON)


def test_what_one_issued_alone_is_looked_over_by_another(cast: Cast) -> None:
    reachable(cast.noel)
    notice = draft(cast, severity=Severity.EMERGENCY)
    actions.issue_alone(notice, by=cast.haneul, at=DAWN, reason=REASON)
    assert tasks(cast, cast.haneul) == []
    assert len(tasks(cast, cast.bora)) == 1
    for member in (cast.haneul, cast.noel):
        with pytest.raises(PermissionDenied):
            actions.look_over(notice, by=member, at=DAWN)
    actions.look_over(notice, by=cast.bora, at=DAWN)
    assert tasks(cast, cast.bora) == []
    with pytest.raises(PermissionDenied):
        actions.look_over(notice, by=cast.bora, at=DAWN)


def test_a_notice_that_waits_is_a_task_of_those_who_may_approve_it(cast: Cast) -> None:
    submitted(cast)
    assert tasks(cast, cast.bora) == ["Approve notice 1"]
    assert [tasks(cast, other) for other in (cast.haneul, cast.noel, None)] == [[], [], []]


def test_a_replayed_notice_is_issued_on_its_day_and_never_sent(cast: Cast) -> None:
    notice = submitted(cast)
    actions.approve_notice(notice, by=cast.bora, at=DAWN, is_replay=True)
    assert (notice.state, notice.is_replay, notice.issued_at) == (Notice.State.ISSUED, True, DAWN)
    assert not Mailing.objects.exists()


def test_a_notice_leaves_at_its_hour_and_can_be_withdrawn_before(cast: Cast) -> None:
    later = issued(cast, scheduled_for=DAWN + 2 * HOUR)
    assert later.issued_at == DAWN + 2 * HOUR
    assert not Notice.objects.issued(DAWN + HOUR).exists()
    mailing = later.mailings().get()
    assert mailing.starts_at == DAWN + 2 * HOUR
    actions.withdraw_notice(later, by=cast.ara, at=DAWN + HOUR)
    mailing.refresh_from_db()
    assert (later.state, mailing.state) == (Notice.State.WITHDRAWN, Mailing.State.STOPPED)
    assert not Notice.objects.issued(DAWN + 3 * HOUR).exists()


def test_what_has_left_is_not_withdrawn(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="has left"):
        actions.withdraw_notice(issued(cast), by=cast.haneul, at=DAWN)


def test_an_update_takes_the_place_of_the_earlier_notice_and_stops_it(cast: Cast) -> None:
    earlier = issued(cast)
    update = actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.UPDATE, follows=earlier)
    actions.submit_notice(update, by=cast.bora, at=DAWN)
    actions.approve_notice(update, by=cast.haneul, at=DAWN + HOUR)
    assert list(Notice.objects.standing(DAWN)) == [earlier]
    assert list(Notice.objects.standing(DAWN + HOUR)) == [update]
    assert earlier.mailings().get().state == Mailing.State.STOPPED
    assert update.mailings().get().state == Mailing.State.SENDING


def test_an_update_with_an_hour_of_its_own_stops_the_earlier_one_then(cast: Cast) -> None:
    earlier = issued(cast)
    update = actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.UPDATE, follows=earlier)
    actions.write_notice(update, by=cast.bora, at=DAWN, scheduled_for=DAWN + HOUR)
    actions.submit_notice(update, by=cast.bora, at=DAWN)
    actions.approve_notice(update, by=cast.haneul, at=DAWN)
    assert actions.stop_followed(DAWN) == 0
    assert earlier.mailings().get().state == Mailing.State.SENDING
    assert actions.stop_followed(DAWN + HOUR) == 1
    assert earlier.mailings().get().state == Mailing.State.STOPPED


def test_a_notice_is_followed_once(cast: Cast) -> None:
    earlier = issued(cast)
    both = [
        actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.UPDATE, follows=earlier)
        for _each in range(2)
    ]
    for update in both:
        actions.submit_notice(update, by=cast.bora, at=DAWN)
    actions.approve_notice(both[0], by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError, match="already been followed"):
        actions.approve_notice(both[1], by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError, match="followed already"):
        actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.CANCEL, follows=earlier)


def test_a_cancellation_ends_a_notice_and_nothing_follows_it(cast: Cast) -> None:
    earlier = emergency(cast)
    cancel = actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.CANCEL, follows=earlier)
    actions.submit_notice(cancel, by=cast.bora, at=DAWN)
    actions.approve_notice(cancel, by=cast.haneul, at=DAWN)
    assert not Notice.objects.standing(DAWN).exists()
    with pytest.raises(ValidationError, match="the end"):
        actions.begin_notice(outbreak=None, by=cast.bora, at=DAWN, kind=Notice.Kind.UPDATE, follows=cancel)
