"""Remember that an address is dead, so that nothing more is sent to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from firstlight.people.actions import mark_dead
from firstlight.people.models import ContactPoint

POSTMAN = "postman"


class DeadAddress(NamedTuple):
    """A contact point that its carrier called dead, and the carrier's code."""

    contact_id: int
    reason: str


def mark_dead_addresses(dead: Iterable[DeadAddress], *, at: datetime) -> None:
    """Mark each, unless it is marked already."""
    reasons = {each.contact_id: each.reason for each in dead}
    for contact in ContactPoint.objects.select_related("member").filter(pk__in=reasons, dead_since__isnull=True):
        mark_dead(contact, reason=reasons[contact.pk], at=at, by=POSTMAN)
