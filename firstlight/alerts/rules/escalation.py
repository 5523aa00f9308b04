"""When a notice that wants an answer is sent again to those who are silent, and when someone else is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait after each round, and how many rounds there are before someone else is told."""

    wait: timedelta
    most_rounds: int


@dataclass(frozen=True, slots=True)
class Course:
    """What has happened to a notice so far: when each round began, in order, and whether others were told."""

    rounds_began_at: tuple[datetime, ...]
    is_escalated: bool
    ends_at: datetime | None


class Step(StrEnum):
    """What is due now."""

    WAIT = "wait"
    REPEAT = "repeat"
    ESCALATE = "escalate"


def next_step(course: Course, patience: Patience, *, at: datetime) -> Step:
    """What is due at that moment, for those who have not answered by then."""
    began, ended = course.rounds_began_at, course.ends_at is not None and course.ends_at <= at
    if ended or course.is_escalated or not began or at < began[-1] + patience.wait:
        return Step.WAIT
    return Step.REPEAT if len(began) < patience.most_rounds else Step.ESCALATE
