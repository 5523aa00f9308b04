"""QIDO-RS (PS3.18 10.6): studies, series and instances by their attributes, from rows that are nearly the answer."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection
from pydicom.datadict import tag_for_keyword

from firstlight.imaging.dicomweb.exchange import DICOM_JSON, Answer, Asked, Refusal, as_xml
from firstlight.imaging.dicomweb.metadata import documents_of
from firstlight.imaging.rules.access import Condition, may_be_read
from firstlight.rows import rows

PAGE = 200
MOST = 5000
NOT_MATCHED = frozenset({"limit", "offset", "includefield", "fuzzymatching", "on", "accept", "charset"})
Matching = Callable[[str, str], Condition]


class Attribute(NamedTuple):
    """What may be searched for: its names, its column, "" where no de-identified study has a value, and how."""

    keyword: str
    tag: str
    column: str
    match: Matching


def _like(column: str, pattern: str) -> Condition:
    """Wildcard matching (PS3.4 C.2.2.2.4): * for any run, ? for one character, in the case it is written in."""
    if connection.vendor == "sqlite":
        return f"{column} GLOB %s", [pattern.replace("[", "[[]")]
    escaped = re.sub(r"([\\%_])", r"\\\1", pattern)
    return f"{column} LIKE %s", [escaped.replace("*", "%").replace("?", "_")]


def exact(column: str, value: str) -> Condition:
    """Single value and wildcard matching (PS3.4 C.2.2.2.1, C.2.2.2.4)."""
    return _like(column, value) if re.search(r"[*?]", value) else (f"{column} = %s", [value])


def listed(column: str, value: str) -> Condition:
    """UID list matching (PS3.4 C.2.2.2.2): values with commas or backslashes between them."""
    values = re.split(r"[,\\]", value)
    if any(re.search(r"[*?]", each) for each in values):
        alternatives = [exact(column, each) for each in values]
        return " OR ".join(sql for sql, _ in alternatives), [one for _, each in alternatives for one in each]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", [*values]


def numbered(column: str, value: str) -> Condition:
    """A whole number; raises ValueError for anything else."""
    return f"{column} = %s", [int(value)]


def day_within(column: str, value: str) -> Condition:
    """Date range matching (PS3.4 C.2.2.2.5.1); raises ValueError for what is no date."""
    return _within(column, value, _day)


def time_within(column: str, value: str) -> Condition:
    """Time range matching (PS3.4 C.2.2.2.5.2); times are kept as they are written, HHMMSS.FFFFFF."""
    low, dash, high = value.partition("-")
    if not dash:
        return f"{column} LIKE %s", [_time(low) + "%"]
    return _within(column, f"{low}-{high and high + '~'}", _time)


def _within(column: str, value: str, read: Callable[[str], Any]) -> Condition:
    low, dash, high = value.partition("-")
    if not dash:
        return f"{column} = %s", [read(low)]
    bounds = [(f"{column} >= %s", low), (f"{column} <= %s", high)]
    kept = [(sql, read(bound)) for sql, bound in bounds if bound]
    return " AND ".join(sql for sql, _ in kept) or "1=1", [bound for _, bound in kept]


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 — a DA has no zone


def _time(text: str) -> str:
    if not re.fullmatch(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?~?", text):
        raise ValueError
    return text


def of_modality(_column: str, value: str) -> Condition:
    """Studies that have a series of one of these modalities."""
    sql, parameters = listed("other.modality", value)
    return f"EXISTS (SELECT 1 FROM imaging_series other WHERE other.study_id = study.id AND ({sql}))", parameters


STUDY = (
    Attribute("StudyInstanceUID", "0020000D", "study.study_instance_uid", listed),
    Attribute("PatientID", "00100020", "study.patient_id", exact),
    Attribute("PatientName", "00100010", "study.patient_id", exact),
    Attribute("PatientSex", "00100040", "study.patient_sex", exact),
    Attribute("StudyDate", "00080020", "study.study_on", day_within),
    Attribute("StudyTime", "00080030", "study.study_time", time_within),
    Attribute("StudyDescription", "00081030", "study.description", exact),
    Attribute("ModalitiesInStudy", "00080061", "study.id", of_modality),
    Attribute("AccessionNumber", "00080050", "", exact),
    Attribute("ReferringPhysicianName", "00080090", "", exact),
    Attribute("StudyID", "00200010", "", exact),
    Attribute("PatientBirthDate", "00100030", "", exact),
    Attribute("IssuerOfPatientID", "00100021", "", exact),
)
SERIES = (
    Attribute("SeriesInstanceUID", "0020000E", "series.series_instance_uid", listed),
    Attribute("Modality", "00080060", "series.modality", listed),
    Attribute("SeriesNumber", "00200011", "series.series_number", numbered),
    Attribute("SeriesDescription", "0008103E", "series.description", exact),
    Attribute("BodyPartExamined", "00180015", "series.body_part_examined", exact),
    Attribute("PerformedProcedureStepStartDate", "00400244", "", exact),
    Attribute("PerformedProcedureStepStartTime", "00400245", "", exact),
    Attribute("RequestAttributesSequence.ScheduledProcedureStepID", "00400275.00400009", "", exact),
    Attribute("RequestAttributesSequence.RequestedProcedureID", "00400275.00401001", "", exact),
)
INSTANCE = (
    Attribute("SOPInstanceUID", "00080018", "instance.sop_instance_uid", listed),
    Attribute("SOPClassUID", "00080016", "instance.sop_class_uid", listed),
    Attribute("InstanceNumber", "00200013", "instance.instance_number", numbered),
    Attribute("NumberOfFrames", "00280008", "instance.frame_count", numbered),
    Attribute("Rows", "00280010", "instance.rows", numbered),
    Attribute("Columns", "00280011", "instance.columns", numbered),
)
NAMES = frozenset({"PatientName", "00100010"})


def _by_name(*levels: tuple[Attribute, ...]) -> dict[str, Attribute]:
    return {name: each for level in levels for each in level for name in (each.keyword, each.tag)}


LEVELS = {
    "studies": _by_name(STUDY),
    "series": _by_name(SERIES, STUDY),
    "instances": _by_name(INSTANCE, SERIES, STUDY),
}


def conditions(asked: Asked, level: str) -> Condition:
    """What the query asks for as SQL; raises Refusal for what cannot be answered."""
    found = [may_be_read(asked.reader, asked.at)]
    for name, value in asked.query:
        if name not in NOT_MATCHED and value not in ("", "*"):
            found.append(_condition(name, value, level, fuzzy=asked.value("fuzzymatching") == "true"))
    return " AND ".join(f"({sql})" for sql, _ in found), [one for _, each in found for one in each]


def _condition(name: str, value: str, level: str, *, fuzzy: bool) -> Condition:
    attribute = LEVELS[level].get(name)
    if attribute is None:
        raise Refusal(400, "This query cannot be answered", f"{name}: this attribute cannot be searched for here.")
    if not attribute.column:
        return "1=0", []
    if fuzzy and name in NAMES:
        escaped = re.sub(r"([\\%_])", r"\\\1", value.strip("*").lower())
        return rf"LOWER({attribute.column}) LIKE %s ESCAPE '\'", [f"%{escaped}%"]
    try:
        return attribute.match(attribute.column, value)
    except (ValueError, OverflowError):
        raise Refusal(400, "This query cannot be answered", f"{name}: this value cannot be matched.") from None


def page_asked(asked: Asked) -> tuple[int, int]:
    """`limit` and `offset`; a limit beyond the most that one answer holds is lowered to it."""
    try:
        limit, offset = int(asked.value("limit") or PAGE), int(asked.value("offset") or 0)
    except ValueError:
        limit, offset = -1, 0
    if limit < 0 or not 0 <= offset < 1 << 62:
        raise Refusal(400, "This query cannot be answered", "limit and offset are whole numbers from 0.")
    return min(limit, MOST), offset


def search_studies(asked: Asked) -> Answer:
    """Studies that this reader may know of (PS3.18 table 10.6.3-3), the one that came last first."""
    where, parameters = conditions(asked, "studies")
    limit, offset = page_asked(asked)
    sql = f"""SELECT study.ready, study.study_instance_uid, study.id FROM imaging_study study
        WHERE {where} ORDER BY study.received_at DESC, study.id LIMIT %s OFFSET %s"""
    found = rows(sql, [*parameters, limit + 1, offset])
    texts = [_at(ready, f"{asked.root}/studies/{uid}") for ready, uid, _ in found[:limit]]
    return _answer(asked, _with_fields(asked, texts, [("study_id", key) for *_, key in found]), more=len(found) > limit)


def search_series(asked: Asked, study: str = "") -> Answer:
    """Series of one study or of all (PS3.18 table 10.6.3-4), each with its study's attributes."""
    where, parameters = _scoped(asked, "series", study=study)
    limit, offset = page_asked(asked)
    sql = f"""SELECT study.ready, series.ready, study.study_instance_uid, series.series_instance_uid, series.id
        FROM imaging_series series JOIN imaging_study study ON study.id = series.study_id
        WHERE {where} ORDER BY study.received_at DESC, study.id, series.series_number, series.id LIMIT %s OFFSET %s"""
    found = rows(sql, [*parameters, limit + 1, offset])
    texts = [
        _at(_joined(above, ready), f"{asked.root}/studies/{uid}/series/{series_uid}")
        for above, ready, uid, series_uid, _ in found[:limit]
    ]
    return _answer(asked, _with_fields(asked, texts, [("id", key) for *_, key in found]), more=len(found) > limit)


def search_instances(asked: Asked, study: str = "", series: str = "") -> Answer:
    """Instances of one series, of one study or of all (PS3.18 table 10.6.3-5), in reading order."""
    where, parameters = _scoped(asked, "instances", study=study, series=series)
    limit, offset = page_asked(asked)
    sql = f"""SELECT series.id, study.ready, series.ready, study.study_instance_uid, series.series_instance_uid,
        instance.sop_instance_uid, instance.sop_class_uid, instance.transfer_syntax_uid, instance.instance_number,
        instance.rows, instance.columns, instance.frame_count FROM imaging_instance instance
        JOIN imaging_series series ON series.id = instance.series_id
        JOIN imaging_study study ON study.id = series.study_id
        WHERE {where} ORDER BY instance.series_id, instance.stack_index, instance.id LIMIT %s OFFSET %s"""
    found = rows(sql, [*parameters, limit + 1, offset])
    above: dict[int, tuple[str, str]] = {}
    for key, of_study, of_series, uid, series_uid, *_ in found[:limit]:
        if key not in above:
            above[key] = _joined(of_study, of_series)[:-1], f"{asked.root}/studies/{uid}/series/{series_uid}/instances/"
    texts = [_instance(*above[row[0]], *row[5:]) for row in found[:limit]]
    fields = [("id", row[0], row[5]) for row in found]
    return _answer(asked, _with_fields(asked, texts, fields), more=len(found) > limit)


def _scoped(asked: Asked, level: str, *, study: str, series: str = "") -> Condition:
    where, parameters = conditions(asked, level)
    if study:
        where, parameters = f"study.study_instance_uid = %s AND {where}", [study, *parameters]
    if series:
        where, parameters = f"series.series_instance_uid = %s AND {where}", [series, *parameters]
    return where, parameters


def _at(ready: str, address: str) -> str:
    return f'{ready[:-1]},"00081190":{{"vr":"UR","Value":["{address}"]}}}}'


def _joined(above: str, below: str) -> str:
    return f"{above[:-1]},{below[1:]}"


def _instance(
    above: str,
    address: str,
    sop: str,
    sop_class: str,
    syntax: str,
    number: int | None,
    height: int | None,
    width: int | None,
    frames: int,
) -> str:
    """One instance: UIDs and numbers need no escaping, so that its JSON is written and not built."""
    return (
        f'{above},"00080016":{{"vr":"UI","Value":["{sop_class}"]}},"00080018":{{"vr":"UI","Value":["{sop}"]}},'
        f'"00081190":{{"vr":"UR","Value":["{address}{sop}"]}},"00083002":{{"vr":"UI","Value":["{syntax}"]}},'
        f'"00200013":{_number("IS", number)},"00280010":{_number("US", height)},'
        f'"00280011":{_number("US", width)},"00280008":{_number("IS", frames or None)}}}'
    )


def _number(vr: str, value: int | None) -> str:
    return f'{{"vr":"{vr}"}}' if value is None else f'{{"vr":"{vr}","Value":[{value}]}}'


def _answer(asked: Asked, texts: Sequence[str], *, more: bool) -> Answer:
    wants_xml = asked.wants_xml
    if not texts:
        return Answer(status=204)
    body = f"[{','.join(texts)}]".encode()
    answer = as_xml(orjson.loads(body)) if wants_xml else Answer(body, DICOM_JSON)
    if more:
        answer.headers["Warning"] = '299 - "There are additional results that can be requested"'
    return answer


def _with_fields(asked: Asked, texts: Sequence[str], keys: Sequence[tuple[Any, ...]]) -> Sequence[str]:
    """The answers with what `includefield` names beyond what they hold (PS3.18 8.3.4.3), from the ready metadata."""
    wanted = {_tag_of(each) for name, value in asked.query if name == "includefield" for each in value.split(",")}
    wanted -= {"all", ""}
    if not wanted or not texts:
        return texts
    documents = [orjson.loads(each) for each in texts]
    missing = wanted - set(documents[0])
    if missing:
        for document, key in zip(documents, keys, strict=False):
            source = source_of(*key)
            document.update({tag: source[tag] for tag in missing if tag in source})
    return [orjson.dumps(each).decode() for each in documents]


def _tag_of(name: str) -> str:
    if name == "all" or re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name if name == "all" else name.upper()
    tag = tag_for_keyword(name)
    if tag is None:
        raise Refusal(400, "This query cannot be answered", f"includefield: {name[:64]!r} is no attribute.")
    return f"{tag:08X}"


def source_of(column: str, key: int, sop: str = "") -> dict[str, Any]:
    """The DICOM JSON that stands for a study, a series or an instance: its own, or its first image's."""
    found = rows(f"SELECT metadata_object FROM imaging_series WHERE {column} = %s ORDER BY id LIMIT 1", [key])
    documents = documents_of(found[0][0]) if found and found[0][0] else []
    own = [each for each in documents if each["00080018"]["Value"][0] == sop] if sop else documents
    return own[0] if own else {}
