"""How the replayed cases were edited: authors named, a review, a correction, a retraction."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from firstlight.library.actions import (
    answer_comment,
    ask_reviewer,
    comment_on_case,
    publish_case,
    recommend,
    resolve_comment,
    retract_case,
    submit_case,
    write_case,
)
from firstlight.library.models import Case
from firstlight.people.models import Member
from firstlight.replay.script import CaseScript, case_script, moment, read_toml

HOUR = timedelta(hours=1)
Editing = Mapping[str, Any]
Play = Callable[[CaseScript], None]


def read_editing(folder: Path) -> Editing:
    """What is told of a replay's editing."""
    return read_toml(folder / "editing.toml")


def as_first_published(script: CaseScript, editing: Editing) -> CaseScript:
    """The case with the mistakes that were corrected later."""
    texts = dict(script.texts)
    for correction in _of(script.number, editing["corrections"]):
        for name, (right, wrong) in correction["was"].items():
            if right not in texts[name]:
                raise ValueError(f"Case {script.number} of the replay does not have the words that were corrected.")
            texts[name] = texts[name].replace(right, wrong)
    return replace(script, texts=texts)


def play_review(case: Case, script: CaseScript, editing: Editing, members: Mapping[str, Member]) -> None:
    """The discussion of a case in the night before it was published."""
    author = members[script.created_by]
    for raw in _of(script.number, editing["reviews"]):
        reviewer, at = members[raw["reviewer"]], script.submitted_at + HOUR
        review = ask_reviewer(case, reviewer, by=author, at=at)
        comment = comment_on_case(case, raw["comment"], by=reviewer, at=at + HOUR, part=raw["part"], is_required=True)
        answer_comment(comment, raw["answer"], by=author, at=at + 2 * HOUR)
        resolve_comment(comment, by=reviewer, at=at + 3 * HOUR)
        told = {name: raw[name] for name in ("certainty", "words")}
        recommend(review, raw["recommendation"], by=reviewer, at=at + 3 * HOUR, **told)


@transaction.atomic
def play_correction(script: CaseScript, editing: Editing, members: Mapping[str, Member]) -> None:
    """The right words of a case, as a new version with its notice."""
    for raw in _of(script.number, editing["corrections"]):
        case = Case.objects.get(number=script.number)
        if case.versions.count() > 1:
            continue
        author, publisher, at = members[script.created_by], members[script.published_by], moment(raw["on"], 9)
        write_case(case, by=author, at=at, **{name: script.texts[name] for name in raw["was"]})
        submit_case(case, by=author, at=at + HOUR)
        reasons = {name: raw[name] for name in ("reason_ko", "reason_en")}
        publish_case(case, by=publisher, at=at + 2 * HOUR, kind=raw["kind"], **reasons)


def play_retraction(play: Play, editing: Editing, members: Mapping[str, Member]) -> None:
    """A case that was published, and retracted two days later; `play` publishes it as it does any other."""
    raw = editing["retraction"]
    script = case_script(raw["case"])
    found = Case.objects.filter(number=script.number).first()
    if found is None or not found.versions.exists():
        play(script)
        found = Case.objects.get(number=script.number)
    if found.state != Case.State.RETRACTED:
        reasons = {name: raw[name] for name in ("reason_ko", "reason_en")}
        retract_case(found, by=members[raw["by"]], at=moment(raw["on"], 10), **reasons)


def _of(number: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in rows if each["case"] == number]
