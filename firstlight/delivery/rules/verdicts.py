"""What follows from a carrier's answer."""

from datetime import datetime

from firstlight.delivery.rules.messages import Answer, Outcome
from firstlight.delivery.rules.retrying import Step, next_step
from firstlight.delivery.rules.states import State


def verdict(outcome: Outcome, *, attempts: int, now: datetime, expires_at: datetime | None, chance: float) -> Step:
    """Where a delivery stands after its attempt number `attempts` was answered."""
    if outcome.answer is Answer.TAKEN:
        return Step(State.SENT)
    return next_step(
        outcome.answer,
        attempts=attempts,
        now=now,
        expires_at=expires_at,
        chance=chance,
        wait_seconds=outcome.wait_seconds,
    )
