"""What apps above tell the depository when they start: who else may send images, and why."""

from collections.abc import Callable

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
