from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.imaging.hooks import has_something_to_send, shown_besides
from firstlight.imaging.rules.access import STRANGER, Reader
from firstlight.people.models import Member, Role
from firstlight.people.queries import Standing

KEEPERS = (Role.EDITOR, Role.COORDINATOR, Role.ADMINISTRATOR)


def can_contribute(member: object) -> bool:
    """Whether this person may send images to the depository."""
    if not isinstance(member, Member) or not member.is_active:
        return False
    return member.has_role(*KEEPERS) or has_something_to_send(member)


def check_can_contribute(member: object) -> None:
    """Images come from editors, site coordinators, administrators, and members whose field report waits for them."""
    if not can_contribute(member):
        raise PermissionDenied(
            _("Only editors, site coordinators, administrators and authors of an open field report can send images.")
        )


def can_keep_quarantine(member: object) -> bool:
    """Whether this person looks after what was held."""
    return isinstance(member, Member) and member.has_role(*KEEPERS)


def check_can_keep_quarantine(member: object) -> None:
    """What was held is looked after by editors, site coordinators and administrators."""
    if not can_keep_quarantine(member):
        raise PermissionDenied(_("Only editors, site coordinators and administrators look after the quarantine."))


def can_keep_signing_keys(member: object) -> bool:
    """Whether this person sees which sites sign receipts, and revokes a key."""
    return isinstance(member, Member) and member.is_active and member.has_role(Role.ADMINISTRATOR)


def check_can_keep_signing_keys(member: object) -> None:
    """Signing keys are looked after by administrators."""
    if not can_keep_signing_keys(member):
        raise PermissionDenied(_("Only administrators look after the sites' signing keys."))


def can_keep_peers(member: object) -> bool:
    """Whether this person says which programs talk DICOM with the depository."""
    return isinstance(member, Member) and member.is_active and member.has_role(Role.ADMINISTRATOR)


def check_can_keep_peers(member: object) -> None:
    """DICOM partners are looked after by administrators."""
    if not can_keep_peers(member):
        raise PermissionDenied(_("Only administrators look after the DICOM partners."))


def needs_receipt(member: object) -> bool:
    """Whether what this person sends must be covered by a de-identification receipt.

    An administrator's own sending may rest on the server's scan alone.
    """
    return not (isinstance(member, Member) and member.has_role(Role.ADMINISTRATOR))


SEE_ALL = frozenset({Role.EDITOR, Role.ADMINISTRATOR})


def reader_of(member: Member | None) -> Reader:
    """What decides about this person's reading."""
    if member is None:
        return STRANGER
    if member.has_role(*SEE_ALL):
        return Reader(member.pk, sees_all=True)
    return Reader(member.pk, shown=tuple(shown_besides(member).values_list("pk", flat=True)))


def reader_standing(standing: Standing) -> Reader:
    """What decides about a program's reading."""
    if not SEE_ALL.isdisjoint(standing.roles):
        return Reader(standing.member, sees_all=True)
    return Reader(standing.member, shown=tuple(shown_besides(Member(pk=standing.member)).values_list("pk", flat=True)))


def may_send(standing: Standing) -> bool:
    """Whether a program may send images: the same as `can_contribute` for its member."""
    return not standing.roles.isdisjoint(KEEPERS) or has_something_to_send(Member(pk=standing.member))


def must_send_receipt(standing: Standing) -> bool:
    """The same as `needs_receipt` for a program's member."""
    return Role.ADMINISTRATOR not in standing.roles
