"""The store against the index: every checksum, and the index made whole again from what the store has.

The rooms `objects`, `receipts` and `memberships` are the truth. An index that lost rows, or all of them, gets them back
from there; what only people decided (who may read a study, what was discarded) is in the index alone.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import Unreadable, take_apart, text
from firstlight.imaging import store
from firstlight.imaging.actions import Outcome, take_in
from firstlight.imaging.memberships import ROOM, Terms, memberships
from firstlight.imaging.models import Held, Instance, Receipt, Series, Study
from firstlight.imaging.receipts import restore_receipt, written
from firstlight.imaging.rereading import content_of, reread_series
from firstlight.imaging.rules.arrivals import Content
from firstlight.imaging.settling import documents_of, settle_study
from firstlight.objects.interface import Missing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

AT_ONCE = 64
STUDY_INSTANCE_UID = 0x0020000D


@dataclass(frozen=True)
class Finding:
    """One thing that was not as it should be, by the digest of the bytes or the row it is about; never a value.

    kinds: damaged (bytes are not what their name says: set aside), missing (the index names bytes that are not there),
    indexed (bytes are in the index again), held (they are in quarantine instead), document (a series' DICOM JSON was
    made anew), receipt, membership, quarantined (put back into the index or the store).
    """

    kind: str
    about: str

    @property
    def is_loss(self) -> bool:
        """Whether something is lost that no repair brings back; the same bytes sent again do."""
        return self.kind in ("damaged", "missing")


def verify(*, at: datetime) -> Iterator[Finding | None]:
    """Everything, in an order in which each step can rely on the one before; None for each object that is sound."""
    yield from _receipts(at)
    yield from _memberships()
    seen: set[bytes] = set()
    yield from _objects(seen, at)
    yield from _rows(seen)
    yield from _series()
    yield from _quarantine(at)


def restore_unindexed(*, at: datetime) -> list[Finding]:
    """Put back what a power cut took from the index, without reading what is there: what a worker does at its start."""
    found: list[Finding] = []
    for digests in chunks(map(_digest, store.objects().names("objects"))):
        known = set(Instance.objects.filter(stored_object__in=digests).values_list("stored_object", flat=True))
        found += index_again([each for each in digests if each not in known], at=at)
    return found


def chunks(items: Iterable[str]) -> Iterator[list[str]]:
    """The items, some at a time."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _digest(name: str) -> str:
    return name.rpartition("/")[2]


def _sum(name: str) -> str:
    """The digest of an object's bytes as they are now."""
    source = store.objects().source(name)
    if not isinstance(source, Path):
        return store.digest_of(source)
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _objects(seen: set[bytes], at: datetime) -> Iterator[Finding | None]:
    for names in chunks(store.objects().names("objects")):
        sound = []
        for name in names:
            if _sum(name) == _digest(name):
                sound.append(_digest(name))
                yield None
            else:
                yield _set_aside(name)
        seen.update(map(bytes.fromhex, sound))
        known = set(Instance.objects.filter(stored_object__in=sound).values_list("stored_object", flat=True))
        yield from index_again([each for each in sound if each not in known], at=at)


def _set_aside(name: str) -> Finding:
    """Damaged bytes leave their name, so that the right ones can take it, and are kept to be looked at."""
    store.keep([store.objects().get(name)], room="damaged")
    store.objects().forget(name)
    return Finding("damaged", _digest(name))


def index_again(digests: Iterable[str], *, at: datetime) -> list[Finding]:
    """Instances of the store into the index, as they were accepted once: what a person confirmed is not asked again."""
    found, studies = [], set()
    for digest in digests:
        if store.has(digest, room="quarantine"):
            continue
        try:
            content = content_of(digest)
            terms = _terms(content, at)
        except (Unreadable, Missing):
            continue
        [outcome] = take_in([content], terms)
        studies.add(outcome.study_instance_uid)
        found.append(Finding("held" if outcome.status == "held" else "indexed", digest))
        _forget_if_held(digest, outcome)
    for study in studies - {""}:
        settle_study(study)
    return found


def _forget_if_held(digest: str, outcome: Outcome) -> None:
    if outcome.status == "held" and store.has(digest, room="quarantine"):
        store.forget(digest, room="objects")


def _terms(content: Content, at: datetime) -> Terms:
    """Under what an instance came, as the store remembers it of its study."""
    study = text(take_apart(content).elements, STUDY_INSTANCE_UID)
    said = _membership(study)
    outbreak = Outbreak.objects.filter(slug=said.get("outbreak") or "").first()
    by = Member.objects.filter(pk=said.get("received_by") or 0).first()
    received_at = datetime.fromisoformat(said["received_at"]) if "received_at" in said else at
    return Terms(outbreak, by, received_at, False, Profile.load(), confirmed=True)


def _membership(study: str) -> Mapping[str, Any]:
    """What the store says of a study: the outbreak that took it in first, else that it is in none."""
    slugs = [*Outbreak.objects.order_by("activated_at").values_list("slug", flat=True), ""]
    found = []
    for slug in slugs:
        name = store.name_of(store.digest_of(f"{study} {slug}".encode()), room=ROOM)
        try:
            found.append(orjson.loads(store.objects().get(name)))
        except Missing:
            continue
    belonging = [each for each in found if each["outbreak"]] or found
    return min(belonging, key=lambda each: str(each["received_at"]), default={})


def _rows(seen: set[bytes]) -> Iterator[Finding]:
    """Rows whose bytes are not there; they stay, and the same bytes sent again make them whole."""
    for digest in Instance.objects.values_list("stored_object", flat=True).iterator(5000):
        if bytes.fromhex(digest) not in seen and not store.has(digest):
            yield Finding("missing", digest)


def _series() -> Iterator[Finding]:
    """Series whose document is missing, damaged, or not of their instances; each count is made right on the way."""
    for key in Series.objects.order_by("pk").values_list("pk", flat=True).iterator(500):
        if not _is_whole(Series.objects.get(pk=key)):
            reread_series(key)
            yield Finding("document", str(key))


def _is_whole(series: Series) -> bool:
    try:
        held = [document["00080018"]["Value"][0] for document in documents_of(series)]
    except (Missing, ValueError):
        return False
    settled = series.instances.filter(waiting__isnull=True).order_by("stack_index")
    counted = series.instances.count() == series.instance_count
    return counted and held == list(settled.values_list("sop_instance_uid", flat=True))


def _receipts(at: datetime) -> Iterator[Finding]:
    """Receipts of the store that the index lost, and those of the index that came before the store had them."""
    for digests in chunks(map(_digest, store.objects().names("receipts"))):
        known = set(Receipt.objects.filter(digest__in=digests).values_list("digest", flat=True))
        for digest in digests:
            if digest not in known and restore_receipt(store.read(digest, room="receipts"), at=at):
                yield Finding("receipt", digest)
    for receipt in Receipt.objects.iterator(200):
        content = written(receipt.document)
        if receipt.document and not store.has(store.digest_of(content), room="receipts"):
            store.keep([content], room="receipts")
            yield Finding("receipt", receipt.digest)


def _memberships() -> Iterator[Finding]:
    """What the store does not say yet of a study: those that came before it was written down."""
    for study in Study.objects.select_related("outbreak", "received_by").iterator(200):
        terms = Terms(study.outbreak, study.received_by, study.received_at, False, Profile.load())
        told = memberships([study.study_instance_uid], terms)
        absent = {name: content for name, content in told.items() if not store.objects().has(name)}
        if absent:
            store.objects().put(absent)
            yield Finding("membership", str(study.pk))


def _quarantine(at: datetime) -> Iterator[Finding]:
    for digests in chunks(map(_digest, store.objects().names("quarantine"))):
        known = set(Held.objects.filter(digest__in=digests, kept=True).values_list("digest", flat=True))
        for digest in digests:
            if digest not in known:
                size = len(store.read(digest, room="quarantine"))
                Held.objects.create(digest=digest, reason="recovered", kept=True, size=size, received_at=at)
                yield Finding("quarantined", digest)
