"""The index as intake writes it: few statements for many instances, the same on both databases."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from firstlight.imaging.models import Instance, Series, Study, Waiting
from firstlight.imaging.ready import series_json, study_json, with_count, with_counts
from firstlight.imaging.receipts import texts_in
from firstlight.imaging.rules.arrivals import Arrival
from firstlight.rows import rows, rows_of

Row = dict[str, Any]
ATTEMPTS = 3


@dataclass(frozen=True)
class Accepted:
    """An instance that was judged and whose bytes are durable; `is_vouched` when a site's receipt covers it."""

    arrival: Arrival
    digest: str
    is_vouched: bool
    outbreak: int | None
    by: int | None
    at: datetime

    @property
    def sop(self) -> str:
        """Its SOP Instance UID."""
        return str(self.arrival.instance["sop_instance_uid"])


@dataclass
class _Series:
    key: int
    study: int
    modality: str
    instances: int
    frames: int
    waiting: int
    ready: str
    fresh: list[Accepted] = field(default_factory=list)


@dataclass
class _Study:
    key: int
    outbreak: int | None
    ready: str
    series: dict[str, _Series]
    is_new: bool


def index(accepted: Sequence[Accepted]) -> list[str]:
    """Write instances into the index, all or none, and say of each: "stored", "unchanged", or why it is none of these.

    The reasons are conflict, study-in-another-outbreak and series-in-another-study. Two programs that bring the same
    study at the same time wait for each other; one that lost a race looks again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _unsynced(), transaction.atomic():
                return _index(accepted)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


@contextmanager
def _unsynced() -> Iterator[None]:
    """SQLite does not wait for the disk in here: the instances' files are synced, and the index is made of them.

    What a power cut takes from the index is put back when a worker starts (`recovering`). PostgreSQL always waits.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    _run("PRAGMA synchronous=NORMAL", [])
    try:
        yield
    finally:
        _run("PRAGMA synchronous=FULL", [])


def _index(accepted: Sequence[Accepted]) -> list[str]:
    known = stored_objects(each.sop for each in accepted)
    firsts = {_study_uid(each): each for each in accepted if each.sop not in known}
    studies = {uid: _study(each) for uid, each in sorted(firsts.items())}  # in one order, so that none waits in a ring
    outcomes = [_placed(each, studies.get(_study_uid(each)), known) for each in accepted]
    for study in studies.values():
        _write(study)
    return outcomes


def _study_uid(each: Accepted) -> str:
    return str(each.arrival.study["study_instance_uid"])


def stored_objects(sops: Iterable[str]) -> dict[str, str]:
    """Which of these SOP Instance UIDs are in the index, each with the digest of its bytes."""
    sql = "SELECT sop_instance_uid, stored_object FROM imaging_instance WHERE sop_instance_uid IN ({places})"
    return dict(rows_of(sql, list(set(sops))))


def _placed(each: Accepted, study: _Study | None, known: dict[str, str]) -> str:
    """What becomes of one instance; a new one is noted with its series, and an outbreak takes in a study of none."""
    if study is None or each.sop in known:
        return "unchanged" if known[each.sop] == each.digest else "conflict"
    if each.outbreak is not None and study.outbreak not in (None, each.outbreak):
        return "study-in-another-outbreak"
    uid = each.arrival.series["series_instance_uid"]
    if uid not in study.series:
        study.series[uid] = _series(each, study.key)
    series = study.series[uid]
    if series.study != study.key:
        return "series-in-another-study"
    series.fresh.append(each)
    study.outbreak = study.outbreak or each.outbreak
    known[each.sop] = each.digest
    return "stored"


STUDY = "SELECT id, outbreak_id, ready FROM imaging_study WHERE study_instance_uid = %s"
SERIES = """SELECT series_instance_uid, id, study_id, modality, instance_count, frame_count, waiting_count, ready
    FROM imaging_series WHERE study_id = %s OR series_instance_uid = %s"""


def _study(each: Accepted) -> _Study:
    """The study of an instance, made when new and locked until the end."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    found = rows(STUDY + lock, [_study_uid(each)])
    is_new = not found
    if is_new:
        _insert(Study, [_new_study(each)], unless_there="study_instance_uid")
        found = rows(STUDY + lock, [_study_uid(each)])
    [(key, outbreak, ready)] = found
    series = rows(SERIES, [key, each.arrival.series["series_instance_uid"]])
    return _Study(key, outbreak, ready, {uid: _Series(*of_series) for uid, *of_series in series}, is_new)


def _new_study(each: Accepted) -> Row:
    told = dict(each.arrival.study)
    ready = study_json(**{name: told[name] for name in STUDY_SAYS}, modalities=(), series=0, instances=0)
    return {**told, "ready": ready, "outbreak_id": each.outbreak, "received_at": each.at, "received_by_id": each.by}


STUDY_SAYS = ("study_instance_uid", "patient_id", "patient_sex", "study_on", "study_time", "description")
SERIES_SAYS = ("series_instance_uid", "modality", "series_number", "description", "body_part_examined")


def _series(each: Accepted, study: int) -> _Series:
    """The series of an instance that its study does not have yet: made, or another study's."""
    told = each.arrival.series
    ready = series_json(**{name: told[name] for name in SERIES_SAYS}, instances=0)
    _insert(Series, [{**told, "study_id": study, "ready": ready}], unless_there="series_instance_uid")
    [(_uid, *found)] = rows(SERIES, [None, told["series_instance_uid"]])
    return _Series(*found)


def _write(study: _Study) -> None:
    """The new instances of a study, what waits for its settling, and every count; a new study of none is none."""
    touched = [series for series in study.series.values() if series.fresh]
    for series in touched:
        _write_series(series)
    if touched:
        own = [series for series in study.series.values() if series.study == study.key]
        counted = {"series": len(own), "instances": sum(series.instances for series in own)}
        ready = with_counts(study.ready, modalities=[series.modality for series in own], **counted)
        _run("UPDATE imaging_study SET ready = %s, outbreak_id = %s WHERE id = %s", [ready, study.outbreak, study.key])
    elif study.is_new:
        _run("DELETE FROM imaging_study WHERE id = %s", [study.key])


def _write_series(series: _Series) -> None:
    fresh = [
        {**each.arrival.instance, "series_id": series.key, "stored_object": each.digest,
         "size": len(each.arrival.content), "stack_index": series.instances + place}
        for place, each in enumerate(series.fresh)
    ]  # fmt: skip
    keys = {sop: key for sop, key in _insert(Instance, fresh, returning=("sop_instance_uid", "id"))}  # noqa: C416
    _insert(Waiting, [_waiting(each, series.key, keys[each.sop]) for each in series.fresh])
    series.instances += len(fresh)
    series.frames += sum(row["frame_count"] for row in fresh)
    _run(
        """UPDATE imaging_series SET instance_count = %s, frame_count = %s, waiting_count = %s, touched_at = %s,
        ready = %s WHERE id = %s""",
        [
            series.instances,
            series.frames,
            series.waiting + len(fresh),
            connection.ops.adapt_datetimefield_value(series.fresh[-1].at),
            with_count(series.ready, instances=series.instances),
            series.key,
        ],
    )


def _waiting(each: Accepted, series: int, key: int) -> Row:
    return {
        "instance_id": key,
        "series_id": series,
        "document": orjson.dumps(each.arrival.metadata).decode(),
        "is_vouched": each.is_vouched,
        "stripped": [*each.arrival.stripped],
        "texts": 0 if each.is_vouched else texts_in(each.arrival.metadata),
        "received_at": each.at,
        "received_by_id": each.by,
    }


def _run(sql: str, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _insert(
    model: type[Model], values: Sequence[Row], *, unless_there: str = "", returning: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Rows with a model's defaults for what is not named."""
    fields = _fields(model)
    places = f"({', '.join(['%s'] * len(fields))})"
    sql = f"{_head(model)} VALUES {', '.join([places] * len(values))}"
    sql += f" ON CONFLICT ({unless_there}) DO NOTHING" if unless_there else ""
    sql += f" RETURNING {', '.join(returning)}" if returning else ""
    prepared = [each.get_db_prep_save(_value(row, each), connection) for row in values for each in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, prepared)
        return cursor.fetchall() if returning else []


def _value(row: Row, of: Any) -> Any:
    """A column's value; a text that is longer than its VR allows is cut, since it is there to be searched."""
    value = row[of.attname] if of.attname in row else of.get_default()
    return value[: of.max_length] if isinstance(value, str) and of.max_length else value


@lru_cache(8)
def _fields(model: type[Model]) -> tuple[Any, ...]:
    return tuple(each for each in model._meta.concrete_fields if each.attname != "id")


@lru_cache(8)
def _head(model: type[Model]) -> str:
    columns = ", ".join(f'"{each.column}"' for each in _fields(model))
    return f"INSERT INTO {model._meta.db_table} ({columns})"
