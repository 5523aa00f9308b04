"""QIDO-RS (PS3.18 10.6): studies, series and instances by their attributes, from rows that are nearly the answer."""

from collections.abc import Sequence

import orjson
from django.db import connection

from firstlight.imaging.dicomweb.exchange import Answer, Asked, Refusal, as_xml, json_text
from firstlight.imaging.dicomweb.fields import Key, fields_asked, with_fields
from firstlight.imaging.rules.access import Condition, may_be_read
from firstlight.imaging.rules.matching import Manner, NotMatchable, all_of, condition
from firstlight.rows import rows

PAGE = 200
MOST = 5000
SWITCHES = ("fuzzymatching", "emptyvaluematching", "multiplevaluematching")
NOT_MATCHED = frozenset({"limit", "offset", "includefield", "on", "accept", "charset", *SWITCHES})


def conditions(asked: Asked, level: str) -> Condition:
    """What the query asks for as SQL, of what this reader may know of; raises Refusal for what cannot be answered."""
    manner = manner_asked(asked)
    try:
        matched = [
            condition(name, value, level=level, manner=manner) for name, value in asked.query if name not in NOT_MATCHED
        ]
    except NotMatchable as error:
        raise Refusal(400, "This query cannot be answered", str(error)) from None
    return all_of([may_be_read(asked.reader, asked.at), *matched])


def manner_asked(asked: Asked) -> Manner:
    """How values shall be compared (PS3.18 8.3.4.2 and following)."""
    fuzzy, empty, multiple = (_switch(asked, name) for name in SWITCHES)
    return Manner(connection.vendor == "sqlite", fuzzy, empty, multiple)


def _switch(asked: Asked, name: str) -> bool:
    value = asked.value(name)
    if value not in ("", "true", "false"):
        raise Refusal(400, "This query cannot be answered", f"{name} is true or false.")
    return value == "true"


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
    return _answer(asked, texts, [Key("studies", key) for *_, key in found], more=len(found) > limit)


def search_series(asked: Asked, study: str = "") -> Answer:
    """Series of one study or of all (PS3.18 table 10.6.3-4), each with its study's attributes."""
    where, parameters = _scoped(asked, "series", study=study)
    limit, offset = page_asked(asked)
    sql = f"""SELECT study.ready, series.ready, study.study_instance_uid, series.series_instance_uid, series.id
        FROM imaging_series series JOIN imaging_study study ON study.id = series.study_id
        WHERE {where} ORDER BY series.study_id DESC, series.series_number, series.id LIMIT %s OFFSET %s"""
    found = rows(sql, [*parameters, limit + 1, offset])
    texts = [
        _at(_joined(above, ready), f"{asked.root}/studies/{uid}/series/{series_uid}")
        for above, ready, uid, series_uid, _ in found[:limit]
    ]
    return _answer(asked, texts, [Key("series", key) for *_, key in found], more=len(found) > limit)


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
    keys = [Key("instances", row[0], row[5]) for row in found]
    return _answer(asked, texts, keys, more=len(found) > limit)


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


def _answer(asked: Asked, texts: Sequence[str], keys: Sequence[Key], *, more: bool) -> Answer:
    wants_xml = asked.wants_xml
    fields_asked(asked)
    if not texts:
        return Answer(status=204)
    body = f"[{','.join(with_fields(asked, texts, keys))}]".encode()
    answer = as_xml(orjson.loads(body)) if wants_xml else json_text(asked, body)
    if more:
        answer.headers["Warning"] = '299 - "There are additional results that can be requested"'
    return answer
