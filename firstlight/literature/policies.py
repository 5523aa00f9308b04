from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role


def check_can_screen(member: object) -> None:
    """Editors decide which papers an outbreak lists."""
    if not isinstance(member, Member) or not member.has_role(Role.EDITOR):
        raise PermissionDenied(_("Editors decide on papers."))


def can_screen(member: object) -> bool:
    """Whether this person may decide on papers."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR)


def check_can_watch(member: object) -> None:
    """A member may save a search for herself."""
    if not isinstance(member, Member):
        raise PermissionDenied(_("Sign in to save a search."))


def can_watch(member: object) -> bool:
    """Whether this person may save a search."""
    return isinstance(member, Member)
