from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role

CONTRIBUTORS = (Role.EDITOR, Role.COORDINATOR, Role.ADMINISTRATOR)


def can_contribute(member: object) -> bool:
    """Whether this person may send images to the depository."""
    return isinstance(member, Member) and member.has_role(*CONTRIBUTORS)


def check_can_contribute(member: object) -> None:
    """Images come from editors, site coordinators and administrators."""
    if not can_contribute(member):
        raise PermissionDenied(_("Only editors, site coordinators and administrators can send images."))


def needs_receipt(member: object) -> bool:
    """Whether what this person sends must be covered by a de-identification receipt.

    An administrator's own sending may rest on the server's scan alone.
    """
    return not (isinstance(member, Member) and member.has_role(Role.ADMINISTRATOR))
