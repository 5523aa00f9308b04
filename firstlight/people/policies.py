from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role


def can_keep_members(member: object) -> bool:
    """Whether this person sees members' addresses, and adds and changes members."""
    return isinstance(member, Member) and member.has_role(Role.ADMINISTRATOR)


def check_can_keep_members(member: Member | str) -> None:
    """Members are kept by administrators, and by commands on the server itself."""
    if isinstance(member, Member) and not can_keep_members(member):
        raise PermissionDenied(_("Only administrators keep the list of members."))


def check_can_change(member: Member, *, by: Member | str) -> None:
    """What someone is sent is theirs to say; an administrator may say it for them."""
    if isinstance(by, Member) and by.pk == member.pk:
        return
    check_can_keep_members(by)
