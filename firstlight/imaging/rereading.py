"""What is stored, read again from its own bytes by today's code: columns, frames, documents, search answers."""

from collections.abc import Iterator
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path

import orjson
from django.db import transaction
from django.utils import timezone

from firstlight.audit.actions import record
from firstlight.dicom.datasets import as_dataset
from firstlight.dicom.frames import frames_of
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import Unreadable, pixel_element, take_apart
from firstlight.imaging import store
from firstlight.imaging.models import Instance, Series, Study, Waiting
from firstlight.imaging.ready import JSON, series_json, study_json
from firstlight.imaging.receipts import texts_in
from firstlight.imaging.rules.arrivals import Arrival, Content, describe, judge, without_pixels
from firstlight.imaging.settling import settle_anew
from firstlight.objects.interface import Missing

MAPPED_BYTES = 16 << 20


def content_of(digest: str) -> Content:
    """An instance's bytes, mapped where they are large; raises Missing."""
    source = store.source(digest)
    if not isinstance(source, Path):
        return source
    with source.open("rb") as file:
        if source.stat().st_size > MAPPED_BYTES:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
        return file.read()


def reread_series(key: int, *, cleans: bool = False, at: datetime | None = None) -> int:
    """Read a series again; how many of its instances could not be, whose rows stay as they were.

    With `cleans` today's profile decides once more: what it does not keep is taken out, the cleaned bytes take the
    place of those before, and the server signs for them. What it would hold counts as not read, and stays.
    """
    read = {row: _read(row, cleans=cleans) for row in Instance.objects.filter(series=key).order_by("stack_index")}
    arrivals = {row.sop_instance_uid: arrival for row, arrival in read.items() if arrival is not None}
    for row, arrival in read.items():
        if arrival is not None:
            _replace(row, arrival, at=at or timezone.now())
    settle_anew(key, lambda series: list(_documents(series, arrivals)))
    if arrivals:
        _tell(key, next(iter(arrivals.values())), at=at)
    return len(read) - len(arrivals)


def _read(row: Instance, *, cleans: bool) -> Arrival | None:
    try:
        if cleans:
            judged = judge(content_of(row.stored_object), profile=Profile.load(), pixels="confirmed")
            return judged if isinstance(judged, Arrival) else None
        return _arrival(row)
    except (Unreadable, Missing):
        return None


def _replace(row: Instance, arrival: Arrival, *, at: datetime) -> None:
    """What the index says of an instance, and its bytes where they were cleaned: first the new, then the old goes."""
    told = {name: value for name, value in arrival.instance.items() if name != "sop_instance_uid"}
    if not arrival.stripped:
        Instance.objects.filter(pk=row.pk).update(**told)
        return
    [digest] = store.keep([arrival.content])
    with transaction.atomic():
        Study.objects.select_for_update().get(series=row.series_id)
        Instance.objects.filter(pk=row.pk).update(**told, stored_object=digest, size=len(arrival.content))
        Waiting.objects.update_or_create(
            instance=row,
            defaults={
                "series_id": row.series_id,
                "document": orjson.dumps(arrival.metadata).decode(),
                "is_vouched": False,
                "stripped": [*arrival.stripped],
                "texts": texts_in(arrival.metadata),
                "received_at": at,
            },
        )
        record("instance.cleaned", row, by="server", at=at, tags=[*arrival.stripped])
    if not Instance.objects.filter(stored_object=row.stored_object).exists():
        store.forget(row.stored_object, room="objects")


def _arrival(row: Instance) -> Arrival:
    content = content_of(row.stored_object)
    instance = take_apart(content)
    frame_map = frames_of(instance) if pixel_element(instance) else None
    return describe(content, as_dataset(without_pixels(instance)), frame_map, stripped=())


def _documents(series: Series, arrivals: dict[str, Arrival]) -> Iterator[JSON]:
    """The documents of a series that do not wait, in no particular order."""
    settled = series.instances.filter(waiting__isnull=True)
    for sop in settled.values_list("sop_instance_uid", flat=True):
        if sop in arrivals:
            yield arrivals[sop].metadata


@transaction.atomic
def _tell(key: int, first: Arrival, *, at: datetime | None) -> None:
    """What series and study say of themselves, as their first instance has it, and every count."""
    study = Study.objects.select_for_update().get(series=key)
    series = Series.objects.get(pk=key)
    for row, told in ((series, first.series), (study, first.study)):
        for name, value in told.items():
            longest = getattr(row._meta.get_field(name), "max_length", None)
            setattr(row, name, value[:longest] if isinstance(value, str) else value)
    series.reread_at = at or series.reread_at
    recount(series)
    make_ready(study)


def recount(series: Series) -> None:
    """Every count of a series, from its rows."""
    frames = list(series.instances.values_list("frame_count", flat=True))
    series.instance_count, series.frame_count, series.waiting_count = len(frames), sum(frames), series.waiting.count()
    series.ready = series_json(
        series_instance_uid=series.series_instance_uid,
        modality=series.modality,
        series_number=series.series_number,
        description=series.description,
        body_part_examined=series.body_part_examined,
        instances=series.instance_count,
    )
    series.save()


def make_ready(study: Study) -> None:
    """What a search answers for a study, from its rows."""
    series = list(study.series.values_list("modality", "instance_count"))
    study.ready = study_json(
        study_instance_uid=study.study_instance_uid,
        patient_id=study.patient_id,
        patient_sex=study.patient_sex,
        study_on=study.study_on,
        study_time=study.study_time,
        description=study.description,
        modalities=[modality for modality, _ in series],
        series=len(series),
        instances=sum(count for _, count in series),
    )
    study.save()
