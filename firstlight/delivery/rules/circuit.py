"""Whether a carrier is trusted with more: a fuse that blows when it fails, and is tried again after a while."""

from dataclasses import dataclass, replace
from enum import StrEnum

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
BREAKS_IN_A_ROW = 2
TROUBLE_SHARE = 0.5
LEAST_ANSWERS = 20
MEMORY_ANSWERS = 100.0


class Trust(StrEnum):
    """How far a carrier is trusted: fully, with a few messages to see, or not at all."""

    CLOSED = "closed"
    HALF_OPEN = "half open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is remembered of a carrier; moments are seconds of one clock."""

    answers: float = 0.0
    troubled: float = 0.0
    breaks: int = 0
    pauses: int = 0
    down_since: float | None = None
    try_at: float = 0.0

    def trust(self, now: float) -> Trust:
        """How far the carrier is trusted at this moment."""
        if self.down_since is None:
            return Trust.CLOSED
        return Trust.HALF_OPEN if now >= self.try_at else Trust.OPEN


def after_answers(circuit: Circuit, good: int, bad: int, now: float) -> Circuit:
    """The circuit after some messages were answered; bad is an answer that puts a message off or leaves it unsure."""
    if circuit.down_since is not None:
        return Circuit() if good >= bad else blown(circuit, now)
    fade = 1.0 if circuit.answers < MEMORY_ANSWERS else 0.5
    answers, troubled = circuit.answers * fade + good + bad, circuit.troubled * fade + bad
    circuit = replace(circuit, answers=answers, troubled=troubled, breaks=0 if good else circuit.breaks)
    if answers >= LEAST_ANSWERS and troubled / answers >= TROUBLE_SHARE:
        return blown(circuit, now)
    return circuit


def after_break(circuit: Circuit, now: float) -> Circuit:
    """The circuit after the carrier could not be reached; once may be a line that was closed for idleness."""
    broken = replace(circuit, breaks=circuit.breaks + 1)
    if circuit.down_since is None and broken.breaks < BREAKS_IN_A_ROW:
        return broken
    return blown(broken, now)


def blown(circuit: Circuit, now: float) -> Circuit:
    """Trust taken away, twice as long each time; several lines that fail in one pause count once."""
    if circuit.down_since is not None and now < circuit.try_at:
        return circuit
    pause = min(FIRST_PAUSE_SECONDS * 2**circuit.pauses, LONGEST_PAUSE_SECONDS)
    since = now if circuit.down_since is None else circuit.down_since
    pauses = min(circuit.pauses + 1, 20)
    return Circuit(breaks=circuit.breaks, pauses=pauses, down_since=since, try_at=now + pause)
