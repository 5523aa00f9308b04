"""The images of a published case, as somebody may take them away."""

from datetime import datetime

from firstlight.imaging.models import Instance, Study
from firstlight.library.rules import CaseDocument


def open_instances(document: CaseDocument, *, now: datetime) -> list[Instance]:
    """Every image of the case's series that anyone may read now, in the case's order."""
    found = Instance.objects.filter(
        series__series_instance_uid__in=document.series, series__study__in=Study.objects.public(now)
    ).select_related("series__study")
    place = {uid: number for number, uid in enumerate(document.series)}
    return sorted(found, key=lambda each: (place[each.series.series_instance_uid], each.stack_index, each.pk))


def key_instances(document: CaseDocument, *, now: datetime) -> list[Instance]:
    """The images that the text points at, while anyone may read them."""
    uids = [each.sop_instance_uid for each in document.key_images]
    return list(Instance.objects.filter(sop_instance_uid__in=uids, series__study__in=Study.objects.public(now)))
