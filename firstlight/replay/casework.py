"""A scripted case as its author makes it: studies received, written, sent for review."""

from collections.abc import Iterable

from firstlight.imaging.actions import receive, take_receipt
from firstlight.imaging.models import Instance
from firstlight.library.actions import add_key_image, attach_series, begin_case, submit_case, write_case
from firstlight.library.models import Case
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.replay.hospital import Shipment
from firstlight.replay.script import CaseScript, StudyScript


def draft_case(
    script: CaseScript,
    arrived: Iterable[tuple[StudyScript, list[Instance]]],
    *,
    outbreak: Outbreak | None,
    by: Member,
) -> Case:
    """Write a case on its received studies, and send it for review."""
    case = begin_case(outbreak=outbreak, by=by, at=script.begun_at, number=script.number)
    for study, stack in arrived:
        attach_series(case, {instance.series for instance in stack}, by=by, at=script.begun_at)
        point_out(case, study, stack, by=by, script=script)
    write_case(case, by=by, at=script.begun_at, **script.texts)
    return submit_case(case, by=by, at=script.submitted_at)


def receive_shipment(
    shipment: Shipment, *, outbreak: Outbreak | None, by: Member, script: CaseScript
) -> list[Instance]:
    """Take a shipment in as the server takes any other; the stack in reading order."""
    for document in shipment.receipts:
        take_receipt(document, by=by, at=script.begun_at)
    outcomes = list(receive(shipment.instances, outbreak=outbreak, by=by, at=script.begun_at, requires_receipt=True))
    held = [each.reason for each in outcomes if each.status == "held"]
    if held:
        raise RuntimeError(f"Case {script.number} of the replay was not accepted: {sorted(set(held))}")
    uids = [each.sop_instance_uid for each in outcomes]
    return list(Instance.objects.filter(sop_instance_uid__in=uids).select_related("series"))


def point_out(case: Case, study: StudyScript, stack: list[Instance], *, by: Member, script: CaseScript) -> None:
    """Add the study's key images, each where its lesion lies."""
    for image in study.key_images:
        place = study.place_of(image)
        add_key_image(
            case,
            stack[place],
            by=by,
            at=script.begun_at,
            caption_ko=image.caption_ko,
            caption_en=image.caption_en,
        )
