"""The demo's weekly cases: invented patients and answers, played on the replay's own clock."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction

from firstlight.imaging.actions import receive, take_receipt
from firstlight.imaging.models import Instance
from firstlight.library.actions import add_key_image, attach_series, begin_case, submit_case, write_case
from firstlight.library.models import Case
from firstlight.people.models import Member
from firstlight.replay.hospital import Shipment, ship
from firstlight.replay.script import KOREA_2020, CaseScript, StudyScript, case_script, moment, read_toml
from firstlight.weekly.actions import Terms, let_name_be_shown, reveal_due, rule, schedule_round, submit_answers
from firstlight.weekly.models import SETTLING, Round

OPENS_HOUR = 9


def play_weekly(
    members: Mapping[str, Member], *, folder: Path = KOREA_2020, send: Callable[[StudyScript], Shipment] = ship
) -> int:
    """Play every round from its case to its answer, and say how many were new; what was played stays as it is."""
    new = [raw for raw in read_toml(folder / "weekly.toml")["rounds"] if not _is_played(raw)]
    for raw in new:
        play_round(raw, members, send=send)
    return len(new)


def _is_played(raw: Mapping[str, Any]) -> bool:
    return Round.objects.filter(case__number=raw["case"]["number"], cancelled_at__isnull=True).exists()


@transaction.atomic
def play_round(
    raw: Mapping[str, Any], members: Mapping[str, Member], *, send: Callable[[StudyScript], Shipment]
) -> Round:
    """One round: written and reviewed the day before, asked, answered, revealed, ruled on."""
    script = case_script(raw["case"])
    case = _reviewed_case(script, members, send=send)
    terms = Terms(moment(raw["opens_on"], OPENS_HOUR), moment(raw["closes_on"], OPENS_HOUR))
    approver, at = members[script.published_by], script.submitted_at + timedelta(hours=1)
    key = sha256(f"replayed round {script.number}".encode()).hexdigest()[:16]
    round_ = schedule_round(case, terms=terms, right=raw["right"], by=approver, at=at, key=key)
    for each in raw["answers"]:
        at = moment(each["on"], 20)
        submit_answers(round_, each["answers"], by=members[each["by"]], at=at)
        let_name_be_shown(members[each["by"]], shows_name=each.get("shows_name", False), at=at)
    revealed_at = terms.closes_at + SETTLING
    reveal_due(revealed_at)
    for each in raw.get("rulings", []):
        at = revealed_at + timedelta(hours=2)
        rule(round_, each["text"], is_right=each["right"], by=approver, at=at, why=each["why"])
    return round_


def _reviewed_case(
    script: CaseScript, members: Mapping[str, Member], *, send: Callable[[StudyScript], Shipment]
) -> Case:
    author, at = members[script.created_by], script.begun_at
    case = begin_case(outbreak=None, by=author, at=at, number=script.number)
    for study in script.studies:
        stack = _received(send(study), author, script)
        attach_series(case, {instance.series for instance in stack}, by=author, at=at)
        for image in study.key_images:
            shown = stack[study.place_of(image)]
            add_key_image(case, shown, by=author, at=at, caption_ko=image.caption_ko, caption_en=image.caption_en)
    write_case(case, by=author, at=at, **script.texts)
    return submit_case(case, by=author, at=script.submitted_at)


def _received(shipment: Shipment, by: Member, script: CaseScript) -> list[Instance]:
    for document in shipment.receipts:
        take_receipt(document, by=by, at=script.begun_at)
    outcomes = list(receive(shipment.instances, outbreak=None, by=by, at=script.begun_at, requires_receipt=True))
    if held := sorted({each.reason for each in outcomes if each.status == "held"}):
        raise RuntimeError(f"Case {script.number} of the replay was not accepted: {held}")
    uids = [each.sop_instance_uid for each in outcomes]
    return list(Instance.objects.filter(sop_instance_uid__in=uids).select_related("series"))
