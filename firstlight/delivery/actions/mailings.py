"""Begin something sent to many, hold it up, let it go on, end it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from firstlight.audit.actions import record
from firstlight.delivery.actions.addressing import insert_rows
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Delivery, Mailing, Wording
from firstlight.delivery.policies import check_can_run_mailing
from firstlight.delivery.queries import tally_of
from firstlight.delivery.rules.words import Words
from firstlight.people.models import Member, Severity


class NotNow(ValueError):
    """The mailing is in a state in which this cannot be done; nothing was changed."""


@transaction.atomic
def begin_mailing(
    *,
    reference: str,
    topic: str,
    severity: Severity | int,
    wordings: Sequence[Words],
    at: datetime,
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
    falls_back: bool = True,
    is_exercise: bool = False,
    round: int = 1,  # noqa: A002 — the mailing's own word
    addressees: Sequence[Addressee] | None = None,
) -> Mailing:
    """Begin to send; the same reference and round begun twice are one mailing, as it was begun first.

    Without `addressees` the postman asks the registered audience, later and in chunks. Raises ValueError when there
    is nothing to say, or it is said twice on one channel in one language.
    """
    _check(wordings)
    mailing, is_new = Mailing.objects.get_or_create(
        reference=reference,
        round=round,
        defaults={
            "topic": topic,
            "severity": severity,
            "created_at": at,
            "starts_at": starts_at or at,
            "expires_at": expires_at,
            "falls_back": falls_back,
            "is_exercise": is_exercise,
        },
    )
    if is_new:
        Wording.objects.bulk_create(_wording(mailing, words) for words in wordings)
        if addressees is not None:
            _write_all(mailing, addressees, at)
    return mailing


def _check(wordings: Sequence[Words]) -> None:
    kinds = [(words.channel, words.language) for words in wordings]
    if not kinds:
        raise ValueError("A mailing needs at least one wording.")
    if len(set(kinds)) < len(kinds):
        raise ValueError("A mailing has one wording for a channel and language.")


def _wording(mailing: Mailing, words: Words) -> Wording:
    return Wording(
        mailing=mailing,
        channel=words.channel,
        language=words.language,
        subject=words.subject[:200],
        text=words.text,
        html=words.html,
    )


def _write_all(mailing: Mailing, addressees: Sequence[Addressee], at: datetime) -> None:
    insert_rows(mailing, addressees)
    mailing.addressed_at = at
    mailing.save(update_fields=["addressed_at"])


@transaction.atomic
def pause_mailing(mailing: Mailing, *, by: Member | str, at: datetime, reason: str) -> None:
    """Let no more of it leave until someone resumes it; raises NotNow when it is not being sent."""
    check_can_run_mailing(by)
    _turn(mailing, {Mailing.State.SENDING}, state=Mailing.State.PAUSED, pause_reason=reason[:120])
    record("mailing.paused", mailing, by=by, at=at, reason=reason)


@transaction.atomic
def resume_mailing(mailing: Mailing, *, by: Member | str, at: datetime) -> None:
    """Let it go on; what failed before does not raise the alarm again. Raises NotNow when it is not paused."""
    check_can_run_mailing(by)
    tally = tally_of(mailing)
    _turn(
        mailing,
        {Mailing.State.PAUSED},
        state=Mailing.State.SENDING,
        pause_reason="",
        pardoned_failures=tally.failures,
        pardoned_outcomes=tally.outcomes,
    )
    record("mailing.resumed", mailing, by=by, at=at)


@transaction.atomic
def stop_mailing(mailing: Mailing, *, by: Member | str, at: datetime, reason: str) -> None:
    """End it for good: what waits never leaves. Raises NotNow when it is over already."""
    check_can_run_mailing(by)
    _turn(
        mailing,
        {Mailing.State.SENDING, Mailing.State.PAUSED},
        state=Mailing.State.STOPPED,
        pause_reason=reason[:120],
        finished_at=at,
    )
    stopped = stop_waiting(mailing, at)
    record("mailing.stopped", mailing, by=by, at=at, reason=reason, stopped=stopped)


def stop_waiting(mailing: Mailing, at: datetime) -> int:
    """Mark what still waited of a stopped mailing, and say how many that were."""
    waiting = Delivery.objects.filter(mailing=mailing, state=Delivery.State.CREATED)
    return waiting.update(state=Delivery.State.STOPPED, ended_at=at)


def _turn(mailing: Mailing, from_states: set[Mailing.State], **fields: object) -> None:
    changed = Mailing.objects.filter(pk=mailing.pk, state__in=from_states).update(**fields)
    if not changed:
        raise NotNow(f"A mailing that is {mailing.state} cannot be {fields['state']}.")
    mailing.refresh_from_db()
