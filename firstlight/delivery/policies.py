from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role


def can_see_post(user: object) -> bool:
    """Whether this person looks after the sending: an administrator."""
    return isinstance(user, Member) and user.is_active and user.has_role(Role.ADMINISTRATOR)


def check_can_see_post(user: object) -> None:
    """Raises PermissionDenied, with a sentence for the person."""
    if not can_see_post(user):
        raise PermissionDenied(_("Only an administrator sees what is being sent."))


def can_run_mailing(user: object) -> bool:
    """Whether this person may pause, resume and stop what is being sent: an editor or an administrator."""
    return isinstance(user, Member) and user.is_active and user.has_role(Role.ADMINISTRATOR, Role.EDITOR)


def check_can_run_mailing(by: Member | str) -> None:
    """Raises PermissionDenied, with a sentence for the person; a program, named by a word, may."""
    if not isinstance(by, str) and not can_run_mailing(by):
        raise PermissionDenied(_("Only an editor or an administrator can hold up what is being sent."))
