from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Institution, Member, Role


def check_can_read(member: object, institution: Institution) -> None:
    """A department is open to its own members, and to administrators."""
    if not can_read(member, institution):
        raise PermissionDenied(_("Only members of this department can see this."))


def can_read(member: object, institution: Institution) -> bool:
    """Whether `check_can_read` would let them."""
    if not isinstance(member, Member) or not member.is_active:
        return False
    return member.institution_id == institution.pk or member.has_role(Role.ADMINISTRATOR)


def check_can_write(member: Member | str, institution: Institution) -> None:
    """A department's coordinators and administrators write, and commands on the server itself."""
    if not isinstance(member, str) and not can_write(member, institution):
        raise PermissionDenied(_("Only a coordinator or an administrator of this department can change this."))


def can_write(member: object, institution: Institution) -> bool:
    """Whether `check_can_write` would let them."""
    if not isinstance(member, Member) or not member.is_active or member.institution_id != institution.pk:
        return False
    return member.has_role(Role.COORDINATOR, Role.ADMINISTRATOR)


def check_can_log(member: Member, institution: Institution) -> None:
    """Whoever works in a department logs its rooms: the tablet hangs where all of them pass."""
    if not can_log(member, institution):
        raise PermissionDenied(_("Only members of this department can log its rooms."))


def can_log(member: object, institution: Institution) -> bool:
    """Whether `check_can_log` would let them."""
    return isinstance(member, Member) and member.is_active and member.institution_id == institution.pk


def check_can_start_everywhere(member: Member | str) -> None:
    """Only an administrator, or a command on the server itself, starts playbooks for all departments."""
    if isinstance(member, Member) and not member.has_role(Role.ADMINISTRATOR):
        raise PermissionDenied(_("Only an administrator can start the playbook for every department."))
