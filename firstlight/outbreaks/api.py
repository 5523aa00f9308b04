from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import HttpError

from firstlight.outbreaks.actions import activate_outbreak
from firstlight.outbreaks.models import Outbreak
from firstlight.people.api import AUTH, asker
from firstlight.web.requests import TimedRequest

router = Router(tags=["outbreaks"])


class OutbreakOut(Schema):
    slug: str
    name_ko: str
    name_en: str
    activated_at: datetime
    closed_at: datetime | None


class OutbreakIn(Schema):
    slug: str
    name_ko: str
    name_en: str
    disease_ko: str = ""
    disease_en: str = ""
    icd10: str = ""
    summary_ko: str = ""
    summary_en: str = ""
    case_definition_ko: str = ""
    case_definition_en: str = ""
    case_definition_source: str = ""


@router.get("/outbreaks", response=list[OutbreakOut])
def list_outbreaks(request: HttpRequest) -> list[Outbreak]:
    """Every outbreak that was switched on, newest first."""
    return list(Outbreak.objects.all())


@router.post("/outbreaks", response={201: OutbreakOut}, auth=AUTH)
def activate(request: TimedRequest, outbreak: OutbreakIn) -> Status[Outbreak]:
    """Switch an outbreak on; administrators only."""
    try:
        return Status(201, activate_outbreak(by=asker(request), at=request.now, **outbreak.dict()))
    except ValidationError as error:
        raise HttpError(422, "; ".join(error.messages)) from error
