from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role


def check_can_activate(member: Member | str) -> None:
    """Only an administrator, or a command on the server itself, switches an outbreak on."""
    if isinstance(member, Member) and not member.has_role(Role.ADMINISTRATOR):
        raise PermissionDenied(_("Only an administrator can activate an outbreak."))


def can_activate(member: object) -> bool:
    """Whether `check_can_activate` would let them."""
    return isinstance(member, Member) and member.has_role(Role.ADMINISTRATOR)
