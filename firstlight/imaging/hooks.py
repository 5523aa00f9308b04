"""What apps above tell the depository when they start: who else may send images, and why."""

from collections.abc import Callable

from django.db.models import QuerySet

from firstlight.imaging.models import Study
from firstlight.people.models import Member

MaySend = Callable[[Member], bool]
_senders: list[MaySend] = []


def register_sender(may_send: MaySend) -> None:
    """Let an app above open the door to members who have something to send images for."""
    if may_send not in _senders:
        _senders.append(may_send)


def has_something_to_send(member: Member) -> bool:
    """Whether some app waits for this member's images."""
    return any(may_send(member) for may_send in _senders)


ShownTo = Callable[[Member], QuerySet[Study]]
_showers: list[ShownTo] = []


def register_shown(shown_to: ShownTo) -> None:
    """Let an app above show a member studies that are not public, because it asked them to look."""
    if shown_to not in _showers:
        _showers.append(shown_to)


def shown_besides(member: Member | None) -> QuerySet[Study]:
    """The studies that some app shows this member."""
    found = Study.objects.none()
    if member is not None:
        for shown_to in _showers:
            found = found | shown_to(member)
    return found
