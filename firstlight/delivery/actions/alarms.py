"""Hold a mailing up by ourselves, because too much of it fails or it cannot be sent as it is."""

from datetime import datetime

from django.conf import settings

from firstlight.audit.actions import record
from firstlight.delivery.actions.addresses import POSTMAN
from firstlight.delivery.models import Mailing
from firstlight.delivery.queries import tally_of
from firstlight.delivery.rules.alarm import is_alarming

TOO_MANY_FAILURES = "too many failures"


def pause_for(mailing: Mailing, reason: str, at: datetime) -> bool:
    """Pause a mailing that is being sent; False when it was not."""
    going = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING)
    if not going.update(state=Mailing.State.PAUSED, pause_reason=reason):
        return False
    mailing.state, mailing.pause_reason = Mailing.State.PAUSED, reason
    record("mailing.paused", mailing, by=POSTMAN, at=at, reason=reason)
    return True


def watch_failures(at: datetime) -> int:
    """Pause every mailing of which too large a share failed since it began, or was resumed; says how many."""
    going = Mailing.objects.filter(state=Mailing.State.SENDING, starts_at__lte=at)
    return sum(pause_for(mailing, TOO_MANY_FAILURES, at) for mailing in going if _is_failing(mailing))


def _is_failing(mailing: Mailing) -> bool:
    tally = tally_of(mailing)
    return is_alarming(
        tally.failures - mailing.pardoned_failures,
        tally.outcomes - mailing.pardoned_outcomes,
        share=settings.DELIVERY_ALARM_SHARE,
        at_least=settings.DELIVERY_ALARM_OUTCOMES,
    )
