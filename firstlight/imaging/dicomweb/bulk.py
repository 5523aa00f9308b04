"""Bulk data (PS3.18 10.4.1.1.5): one large element by its address, or all of them; parts of one by Range."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from pydicom import dcmread

from firstlight.imaging import store
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Nothing, Part, Refusal, multipart
from firstlight.imaging.dicomweb.frames import frames_of
from firstlight.imaging.dicomweb.metadata import text_of
from firstlight.imaging.dicomweb.stored import Stored, etag_of, is_known, known, named, stored
from firstlight.imaging.rendering import readable
from firstlight.imaging.rules.encodings import EXPLICIT_LITTLE, OCTETS, PLAIN
from firstlight.imaging.settling import settle_study

PIXEL_DATA = "7FE00010"
RANGE = re.compile(r"bytes=\s*(?:(?P<first>\d{1,15})-(?P<last>\d{1,15})?|-(?P<suffix>\d{1,15}))\s*", re.IGNORECASE)


class Span(NamedTuple):
    """Bytes of a value: from `start` up to and without `stop`."""

    start: int
    stop: int


class Unsatisfiable(ValueError):
    """A range that lies outside the value."""


def bulk_data(asked: Asked, study: str, series: str, sop: str, path: str) -> Answer:
    """The value of one large element, named as in the metadata's BulkDataURI: TAG, or TAG/ITEM/TAG…"""
    [found] = stored(asked, study, series, sop)
    path = path.upper()
    if path == PIXEL_DATA and found.frame_count and found.frames_transfer_syntax_uid not in PLAIN:
        return frames_of(asked, found, range(1, found.frame_count + 1))
    value = _Pixels(found) if path == PIXEL_DATA and found.frame_count else _Value(found, path)
    etag = etag_of(f"{found.stored_object}{path}")
    if is_known(asked, etag):
        return known(found, etag)
    return named(_sent(asked, value, etag), etag, found)


def _sent(asked: Asked, value: "_Pixels | _Value", etag: str) -> Answer:
    for wish in asked.wishes:
        if not wish.takes(OCTETS) or wish.transfer_syntax_uid not in ("", "*", EXPLICIT_LITTLE):
            continue
        if wish.is_multipart:
            part = Part(f"{OCTETS}; transfer-syntax={EXPLICIT_LITTLE}", value.read(Span(0, value.size)))
            return multipart([part], media_type=OCTETS, at_once=True)
        return _part_of(asked, value, etag)
    raise Refusal(406, "Bulk data comes as application/octet-stream")


class _Pixels:
    """Plain pixel data: its frames lie one behind the other in the file."""

    def __init__(self, found: Stored) -> None:
        stretches = [stretch for frame in found.every_range for stretch in frame]
        self._object, self._start = found.stored_object, stretches[0][0]
        self.size = sum(length for _, length in stretches)

    def read(self, span: Span) -> bytes:
        return store.read_ranges(self._object, [(self._start + span.start, span.stop - span.start)])


class _Value:
    """Any other element's value."""

    def __init__(self, found: Stored, path: str) -> None:
        self._content = _value(found, path)
        self.size = len(self._content)

    def read(self, span: Span) -> bytes:
        return self._content[span.start : span.stop]


def _value(found: Stored, path: str) -> bytes:
    tag, *deeper = path.split("/")
    dataset = dcmread(readable(store.source(found.stored_object)), stop_before_pixels=not tag.startswith("7FE0"))
    try:
        for item, inner in zip(deeper[::2], deeper[1::2], strict=True):
            dataset, tag = dataset[int(tag, 16)].value[_place(item)], inner
        value: Any = dataset[int(tag, 16)].value
    except (KeyError, IndexError, ValueError, TypeError):
        raise Refusal(404, "There is no such element here") from None
    return value if isinstance(value, bytes) else str(value).encode()


def _place(item: str) -> int:
    """Items are counted from 1, as in attribute paths everywhere."""
    if int(item) < 1:
        raise IndexError
    return int(item) - 1


def span_of(header: str, size: int) -> Span | None:
    """The one range that `Range` asks for (RFC 9110 14.2); None where it asks for none, or for several.

    Raises:
        Unsatisfiable: when it lies outside.
    """
    found = RANGE.fullmatch(header)
    if not found:
        return None
    if found["suffix"] is not None:
        span = Span(max(size - int(found["suffix"]), 0), size)
    else:
        last = int(found["last"]) if found["last"] else size - 1
        span = Span(int(found["first"]), min(last + 1, size))
        if found["last"] and last < int(found["first"]):
            return None
    if span.start >= span.stop:
        raise Unsatisfiable
    return span


def _part_of(asked: Asked, value: _Pixels | _Value, etag: str) -> Answer:
    headers = {"Accept-Ranges": "bytes"}
    # A part of something else than what the reader began with would be no part of it (RFC 9110 13.1.5).
    wanted = asked.header("Range") if asked.header("If-Range") in ("", etag) else ""
    try:
        span = span_of(wanted, value.size)
    except Unsatisfiable:
        return Answer(b"", OCTETS, 416, {**headers, "Content-Range": f"bytes */{value.size}"})
    if span is None:
        return Answer(value.read(Span(0, value.size)), OCTETS, headers=headers)
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{value.size}"
    return Answer(value.read(span), OCTETS, 206, headers)


def all_bulk_data(asked: Asked, study: str, series: str = "", sop: str = "") -> Answer:
    """Every large element of a study, a series or an instance, each with its own address."""
    settle_study(stored(asked, study, series, sop)[0].study_instance_uid, series)
    found = stored(asked, study, series, sop)
    if not any(wish.takes(OCTETS) for wish in asked.wishes):
        raise Refusal(406, "Bulk data comes as application/octet-stream")
    if not any(True for each in found for _ in _paths(_document(each))):
        raise Nothing
    return multipart(_every_value(asked, found), media_type=OCTETS)


def _every_value(asked: Asked, found: list[Stored]) -> Iterator[Part]:
    for each in found:
        for path in _paths(_document(each)):
            plain = path == PIXEL_DATA and each.frame_count and each.frames_transfer_syntax_uid in PLAIN
            value = _Pixels(each) if plain else _Value(each, path)
            yield Part(OCTETS, value.read(Span(0, value.size)), f"{asked.root}{each.path}/bulkdata/{path}")


def _document(found: Stored) -> dict[str, Any]:
    text = text_of(found.metadata_object, found.sop_instance_uid) if found.metadata_object else None
    document: dict[str, Any] = orjson.loads(text or b"{}")
    return document


def _paths(document: dict[str, Any]) -> Iterator[str]:
    for element in document.values():
        if "BulkDataURI" in element:
            yield element["BulkDataURI"].rpartition("/bulkdata/")[2]
        for item in element.get("Value", ()) if element["vr"] == "SQ" else ():
            yield from _paths(item)
