"""A series is settled when it has been quiet: its DICOM JSON is made whole, in reading order, and vouched for.

Until then each new instance's JSON waits in a row of its own, so that storing one costs the same in a series of ten
and of ten thousand. Whoever needs the whole series before that settles it by asking.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction

from firstlight.imaging import store
from firstlight.imaging.models import Instance, Series, Study, Waiting
from firstlight.imaging.receipts import Unvouched, issue_receipt
from firstlight.imaging.rules.arrivals import in_reading_order
from firstlight.rows import rows

QUIET = timedelta(seconds=2)
LONGEST_WAIT = 1000  # instances: a series that never falls quiet is settled now and then all the same
JSON = dict[str, Any]


def settle_study(study_instance_uid: str, series_instance_uid: str = "") -> None:
    """Settle what waits of a study, or of one series, before it is read whole; nothing happens where nothing waits."""
    one = " AND series.series_instance_uid = %s" if series_instance_uid else ""
    found = rows(
        f"""SELECT series.id FROM imaging_series series JOIN imaging_study study ON study.id = series.study_id
        WHERE study.study_instance_uid = %s AND series.waiting_count > 0{one}""",  # noqa: S608 — words of this module
        [study_instance_uid, *([series_instance_uid] if series_instance_uid else [])],
    )
    settle(key for (key,) in found)


def settle_quiet(*, at: datetime) -> int:
    """Settle every series that has been quiet, and each that has many waiting; how many there were."""
    quiet = Series.objects.filter(waiting_count__gt=0, touched_at__lte=at - QUIET)
    long = Series.objects.filter(waiting_count__gt=LONGEST_WAIT)
    return settle((quiet | long).order_by("touched_at").values_list("pk", flat=True)[:1000])


def settle(series: Iterable[int]) -> int:
    """Settle these series; how many there were."""
    settled = 0
    for key in series:
        while not _settled(key):
            pass  # Somebody else settled a part of it meanwhile: what is left is settled on top of that.
        settled += 1
    return settled


def settle_anew(key: int, documents_of: Callable[[Series], list[JSON]]) -> None:
    """Make a series' document of what it should have held, and of what waits, whether or not anything does."""
    while not _settled(key, documents_of, anew=True):
        pass


def documents_of(series: Series) -> list[JSON]:
    """What a series' document holds; raises Missing, or ValueError where it is damaged."""
    if not series.metadata_object:
        return []
    try:
        documents: list[JSON] = orjson.loads(gzip.decompress(store.read(series.metadata_object, room="metadata")))
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("The series' document is damaged.") from error
    return documents


def _settled(key: int, documents_of: Callable[[Series], list[JSON]] = documents_of, *, anew: bool = False) -> bool:
    """One attempt: the document is made and kept first, and pointed at in a short transaction."""
    series = Series.objects.select_related("study").get(pk=key)
    waiting = list(Waiting.objects.filter(series=key).select_related("instance").order_by("pk"))
    if not waiting and not anew:
        return True
    ordered = in_reading_order([*documents_of(series), *(orjson.loads(each.document) for each in waiting)])
    packed = gzip.compress(orjson.dumps(ordered), compresslevel=5, mtime=0)
    [digest] = store.keep([packed], room="metadata")
    with transaction.atomic():
        return _pointed(series, digest, ordered, waiting)


def _pointed(former: Series, digest: str, ordered: Sequence[JSON], waiting: Sequence[Waiting]) -> bool:
    """Point a series at its new document; False where another process has done so since it was read."""
    Study.objects.select_for_update().get(pk=former.study_id)
    series = Series.objects.get(pk=former.pk)
    if series.metadata_object != former.metadata_object:
        return False
    Waiting.objects.filter(pk__in=[each.pk for each in waiting]).delete()
    _place(series, [document["00080018"]["Value"][0] for document in ordered])
    if series.metadata_object != digest:
        _forget_after(series.former_object)
        series.former_object, series.metadata_object = series.metadata_object, digest
    series.waiting_count = series.waiting.count()
    series.save(update_fields=["former_object", "metadata_object", "waiting_count"])
    _vouch(former.study, waiting)
    return True


def _forget_after(digest: str) -> None:
    """Remove a document that nobody can be reading any more, once the index has it no more."""
    if digest:
        transaction.on_commit(lambda: store.forget(digest, room="metadata"))


def _place(series: Series, order: Sequence[str]) -> None:
    """Give the instances their places; those that came since, and are not in the order yet, follow it."""
    places = {uid: place for place, uid in enumerate(order)}
    found = Instance.objects.filter(series=series).order_by("stack_index", "pk")
    known = list(found.values_list("pk", "sop_instance_uid", "stack_index"))
    late = iter(range(len(order), len(known)))
    placed = [(places[uid] if uid in places else next(late), key, former) for key, uid, former in known]
    moved = [(place, key) for place, key, former in placed if place != former]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE imaging_instance SET stack_index = %s WHERE id = %s", moved)


def _vouch(study: Study, waiting: Iterable[Waiting]) -> None:
    """The server's own receipt for what no site vouched for, one for each sender."""
    unvouched: dict[int | None, list[Waiting]] = {}
    for each in waiting:
        if not each.is_vouched:
            unvouched.setdefault(each.received_by_id, []).append(each)
    for sent in unvouched.values():
        listed = [
            Unvouched(each.instance.sop_instance_uid, each.instance.stored_object, each.stripped, each.texts)
            for each in sent
        ]
        issue_receipt(study.study_instance_uid, listed, by=sent[-1].received_by, at=sent[-1].received_at)
