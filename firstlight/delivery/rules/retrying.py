"""When to try again, and when to stop trying."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from firstlight.delivery.rules.messages import Answer
from firstlight.delivery.rules.states import State

LONGEST_WAIT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Patience:
    """How an answer is borne: the first wait, how many attempts there are in all, and what it is when they end."""

    first_wait: timedelta
    attempts: int
    in_the_end: State


PATIENCE = {
    # Ten doublings reach some three hours: longer than any greylist, shorter than a night.
    Answer.AGAIN: Patience(timedelta(seconds=15), 12, State.FAILED),
    Answer.THROTTLED: Patience(timedelta(seconds=1), 200, State.FAILED),
    # It may have been taken each time: to say that it failed would be a claim that nobody can make.
    Answer.UNSURE: Patience(timedelta(seconds=10), 5, State.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with a message that was not taken: CREATED and due again, or an end."""

    state: State
    due_at: datetime | None = None


def next_step(
    answer: Answer,
    *,
    attempts: int,
    now: datetime,
    expires_at: datetime | None,
    chance: float,
    wait_seconds: float = 0.0,
) -> Step:
    """Wait twice as long after each of `attempts`, more or less by `chance` (0 to 1), or give up.

    A carrier's own `wait_seconds` is kept to; what would be due after `expires_at` has expired.
    """
    if answer is Answer.NEVER:
        return Step(State.FAILED)
    patience = PATIENCE[answer]
    if attempts >= patience.attempts:
        return Step(patience.in_the_end)
    # Half of the wait is chance, so that what failed together does not come back together.
    doubled = min(patience.first_wait * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    due_at = now + max(doubled * (0.5 + chance), timedelta(seconds=wait_seconds))
    if expires_at is not None and due_at >= expires_at:
        return Step(State.EXPIRED)
    return Step(State.CREATED, due_at)
