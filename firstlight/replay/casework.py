"""A scripted case as its author makes it: studies received, written, sent for review."""

from collections.abc import Iterable, Sequence
from typing import Any

from firstlight.imaging.actions import receive
from firstlight.imaging.models import Instance
from firstlight.imaging.receipts import take_receipt
from firstlight.library.actions import (
    add_key_image,
    attach_series,
    begin_case,
    name_authors,
    submit_case,
    write_case,
)
from firstlight.library.actions.pointing import arrange_case, keep_mark
from firstlight.library.models import Case
from firstlight.library.rules import AuthorView
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.replay.collecting import readings_of
from firstlight.replay.hospital import Shipment
from firstlight.replay.script import ArrangementScript, CaseScript, StudyScript


def draft_case(
    script: CaseScript,
    arrived: Iterable[tuple[StudyScript, list[Instance]]],
    *,
    outbreak: Outbreak | None,
    by: Member,
) -> Case:
    """Write a case on its received studies, and send it for review."""
    case = begin_case(outbreak=outbreak, by=by, at=script.begun_at, number=script.number)
    stacks = list(arrived)
    for study, stack in stacks:
        attach_series(case, {instance.series for instance in stack}, by=by, at=script.begun_at)
        point_out(case, study, stack, by=by, script=script)
    if script.arrangement:
        arrange_case(case, arranged(script.arrangement, stacks), by=by, at=script.begun_at)
    name_authors(case, [author_of(by)], by=by, at=script.begun_at, members={1: by})
    write_case(case, by=by, at=script.begun_at, readings=readings_of(script.number), **script.texts)
    return submit_case(case, by=by, at=script.submitted_at)


def author_of(member: Member) -> AuthorView:
    """A member of the replay as readers see an author; nobody invented has an ORCID iD."""
    name_ko, _, latin = member.name.partition(" ")
    family_name, _, given_name = (latin or name_ko).partition(" ")
    place = member.institution
    affiliation_ko, affiliation_en = (place.name_ko, place.name_en) if place else ("", "")
    return AuthorView(given_name, family_name, name_ko, "", affiliation_ko, affiliation_en)


def site_of(author: Member) -> str:
    """Where an author's images come from: each institution signs its receipts with a key of its own."""
    return author.institution.slug if author.institution else author.name


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
    for mark in study.marks:
        shown = stack[study.place_of(mark)]
        raw = {"sopInstanceUID": shown.sop_instance_uid, "frame": 1, "kind": mark.kind}
        words = {"labelKo": mark.label_ko, "labelEn": mark.label_en}
        keep_mark(case, {**raw, **words, "points": [list(each) for each in mark.points]}, by=by, at=script.begun_at)


def arranged(script: ArrangementScript, stacks: Sequence[tuple[StudyScript, list[Instance]]]) -> dict[str, Any]:
    """The arrangement as the viewer would send it: each cell at its key image, nothing turned or enlarged."""
    cells = []
    for each in script.cells:
        study, stack = stacks[each.study - 1]
        image = stack[study.place_of(study.key_images[each.key_image - 1])]
        shown = {"sopInstanceUID": image.sop_instance_uid, "frame": 1}
        cells.append({"series": image.series.series_instance_uid, "image": shown, "zoom": 1, "rotation": 0})
    return {"layout": script.layout, "isLinked": script.linked, "active": 0, "cells": cells}
