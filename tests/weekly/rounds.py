"""A weekly case on its way: Haneul writes it, Bora approves it, and time goes on."""

from datetime import timedelta

from firstlight.library import actions as library
from firstlight.library.models import Case
from firstlight.people.models import Member
from firstlight.weekly.actions import Terms, reveal_due, schedule_round, submit_answers
from firstlight.weekly.models import Entry, Round
from tests.cast import DAWN, Cast
from tests.drafts import HOUR

OPENS = DAWN + timedelta(days=1)
CLOSES = OPENS + timedelta(days=7)
TERMS = Terms(OPENS, CLOSES)
OPEN = OPENS + HOUR
AFTER = CLOSES + timedelta(minutes=5)
RIGHT = ["Viral pneumonia"]


def scheduled(cast: Cast, case: Case, **given: object) -> Round:
    """The case, reviewed and approved by Bora."""
    library.submit_case(case, by=cast.haneul, at=DAWN)
    fields = {"terms": TERMS, "right": RIGHT, "by": cast.bora, "at": DAWN + HOUR, **given}
    return schedule_round(case, **fields)  # type: ignore[arg-type]


def answer(round_: Round, member: Member, *answers: str, at: object = OPEN) -> Entry:
    return submit_answers(round_, answers, by=member, at=at)  # type: ignore[arg-type]


def revealed(round_: Round) -> Round:
    """The round after its answer came out."""
    assert reveal_due(AFTER) == 1
    round_.refresh_from_db()
    return round_
