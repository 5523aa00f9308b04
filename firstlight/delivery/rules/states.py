"""What becomes of a delivery when its carrier speaks: late, twice, and in any order."""

from enum import StrEnum

from firstlight.delivery.rules.messages import Fate


class State(StrEnum):
    """Where a delivery stands; the table holds the same words."""

    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    STOPPED = "stopped"
    DIGEST = "digest"


STATE_OF_FATE = {
    Fate.ACCEPTED: State.SENT,
    Fate.DELIVERED: State.DELIVERED,
    Fate.FAILED: State.FAILED,
    Fate.EXPIRED: State.EXPIRED,
    Fate.UNKNOWN: State.UNKNOWN,
}
ENDED = frozenset({State.DELIVERED, State.FAILED, State.EXPIRED, State.UNKNOWN})
HANDED_OVER = ENDED | {State.SENT}

# A word gives way only to a stronger one, so that the order in which words arrive makes no difference.
_STRENGTH = {
    State.SENDING: 0,
    State.SENT: 1,
    State.UNKNOWN: 2,
    State.EXPIRED: 3,
    State.FAILED: 4,
    State.DELIVERED: 5,
}


def after_report(state: State, fate: Fate) -> State | None:
    """The state after a carrier's word; None when it changes nothing.

    A message that waits for another attempt, because nobody knew whether the first was taken, needs none once the
    carrier says that it has it; that the first attempt failed is no reason to give up the next.
    """
    told = STATE_OF_FATE[fate]
    if state is State.CREATED:
        return told if told in {State.SENT, State.DELIVERED} else None
    if state is State.STOPPED:
        return told if told is State.DELIVERED else None
    if state is State.DIGEST:
        return None
    return told if _STRENGTH[told] > _STRENGTH[state] else None
