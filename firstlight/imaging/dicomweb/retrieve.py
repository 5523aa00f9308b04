"""WADO-RS (PS3.18 10.4): instances, frames, metadata, bulk data. Nothing is parsed on the way."""

import gzip
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from pydicom import dcmread

from firstlight.imaging import store
from firstlight.imaging.dicomweb import metadata
from firstlight.imaging.dicomweb.exchange import DICOM_JSON, OCTETS, Answer, Asked, Nothing, Refusal, as_xml, multipart
from firstlight.imaging.packing import JPEG_LS_LOSSLESS, NotPackable, is_plain, packed_frame
from firstlight.imaging.rendering import NotRenderable, decode_frame, readable
from firstlight.imaging.rules.access import may_be_read
from firstlight.imaging.veil import Veil
from firstlight.rows import rows

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
# PS3.18 table 8.7.3-2 and following: the media type of each stored transfer syntax's frames.
FRAME_MEDIA_TYPES = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
TABLES = """imaging_instance instance JOIN imaging_series series ON series.id = instance.series_id
    JOIN imaging_study study ON study.id = series.study_id"""


class Stored(NamedTuple):
    """What the index knows of an instance's bytes; `frames` are byte ranges as JSON."""

    sop_instance_uid: str
    transfer_syntax_uid: str
    stored_object: str
    size: int
    frames: str
    frames_transfer_syntax_uid: str
    frame_count: int
    stack_index: int
    metadata_object: str
    is_public: bool

    def ranges(self, number: int) -> list[tuple[int, int]]:
        """The (offset, length) stretches of a frame, counted from 1."""
        every = orjson.loads(self.frames) if isinstance(self.frames, str) else self.frames
        return [(offset, length) for offset, length in every[number - 1]]


COLUMNS = """instance.sop_instance_uid, instance.transfer_syntax_uid, instance.stored_object, instance.size,
    instance.frames, instance.frames_transfer_syntax_uid, instance.frame_count, instance.stack_index,
    series.metadata_object, study.public_since IS NOT NULL"""


def stored(asked: Asked, study: str, series: str = "", sop: str = "") -> list[Stored]:
    """The instances of a study, of a series, or one, in reading order; raises Nothing where there is none to read."""
    may, parameters = may_be_read(asked.reader, asked.at)
    where, values = f"{may} AND study.study_instance_uid = %s", [*parameters, study]
    if series:
        where, values = f"{where} AND series.series_instance_uid = %s", [*values, series]
    if sop:
        where, values = f"{where} AND instance.sop_instance_uid = %s", [*values, sop]
    order = "" if sop else " ORDER BY series.series_number, series.id, instance.stack_index, instance.id"
    found = rows(f"SELECT {COLUMNS} FROM {TABLES} WHERE {where}{order}", values)
    if not found:
        raise Nothing
    return [Stored(*each) for each in found]


def instances(asked: Asked, study: str, series: str = "", sop: str = "") -> Answer:
    """Whole instances, byte for byte as they were stored; one comes in a single part when asked for so."""
    found = stored(asked, study, series, sop)
    if len(found) == 1 and asked.accept.startswith("application/dicom") and "json" not in asked.accept:
        answer = Answer(store.read(found[0].stored_object), "application/dicom")
        return named(asked, answer, found[0].stored_object, found[0])
    return multipart(
        (
            (f"application/dicom; transfer-syntax={each.transfer_syntax_uid}", store.read(each.stored_object))
            for each in found
        ),
        media_type="application/dicom",
    )


def series_metadata(asked: Asked, study: str, series: str) -> Answer:
    """A series' ready-made DICOM JSON: a file, sent as it lies."""
    digest = _documents(asked, study, series)[0]
    return as_xml(metadata.documents_of(digest)) if asked.wants_xml else json_answer(asked, digest)


def json_answer(asked: Asked, digest: str, veil: Veil | None = None, place: int = 0) -> Answer:
    """A kept DICOM JSON document, packed when the reader can unpack it; behind a veil, what that lets through."""
    packs = "gzip" in asked.header("Accept-Encoding")
    name = f"{digest}{veil.root}{place}" if veil else digest
    etag = f'"{store.digest_of(name.encode())[:32]}{"-gzip" if packs else ""}"'
    answer = Answer(b"", DICOM_JSON, headers={"Vary": "Accept-Encoding", "ETag": etag, "Cache-Control": "no-cache"})
    if etag in asked.header("If-None-Match"):
        answer.status = 304
    elif packs:
        answer.headers["Content-Encoding"] = "gzip"
        answer.body = metadata.veiled(digest, veil, place) if veil else metadata.packed(digest)
    else:
        answer.body = gzip.decompress(metadata.veiled(digest, veil, place)) if veil else metadata.unpacked(digest)
    return answer


def study_metadata(asked: Asked, study: str) -> Answer:
    """All series' DICOM JSON, one after the other."""
    digests = _documents(asked, study)
    if asked.wants_xml:
        return as_xml(each for digest in digests for each in metadata.documents_of(digest))
    texts = [metadata.unpacked(digest) for digest in digests]
    inner = b",".join(text[1:-1] for text in texts if len(text) > 2)
    return Answer(b"[" + inner + b"]", DICOM_JSON)


def _documents(asked: Asked, study: str, series: str = "") -> list[str]:
    may, parameters = may_be_read(asked.reader, asked.at)
    one = " AND series.series_instance_uid = %s" if series else ""
    found = rows(
        f"""SELECT series.metadata_object FROM imaging_series series
        JOIN imaging_study study ON study.id = series.study_id
        WHERE {may} AND study.study_instance_uid = %s{one} AND series.metadata_object <> ''
        ORDER BY series.series_number, series.id""",
        [*parameters, study, *([series] if series else [])],
    )
    if not found:
        raise Nothing
    return [digest for (digest,) in found]


def instance_metadata(asked: Asked, study: str, series: str, sop: str) -> Answer:
    """One instance's DICOM JSON."""
    [found] = stored(asked, study, series, sop)
    document = metadata.documents_of(found.metadata_object)[found.stack_index]
    return as_xml([document]) if asked.wants_xml else Answer(orjson.dumps([document]), DICOM_JSON)


def frames(asked: Asked, study: str, series: str, sop: str, numbers: str) -> Answer:
    """Frames by number, from 1."""
    [found] = stored(asked, study, series, sop)
    return frames_of(asked, found, [int(each) for each in numbers.split(",")])


def frames_of(asked: Asked, found: Stored, numbers: Sequence[int]) -> Answer:
    """Frames as they are stored, packed where the reader would rather have that, or decoded for plain octets."""
    if not all(1 <= each <= found.frame_count for each in numbers):
        raise Refusal(404, "There is no such frame", f"This instance has {found.frame_count}.")
    syntax, contents = _packed(asked, found, numbers) or _unpacked(asked, found, numbers)
    media_type = FRAME_MEDIA_TYPES.get(syntax, OCTETS)
    if len(contents) == 1 and asked.accept.startswith((OCTETS, "image/")):
        answer = Answer(contents[0], media_type)
    else:
        content_type = f"{media_type}; transfer-syntax={syntax}"
        answer = multipart([(content_type, each) for each in contents], media_type=media_type, at_once=True)
    return named(asked, answer, f"{found.stored_object}{syntax}{numbers}{answer.content_type[:9]}", found)


def _packed(asked: Asked, found: Stored, numbers: Sequence[int]) -> tuple[str, list[bytes]] | None:
    """Frames in JPEG-LS where that is what the reader names first and they can be; None otherwise."""
    if first_syntax(asked.accept) != JPEG_LS_LOSSLESS or not is_plain(found.frames_transfer_syntax_uid):
        return None
    try:
        return JPEG_LS_LOSSLESS, [packed_frame(found.stored_object, each, found.ranges(each)) for each in numbers]
    except NotPackable:
        return None


def _unpacked(asked: Asked, found: Stored, numbers: Sequence[int]) -> tuple[str, list[bytes]]:
    syntax = found.frames_transfer_syntax_uid
    media_type = FRAME_MEDIA_TYPES.get(syntax, OCTETS)
    as_stored = media_type == OCTETS or takes_as_stored(asked.accept, media_type, syntax)
    contents = [_frame(found, number, as_stored=as_stored) for number in numbers]
    return syntax if as_stored else EXPLICIT_LITTLE, contents


def first_syntax(accept: str) -> str:
    """The transfer syntax that an Accept header names first, "" where it names none (PS3.18 8.7.3.3)."""
    found = re.search(r'transfer-syntax="?([0-9.]+|\*)', accept)
    return found.group(1) if found else ""


def takes_as_stored(accept: str, media_type: str, syntax: str) -> bool:
    """Whether frames may be sent in the encoding they are stored in (PS3.18 8.7.3.3)."""
    wanted = accept.replace('"', "").replace(" ", "")
    if "transfer-syntax=" in wanted:
        return "transfer-syntax=*" in wanted or f"transfer-syntax={syntax}" in wanted
    return media_type in wanted or wanted in {"*/*", "multipart/related"} or "type=*/*" in wanted


def _frame(found: Stored, number: int, *, as_stored: bool) -> bytes:
    if as_stored:
        return store.read_ranges(found.stored_object, found.ranges(number))
    try:
        _header, pixels = decode_frame(store.source(found.stored_object), frame=number)
    except NotRenderable as error:
        raise Refusal(406, "This frame cannot be decoded", str(error)) from error
    return pixels.tobytes()


def bulk_data(asked: Asked, study: str, series: str, sop: str, path: str) -> Answer:
    """The value of one large element, named as in the metadata's BulkDataURI: TAG, or TAG/ITEM/TAG…"""
    [found] = stored(asked, study, series, sop)
    answer = _part_of(asked, _value(found, path))
    return named(asked, answer, f"{found.stored_object}{path}{asked.header('Range')}", found)


def _value(found: Stored, path: str) -> bytes:
    dataset = dcmread(readable(store.source(found.stored_object)))
    tag, *deeper = path.split("/")
    try:
        for item, inner in zip(deeper[::2], deeper[1::2], strict=True):
            dataset, tag = dataset[int(tag, 16)].value[int(item)], inner
        value: Any = dataset[int(tag, 16)].value
    except (KeyError, IndexError, ValueError, TypeError):
        raise Refusal(404, "There is no such element here") from None
    return value if isinstance(value, bytes) else str(value).encode()


def _part_of(asked: Asked, value: bytes) -> Answer:
    """The bytes that `Range` asks for (RFC 9110 14.2), one range of them; all where it asks for none."""
    headers = {"Accept-Ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d{1,12})?-(\d{1,12})?", asked.header("Range"))
    if not wanted or not any(wanted.groups()):
        return Answer(value, OCTETS, headers=headers)
    first, last = wanted.groups()
    start = int(first) if first else max(len(value) - int(last), 0)
    stop = min(int(last) + 1, len(value)) if first and last else len(value)
    if not start < stop:
        return Answer(b"", OCTETS, 416, {**headers, "Content-Range": f"bytes */{len(value)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(value)}"
    return Answer(value[start:stop], OCTETS, 206, headers)


def named(asked: Asked, answer: Answer, name: str, found: Stored) -> Answer:
    """The answer under a name, since an instance never changes under its UID; empty for who has it already."""
    if answer.status not in (200, 206):
        return answer
    etag = f'W/"{store.digest_of(name.encode())[:32]}"'
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "public, max-age=3600" if found.is_public else "private, max-age=3600"
    answer.headers["Vary"] = "Accept, Authorization, Cookie"
    if etag in asked.header("If-None-Match"):
        answer.body, answer.status = b"", 304
    return answer
