"""C-FIND (PS3.4 C.4.1): the same rows, the same rule of access and the same matching as QIDO-RS."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.utils import timezone

from firstlight.dimse import statuses
from firstlight.dimse.associations import Message
from firstlight.dimse.services import Handler
from firstlight.dimse.syntaxes import PATIENT_ROOT_FIND
from firstlight.imaging.dicomweb.metadata import documents_of, first_document
from firstlight.imaging.dimse.identifiers import (
    BadIdentifier,
    Document,
    Identifier,
    answer,
    read_identifier,
    written_data_set,
)
from firstlight.imaging.ready import element
from firstlight.imaging.rules.access import Condition, Reader, may_be_read
from firstlight.imaging.rules.matching import LEVELS, Manner, NotMatchable, all_of, condition
from firstlight.imaging.settling import settle
from firstlight.rows import rows

PAGE = 500
LOOKED_FOR_CANCEL = 25
PATIENT_KEYS = frozenset({"00100010", "00100020", "00100030", "00100040", "00100021"})
RELATED = frozenset({"00201200", "00201202", "00201204"})
SOP_CLASSES_IN_STUDY, PATIENT_ID = "00080062", "00100020"
Found = tuple[Any, Document]


class Level(NamedTuple):
    """A level of the query information model: its attributes' name, and what brings its answers a page at a time."""

    matched_as: str
    page: Callable[[Condition, Any, Identifier], list[Found]]


def finding(reader: Callable[[datetime], Reader], ae_title: str) -> Handler:
    """C-FIND for a peer: what its standing lets it know."""

    def find(message: Message) -> None:
        association, syntax = message.association, message.context.transfer_syntax
        now = timezone.now()
        try:
            asked = read_identifier(message.data_set(), syntax)
            level = _level_of(asked, patient_root=message.context.abstract_syntax == PATIENT_ROOT_FIND)
            where, all_matched = conditions(asked, level, reader(now), now)
        except (BadIdentifier, NotMatchable) as error:
            status = (
                statuses.CANNOT_UNDERSTAND if isinstance(error, NotMatchable) else statuses.IDENTIFIER_DOES_NOT_MATCH
            )
            association.respond(message, status)
            return
        pending = statuses.PENDING if all_matched else statuses.PENDING_WITHOUT_SOME_KEYS
        for number, document in enumerate(answers(asked, level, where)):
            if number % LOOKED_FOR_CANCEL == 0 and association.is_cancelled(message):
                association.respond(message, statuses.CANCELLED)
                return
            found = answer(document, asked.wanted, level=asked.level, retrieve_ae=ae_title)
            association.respond(message, pending, written_data_set(found, syntax))
        association.respond(message, statuses.SUCCESS)

    return find


def _level_of(asked: Identifier, *, patient_root: bool) -> Level:
    if asked.level not in LEVELS_OF_QUERY or (asked.level == "PATIENT" and not patient_root):
        raise BadIdentifier
    return LEVELS_OF_QUERY[asked.level]


def conditions(asked: Identifier, level: Level, reader: Reader, at: datetime) -> tuple[Condition, bool]:
    """What is asked for as SQL, and whether every key with a value was matched; raises NotMatchable.

    A key that cannot be searched by matches everything (PS3.4 C.2.2.1.3).
    """
    known = LEVELS[level.matched_as]
    manner = Manner(is_sqlite=connection.vendor == "sqlite")
    found, all_matched = [may_be_read(reader, at)], True
    for path, value in asked.keys:
        is_known = path in known and (asked.level != "PATIENT" or path in PATIENT_KEYS)
        if is_known:
            found.append(condition(path, value, level=level.matched_as, manner=manner))
        elif value not in ("", "*"):
            all_matched = False
    return all_of(found), all_matched


def answers(asked: Identifier, level: Level, where: Condition) -> Iterator[Document]:
    """The documents of all that is found, read page by page."""
    last: Any = None
    while True:
        found = level.page(where, last, asked)
        yield from (document for _, document in found)
        if len(found) < PAGE:
            return
        last = found[-1][0]


def _after(where: Condition, column: str, last: Any) -> Condition:
    """The condition, and beyond the last row of the page before."""
    return where if last is None else all_of([where, (f"{column} > %s", [last])])


def _patients(where: Condition, last: Any, asked: Identifier) -> list[Found]:
    sql, parameters = _after(where, "study.patient_id", last)
    series = "(SELECT COUNT(*) FROM imaging_series one WHERE one.study_id = study.id)"
    images = "(SELECT COALESCE(SUM(one.instance_count), 0) FROM imaging_series one WHERE one.study_id = study.id)"
    counts = f", SUM({series}), SUM({images})" if RELATED & asked.wanted.keys() else ", 0, 0"
    found = rows(
        f"""SELECT study.patient_id, MAX(study.patient_sex), COUNT(*){counts} FROM imaging_study study WHERE {sql}
        GROUP BY study.patient_id ORDER BY study.patient_id LIMIT {PAGE}""",
        parameters,
    )
    return [(row[0], _patient(*row)) for row in found]


def _patient(patient_id: str, sex: str, studies: int, series: int, images: int) -> Document:
    return {
        "00100010": element("PN", {"Alphabetic": patient_id} if patient_id else None),
        "00100020": element("LO", patient_id),
        "00100040": element("CS", sex),
        "00201200": element("IS", studies),
        "00201202": element("IS", int(series)),
        "00201204": element("IS", int(images)),
    }


def _studies(where: Condition, last: Any, asked: Identifier) -> list[Found]:
    sql, parameters = _after(where, "study.id", last)
    found = rows(
        f"SELECT study.id, study.ready FROM imaging_study study WHERE {sql} ORDER BY study.id LIMIT {PAGE}", parameters
    )
    return [(key, _completed(orjson.loads(ready), asked, ("study_id", key))) for key, ready in found]


def _series(where: Condition, last: Any, asked: Identifier) -> list[Found]:
    sql, parameters = _after(where, "series.id", last)
    found = rows(
        f"""SELECT series.id, study.ready, series.ready FROM imaging_series series
        JOIN imaging_study study ON study.id = series.study_id WHERE {sql} ORDER BY series.id LIMIT {PAGE}""",
        parameters,
    )
    return [(key, _completed(_merged(above, ready), asked, ("id", key))) for key, above, ready in found]


def _images(where: Condition, last: Any, asked: Identifier) -> list[Found]:
    sql, parameters = _after(where, "instance.id", last)
    found = rows(
        f"""SELECT instance.id, series.id, study.ready, series.ready, instance.sop_class_uid, instance.sop_instance_uid,
        instance.transfer_syntax_uid, instance.instance_number, instance.rows, instance.columns, instance.frame_count
        FROM imaging_instance instance JOIN imaging_series series ON series.id = instance.series_id
        JOIN imaging_study study ON study.id = series.study_id WHERE {sql} ORDER BY instance.id LIMIT {PAGE}""",
        parameters,
    )
    return [
        (row[0], _completed({**_merged(row[2], row[3]), **_image(*row[4:])}, asked, ("id", row[1], row[5])))
        for row in found
    ]


def _merged(above: str, below: str) -> dict[str, Any]:
    return {**orjson.loads(above), **orjson.loads(below)}


def _image(
    sop_class: str, sop: str, syntax: str, number: int | None, height: int | None, width: int | None, frames: int
) -> Document:
    return {
        "00080016": element("UI", sop_class),
        "00080018": element("UI", sop),
        "00083002": element("UI", syntax),
        "00200013": element("IS", number),
        "00280008": element("IS", frames or None),
        "00280010": element("US", height),
        "00280011": element("US", width),
    }


def _completed(document: dict[str, Any], asked: Identifier, key: Sequence[Any]) -> Document:
    """The document with what is wanted beyond what the rows hold, from the image that stands for it."""
    missing = asked.wanted.keys() - document.keys()
    if SOP_CLASSES_IN_STUDY in missing:
        classes = rows(
            """SELECT DISTINCT instance.sop_class_uid FROM imaging_instance instance JOIN imaging_series series
            ON series.id = instance.series_id WHERE series.study_id = %s""",
            [key[1]],
        ) if key[0] == "study_id" else []  # fmt: skip
        document[SOP_CLASSES_IN_STUDY] = element("UI", *(uid for (uid,) in classes))
    missing = missing - RELATED - {SOP_CLASSES_IN_STUDY}
    if missing:
        source = _source(*key)
        document.update({tag: source[tag] for tag in missing if tag in source})
    return document


def _source(column: str, key: int, sop: str = "") -> Document:
    """The DICOM JSON that stands for a study, a series or an image: its own, or its first image's."""
    settle(each for (each,) in rows(f"SELECT id FROM imaging_series WHERE {column} = %s AND waiting_count > 0", [key]))
    sql = (
        f"SELECT metadata_object FROM imaging_series WHERE {column} = %s AND metadata_object <> '' ORDER BY id LIMIT 1"
    )
    found = rows(sql, [key])
    if not found:
        return {}
    if not sop:
        return first_document(found[0][0])
    own = (each for each in documents_of(found[0][0]) if each["00080018"]["Value"][0] == sop)
    return next(own, {})


LEVELS_OF_QUERY = {
    "PATIENT": Level("studies", _patients),
    "STUDY": Level("studies", _studies),
    "SERIES": Level("series", _series),
    "IMAGE": Level("instances", _images),
}
