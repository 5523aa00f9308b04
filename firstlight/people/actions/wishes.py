"""What a member wants to be sent, where and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import transaction

from firstlight.audit.actions import record
from firstlight.people.models import ContactPoint, Member, TopicChoice
from firstlight.people.policies import check_can_change

FIELDS = ("language", "time_zone", "digest", "weekly_cap", "specialty")


@dataclass(frozen=True, slots=True)
class ChannelWish:
    """From which tier a channel is used, and between which hours it stays quiet."""

    least_severity: int
    quiet_from: time | None = None
    quiet_until: time | None = None


@transaction.atomic
def choose_topic(member: Member, topic: str, *, is_wanted: bool, by: Member | str, at: datetime) -> bool:
    """Choose or leave a topic; False when that was the choice already."""
    check_can_change(member, by=by)
    choice = TopicChoice.objects.filter(member=member, topic=topic).first()
    if (choice.is_wanted if choice else True) == is_wanted:
        return False
    TopicChoice.objects.update_or_create(member=member, topic=topic, defaults={"is_wanted": is_wanted})
    record("topic.chosen" if is_wanted else "topic.left", member, by=by, at=at, topic=topic)
    return True


@transaction.atomic
def set_preferences(
    member: Member, *, by: Member | str, at: datetime, channels: Mapping[str, ChannelWish] | None = None, **fields: Any
) -> list[str]:
    """Set what a member wants: language, time_zone, digest, weekly_cap, specialty, and each channel's wish.

    Gives the names of what changed.
    """
    check_can_change(member, by=by)
    changed = [name for name in FIELDS if name in fields and getattr(member, name) != fields[name]]
    for name in changed:
        setattr(member, name, fields[name])
    if changed:
        member.save(update_fields=changed)
    for channel, wish in (channels or {}).items():
        changed += _set_wish(member, channel, wish)
    if changed:
        record("member.preferences", member, by=by, at=at, fields=changed)
    return changed


def _set_wish(member: Member, channel: str, wish: ChannelWish) -> list[str]:
    contact = ContactPoint.objects.filter(member=member, channel=channel).first()
    if contact is None:
        return []
    is_whole = wish.quiet_from is not None and wish.quiet_until is not None
    new = ChannelWish(wish.least_severity, *((wish.quiet_from, wish.quiet_until) if is_whole else (None, None)))
    if new == ChannelWish(contact.least_severity, contact.quiet_from, contact.quiet_until):
        return []
    contact.least_severity, contact.quiet_from, contact.quiet_until = (
        new.least_severity,
        new.quiet_from,
        new.quiet_until,
    )
    contact.save(update_fields=["least_severity", "quiet_from", "quiet_until"])
    return [str(channel)]
