"""A series' ready-made DICOM JSON: packed on disk, unpacked in memory while it is being read."""

import gzip
import json
import zlib
from functools import lru_cache
from typing import Any

import orjson

from firstlight.imaging import store
from firstlight.imaging.veil import Veil, packed_veiled_series

REMEMBERED_SERIES = 12
REMEMBERED_BYTES = 4 << 20  # of one series; a larger one is unpacked each time
REMEMBERED_PLACES = 64
PREFIX_BYTES = 64 << 10


def packed(digest: str) -> bytes:
    """The document as it lies, gzip."""
    return store.read(digest, room="metadata")


def unpacked(digest: str) -> bytes:
    """The document as JSON text; what was read last is remembered, since a digest's bytes never change."""
    try:
        return _remembered(digest)
    except _TooLarge as large:
        return large.text


def veiled(digest: str, veil: Veil, place: int) -> bytes:
    """What the document may say behind a veil, gzip; made once and kept."""
    return store.remembered(
        f"veiled {digest} {veil.root} {place}", lambda: packed_veiled_series(packed(digest), veil=veil, place=place)
    )


class _TooLarge(Exception):
    def __init__(self, text: bytes) -> None:
        self.text = text


@lru_cache(REMEMBERED_SERIES)
def _remembered(digest: str) -> bytes:
    text = gzip.decompress(packed(digest))
    if len(text) > REMEMBERED_BYTES:
        raise _TooLarge(text)
    return text


def documents_of(digest: str) -> list[dict[str, Any]]:
    """The document as one DICOM JSON object an instance, in reading order."""
    documents: list[dict[str, Any]] = orjson.loads(unpacked(digest))
    return documents


def text_of(digest: str, sop_instance_uid: str) -> bytes | None:
    """The text of one instance's object; None for an instance that is not there."""
    place = _places(digest).get(sop_instance_uid)
    return unpacked(digest)[slice(*place)] if place else None


@lru_cache(REMEMBERED_PLACES)
def _places(digest: str) -> dict[str, tuple[int, int]]:
    """Where each instance's object begins and ends: what was written as it is read is as long as it was written."""
    places, start = {}, 1
    for document in documents_of(digest):
        stop = start + len(orjson.dumps(document))
        places[str(document["00080018"]["Value"][0])] = (start, stop)
        start = stop + 1
    return places


def first_document(digest: str) -> dict[str, Any]:
    """The first instance's object, unpacked no further than it goes; {} for an empty series."""
    unpacker, text = zlib.decompressobj(wbits=31), b""
    pieces = packed(digest)
    while pieces and not unpacker.eof:
        text += unpacker.decompress(pieces, PREFIX_BYTES)
        pieces = unpacker.unconsumed_tail
        found = _first(text)
        if found is not None:
            return found
    return next(iter(documents_of(digest)), {})


def _first(text: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.JSONDecoder().raw_decode(text.decode("utf-8", "ignore"), 1)[0]
    except json.JSONDecodeError:
        return None
    return found
