"""Frames made smaller for slow lines without losing a bit; the stored bytes stay the truth."""

from functools import partial

import jpeg_ls  # type: ignore[import-untyped]  # ships no types
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from firstlight.imaging import store
from firstlight.imaging.rendering import LITTLE_ENDIAN, readable

JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80"
SHAPE = ["Rows", "Columns", "SamplesPerPixel", "BitsAllocated"]


class NotPackable(ValueError):
    """The frame is not plain grey of one or two bytes; the message carries no value from the file."""


def is_plain(transfer_syntax_uid: str) -> bool:
    """Whether frames of that syntax lie there as bare samples, lowest byte first."""
    return transfer_syntax_uid in LITTLE_ENDIAN


def packed_frame(stored_object: str, number: int, ranges: list[tuple[int, int]]) -> bytes:
    """A plain grey frame as JPEG-LS (ISO/IEC 14495-1), made once and kept; raises NotPackable for any other."""
    return store.remembered(f"jpeg-ls {stored_object} {number}", partial(_packed, stored_object, ranges))


def _packed(stored_object: str, ranges: list[tuple[int, int]]) -> bytes:
    rows, columns, bits = _shape(stored_object)
    stored = store.read_ranges(stored_object, ranges)
    if len(stored) != rows * columns * bits // 8:
        raise NotPackable("The frame is shorter or longer than its size says.")
    # All allocated bits, not only those in use: what lies above them, such as the sign, comes back too.
    return bytes(jpeg_ls.encode_buffer(stored, rows, columns, 1, bits))


def _shape(stored_object: str) -> tuple[int, int, int]:
    """Rows, columns and bits of one sample."""
    try:
        header = dcmread(readable(store.source(stored_object)), stop_before_pixels=True, specific_tags=SHAPE)
        samples, bits = int(header.SamplesPerPixel), int(header.BitsAllocated)
        if samples == 1 and bits in (8, 16):
            return int(header.Rows), int(header.Columns), bits
    except (AttributeError, TypeError, ValueError, OSError, InvalidDicomError):
        pass
    raise NotPackable("Only grey frames of one or two bytes a sample are packed.")
