"""QIDO-RS (PS3.18 10.6): studies, series and instances by their attributes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from firstlight.imaging.models import Instance, Series, Study

JSON = dict[str, Any]
Keys = dict[str, Callable[[str], Q]]
Rows = TypeVar("Rows", bound=QuerySet[Any])
PAGE = 200


class BadQuery(ValueError):
    """A query that cannot be answered; the message says which part."""


def element(vr: str, *values: Any) -> JSON:
    """One element of the DICOM JSON model (PS3.18 F.2); without values where there are none."""
    kept = [each for each in values if each not in (None, "")]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def matches(field: str) -> Callable[[str], Q]:
    """Single value, UID list or wildcard matching (PS3.4 C.2.2.2)."""

    def build(value: str) -> Q:
        if "*" in value or "?" in value:
            pattern = "".join({"*": ".*", "?": "."}.get(each, _escaped(each)) for each in value)
            return Q(**{f"{field}__regex": f"^{pattern}$"})
        return Q(**{f"{field}__in": value.replace("\\", ",").split(",")})

    return build


def _escaped(character: str) -> str:
    return character if character.isalnum() else f"\\{character}"


def within(field: str) -> Callable[[str], Q]:
    """Date range matching (PS3.4 C.2.2.2.5)."""

    def build(value: str) -> Q:
        low, dash, high = value.partition("-")
        if not dash:
            return Q(**{field: _day(low)})
        query = Q()
        if low:
            query &= Q(**{f"{field}__gte": _day(low)})
        if high:
            query &= Q(**{f"{field}__lte": _day(high)})
        return query

    return build


def _day(text: str) -> Any:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 — a DA has no zone
    except ValueError as error:
        raise BadQuery("StudyDate: write YYYYMMDD, or a range of them with a hyphen.") from error


STUDY_KEYS: Keys = {
    "StudyInstanceUID": matches("study_instance_uid"),
    "0020000D": matches("study_instance_uid"),
    "PatientID": matches("patient_id"),
    "00100020": matches("patient_id"),
    "PatientName": matches("patient_id"),
    "00100010": matches("patient_id"),
    "StudyDate": within("study_on"),
    "00080020": within("study_on"),
    "StudyDescription": matches("description"),
    "00081030": matches("description"),
    "ModalitiesInStudy": matches("series__modality"),
    "00080061": matches("series__modality"),
}
SERIES_KEYS: Keys = {
    "SeriesInstanceUID": matches("series_instance_uid"),
    "0020000E": matches("series_instance_uid"),
    "Modality": matches("modality"),
    "00080060": matches("modality"),
    "SeriesNumber": matches("series_number"),
    "00200011": matches("series_number"),
    "SeriesDescription": matches("description"),
    "0008103E": matches("description"),
}
INSTANCE_KEYS: Keys = {
    "SOPInstanceUID": matches("sop_instance_uid"),
    "00080018": matches("sop_instance_uid"),
    "SOPClassUID": matches("sop_class_uid"),
    "00080016": matches("sop_class_uid"),
    "InstanceNumber": matches("instance_number"),
    "00200013": matches("instance_number"),
}
NOT_MATCHED = frozenset({"limit", "offset", "includefield", "fuzzymatching", "on"})


def narrow(rows: Rows, query: QueryDict, *levels: tuple[str, Keys]) -> Rows:
    """Rows that match every key of the query; `levels` give each table's prefix and its keys.

    Raises BadQuery for a key that no level knows, since ignoring it would answer another question.
    """
    for key, value in query.items():
        if key in NOT_MATCHED or not value:
            continue
        prefix, build = _key(key, levels)
        try:
            rows = rows.filter(_below(prefix, build(str(value))))
        except (ValueError, ValidationError) as error:
            raise BadQuery(f"{key}: this value cannot be matched.") from error
    return rows


def _key(key: str, levels: tuple[tuple[str, Keys], ...]) -> tuple[str, Callable[[str], Q]]:
    for prefix, keys in levels:
        if key in keys:
            return prefix, keys[key]
    raise BadQuery(f"{key}: this attribute cannot be searched for here.")


def _below(prefix: str, query: Q) -> Q:
    """The same conditions, reached through a relation."""
    moved = Q(_connector=query.connector, _negated=query.negated)
    children: list[Any] = list(query.children)
    moved.children = [
        _below(prefix, each) if isinstance(each, Q) else (f"{prefix}{each[0]}", each[1]) for each in children
    ]
    return moved


def page_of(rows: Rows, query: QueryDict) -> Rows:
    """The part of the answer that `limit` and `offset` ask for."""
    try:
        limit, offset = int(query.get("limit") or PAGE), int(query.get("offset") or 0)
    except ValueError as error:
        raise BadQuery("limit and offset are whole numbers.") from error
    if limit < 0 or offset < 0:
        raise BadQuery("limit and offset are not negative.")
    return rows[offset : offset + limit]


def search_studies(rows: QuerySet[Study], query: QueryDict, *, root: str) -> list[JSON]:
    """Studies as QIDO-RS answers them (PS3.18 table 10.6.3-3)."""
    found = narrow(rows, query, ("", STUDY_KEYS)).distinct()
    counted = found.annotate(
        series_total=Count("series", distinct=True), instances_total=Count("series__instances", distinct=True)
    ).prefetch_related("series")
    return [study_json(each, root=root) for each in page_of(counted, query)]


def study_json(study: Study, *, root: str) -> JSON:
    """One study; the counts come as annotations."""
    counts = vars(study)
    return {
        **_study_elements(study),
        "00080056": element("CS", "ONLINE"),
        "00080061": element("CS", *sorted({each.modality for each in study.series.all()})),
        "00081190": element("UR", f"{root}/studies/{study.study_instance_uid}"),
        "00201206": element("IS", counts["series_total"]),
        "00201208": element("IS", counts["instances_total"]),
    }


def _study_elements(study: Study) -> JSON:
    name = {"Alphabetic": study.patient_id} if study.patient_id else None
    return {
        "00080005": element("CS", "ISO_IR 192"),
        "00080020": element("DA", study.study_on and study.study_on.strftime("%Y%m%d")),
        "00080030": element("TM", study.study_time),
        "00080050": element("SH"),
        "00080090": element("PN"),
        "00081030": element("LO", study.description),
        "00100010": element("PN", name),
        "00100020": element("LO", study.patient_id),
        "00100030": element("DA"),
        "00100040": element("CS", study.patient_sex),
        "0020000D": element("UI", study.study_instance_uid),
        "00200010": element("SH"),
    }


def search_series(rows: QuerySet[Series], query: QueryDict, *, root: str) -> list[JSON]:
    """Series as QIDO-RS answers them (PS3.18 table 10.6.3-4), each with its study's attributes."""
    found = narrow(rows, query, ("", SERIES_KEYS), ("study__", STUDY_KEYS)).select_related("study")
    return [{**_study_elements(each.study), **_series_elements(each, root=root)} for each in page_of(found, query)]


def _series_elements(series: Series, *, root: str) -> JSON:
    address = f"{root}/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
    return {
        "00080060": element("CS", series.modality),
        "0008103E": element("LO", series.description),
        "00080056": element("CS", "ONLINE"),
        "00081190": element("UR", address),
        "0020000E": element("UI", series.series_instance_uid),
        "00200011": element("IS", series.series_number),
        "00201209": element("IS", series.instance_count),
    }


def search_instances(rows: QuerySet[Instance], query: QueryDict, *, root: str) -> list[JSON]:
    """Instances as QIDO-RS answers them (PS3.18 table 10.6.3-5)."""
    levels = (("", INSTANCE_KEYS), ("series__", SERIES_KEYS), ("series__study__", STUDY_KEYS))
    found = narrow(rows, query, *levels).select_related("series__study")
    return [_instance_json(each, root=root) for each in page_of(found, query)]


def _instance_json(instance: Instance, *, root: str) -> JSON:
    series = instance.series
    above = {**_study_elements(series.study), **_series_elements(series, root=root)}
    address = f"{above['00081190']['Value'][0]}/instances/{instance.sop_instance_uid}"
    return {
        **above,
        "00080016": element("UI", instance.sop_class_uid),
        "00080018": element("UI", instance.sop_instance_uid),
        "00081190": element("UR", address),
        "00083002": element("UI", instance.transfer_syntax_uid),
        "00200013": element("IS", instance.instance_number),
        "00280010": element("US", instance.rows),
        "00280011": element("US", instance.columns),
        "00280008": element("IS", instance.frame_count),
    }
