import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.dicom.pixels import Region
from firstlight.dicom.profile import Profile
from firstlight.imaging import store
from firstlight.imaging.looking import covered_content, own_look
from firstlight.imaging.models import Held, Instance, Series, Study
from firstlight.imaging.queries import is_held_for_pixels
from firstlight.imaging.ready import series_json, study_json
from firstlight.imaging.receipts import Cover, covers_of, issue_receipts
from firstlight.imaging.rules.arrivals import Arrival, in_reading_order, judge, judge_under_receipt
from firstlight.imaging.rules.arrivals import Held as HeldBack
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

# A batch is indexed at once: many small instances together, large ones a few at a time.
BATCH_FILES = 128
BATCH_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """What became of one file: stored, unchanged or held, and why."""

    status: str
    reason: str = ""
    tags: tuple[str, ...] = ()
    stripped: tuple[str, ...] = ()
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_class_uid: str = ""
    sop_instance_uid: str = ""


def receive(
    contents: Iterable[bytes],
    *,
    outbreak: Outbreak | None,
    by: Member | None,
    at: datetime,
    requires_receipt: bool = False,
    profile: Profile | None = None,
    confirmed: bool = False,
) -> Iterator[Outcome]:
    """Take files into the depository, batch by batch; an outcome is given only once its batch is durable.

    The same bytes again change nothing; other bytes under a known SOP Instance UID are held, never an overwrite.
    `confirmed` tells that a person has looked at the pixels of them all.
    """
    profile = profile or Profile.load()
    for batch in batches(contents):
        yield from _receive_batch(
            batch,
            outbreak=outbreak,
            by=by,
            at=at,
            requires_receipt=requires_receipt,
            profile=profile,
            confirmed=confirmed,
        )


def batches(contents: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The files in groups that are bounded in number and in bytes."""
    batch: list[bytes] = []
    size = 0
    for content in contents:
        batch.append(content)
        size += len(content)
        if len(batch) == BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _receive_batch(
    batch: Sequence[bytes],
    *,
    outbreak: Outbreak | None,
    by: Member | None,
    at: datetime,
    requires_receipt: bool,
    profile: Profile,
    confirmed: bool = False,
) -> list[Outcome]:
    names = [store.digest_of(content) for content in batch]
    covers = covers_of(names)
    # What is stored already stays stored, whatever became of its receipt since.
    here = set(Instance.objects.filter(stored_object__in=names).values_list("stored_object", flat=True))
    judged = [
        _judged(
            content,
            covers.get(name),
            profile=profile,
            requires_receipt=requires_receipt and name not in here,
            confirmed=confirmed,
        )
        for content, name in zip(batch, names, strict=True)
    ]
    arrivals = [each for each in judged if isinstance(each, Arrival)]
    digests = dict(zip(map(id, arrivals), store.keep(each.content for each in arrivals), strict=True))
    with transaction.atomic():
        indexed = _index(arrivals, digests, outbreak=outbreak, by=by, at=at)
        unvouched = [
            (each, digests[id(each)])
            for each in arrivals
            if indexed[id(each)].status == "stored" and not _is_vouched(digests[id(each)], covers)
        ]
        issue_receipts(unvouched, profile=profile, by=by, at=at)
        return [
            indexed[id(each)]
            if isinstance(each, Arrival) and indexed[id(each)].status != "held"
            else hold(content, _reason(each, indexed), outbreak=outbreak, by=by, at=at)
            for content, each in zip(batch, judged, strict=True)
        ]


def _reason(judged: Arrival | HeldBack, indexed: dict[int, Outcome]) -> HeldBack:
    if isinstance(judged, HeldBack):
        return judged
    return HeldBack(
        indexed[id(judged)].reason,
        may_be_kept=True,
        sop_class_uid=judged.instance["sop_class_uid"],
        sop_instance_uid=judged.instance["sop_instance_uid"],
    )


def _is_vouched(digest: str, covers: Mapping[str, Cover]) -> bool:
    return digest in covers and not covers[digest].is_revoked


def _judged(
    content: bytes, cover: Cover | None, *, profile: Profile, requires_receipt: bool, confirmed: bool
) -> Arrival | HeldBack:
    """What becomes of a file under its receipt, or without one."""
    if cover is not None and not cover.is_revoked:
        return judge_under_receipt(
            content,
            profile=cover.profile,
            pixels="confirmed" if confirmed else cover.pixels,
            study_instance_uid=cover.study_instance_uid,
            sop_instance_uid=cover.sop_instance_uid,
            look=own_look,
        )
    judged = judge(content, profile=profile, pixels="confirmed" if confirmed else "not looked", look=own_look)
    if isinstance(judged, HeldBack) or not requires_receipt:
        return judged
    uids = {name: judged.instance[name] for name in ("sop_class_uid", "sop_instance_uid")}
    return HeldBack("no-receipt" if cover is None else "key-revoked", **uids)


def _index(
    arrivals: Sequence[Arrival],
    digests: dict[int, str],
    *,
    outbreak: Outbreak | None,
    by: Member | None,
    at: datetime,
) -> dict[int, Outcome]:
    known = {
        row.sop_instance_uid: row.stored_object
        for row in Instance.objects.filter(
            sop_instance_uid__in=[each.instance["sop_instance_uid"] for each in arrivals]
        )
    }
    outcomes: dict[int, Outcome] = {}
    fresh: dict[Series, list[tuple[Arrival, str]]] = {}
    places: dict[tuple[str, str], tuple[Series | None, str]] = {}
    for arrival in arrivals:
        digest, sop = digests[id(arrival)], arrival.instance["sop_instance_uid"]
        if sop in known:
            status = "unchanged" if known[sop] == digest else "held"
            outcomes[id(arrival)] = _outcome(arrival, status, "" if status == "unchanged" else "conflict")
            continue
        place = (arrival.study["study_instance_uid"], arrival.series["series_instance_uid"])
        if place not in places:
            places[place] = _series_of(arrival, outbreak=outbreak, by=by, at=at)
        series, reason = places[place]
        if series is None:
            outcomes[id(arrival)] = _outcome(arrival, "held", reason)
            continue
        known[sop] = digest
        fresh.setdefault(series, []).append((arrival, digest))
        outcomes[id(arrival)] = _outcome(arrival, "stored")
    for series, members in fresh.items():
        _add_to_series(series, members)
    return outcomes


def _outcome(arrival: Arrival, status: str, reason: str = "") -> Outcome:
    return Outcome(
        status,
        reason,
        stripped=arrival.stripped,
        study_instance_uid=arrival.study["study_instance_uid"],
        series_instance_uid=arrival.series["series_instance_uid"],
        sop_class_uid=arrival.instance["sop_class_uid"],
        sop_instance_uid=arrival.instance["sop_instance_uid"],
    )


def _series_of(
    arrival: Arrival, *, outbreak: Outbreak | None, by: Member | None, at: datetime
) -> tuple[Series | None, str]:
    """The series an instance belongs to, made when new; None and a reason when it contradicts what is stored."""
    uid = arrival.study["study_instance_uid"]
    fields = {**arrival.study, "outbreak": outbreak, "received_at": at, "received_by": by}
    study, _made = Study.objects.get_or_create(study_instance_uid=uid, defaults=fields)
    if outbreak and study.outbreak_id is None:
        study.outbreak = outbreak
        study.save(update_fields=["outbreak"])
    if outbreak and study.outbreak_id != outbreak.pk:
        return None, "study-in-another-outbreak"
    series, _made = Series.objects.get_or_create(
        series_instance_uid=arrival.series["series_instance_uid"],
        defaults={**arrival.series, "study": study},
    )
    if series.study_id != study.pk:
        return None, "series-in-another-study"
    return series, ""


def _add_to_series(series: Series, members: Sequence[tuple[Arrival, str]]) -> None:
    """Index new instances and make the series' DICOM JSON anew, in reading order."""
    series = Series.objects.select_for_update().get(pk=series.pk)
    Instance.objects.bulk_create(
        Instance(series=series, stored_object=digest, size=len(arrival.content), **arrival.instance)
        for arrival, digest in members
    )
    former = series.metadata_object
    documents = orjson.loads(gzip.decompress(store.read(former, room="metadata"))) if former else []
    ordered = in_reading_order([*documents, *(arrival.metadata for arrival, _ in members)])
    packed = gzip.compress(orjson.dumps(ordered), compresslevel=5, mtime=0)
    [series.metadata_object] = store.keep([packed], room="metadata")
    series.instance_count = len(ordered)
    places = {each["00080018"]["Value"][0]: place for place, each in enumerate(ordered)}
    rows = list(series.instances.all())
    for row in rows:
        row.stack_index = places[row.sop_instance_uid]
    Instance.objects.bulk_update(rows, ["stack_index"], batch_size=400)
    series.frame_count = sum(row.frame_count for row in rows)
    series.ready = ready_of_series(series)
    series.save()
    make_ready(series.study)
    if former and former != series.metadata_object:
        transaction.on_commit(lambda: store.forget(former, room="metadata"))


def make_ready(study: Study) -> None:
    """Write anew what a search answers for a study."""
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
    study.save(update_fields=["ready"])


def ready_of_series(series: Series) -> str:
    """What a search answers for a series as it stands."""
    return series_json(
        series_instance_uid=series.series_instance_uid,
        modality=series.modality,
        series_number=series.series_number,
        description=series.description,
        body_part_examined=series.body_part_examined,
        instances=series.instance_count,
    )


def hold(content: bytes, held: HeldBack, *, outbreak: Outbreak | None, by: Member | None, at: datetime) -> Outcome:
    """Put a file aside with its reason; its bytes are kept only where they cannot carry an identity."""
    [digest] = store.keep([content], room="quarantine") if held.may_be_kept else [store.digest_of(content)]
    Held.objects.get_or_create(
        digest=digest,
        reason=held.reason,
        state=Held.State.HELD,
        defaults={
            "tags": list(held.tags),
            "kept": held.may_be_kept,
            "size": len(content),
            "outbreak": outbreak,
            "received_at": at,
            "received_by": by,
        },
    )
    return Outcome(
        "held",
        held.reason,
        held.tags,
        sop_class_uid=held.sop_class_uid,
        sop_instance_uid=held.sop_instance_uid,
    )


def retry_held(held: Held, *, by: Member, at: datetime) -> Outcome:
    """Judge a held file once more, by today's rules; it leaves quarantine only when it is stored."""
    if not held.kept or held.state != Held.State.HELD:
        raise ValidationError("Only a file whose bytes are still in quarantine can be tried again.")
    content = store.read(held.digest, room="quarantine")
    [outcome] = receive([content], outbreak=held.outbreak, by=held.received_by, at=at)
    if outcome.status != "held":
        _leave_quarantine(held, Held.State.ACCEPTED, by=by, at=at)
    return outcome


def cover_held(held: Held, regions: Sequence[Region], *, by: Member, at: datetime) -> Outcome:
    """Take in a held image whose pixels a person has looked at, with the boxes they drew blacked out.

    Raises:
        ValidationError: when it is not held for its pixels, or cannot be covered.
    """
    if not is_held_for_pixels(held):
        raise ValidationError(_("Only an image that is held for its pixels can be confirmed."))
    content = covered_content(store.read(held.digest, room="quarantine"), regions)
    if content is None:
        raise ValidationError(_("The pixels of this image cannot be covered here. De-identify it again at its site."))
    record("held.looked", held, by=by, at=at, boxes=len(regions))
    [outcome] = receive([content], outbreak=held.outbreak, by=held.received_by, at=at, confirmed=True)
    if outcome.status != "held":
        _leave_quarantine(held, Held.State.ACCEPTED, by=by, at=at)
    return outcome


def discard_held(held: Held, *, by: Member, at: datetime) -> None:
    """Delete a held file's bytes for good; the row stays and says so."""
    _leave_quarantine(held, Held.State.DISCARDED, by=by, at=at)


def _leave_quarantine(held: Held, state: str, *, by: Member, at: datetime) -> None:
    with transaction.atomic():
        held.state, held.kept = state, False
        held.save(update_fields=["state", "kept"])
        record(f"held.{state}", held, by=by, at=at, reason=held.reason)
    if not Held.objects.filter(digest=held.digest, kept=True).exists():
        store.forget(held.digest, room="quarantine")


@transaction.atomic
def open_to_public(studies: Iterable[Study], *, by: Member | str, at: datetime) -> None:
    """Let anyone read these studies from that moment on."""
    for study in studies:
        if study.public_since is None or study.public_since > at:
            study.public_since = at
            study.save(update_fields=["public_since"])
            record("study.opened", study, by=by, at=at)


@transaction.atomic
def close_to_public(studies: Iterable[Study], *, by: Member | str, at: datetime) -> None:
    """Take these studies back from the public."""
    for study in studies:
        study.public_since = None
        study.save(update_fields=["public_since"])
        record("study.closed", study, by=by, at=at)
