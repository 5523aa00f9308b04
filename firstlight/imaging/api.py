from typing import Any

from django.core.exceptions import ValidationError
from ninja import Body, Router, Schema, Status
from ninja.errors import HttpError

from firstlight.imaging.models import Receipt
from firstlight.imaging.policies import check_can_contribute
from firstlight.imaging.receipts import take_receipt
from firstlight.people.api import AUTH, asker
from firstlight.web.requests import TimedRequest

router = Router(tags=["imaging"])


class ReceiptOut(Schema):
    digest: str
    study_instance_uid: str


@router.post("/receipts", response={201: ReceiptOut}, auth=AUTH)
def post_receipt(request: TimedRequest, document: Body[dict[str, Any]]) -> Status[Receipt]:
    """Hand in a study's de-identification receipt, before its instances are stored."""
    member = asker(request)
    check_can_contribute(member)
    try:
        return Status(201, take_receipt(document, by=member, at=request.now))
    except ValidationError as error:
        raise HttpError(422, "; ".join(error.messages)) from error
