from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from firstlight.outbreaks.hooks import Task
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Role
from firstlight.sightings.models import Sighting
from firstlight.sightings.rules import lateness


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report in the queue, how long it has waited, and whether that is too long."""

    sighting: Sighting
    age: timedelta
    lateness: str


def queue(*, at: datetime, outbreak: Outbreak | None = None) -> list[Waiting]:
    """What nobody has finished with at that moment, the oldest first."""
    rows = Sighting.objects.waiting(at).select_related("reported_by", "institution", "taken_by", "outbreak")
    if outbreak is not None:
        rows = rows.filter(outbreak=outbreak)
    return [
        Waiting(each, at - each.reported_at, lateness(each.reported_at, at=at))
        for each in rows.prefetch_related("series")
    ]


def finished(*, at: datetime, outbreak: Outbreak | None = None) -> QuerySet[Sighting]:
    """What was finished by that moment, the newest first."""
    rows = Sighting.objects.filter(closed_at__lte=at).select_related("reported_by", "institution", "outbreak")
    return (rows.filter(outbreak=outbreak) if outbreak else rows).order_by("-closed_at")


def source_line(sighting: Sighting) -> str:
    """Where knowledge from this report comes from; a name only where its author allowed it."""
    who = sighting.reported_by.name if sighting.may_be_named else ""
    where = sighting.institution.name_ko if sighting.institution else ""
    day = timezone.localdate(sighting.reported_at).isoformat()
    return ", ".join(part for part in (f"현장 보고 {sighting.pk} Field report {sighting.pk}", who, where, day) if part)


def reports_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """The queue as a task of every editor, with the age of its oldest."""
    if not isinstance(member, Member) or not member.has_role(Role.EDITOR):
        return
    waiting = queue(at=at, outbreak=outbreak)
    if waiting:
        hours = int(waiting[0].age.total_seconds() // 3600)
        label = ngettext(
            "%(count)d field report waits, the oldest for %(hours)d hours",
            "%(count)d field reports wait, the oldest for %(hours)d hours",
            len(waiting),
        ) % {"count": len(waiting), "hours": hours}
        yield Task(label, reverse("outbreak_sightings", args=[outbreak.slug]))


def own_reports(member: Member, *, outbreak: Outbreak | None = None) -> QuerySet[Sighting]:
    """What this member reported, the newest first."""
    rows = Sighting.objects.filter(reported_by=member).prefetch_related("steps", "series")
    return rows.filter(outbreak=outbreak) if outbreak else rows


def count_waiting(outbreak: Outbreak, at: datetime) -> int:
    """How many reports were waiting."""
    return Sighting.objects.waiting(at).filter(outbreak=outbreak).count()


def reports_of(outbreak: Outbreak) -> list[str]:
    """What of the field reports hangs on an outbreak, in a sentence."""
    count = Sighting.objects.filter(outbreak=outbreak).count()
    sentence = ngettext("%(count)d field report belongs to it.", "%(count)d field reports belong to it.", count)
    return [sentence % {"count": count}] if count else []


def has_open_report(member: Member) -> bool:
    """Whether a report of this member is open, and so waits for images."""
    return Sighting.objects.filter(reported_by=member, closed_at__isnull=True).exists()
