from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.library.models import Case
from firstlight.people.models import Member, Role


def can_edit_cases(member: object) -> bool:
    """Whether this person writes and reviews cases."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR)


def check_can_edit_cases(member: object) -> None:
    """Cases are written by editors."""
    if not can_edit_cases(member):
        raise PermissionDenied(_("Only editors can work on cases."))


def check_can_publish(member: Member, case: Case) -> None:
    """A case in review is published by an editor who wrote nothing of it."""
    check_can_edit_cases(member)
    if case.state != Case.State.IN_REVIEW:
        raise PermissionDenied(_("Only a case that was sent for review can be published."))
    if case.submitted_by_id == member.pk or case.authorships.filter(member=member).exists():
        raise PermissionDenied(_("Nobody publishes their own case. Ask another editor."))


def can_publish(member: Member, case: Case) -> bool:
    """Whether `check_can_publish` would let them."""
    try:
        check_can_publish(member, case)
    except PermissionDenied:
        return False
    return True
