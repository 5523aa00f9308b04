from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.guidance.models import Draft, LivingGuideline
from firstlight.people.models import Member, Role


def can_write_guidelines(member: object) -> bool:
    """Whether this person writes and reviews guidelines."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR)


def check_can_write_guidelines(member: object) -> None:
    """Guidelines are written by editors."""
    if not can_write_guidelines(member):
        raise PermissionDenied(_("Only editors can work on guidelines."))


def check_can_change(member: object, draft: Draft) -> None:
    """A draft is changed while it is one; a version in force never is."""
    check_can_write_guidelines(member)
    if not draft.is_open:
        raise PermissionDenied(_("It is published or dropped and cannot be changed any more. Begin a new draft."))


def check_can_publish(member: Member, draft: Draft) -> None:
    """A draft in review is given back or published by an editor who wrote nothing of it."""
    check_can_write_guidelines(member)
    if draft.state != Draft.State.IN_REVIEW:
        raise PermissionDenied(_("Only a draft that was sent for review can be published."))
    if draft.was_written_by(member):
        raise PermissionDenied(_("Nobody publishes their own guideline. Ask another editor."))


def can_publish(member: object, draft: Draft) -> bool:
    """Whether `check_can_publish` would let them."""
    try:
        check_can_write_guidelines(member)
        check_can_publish(member, draft)  # type: ignore[arg-type]  # the line before lets only members through
    except PermissionDenied:
        return False
    return True


def check_can_settle(member: Member, guideline: LivingGuideline) -> None:
    """Whether a recommendation stands is said by its guideline's owner, or by another editor in their place."""
    if guideline.owner_id != member.pk:
        check_can_write_guidelines(member)
