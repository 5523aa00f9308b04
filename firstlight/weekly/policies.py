from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.library.models import Author, Authorship, Review
from firstlight.library.policies import can_edit_cases
from firstlight.people.models import Member
from firstlight.weekly.models import Round


def can_run_rounds(member: object) -> bool:
    """Whether this person schedules rounds, rules on answers and moderates."""
    return can_edit_cases(member)


def check_can_run_rounds(member: object) -> None:
    """The weekly case is run by editors."""
    if not can_run_rounds(member):
        raise PermissionDenied(_("Only editors run the weekly case."))


def knows_the_answer(member: Member, round_: Round) -> bool:
    """Whether this person wrote in the case, was asked to review it, or approved it."""
    wrote = Authorship.objects.filter(case=round_.case_id, member=member)
    reviewed = Review.objects.filter(case=round_.case_id, reviewer=member)
    named = Author.objects.filter(case=round_.case_id, member=member)
    return round_.scheduled_by_id == member.pk or any(each.exists() for each in (wrote, reviewed, named))


def check_can_answer(member: object, round_: Round, *, at: datetime) -> None:
    """A member may answer while the round is open, unless they wrote in its case or approved it."""
    if not isinstance(member, Member) or not member.is_active:
        raise PermissionDenied(_("Sign in to answer."))
    state = round_.state(at)
    if state == Round.State.SCHEDULED:
        raise PermissionDenied(_("This week’s case has not opened yet."))
    if state != Round.State.OPEN:
        raise PermissionDenied(
            _("This case is closed. Answers that came before the closing moment count as they were.")
        )
    if knows_the_answer(member, round_):
        raise PermissionDenied(_("You wrote in this case or approved it, so you cannot answer it."))


def can_answer(member: object, round_: Round, *, at: datetime) -> bool:
    """Whether `check_can_answer` would let them."""
    try:
        check_can_answer(member, round_, at=at)
    except PermissionDenied:
        return False
    return True


def check_can_comment(member: object, round_: Round, *, at: datetime) -> None:
    """Members discuss a case once its answer is out."""
    if not isinstance(member, Member) or not member.is_active:
        raise PermissionDenied(_("Sign in to take part in the discussion."))
    if round_.state(at) != Round.State.REVEALED:
        raise PermissionDenied(_("The discussion opens when the answer is shown."))
