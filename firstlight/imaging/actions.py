from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.dicom.pixels import Region
from firstlight.dicom.profile import Profile
from firstlight.imaging import store
from firstlight.imaging.index import Accepted, index, stored_objects
from firstlight.imaging.looking import covered_content, own_look
from firstlight.imaging.memberships import Terms, memberships, remember
from firstlight.imaging.models import Held, Instance, Study
from firstlight.imaging.queries import is_held_for_pixels
from firstlight.imaging.receipts import Cover, covers_of
from firstlight.imaging.rules.arrivals import Arrival, Content, judge, judge_under_receipt
from firstlight.imaging.rules.arrivals import Held as HeldBack
from firstlight.imaging.settling import settle_study
from firstlight.imaging.together import Together
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.rows import rows_of

# A batch is indexed at once: many small instances together, large ones a few at a time.
BATCH_FILES = 128
BATCH_BYTES = 16 * 1024 * 1024
JUDGING = BoundedSemaphore(2)  # a monstrous file takes memory while it is judged: never more than two in a process
together = Together(index)


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
    contents: Iterable[Content],
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
    `confirmed` tells that a person has looked at the pixels of them all. The series are settled at the end.
    """
    terms = Terms(outbreak, by, at, requires_receipt, profile or Profile.load(), confirmed)
    studies: set[str] = set()
    for batch in batches(contents):
        outcomes = take_in(batch, terms)
        studies |= {each.study_instance_uid for each in outcomes if each.status == "stored"}
        yield from outcomes
    for study in sorted(studies):
        settle_study(study)


def batches(contents: Iterable[Content]) -> Iterator[list[Content]]:
    """The files in groups that are bounded in number and in bytes."""
    batch: list[Content] = []
    size = 0
    for content in contents:
        batch.append(content)
        size += len(content)
        if len(batch) == BATCH_FILES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def take_in(contents: Sequence[Content], terms: Terms) -> list[Outcome]:
    """Take a few files in at once, each a whole PS3.10 file: durable when it returns, with an outcome for each.

    This is the one door that every protocol calls: STOW-RS, C-STORE (a receiver puts preamble and meta information
    before the data set as it came), a folder. Any thread of any process may call it at any time; what several bring
    at the same time becomes one commit. It does not raise for what is wrong with a file. Bytes may be mapped from a
    file (`mmap`). Series are settled later, by a worker or by whoever reads them first.
    """
    names = [store.digest_of(content) for content in contents]
    covers = covers_of(names)
    judged = _judged(contents, names, covers, terms)
    arrivals = {place: each for place, each in enumerate(judged) if isinstance(each, Arrival)}
    digests = {place: _digest(each, names[place]) for place, each in arrivals.items()}
    said = _known(arrivals, digests)
    fresh = [place for place in arrivals if place not in said]
    lost = [place for place, what in said.items() if what == "unchanged" and not store.has(digests[place])]
    _keep({digests[place]: arrivals[place] for place in (*fresh, *lost)}, terms)
    accepted = [Accepted(arrivals[place], digests[place], _vouches(covers.get(digests[place])), terms.outbreak_key,
                         terms.by_key, terms.at) for place in fresh]  # fmt: skip
    said |= dict(zip(fresh, _indexed(accepted), strict=True))
    _forget(digests[place] for place in fresh if said[place] == "conflict")
    held = {place: _held(each, said.get(place, "")) for place, each in enumerate(judged)}
    with transaction.atomic() if any(held.values()) else nullcontext():
        return [
            hold(contents[place], why, terms) if (why := held[place]) else _taken(arrivals[place], said[place])
            for place in range(len(contents))
        ]


def _vouches(cover: Cover | None) -> bool:
    return cover is not None and not cover.is_revoked


def _judged(
    contents: Sequence[Content], names: Sequence[str], covers: Mapping[str, Cover], terms: Terms
) -> list[Arrival | HeldBack]:
    """What becomes of each file. What is stored already stays stored, whatever became of its receipt since."""
    uncovered = {name for name in names if not _vouches(covers.get(name))} if terms.requires_receipt else set()
    uncovered -= {name for (name,) in rows_of(HERE, list(uncovered))}
    return [
        _judge(content, covers.get(name), terms, requires_receipt=name in uncovered)
        for content, name in zip(contents, names, strict=True)
    ]


HERE = "SELECT stored_object FROM imaging_instance WHERE stored_object IN ({places})"


def _judge(content: Content, cover: Cover | None, terms: Terms, *, requires_receipt: bool) -> Arrival | HeldBack:
    """What becomes of a file under its receipt, or without one."""
    with JUDGING:
        judged = _by_rule(content, cover, terms)
    if isinstance(judged, HeldBack):
        return judged
    if terms.study and judged.study["study_instance_uid"] != terms.study:
        return HeldBack("study-differs", may_be_kept=True, **judged.uids)
    if requires_receipt:
        return HeldBack("no-receipt" if cover is None else "key-revoked", **judged.uids)
    return judged


def _by_rule(content: Content, cover: Cover | None, terms: Terms) -> Arrival | HeldBack:
    if cover is None or cover.is_revoked:
        pixels = "confirmed" if terms.confirmed else "not looked"
        return judge(content, profile=terms.profile, pixels=pixels, look=own_look)
    return judge_under_receipt(
        content,
        profile=cover.profile,
        pixels="confirmed" if terms.confirmed else cover.pixels,
        study_instance_uid=cover.study_instance_uid,
        sop_instance_uid=cover.sop_instance_uid,
        look=own_look,
    )


def _digest(arrival: Arrival, name: str) -> str:
    """The digest of what is stored, which may have lost some elements on the way."""
    return store.digest_of(arrival.content) if arrival.stripped else name


def _known(arrivals: Mapping[int, Arrival], digests: Mapping[int, str]) -> dict[int, str]:
    """What needs no writing: the same bytes again, and other bytes under a UID that is stored."""
    stored = stored_objects(each.uids["sop_instance_uid"] for each in arrivals.values())
    found = {place: stored.get(each.uids["sop_instance_uid"]) for place, each in arrivals.items()}
    return {place: "unchanged" if digests[place] == digest else "conflict" for place, digest in found.items() if digest}


def _keep(arrivals: Mapping[str, Arrival], terms: Terms) -> None:
    """Put what may be stored on disk, and what its study belongs to beside it; both are durable from here on."""
    contents = {store.name_of(digest): each.content for digest, each in arrivals.items()}
    told = memberships({each.study["study_instance_uid"] for each in arrivals.values()}, terms)
    store.objects().put({**contents, **told})
    remember(told)


def _forget(digests: Iterable[str]) -> None:
    """Take back what lost its UID to other bytes meanwhile: what the store has, it vouches for."""
    for digest in digests:
        if not Instance.objects.filter(stored_object=digest).exists():
            store.forget(digest, room="objects")


def _indexed(accepted: Sequence[Accepted]) -> list[str]:
    """In one commit with what other threads bring; alone within a caller's own transaction."""
    return index(accepted) if connection.in_atomic_block else together(accepted)


def _held(judged: Arrival | HeldBack, said: str) -> HeldBack | None:
    """Why a file is held, by its judgement or by what the index said; None when it is in."""
    if isinstance(judged, HeldBack):
        return judged
    return None if said in ("stored", "unchanged") else HeldBack(said, may_be_kept=True, **judged.uids)


def _taken(arrival: Arrival, said: str) -> Outcome:
    return Outcome(
        said,
        stripped=arrival.stripped,
        study_instance_uid=arrival.study["study_instance_uid"],
        series_instance_uid=arrival.series["series_instance_uid"],
        **arrival.uids,
    )


def hold(content: Content, held: HeldBack, terms: Terms) -> Outcome:
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
            "outbreak_id": terms.outbreak_key,
            "received_at": terms.at,
            "received_by_id": terms.by_key,
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
