"""Who has confirmed a notice, who is silent, and who is told of the silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.alerts.queries.audience import due_at, next_rows, notice_of
from firstlight.alerts.rules.escalation import Patience
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.codes import BadCode, read_code
from firstlight.people.models import ContactPoint, Institution, Role, RoleGrant


def patience() -> Patience:
    """How long this site waits for answers."""
    return Patience(timedelta(minutes=settings.REPEAT_MINUTES), settings.MOST_ROUNDS)


def silent_institutions(notice: Notice) -> QuerySet[Institution]:
    """Institutions that were written to, and from which nobody has confirmed."""
    written_to = Delivery.objects.filter(mailing__in=notice.mailings(), member__institution=OuterRef("pk"))
    answered = Acknowledgement.objects.filter(notice=notice, member__institution=OuterRef("pk"))
    return Institution.objects.filter(Exists(written_to), ~Exists(answered))


def coordinators_of(institutions: QuerySet[Institution]) -> QuerySet[ContactPoint]:
    """How the coordinators of these institutions are reached."""
    coordinates = RoleGrant.objects.filter(member=OuterRef("member_id"), role=Role.COORDINATOR)
    return ContactPoint.objects.reachable().filter(Exists(coordinates), member__institution__in=institutions)


def without_coordinator(notice: Notice) -> QuerySet[Institution]:
    """Silent institutions where there is no coordinator to tell."""
    told = coordinators_of(silent_institutions(notice)).values("member__institution")
    return silent_institutions(notice).exclude(pk__in=told)


def read_escalation(mailing: Mailing, after: int, limit: int, at: datetime) -> tuple[Sequence[Addressee], int]:
    """The next coordinators of silent institutions; their role asks for it, whatever topics they chose."""
    notice = notice_of(mailing.reference)
    if notice is None:
        return (), after
    rows = next_rows(coordinators_of(silent_institutions(notice)), after=after, limit=limit)
    begins_at = max(mailing.starts_at, at)
    told = [
        Addressee(row.member_id, row.contact_id, row.channel, row.language, due_at(row, notice.severity, begins_at))
        for row in rows
    ]
    return told, rows[-1].member_id if rows else after


def delivery_of(code: str) -> Delivery | None:
    """The message in which this code stood; None when it is not one of ours, or its row is gone."""
    try:
        number = read_code(code, purpose="ack", key=settings.SECRET_KEY)
    except BadCode:
        return None
    return Delivery.objects.select_related("mailing", "member").filter(pk=number).first()


def acknowledged_at(notice: Notice, member_id: int | None) -> datetime | None:
    """When this member confirmed, if they did."""
    if member_id is None:
        return None
    found = Acknowledgement.objects.filter(notice=notice, member_id=member_id)
    return found.values_list("at", flat=True).first()
