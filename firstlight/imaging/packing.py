"""Frames in other encodings, for slow lines and for readers that know but one; the stored bytes stay the truth."""

from functools import partial

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from firstlight.imaging import store
from firstlight.imaging.rendering import NotRenderable, decode_frame, readable
from firstlight.imaging.rules.encodings import EXPLICIT_LITTLE, LOSSY, PLAIN, NotEncodable, Pixels, encoded

SHAPE = ["Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "PixelRepresentation"]
Ranges = list[tuple[int, int]]


def frame_as(wanted: str, *, stored_object: str, number: int, ranges: Ranges, stored_as: str) -> bytes:
    """A frame in another transfer syntax, made once and kept where nothing is lost by it.

    Raises:
        NotEncodable: when the pixels cannot be decoded, or do not fit that encoding.
    """
    make = partial(_made, wanted, stored_object, number, ranges, stored_as)
    if wanted == EXPLICIT_LITTLE or wanted in LOSSY:
        return make()
    return store.remembered(f"frame {wanted} {stored_object} {number}", make)


def _made(wanted: str, stored_object: str, number: int, ranges: Ranges, stored_as: str) -> bytes:
    header, pixels = _plain_grey(stored_object, ranges) if stored_as in PLAIN else (None, None)
    if pixels is None:
        header, pixels = _decoded(stored_object, number, stored_as)
    if wanted == EXPLICIT_LITTLE:
        return pixels.tobytes()
    if header is None or header.BitsAllocated not in (8, 16):
        raise NotEncodable("Only samples of one or two bytes are encoded.")
    return encoded(pixels, wanted, bits_stored=int(header.get("BitsStored", header.BitsAllocated)))


def _plain_grey(stored_object: str, ranges: Ranges) -> tuple[Dataset | None, Pixels | None]:
    """A frame whose bytes are its pixels, grey, of one or two bytes each; nothing for any other."""
    try:
        header = dcmread(readable(store.source(stored_object)), stop_before_pixels=True, specific_tags=SHAPE)
        if header.SamplesPerPixel != 1 or header.BitsAllocated not in (8, 16):
            return None, None
        kind = f"<{'i' if header.PixelRepresentation else 'u'}{header.BitsAllocated // 8}"
        values = np.frombuffer(store.read_ranges(stored_object, ranges), kind)
        return header, values.reshape(header.Rows, header.Columns)
    except (AttributeError, TypeError, ValueError, OSError, InvalidDicomError):
        return None, None


def _decoded(stored_object: str, number: int, stored_as: str) -> tuple[Dataset, Pixels]:
    try:
        return decode_frame(store.source(stored_object), frame=number, as_rgb=stored_as not in PLAIN)
    except NotRenderable as error:
        raise NotEncodable(str(error)) from error
