"""Whole instances and metadata (PS3.18 10.4.1.1.1, 10.4.1.1.2): sent as they lie, or in the form that is asked for."""

import gzip
from collections.abc import Iterator, Sequence
from threading import BoundedSemaphore

import orjson

from firstlight.imaging import store
from firstlight.imaging.dicomweb import metadata
from firstlight.imaging.dicomweb.exchange import (
    DICOM_JSON,
    Answer,
    Asked,
    Nothing,
    Part,
    Refusal,
    as_xml,
    json_text,
    multipart,
)
from firstlight.imaging.dicomweb.stored import Stored, etag_of, is_known, known, named, stored
from firstlight.imaging.rules.access import may_be_read
from firstlight.imaging.rules.encodings import EXPLICIT_LITTLE, LOSSY, NotEncodable
from firstlight.imaging.rules.media_types import ANY, Wish
from firstlight.imaging.rules.transcoding import TooLarge, can_transcode, transcoded
from firstlight.imaging.settling import settle_study
from firstlight.imaging.veil import Veil
from firstlight.rows import rows

DICOM = "application/dicom"
TRANSCODING = BoundedSemaphore(2)  # a decoded instance and its copies take memory: never more than two in a process


def instances(asked: Asked, study: str, series: str = "", sop: str = "") -> Answer:
    """Whole instances in the first form that is asked for and can be had; one alone also as a single part."""
    found = stored(asked, study, series, sop)
    wished = [wish for wish in asked.wishes if wish.takes(DICOM)]
    if not any(_can_be_had(each, wish) for each in found for wish in wished):
        raise Refusal(406, "Instances come as application/dicom", "Ask with transfer-syntax=* to get them as stored.")
    if sop:
        return _one(asked, found[0], wished)
    return multipart(_several(found, wished), media_type=DICOM)


def _can_be_had(found: Stored, wish: Wish) -> bool:
    syntax = syntax_of(wish, found.transfer_syntax_uid)
    return syntax == found.transfer_syntax_uid or can_transcode(syntax)


def syntax_of(wish: Wish, stored_as: str) -> str:
    """The transfer syntax by which a wish is met (PS3.18 8.7.3): without one, Explicit VR Little Endian.

    What has lost something already is then sent as it is stored, and so it is to who takes anything.
    """
    asked_for = wish.transfer_syntax_uid
    if asked_for in (ANY, stored_as) or (wish.takes_anything and not asked_for):
        return stored_as
    if not asked_for:
        return stored_as if stored_as in LOSSY else EXPLICIT_LITTLE
    return asked_for


def _one(asked: Asked, found: Stored, wished: Sequence[Wish]) -> Answer:
    too_large = False
    for wish in wished:
        syntax = syntax_of(wish, found.transfer_syntax_uid)
        is_multipart = wish.is_multipart or wish.takes_anything
        etag = etag_of(f"{found.stored_object}{syntax}{is_multipart}", is_weak=is_multipart)
        if is_known(asked, etag):
            return known(found, etag)
        try:
            content = content_in(found, syntax)
        except NotEncodable as error:
            too_large = too_large or isinstance(error, TooLarge)
            continue
        return named(_alone(content, syntax, is_multipart=is_multipart), etag, found)
    if too_large:
        raise Refusal(413, "This instance is too large to be decoded here", "Ask with transfer-syntax=*.")
    raise Refusal(406, "This instance cannot be had like that", "Ask with transfer-syntax=* to get it as stored.")


def _alone(content: bytes, syntax: str, *, is_multipart: bool) -> Answer:
    content_type = f"{DICOM}; transfer-syntax={syntax}"
    if not is_multipart:
        return Answer(content, content_type)
    return multipart([Part(content_type, content)], media_type=DICOM, at_once=True)


def content_in(found: Stored, syntax: str) -> bytes:
    """An instance's bytes in a transfer syntax; raises NotEncodable."""
    content = store.read(found.stored_object)
    if syntax == found.transfer_syntax_uid:
        return content
    if not can_transcode(syntax):
        raise NotEncodable("Instances are put into encodings alone that lose nothing.")
    with TRANSCODING:
        return transcoded(content, syntax)


def _several(found: Sequence[Stored], wished: Sequence[Wish]) -> Iterator[Part]:
    for each in found:
        syntax, content = _first_content(each, wished)
        yield Part(f"{DICOM}; transfer-syntax={syntax}", content)


def _first_content(found: Stored, wished: Sequence[Wish]) -> tuple[str, bytes]:
    """An instance in the first form that can be had; as it is stored where an answer under way has no other."""
    for wish in wished:
        syntax = syntax_of(wish, found.transfer_syntax_uid)
        try:
            return syntax, content_in(found, syntax)
        except NotEncodable:
            continue
    return found.transfer_syntax_uid, store.read(found.stored_object)


def series_metadata(asked: Asked, study: str, series: str) -> Answer:
    """A series' ready-made DICOM JSON: a file, sent as it lies."""
    digest = _documents(asked, study, series)[0]
    return as_xml(metadata.documents_of(digest)) if asked.wants_xml else json_answer(asked, digest)


def json_answer(asked: Asked, digest: str, veil: Veil | None = None, place: int = 0) -> Answer:
    """A kept DICOM JSON document, packed when the reader can unpack it; behind a veil, what that lets through."""
    packs = asked.unpacks
    etag = etag_of(f"{digest}{veil.root}{place}{packs}" if veil else f"{digest}{packs}")
    answer = Answer(b"", DICOM_JSON, headers=_checked_again(etag))
    if is_known(asked, etag):
        answer.status = 304
    elif packs:
        answer.headers["Content-Encoding"] = "gzip"
        answer.body = metadata.veiled(digest, veil, place) if veil else metadata.packed(digest)
    else:
        answer.body = gzip.decompress(metadata.veiled(digest, veil, place)) if veil else metadata.unpacked(digest)
    return answer


def _checked_again(etag: str) -> dict[str, str]:
    """A series grows while it is being sent: what is kept of it is asked for again by its name."""
    return {"Vary": "Accept, Accept-Encoding, Authorization, Cookie", "ETag": etag, "Cache-Control": "no-cache"}


def study_metadata(asked: Asked, study: str) -> Answer:
    """All series' DICOM JSON, one after the other."""
    digests = _documents(asked, study)
    if asked.wants_xml:
        return as_xml(each for digest in digests for each in metadata.documents_of(digest))
    etag = etag_of(f"{digests}{asked.unpacks}")
    if is_known(asked, etag):
        return Answer(b"", DICOM_JSON, 304, _checked_again(etag))
    inner = b",".join(text[1:-1] for text in map(metadata.unpacked, digests) if len(text) > 2)
    answer = json_text(asked, b"[" + inner + b"]")
    answer.headers.update(_checked_again(etag))
    return answer


def _documents(asked: Asked, study: str, series: str = "") -> list[str]:
    """The documents of a study or of one series, made whole first where instances wait to be in them."""
    found = _document_rows(asked, study, series)
    if any(waiting for _, waiting in found):
        settle_study(study, series)
        found = _document_rows(asked, study, series)
    digests = [digest for digest, _ in found if digest]
    if not digests:
        raise Nothing
    return digests


def _document_rows(asked: Asked, study: str, series: str) -> list[tuple[str, int]]:
    may, parameters = may_be_read(asked.reader, asked.at)
    one = " AND series.series_instance_uid = %s" if series else ""
    sql = f"""SELECT series.metadata_object, series.waiting_count FROM imaging_series series
        JOIN imaging_study study ON study.id = series.study_id
        WHERE {may} AND study.study_instance_uid = %s{one} ORDER BY series.series_number, series.id"""
    found = rows(sql, [*parameters, study, *([series] if series else [])])
    return [(digest, waiting) for digest, waiting in found]


def instance_metadata(asked: Asked, study: str, series: str, sop: str) -> Answer:
    """One instance's DICOM JSON."""
    text = metadata_text(asked, study, series, sop)
    return as_xml([orjson.loads(text)]) if asked.wants_xml else json_text(asked, b"[" + text + b"]")


def metadata_text(asked: Asked, study: str, series: str, sop: str) -> bytes:
    """One instance's DICOM JSON object; its series is made whole first where it waits to be in it."""
    [found] = stored(asked, study, series, sop)
    text = metadata.text_of(found.metadata_object, sop) if found.metadata_object else None
    if text is None:
        settle_study(study, series)
        [found] = stored(asked, study, series, sop)
        text = metadata.text_of(found.metadata_object, sop) if found.metadata_object else None
    if text is None:
        raise Nothing
    return text
