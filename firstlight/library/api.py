from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from firstlight.imaging.models import Series
from firstlight.library.actions import attach_series
from firstlight.library.models import Case
from firstlight.library.policies import check_can_edit_cases
from firstlight.people.api import AUTH, asker
from firstlight.web.requests import TimedRequest

router = Router(tags=["library"])


class ImagesIn(Schema):
    study_instance_uids: list[str]


class ImagesOut(Schema):
    attached: int


@router.post("/cases/{int:number}/images", response=ImagesOut, auth=AUTH)
def attach_case_images(request: TimedRequest, number: int, images: ImagesIn) -> dict[str, int]:
    """Add the series of stored studies to a case."""
    member = asker(request)
    check_can_edit_cases(member)
    case = get_object_or_404(Case, number=number)
    series = Series.objects.filter(
        study__study_instance_uid__in=images.study_instance_uids, study__outbreak=case.outbreak
    )
    return {"attached": attach_series(case, series, by=member, at=request.now)}
