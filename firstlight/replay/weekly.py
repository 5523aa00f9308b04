"""The demo's weekly cases: invented patients and answers, played on the replay's own clock."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction

from firstlight.library.models import Case
from firstlight.people.models import Member
from firstlight.replay.casework import draft_case, receive_shipment, site_of
from firstlight.replay.hospital import Shipment, ship
from firstlight.replay.script import KOREA_2020, CaseScript, StudyScript, case_script, moment, read_toml
from firstlight.weekly.actions import Terms, let_name_be_shown, reveal_due, rule, schedule_round, submit_answers
from firstlight.weekly.models import SETTLING, Round

OPENS_HOUR = 9


def play_weekly(
    members: Mapping[str, Member], *, folder: Path = KOREA_2020, send: Callable[[StudyScript, str], Shipment] = ship
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
    raw: Mapping[str, Any], members: Mapping[str, Member], *, send: Callable[[StudyScript, str], Shipment]
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
    script: CaseScript, members: Mapping[str, Member], *, send: Callable[[StudyScript, str], Shipment]
) -> Case:
    author = members[script.created_by]
    arrived = [
        (study, receive_shipment(send(study, site_of(author)), outbreak=None, by=author, script=script))
        for study in script.studies
    ]
    return draft_case(script, arrived, outbreak=None, by=author)
