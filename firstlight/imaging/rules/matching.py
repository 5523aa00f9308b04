"""What a search asks for, as conditions that both databases understand: the matching of PS3.4 C.2.2.2.

QIDO-RS and C-FIND ask by the same rules.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydicom.datadict import tag_for_keyword

from firstlight.imaging.rules.access import Condition

SMALLEST, LARGEST = -(2**31), 2**31 - 1
NOTHING: Condition = ("1=0", [])
EVERYTHING: Condition = ("1=1", [])
EMPTY = '""'


class NotMatchable(ValueError):
    """A key that cannot be searched by, or a value that cannot be matched; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How values are compared: for which database; names by parts (C.2.2.2.1), "" as none, several values of a kind."""

    is_sqlite: bool
    fuzzy: bool = False
    empty: bool = False
    multiple: bool = False


Match = Callable[[str, str, Manner], Condition]


class Attribute(NamedTuple):
    """What may be searched for: its path, its column, "" where no de-identified study has a value, and how."""

    path: str
    column: str
    match: Match

    @property
    def tags(self) -> str:
        """The path as tags with dots between them."""
        return tag_path(self.path)


@lru_cache(1024)
def tag_path(name: str) -> str:
    """A path of keywords or tags as tags with dots between them (PS3.18 8.3.4.1); raises ValueError for none."""
    return ".".join(_tag(each) for each in name.split("."))


def _tag(name: str) -> str:
    if re.fullmatch(r"[0-9A-Fa-f]{8}", name):
        return name.upper()
    tag = tag_for_keyword(name)
    if tag is None:
        raise ValueError
    return f"{tag:08X}"


def any_of(conditions: Iterable[Condition]) -> Condition:
    """One of these."""
    return _joined(conditions, " OR ", NOTHING)


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Each of these."""
    return _joined(conditions, " AND ", EVERYTHING)


def _joined(conditions: Iterable[Condition], word: str, none: Condition) -> Condition:
    found = list(conditions)
    if len(found) < 2:
        return found[0] if found else none
    return word.join(f"({sql})" for sql, _ in found), [one for _, each in found for one in each]


def text(column: str, value: str, manner: Manner) -> Condition:
    """Single value and wildcard matching (C.2.2.2.1, C.2.2.2.4), in the case it is written in."""
    return _like(column, value, manner) if re.search(r"[*?]", value) else (f"{column} = %s", [value])


def _like(column: str, pattern: str, manner: Manner) -> Condition:
    if manner.is_sqlite:
        return f"{column} GLOB %s", [pattern.replace("[", "[[]")]
    return f"{column} LIKE %s", [_escaped(pattern).replace("*", "%").replace("?", "_")]


def _escaped(text_: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text_)


def person(column: str, value: str, manner: Manner) -> Condition:
    """A name as it is written; with fuzzy matching each of its parts, in any order and case, with any accents left."""
    if not manner.fuzzy:
        return text(column, value.rstrip("^="), manner)
    parts = [each for each in re.split(r"[\s^=,*?]+", value.lower()) if each]
    return all_of((rf"LOWER({column}) LIKE %s ESCAPE '\'", [f"%{_escaped(each)}%"]) for each in parts)


def listed(column: str, value: str, manner: Manner) -> Condition:
    """UID list matching (C.2.2.2.2): values with commas or backslashes between them."""
    values = [each for each in re.split(r"[,\\]", value) if each]
    if any(re.search(r"[*?]", each) for each in values):
        return any_of(text(column, each, manner) for each in values)
    if len(values) < 2:
        return f"{column} = %s", values or [value]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", [*values]


def numbered(column: str, value: str, _manner: Manner) -> Condition:
    """A whole number; raises ValueError for anything else."""
    number = int(value)
    return (f"{column} = %s", [number]) if SMALLEST <= number <= LARGEST else NOTHING


def day_within(column: str, value: str, _manner: Manner) -> Condition:
    """Date range matching (C.2.2.2.5.1); raises ValueError for what is no date."""
    return _within(column, value, _day)


def time_within(column: str, value: str, _manner: Manner) -> Condition:
    """Time range matching (C.2.2.2.5.2); times are kept as they are written, HHMMSS.FFFFFF, and may be cut short."""
    low, dash, high = value.partition("-")
    if not dash:
        return f"{column} LIKE %s", [_time(low) + "%"]
    return _within(column, f"{low}-{high and high + '~'}", _time)


def _within(column: str, value: str, read: Callable[[str], Any]) -> Condition:
    low, dash, high = value.partition("-")
    if not dash:
        return f"{column} = %s", [read(low)]
    bounds = [(f"{column} >= %s", low), (f"{column} <= %s", high)]
    kept = [(sql, [read(bound)]) for sql, bound in bounds if bound]
    if not kept:
        raise ValueError
    # A time that is not known lies in no range, and "" would come before all others.
    return all_of([*kept, (f"{column} > ''", [])] if read is _time else kept)


def _day(value: str) -> date:
    if not re.fullmatch(r"\d{8}", value):
        raise ValueError
    return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007 — a DA has no zone


def _time(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?~?", value):
        raise ValueError
    return value


def of_modality(_column: str, value: str, manner: Manner) -> Condition:
    """Studies that have a series of one of these modalities."""
    sql, parameters = listed("other.modality", value, manner)
    sql = f"EXISTS (SELECT 1 FROM imaging_series other WHERE other.study_id = study.id AND ({sql}))"  # noqa: S608
    return sql, parameters


STUDY = (
    Attribute("StudyInstanceUID", "study.study_instance_uid", listed),
    Attribute("PatientID", "study.patient_id", text),
    Attribute("PatientName", "study.patient_id", person),
    Attribute("PatientSex", "study.patient_sex", text),
    Attribute("PatientAge", "study.patient_age", text),
    Attribute("StudyDate", "study.study_on", day_within),
    Attribute("StudyTime", "study.study_time", time_within),
    Attribute("StudyDescription", "study.description", text),
    Attribute("ModalitiesInStudy", "study.id", of_modality),
    Attribute("AccessionNumber", "", text),
    Attribute("ReferringPhysicianName", "", person),
    Attribute("StudyID", "", text),
    Attribute("PatientBirthDate", "", day_within),
    Attribute("IssuerOfPatientID", "", text),
)
SERIES = (
    Attribute("SeriesInstanceUID", "series.series_instance_uid", listed),
    Attribute("Modality", "series.modality", listed),
    Attribute("SeriesNumber", "series.series_number", numbered),
    Attribute("SeriesDescription", "series.description", text),
    Attribute("BodyPartExamined", "series.body_part_examined", text),
    Attribute("PerformedProcedureStepStartDate", "", day_within),
    Attribute("PerformedProcedureStepStartTime", "", time_within),
    Attribute("RequestAttributesSequence.ScheduledProcedureStepID", "", text),
    Attribute("RequestAttributesSequence.RequestedProcedureID", "", text),
)
INSTANCE = (
    Attribute("SOPInstanceUID", "instance.sop_instance_uid", listed),
    Attribute("SOPClassUID", "instance.sop_class_uid", listed),
    Attribute("InstanceNumber", "instance.instance_number", numbered),
    Attribute("NumberOfFrames", "instance.frame_count", numbered),
    Attribute("Rows", "instance.rows", numbered),
    Attribute("Columns", "instance.columns", numbered),
    Attribute("AvailableTransferSyntaxUID", "instance.transfer_syntax_uid", listed),
)


def _by_tags(*levels: Sequence[Attribute]) -> dict[str, Attribute]:
    return {each.tags: each for level in levels for each in level}


LEVELS = {
    "studies": _by_tags(STUDY),
    "series": _by_tags(SERIES, STUDY),
    "instances": _by_tags(INSTANCE, SERIES, STUDY),
}


def condition(name: str, value: str, *, level: str, manner: Manner) -> Condition:
    """One key and its value as a condition on `study`, `series` and `instance`; raises NotMatchable.

    No value and * match everything (C.2.2.2.3); a key that no de-identified study has a value for matches nothing.
    """
    attribute = _attribute(name, level)
    if "\0" in value:
        raise NotMatchable(f"{name}: this value cannot be matched.")
    if value in ("", "*"):
        return EVERYTHING
    if value == EMPTY and manner.empty:
        return (f"({attribute.column} IS NULL OR CAST({attribute.column} AS TEXT) = '')", []) if attribute.column \
            else EVERYTHING  # fmt: skip
    if value.strip("*") == "" and manner.fuzzy:
        return EVERYTHING
    values = value.split("\\") if manner.multiple else [value]
    try:
        found = any_of(attribute.match(attribute.column or "''", each, manner) for each in values)
    except (ValueError, OverflowError):
        raise NotMatchable(f"{name}: this value cannot be matched.") from None
    return found if attribute.column else NOTHING


def _attribute(name: str, level: str) -> Attribute:
    try:
        return LEVELS[level][tag_path(name)]
    except (KeyError, ValueError):
        raise NotMatchable(f"{name[:64]}: this attribute cannot be searched for here.") from None
