from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.library.models import Case, Review, ReviewComment
from firstlight.people.models import Member, Role


def can_edit_cases(member: object) -> bool:
    """Whether this person writes and reviews cases."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR)


def check_can_edit_cases(member: object) -> None:
    """Cases are written by editors."""
    if not can_edit_cases(member):
        raise PermissionDenied(_("Only editors can work on cases."))


def wrote_in(member: Member, case: Case) -> bool:
    """Whether a person wrote in a case, sent it for review or is named as one of its authors."""
    is_named = case.authors.filter(member=member).exists()
    return is_named or case.submitted_by_id == member.pk or case.authorships.filter(member=member).exists()


def check_can_judge(member: Member, case: Case) -> None:
    """A case in review is given back or published by an editor who wrote nothing of it."""
    check_can_edit_cases(member)
    if case.state != Case.State.IN_REVIEW:
        raise PermissionDenied(_("Only a case that was sent for review can be published."))
    if wrote_in(member, case):
        raise PermissionDenied(_("Nobody publishes their own case. Ask another editor."))


def can_judge(member: Member, case: Case) -> bool:
    """Whether `check_can_judge` would let them."""
    try:
        check_can_judge(member, case)
    except PermissionDenied:
        return False
    return True


def check_can_publish(member: Member, case: Case) -> None:
    """Who may judge a case may publish it once every comment that must be settled is."""
    check_can_judge(member, case)
    if open_requirements(case):
        raise PermissionDenied(_("A comment that must be settled before publication is still open."))


def can_publish(member: Member, case: Case) -> bool:
    """Whether `check_can_publish` would let them."""
    try:
        check_can_publish(member, case)
    except PermissionDenied:
        return False
    return True


def open_requirements(case: Case) -> int:
    """How many comments still keep a case from being published."""
    return case.review_comments.filter(is_required=True, resolved_at__isnull=True).count()


def can_see_draft(member: object, case: Case) -> bool:
    """Whether this person may read a case that readers cannot: an editor, or someone asked to review it."""
    return can_edit_cases(member) or (isinstance(member, Member) and case.reviews.filter(reviewer=member).exists())


def check_can_see_draft(member: object, case: Case) -> None:
    """A draft is seen by editors and by those who were asked to review it."""
    if not can_see_draft(member, case):
        raise PermissionDenied(_("Only editors, and reviewers they asked, can see this case now."))


def check_can_recommend(member: Member, review: Review) -> None:
    """A recommendation is given by the one who was asked, while the case is not theirs."""
    if review.reviewer_id != member.pk:
        raise PermissionDenied(_("Somebody else was asked for this review."))
    if wrote_in(member, review.case):
        raise PermissionDenied(_("Nobody reviews their own case."))


def check_can_resolve(member: Member, comment: ReviewComment) -> None:
    """A comment is settled by who made it, or by an editor who wrote nothing of the case."""
    check_can_see_draft(member, comment.case)
    if comment.answers_id is not None:
        raise PermissionDenied(_("An answer cannot be settled; its comment can."))
    if comment.by_id != member.pk and (not can_edit_cases(member) or wrote_in(member, comment.case)):
        raise PermissionDenied(_("A comment is settled by who made it, or by an editor who wrote nothing of the case."))


def can_resolve(member: Member, comment: ReviewComment) -> bool:
    """Whether `check_can_resolve` would let them."""
    try:
        check_can_resolve(member, comment)
    except PermissionDenied:
        return False
    return True
