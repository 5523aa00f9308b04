from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from firstlight.imaging.models import Series
from firstlight.people.api import AUTH, asker
from firstlight.sightings.actions import add_images
from firstlight.sightings.models import Sighting
from firstlight.web.requests import TimedRequest

router = Router(tags=["field reports"])


class ImagesIn(Schema):
    study_instance_uids: list[str]


class ImagesOut(Schema):
    attached: int


@router.post("/reports/{int:number}/images", response=ImagesOut, auth=AUTH)
def attach_report_images(request: TimedRequest, number: int, images: ImagesIn) -> dict[str, int]:
    """Add the series of studies that one sent to one's own field report."""
    member = asker(request)
    sighting = get_object_or_404(Sighting.objects.visible_to(member), pk=number)
    series = Series.objects.filter(
        study__study_instance_uid__in=images.study_instance_uids,
        study__outbreak=sighting.outbreak,
        study__received_by=member,
    )
    return {"attached": add_images(sighting, series, by=member, at=request.now)}
