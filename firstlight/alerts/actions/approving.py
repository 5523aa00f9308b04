"""Let a notice go out: by a second person, or in an emergency by one alone."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.alerts.actions.sending import begin_sending, stop_sending
from firstlight.alerts.actions.writing import hold, refuse
from firstlight.alerts.models import Notice
from firstlight.alerts.policies import (
    check_can_approve,
    check_can_issue_alone,
    check_can_look_over,
    check_can_withdraw,
)
from firstlight.alerts.queries.checks import checks_of, reach_check
from firstlight.audit.actions import record
from firstlight.people.models import Member

SHORTEST_REASON = 10


@transaction.atomic
def approve_notice(
    notice: Notice, *, by: Member, at: datetime, is_replay: bool = False, submitted_at: datetime | None = None
) -> Notice:
    """Let a notice go out, now or at its hour; `by` wrote nothing of it. A replayed one is issued and not sent.

    With `submitted_at`, what the approver read: raises ValidationError when it was changed since, and when its words
    or its hours do not do any more.
    """
    hold(notice)
    check_can_approve(by, notice)
    if submitted_at is not None and notice.submitted_at != submitted_at:
        raise ValidationError(_("It was changed after you opened this page. Read it again."))
    return _issue(notice, by=by, at=at, verb="notice.approved", is_replay=is_replay or notice.is_replay)


@transaction.atomic
def issue_alone(notice: Notice, *, by: Member, at: datetime, reason: str) -> Notice:
    """In an emergency, let a notice go out without a second person; the reason stands on every page that shows it."""
    hold(notice)
    check_can_issue_alone(by, notice)
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValidationError(_("Say in a sentence why this cannot wait for a second person."))
    if notice.state == Notice.State.DRAFT:
        notice.submitted_by, notice.submitted_at = by, at
    notice.override_reason = reason.strip()
    return _issue(notice, by=by, at=at, verb="notice.issued_alone", is_replay=notice.is_replay)


def _issue(notice: Notice, *, by: Member, at: datetime, verb: str, is_replay: bool) -> Notice:
    if notice.follows is not None:
        hold(notice.follows)  # two updates of one notice are approved one after the other
    refuse([*checks_of(notice, at=at), *([] if is_replay else reach_check(notice))])
    notice.state, notice.is_replay = Notice.State.ISSUED, is_replay
    notice.approved_by, notice.approved_at = by, at
    notice.issued_at = at if is_replay else max(at, notice.scheduled_for or at)
    notice.full_clean()
    notice.save()
    record(verb, notice, by=by, at=at, number=notice.number, reason=notice.override_reason)
    if not is_replay:
        begin_sending(notice, at=at)
    if notice.follows is not None and notice.issued_at <= at:
        stop_sending(notice.follows, by=by, at=at, reason=f"followed by notice {notice.number}")
    return notice


@transaction.atomic
def look_over(notice: Notice, *, by: Member, at: datetime) -> Notice:
    """Say that a second person has read what one had issued alone."""
    hold(notice)
    check_can_look_over(by, notice)
    notice.looked_over_by, notice.looked_over_at = by, at
    notice.save(update_fields=["looked_over_by", "looked_over_at"])
    record("notice.looked_over", notice, by=by, at=at)
    return notice


@transaction.atomic
def withdraw_notice(notice: Notice, *, by: Member, at: datetime, reason: str = "") -> Notice:
    """Take a notice back before it leaves; nobody gets it."""
    hold(notice)
    check_can_withdraw(by, notice, at=at)
    if notice.state == Notice.State.ISSUED:
        stop_sending(notice, by=by, at=at, reason="withdrawn")
    notice.state = Notice.State.WITHDRAWN
    notice.save(update_fields=["state"])
    record("notice.withdrawn", notice, by=by, at=at, reason=reason)
    return notice
