"""STOW-RS (PS3.18 10.5): each instance is accepted or held on its own, and the answer says which and why."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from mmap import mmap
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
from django.conf import settings

from firstlight.dicom.profile import Profile
from firstlight.imaging.actions import BATCH_BYTES, BATCH_FILES, Outcome, take_in
from firstlight.imaging.dicomweb.composing import Unmade, composed
from firstlight.imaging.dicomweb.exchange import DICOM_JSON, Answer, problem
from firstlight.imaging.dicomweb.multipart import (
    SPOOLED_BYTES,
    BadMultipart,
    Read,
    TooManyParts,
    media_type_of,
    read_parts,
)
from firstlight.imaging.dicomweb.uploads import Busy, TooSlow, patient, upload
from firstlight.imaging.memberships import Terms
from firstlight.imaging.ready import JSON, element
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

STORES = re.compile(r"/studies(/[0-9.]{1,64})?/?")
DICOM = "application/dicom"
MOST_BODY_BYTES = 8 << 30  # announced; a client sends more in several requests
REFUSED, ELEMENTS_DISCARDED = 0xA700, 0xB006
CANNOT_UNDERSTAND, NOT_AUTHORIZED, PROCESSING_FAILURE = 0xC000, 0x0124, 0x0110
# (0008,1197) by our own reason: PS3.18 table I.2-2, PS3.4 table GG.4-1 and PS3.7 annex C.
FAILURE_REASONS = {
    **dict.fromkeys(("too-large", "not-made"), REFUSED),
    **dict.fromkeys(("study-differs", "series-in-another-study", "receipt-differs"), 0xA900),
    **dict.fromkeys(("unsupported-transfer-syntax", "not-addressable"), 0xC122),
    **dict.fromkeys(("unknown-sop-class",), 0x0122),
    **dict.fromkeys(("conflict",), 0x0111),
    **dict.fromkeys(("not-deidentified", "no-receipt", "key-revoked", "study-in-another-outbreak"), NOT_AUTHORIZED),
    **dict.fromkeys(
        ("scan-differs", "doubtful-pixels", "burned-in-annotation", "patient-name", "patient-id", "birth-date",
         "person-name"), PROCESSING_FAILURE,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Stow:
    """A request to store: who sends, what its headers say, and a way to read its body."""

    sender: Member
    requires_receipt: bool
    at: datetime
    root: str
    path: str
    query: str
    content_type: str
    content_encoding: str
    length: int | None
    address: str
    read: Read

    @property
    def study(self) -> str:
        """The study that every instance shall belong to, "" for any."""
        return self.path.removeprefix("/studies").strip("/")


@dataclass(frozen=True)
class Fault:
    """Why a body was not read to its end."""

    status: int
    sentence: str


def store_instances(stow: Stow) -> Answer:
    """Take in what a request brings; what was accepted before its body broke off stays, and the answer says so."""
    slug = dict(parse_qsl(stow.query)).get("outbreak")
    outbreak = Outbreak.objects.known(stow.at).filter(slug=slug).first() if slug else None
    if slug and outbreak is None:
        return problem(404, "There is no such outbreak")
    refused = _refusal(stow)
    if refused:
        return refused
    terms = Terms(outbreak, stow.sender, stow.at, stow.requires_receipt, Profile.load(), study=stow.study)
    try:
        with upload(stow.sender.pk):
            return _taken(stow, terms)
    except Busy:
        busy = problem(503, "Too many uploads at once", "Wait a few seconds and send the same again.")
        busy.headers["Retry-After"] = "5"
        return busy


def _refusal(stow: Stow) -> Answer | None:
    """What can be told without reading the body."""
    media_type = media_type_of(stow.content_type)
    kind = media_type.of or DICOM if media_type.name == "multipart/related" else media_type.name
    if kind not in (DICOM, DICOM_JSON) or (kind == DICOM_JSON and media_type.name == DICOM_JSON):
        accepted = "Send multipart/related of application/dicom, or of application/dicom+json with its bulk data."
        return problem(415, "This media type is not stored", accepted)
    if stow.content_encoding not in ("", "identity"):
        return problem(415, "This encoding is not read", "Send the body without Content-Encoding.")
    if (stow.length or 0) > MOST_BODY_BYTES:
        return problem(413, "This is too much for one request", "Send a study in several requests.")
    return None


def _taken(stow: Stow, terms: Terms) -> Answer:
    outcomes: list[Outcome] = []
    fault: Fault | None = None
    try:
        for batch in _batches(stow):
            outcomes += _outcomes(batch, terms)
    except TooManyParts as error:
        fault = Fault(413, str(error))
    except BadMultipart as error:
        fault = Fault(400, str(error))
    except TooSlow:
        fault = Fault(408, "Too little came for too long. What was stored stays; send the rest again.")
    return stored_answer(outcomes, root=stow.root, study=terms.study, fault=fault)


Content = bytes | mmap
Item = Content | Unmade | None


def _batches(stow: Stow) -> Iterator[list[Item]]:
    """What was sent in groups that are bounded in bytes; where the body breaks, first what was whole before that."""
    batch: list[Item] = []
    size = 0
    try:
        for item in _items(stow):
            batch.append(item)
            size += len(item) if isinstance(item, bytes | mmap) else 0
            if len(batch) == BATCH_FILES or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except (BadMultipart, TooSlow):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _items(stow: Stow) -> Iterator[Item]:
    read = patient(stow.read, stow.length, address=stow.address, seconds=settings.UPLOAD_SECONDS)
    media_type = media_type_of(stow.content_type)
    if media_type.name == DICOM:
        yield _whole(read)
        return
    parts = read_parts(read, stow.content_type, spool=_spool())
    if media_type.of == DICOM_JSON:
        yield from composed(parts)
    else:
        for part in parts:
            yield part.content


def _whole(read: Read) -> bytes | None:
    """A body that is one instance; None where it is larger than is taken so."""
    pieces: list[bytes] = []
    while piece := read(1 << 20):
        pieces.append(piece)
        if sum(map(len, pieces)) > SPOOLED_BYTES:
            return None
    return b"".join(pieces)


def _outcomes(batch: Sequence[Item], terms: Terms) -> list[Outcome]:
    taken = iter(take_in([each for each in batch if isinstance(each, bytes | mmap)], terms))
    return [next(taken) if isinstance(each, bytes | mmap) else _not_made(each) for each in batch]


def _not_made(item: Unmade | None) -> Outcome:
    if item is None:
        return Outcome("held", "too-large")
    return Outcome("held", "damaged", sop_class_uid=item.sop_class_uid, sop_instance_uid=item.sop_instance_uid)


def _spool() -> Path:
    """Where large parts lie while they are judged, nameless."""
    folder: Path = settings.DATA / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def stored_answer(outcomes: Sequence[Outcome], *, root: str, study: str = "", fault: Fault | None = None) -> Answer:
    """The Store Instances Response (PS3.18 I.2), with our own reason beside the standard's code.

    200: all are stored; 202: some are, or one with a warning; 409: none is; else what broke the body off.
    """
    if fault and not outcomes:
        return problem(fault.status, "The body cannot be read", fault.sentence)
    failed = [each for each in outcomes if each.status == "held"]
    stored = [each for each in outcomes if each.status != "held"]
    items = {
        "00081199": [_stored_item(each, root) for each in stored],
        "00081198": [_failed_item(each) for each in failed if each.sop_instance_uid],
        "0008119A": [_other_failure(each) for each in failed if not each.sop_instance_uid],
    }
    body: JSON = {tag: {"vr": "SQ", "Value": value} for tag, value in items.items() if value}
    if study:
        body["00081190"] = element("UR", f"{root}/studies/{study}")
    changed = [each for each in stored if each.stripped]
    status = 409 if not stored else 202 if failed or changed else 200
    answer = Answer(orjson.dumps(body), DICOM_JSON, fault.status if fault else status)
    said = [fault.sentence] if fault else []
    said += ["Elements that the profile does not keep were taken out"] if changed else []
    if said:
        answer.headers["Warning"] = ", ".join(f'299 firstlight "{sentence}"' for sentence in said)
    return answer


def _stored_item(outcome: Outcome, root: str) -> JSON:
    address = (
        f"{root}/studies/{outcome.study_instance_uid}/series/{outcome.series_instance_uid}"
        f"/instances/{outcome.sop_instance_uid}"
    )
    return {
        "00081150": element("UI", outcome.sop_class_uid),
        "00081155": element("UI", outcome.sop_instance_uid),
        "00081190": element("UR", address),
        **({"00081196": element("US", ELEMENTS_DISCARDED)} if outcome.stripped else {}),
    }


def _failed_item(outcome: Outcome) -> JSON:
    return {
        "00081150": element("UI", outcome.sop_class_uid),
        "00081155": element("UI", outcome.sop_instance_uid),
        **_other_failure(outcome),
    }


def _other_failure(outcome: Outcome) -> JSON:
    """What is not told of an instance, but only why it failed (PS3.18 table I.2-1, Other Failures Sequence)."""
    return {
        "00081197": element("US", FAILURE_REASONS.get(outcome.reason, CANNOT_UNDERSTAND)),
        "00000902": element("LO", outcome.reason),
    }
