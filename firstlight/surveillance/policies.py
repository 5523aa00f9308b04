from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role


def check_can_keep_numbers(member: Member | str) -> None:
    """Only an editor, an administrator, or a command on the server itself brings numbers in."""
    if isinstance(member, Member) and not member.has_role(Role.EDITOR, Role.ADMINISTRATOR):
        raise PermissionDenied(_("Only an editor or an administrator can bring numbers in."))


def can_keep_numbers(member: object) -> bool:
    """Whether `check_can_keep_numbers` would let them."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR, Role.ADMINISTRATOR)
