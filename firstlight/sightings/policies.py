from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from firstlight.people.models import Member, Role
from firstlight.sightings.models import Sighting


def can_report(member: object) -> bool:
    """Whether this person may send a field report: every member may."""
    return isinstance(member, Member) and member.is_active and member.has_role(*Role)


def check_can_report(member: object) -> None:
    """Field reports come from members."""
    if not can_report(member):
        raise PermissionDenied(_("Only members can send a field report."))


def can_answer_reports(member: object) -> bool:
    """Whether this person works on the queue of reports."""
    return isinstance(member, Member) and member.has_role(Role.EDITOR)


def check_can_answer_reports(member: object) -> None:
    """Reports are answered by editors."""
    if not can_answer_reports(member):
        raise PermissionDenied(_("Only editors can work on field reports."))


def check_can_add_images(member: Member, sighting: Sighting) -> None:
    """Images are added by the report's author while nobody has finished with it."""
    if sighting.reported_by_id != member.pk:
        raise PermissionDenied(_("Only the author of a field report can add images to it."))
    if sighting.closed_at is not None:
        raise PermissionDenied(_("This field report is closed. Send a new one."))
