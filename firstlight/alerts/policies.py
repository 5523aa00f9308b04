from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.alerts.models import Notice
from firstlight.people.models import Member, Role, Severity


def check_can_write_notices(member: object) -> None:
    """Notices are written by editors."""
    if not can_write_notices(member):
        raise PermissionDenied(_("Only editors can write notices."))


def can_write_notices(member: object) -> bool:
    """Whether this person writes and approves notices."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR)


def check_can_change(member: object, notice: Notice) -> None:
    """A notice that went out is never changed: an update or a cancellation follows it."""
    check_can_write_notices(member)
    if notice.state == Notice.State.ISSUED:
        raise PermissionDenied(_("It has been approved and cannot be changed. Write an update or a cancellation."))
    if notice.state == Notice.State.WITHDRAWN:
        raise PermissionDenied(_("It was withdrawn and cannot be changed any more."))


def check_can_approve(member: object, notice: Notice) -> None:
    """A notice in review is approved by an editor who wrote nothing of it."""
    check_can_write_notices(member)
    if notice.state != Notice.State.IN_REVIEW:
        raise PermissionDenied(_("Only a notice that was sent for review can be approved."))
    if is_own(member, notice):
        raise PermissionDenied(_("Nobody approves their own notice. Ask another editor."))


def can_approve(member: object, notice: Notice) -> bool:
    """Whether `check_can_approve` would let them."""
    try:
        check_can_approve(member, notice)
    except PermissionDenied:
        return False
    return True


def check_can_issue_alone(member: object, notice: Notice) -> None:
    """In an emergency, and only then, an editor may issue a notice without a second person."""
    check_can_change(member, notice)
    if notice.severity != Severity.EMERGENCY:
        raise PermissionDenied(_("Only a notice of the highest tier can be issued by one person alone."))


def can_issue_alone(member: object, notice: Notice) -> bool:
    """Whether `check_can_issue_alone` would let them."""
    try:
        check_can_issue_alone(member, notice)
    except PermissionDenied:
        return False
    return True


def check_can_look_over(member: object, notice: Notice) -> None:
    """What one editor issued alone is looked over by another who wrote nothing of it."""
    check_can_write_notices(member)
    if not notice.override_reason or notice.looked_over_at is not None:
        raise PermissionDenied(_("Nothing is left to look over here."))
    if is_own(member, notice):
        raise PermissionDenied(_("Nobody looks over their own notice. Ask another editor."))


def can_look_over(member: object, notice: Notice) -> bool:
    """Whether `check_can_look_over` would let them."""
    try:
        check_can_look_over(member, notice)
    except PermissionDenied:
        return False
    return True


def check_can_hold(member: object) -> None:
    """A running send is watched, paused, resumed and stopped by editors and by administrators."""
    if not can_hold(member):
        raise PermissionDenied(_("Only editors and administrators can hold a notice that is going out."))


def can_hold(member: object) -> bool:
    """Whether `check_can_hold` would let them."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR, Role.ADMINISTRATOR)


def check_can_withdraw(member: object, notice: Notice, *, at: datetime) -> None:
    """What waits for its hour, or was never approved, may be withdrawn."""
    check_can_hold(member)
    if notice.state == Notice.State.WITHDRAWN:
        raise PermissionDenied(_("It was withdrawn already."))
    if notice.state == Notice.State.ISSUED and notice.issued_at is not None and notice.issued_at <= at:
        raise PermissionDenied(_("It has left already. Stop its sending, or write a cancellation."))


def can_withdraw(member: object, notice: Notice, *, at: datetime) -> bool:
    """Whether `check_can_withdraw` would let them."""
    try:
        check_can_withdraw(member, notice, at=at)
    except PermissionDenied:
        return False
    return True


def is_own(member: object, notice: Notice) -> bool:
    """Whether this person wrote any of it, or sent it for review."""
    if not isinstance(member, Member):
        return False
    return notice.submitted_by_id == member.pk or notice.authorships.filter(member=member).exists()


def check_can_see_reach(member: object) -> None:
    """Editors and administrators see whom a notice reached; a coordinator sees it of their own institution."""
    if not can_see_reach(member):
        raise PermissionDenied(_("Only editors, coordinators and administrators can see whom a notice reached."))


def can_see_reach(member: object) -> bool:
    """Whether `check_can_see_reach` would let them."""
    return sees_every_institution(member) or (
        isinstance(member, Member) and member.has_role(Role.COORDINATOR) and member.institution_id is not None
    )


def sees_every_institution(member: object) -> bool:
    """Whether this person sees a notice's reach everywhere, and each member's part of it."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR, Role.ADMINISTRATOR)


def check_can_export_members(member: object) -> None:
    """The list of who got a notice and who did not is for editors and administrators."""
    if not sees_every_institution(member):
        raise PermissionDenied(_("Only editors and administrators can see which members a notice reached."))


def check_can_see_member_log(member: object) -> None:
    """What was sent to one member is for administrators."""
    if not can_see_member_log(member):
        raise PermissionDenied(_("Only administrators can see what was sent to a member."))


def can_see_member_log(member: object) -> bool:
    """Whether `check_can_see_member_log` would let them."""
    return isinstance(member, Member) and member.has_role(Role.ADMINISTRATOR)
