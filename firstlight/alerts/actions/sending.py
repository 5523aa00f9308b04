"""Hand a notice to the postman, hold it, end it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.alerts.models import Notice
from firstlight.alerts.policies import check_can_hold, check_can_write_notices
from firstlight.alerts.queries.answers import patience, silent_institutions
from firstlight.alerts.queries.audience import unanswered
from firstlight.alerts.queries.texts import escalation_words, wordings_of
from firstlight.alerts.rules.escalation import Course, Step, next_step
from firstlight.audit.actions import record
from firstlight.delivery.actions import begin_mailing, pause_mailing, resume_mailing, stop_mailing
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Mailing
from firstlight.people.models import ContactPoint, Member

TEST_STANDS = timedelta(hours=1)
RUNNING = (Mailing.State.SENDING, Mailing.State.PAUSED)
BY_THE_CLOCK = "command:alerts"


def begin_sending(notice: Notice, *, at: datetime, round: int = 1) -> Mailing:  # noqa: A002 — the mailing's own word
    """Begin the first sending of a notice, or a repetition."""
    return begin_mailing(
        reference=notice.reference,
        topic=notice.topic,
        severity=notice.severity,
        wordings=wordings_of(notice, round=round),
        at=at,
        starts_at=max(at, notice.issued_at or at),
        expires_at=notice.expires_at,
        is_exercise=notice.is_exercise,
        round=round,
    )


@transaction.atomic
def test_send(notice: Notice, *, by: Member, at: datetime) -> int:
    """Send a notice to the editor's own telephone and mailbox, marked as a test, in both languages; gives how many."""
    check_can_write_notices(by)
    contacts = list(ContactPoint.objects.reachable().filter(member=by))
    if not contacts:
        raise ValidationError(_("You have no telephone or mailbox of your own here. Add one on your own page."))
    reference = f"test:{notice.pk}"
    earlier = Mailing.objects.filter(reference=reference).count()
    languages = [each for each in ("ko", "en") if getattr(notice, f"sms_{each}").strip()]
    if not languages:
        raise ValidationError(_("Write the text message first."))
    for place, language in enumerate(languages, start=1):
        begin_mailing(
            reference=reference,
            topic=notice.topic,
            severity=notice.severity,
            wordings=[words for words in wordings_of(notice, is_test=True) if words.language == language],
            at=at,
            expires_at=at + TEST_STANDS,
            falls_back=False,
            is_exercise=True,
            round=earlier + place,
            addressees=[Addressee(by.pk, each.pk, each.channel, language, at) for each in contacts],
        )
    record("notice.tested", notice, by=by, at=at, messages=len(contacts) * len(languages))
    return len(contacts) * len(languages)


def pause_sending(notice: Notice, *, by: Member, at: datetime, reason: str) -> int:
    """Let no more of a notice leave until someone resumes it; gives how many sends were held."""
    check_can_hold(by)
    running = list(notice.mailings().filter(state=Mailing.State.SENDING))
    for mailing in running:
        pause_mailing(mailing, by=by, at=at, reason=reason)
    if running:
        record("notice.paused", notice, by=by, at=at, reason=reason)
    return len(running)


def resume_sending(notice: Notice, *, by: Member, at: datetime) -> int:
    """Let a held notice go on; gives how many sends were held."""
    check_can_hold(by)
    held = list(notice.mailings().filter(state=Mailing.State.PAUSED))
    for mailing in held:
        resume_mailing(mailing, by=by, at=at)
    if held:
        record("notice.resumed", notice, by=by, at=at)
    return len(held)


def stop_sending(notice: Notice, *, by: Member | str, at: datetime, reason: str) -> int:
    """End the sending of a notice for good: what waits never leaves. Gives how many sends were ended."""
    if isinstance(by, Member):
        check_can_hold(by)
    running = list(notice.mailings().filter(state__in=RUNNING))
    for mailing in running:
        stop_mailing(mailing, by=by, at=at, reason=reason)
    if running:
        record("notice.stopped", notice, by=by, at=at, reason=reason)
    return len(running)


def stop_followed(at: datetime) -> int:
    """End the sending of every notice that an update or a cancellation has followed by now."""
    followed = Notice.objects.issued(at).filter(follows__isnull=False, follows__state=Notice.State.ISSUED)
    running = Mailing.objects.filter(state__in=RUNNING, reference__startswith="notice:").values_list(
        "reference", flat=True
    )
    keys = {int(reference.partition(":")[2]) for reference in running}
    return sum(
        stop_sending(each.follows, by=BY_THE_CLOCK, at=at, reason=f"followed by notice {each.number}")
        for each in followed.filter(follows__in=keys).select_related("follows")
        if each.follows is not None
    )


def press_on(at: datetime) -> int:
    """Repeat every notice that wants an answer to those who are silent, or tell their coordinators."""
    waiting = Notice.objects.standing(at).filter(
        severity=settings.REPEATED_FROM_TIER, wants_answer=True, is_replay=False
    )
    return sum(_press(notice, at=at) for notice in waiting)


@transaction.atomic
def _press(notice: Notice, *, at: datetime) -> bool:
    mailings = list(notice.mailings())
    if any(each.state in {Mailing.State.PAUSED, Mailing.State.STOPPED} for each in mailings):
        return False
    course = Course(
        rounds_began_at=tuple(each.starts_at for each in mailings),
        is_escalated=Mailing.objects.filter(reference=f"escalation:{notice.pk}").exists(),
        ends_at=notice.expires_at,
    )
    match next_step(course, patience(), at=at):
        case Step.REPEAT:
            return _repeat(notice, last=mailings[-1], at=at)
        case Step.ESCALATE:
            return _escalate(notice, at=at)
        case Step.WAIT:
            return False


def _repeat(notice: Notice, *, last: Mailing, at: datetime) -> bool:
    if not unanswered(notice).exists():
        return False
    begin_sending(notice, at=at, round=last.round + 1)
    record("notice.repeated", notice, by=BY_THE_CLOCK, at=at, round=last.round + 1)
    return True


def _escalate(notice: Notice, *, at: datetime) -> bool:
    silent = silent_institutions(notice)
    if not silent:
        return False
    begin_mailing(
        reference=f"escalation:{notice.pk}",
        topic=notice.topic,
        severity=notice.severity,
        wordings=escalation_words(notice),
        at=at,
        expires_at=notice.expires_at,
        is_exercise=notice.is_exercise,
    )
    record("notice.escalated", notice, by=BY_THE_CLOCK, at=at, institutions=len(silent))
    return True
