"""A series' ready-made DICOM JSON: packed on disk, unpacked in memory while it is being read."""

import gzip
from functools import lru_cache
from typing import Any

import orjson

from firstlight.imaging import store
from firstlight.imaging.veil import Veil, packed_veiled_series

REMEMBERED_SERIES = 12
REMEMBERED_BYTES = 4 << 20  # of one series; a larger one is unpacked each time


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
