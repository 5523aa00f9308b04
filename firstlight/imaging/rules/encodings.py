"""Frames in the encodings that DICOM knows: which media type each has, and how a frame is put into one."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
OCTETS = "application/octet-stream"

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
PLAIN = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE})
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
HTJ2K_LOSSLESS = "1.2.840.10008.1.2.4.201"
RLE = "1.2.840.10008.1.2.5"

# PS3.18 tables 8.7.3-4 and 8.7.3-5; what is not here is application/octet-stream.
MEDIA_TYPES = {
    JPEG_BASELINE: "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    JPEG_LOSSLESS: "image/jpeg",
    JPEG_LS_LOSSLESS: "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    JPEG_2000_LOSSLESS: "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.100": "video/mpeg",
    "1.2.840.10008.1.2.4.101": "video/mpeg",
    "1.2.840.10008.1.2.4.102": "video/mp4",
    "1.2.840.10008.1.2.4.103": "video/mp4",
    "1.2.840.10008.1.2.4.104": "video/mp4",
    "1.2.840.10008.1.2.4.105": "video/mp4",
    "1.2.840.10008.1.2.4.106": "video/mp4",
    "1.2.840.10008.1.2.4.107": "video/H265",
    "1.2.840.10008.1.2.4.108": "video/H265",
    "1.2.840.10008.1.2.4.110": "image/jxl",
    "1.2.840.10008.1.2.4.111": "image/jxl",
    "1.2.840.10008.1.2.4.112": "image/jxl",
    HTJ2K_LOSSLESS: "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    RLE: "image/dicom-rle",
}
# The transfer syntax that a media type stands for where the reader names none.
DEFAULTS = {
    OCTETS: EXPLICIT_LITTLE,
    "image/jpeg": JPEG_LOSSLESS,
    "image/jls": JPEG_LS_LOSSLESS,
    "image/jp2": JPEG_2000_LOSSLESS,
    "image/jphc": HTJ2K_LOSSLESS,
    "image/dicom-rle": RLE,
}
# Encodings that lose something: stored in one of them, an image is not decoded unless somebody asks for that by name.
LOSSY = frozenset(
    f"1.2.840.10008.1.2.4.{each}" for each in (50, 51, 81, 91, *range(100, 109), 112, 203)
)  # fmt: skip


class NotEncodable(ValueError):
    """These pixels do not fit that encoding; the message carries no value from the file."""


def media_type_of(transfer_syntax_uid: str) -> str:
    """The media type of a frame in that transfer syntax."""
    return MEDIA_TYPES.get(transfer_syntax_uid, OCTETS)


def encoded(pixels: Pixels, transfer_syntax_uid: str, *, bits_stored: int = 16) -> bytes:
    """One frame, (rows, columns[, samples]) of one or two bytes, in another encoding; raises NotEncodable."""
    encode = ENCODERS.get(transfer_syntax_uid)
    if encode is None or pixels.ndim not in (2, 3) or pixels.dtype.itemsize > 2 or pixels.dtype.kind not in "iu":
        raise NotEncodable("This image cannot be put into that encoding.")
    try:
        return bytes(encode(np.ascontiguousarray(pixels), min(bits_stored, pixels.dtype.itemsize * 8)))
    except (ValueError, RuntimeError, TypeError, OSError) as error:
        # A codec's own message may hold sizes and places of what it was given: one sentence for all.
        raise NotEncodable("This image cannot be put into that encoding.") from error


def can_encode(transfer_syntax_uid: str) -> bool:
    """Whether some images can be put into that encoding here."""
    return transfer_syntax_uid in ENCODERS


def _jpeg_ls(pixels: Pixels, _bits: int) -> bytes:
    """ISO/IEC 14495-1, all allocated bits: what lies above those in use, such as the sign, comes back too."""
    import jpeg_ls  # type: ignore[import-untyped]  # ships no types

    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    bits = pixels.dtype.itemsize * 8
    interleave = {"interleave_mode": 2} if samples > 1 else {}
    packed: bytes = jpeg_ls.encode_buffer(pixels.tobytes(), *pixels.shape[:2], samples, bits, **interleave)
    return packed


def _htj2k(pixels: Pixels, _bits: int) -> bytes:
    """ISO/IEC 15444-15, reversible, each sample by itself: colours keep their photometric interpretation."""
    from imagecodecs import htj2k_encode

    return bytes(htj2k_encode(pixels, reversible=True, rgb=False, planar=False))


def _jpeg_2000(pixels: Pixels, bits: int) -> bytes:
    """ISO/IEC 15444-1, reversible, each sample by itself."""
    from imagecodecs import jpeg2k_encode

    used = _in_use(pixels, bits)
    return bytes(jpeg2k_encode(pixels, codecformat="j2k", level=0, reversible=True, mct=False, bitspersample=used))


def _jpeg_lossless(pixels: Pixels, bits: int) -> bytes:
    """ISO/IEC 10918-1 process 14, first predictor: what is signed travels as the same bits without a sign."""
    from imagecodecs import jpeg8_encode

    plain = pixels.view(f"u{pixels.dtype.itemsize}")
    used = _in_use(plain, bits)
    return bytes(jpeg8_encode(plain, lossless=True, predictor=1, bitspersample=used))


def _jpeg(pixels: Pixels, _bits: int) -> bytes:
    """ISO/IEC 10918-1 baseline, which loses: eight bits alone, at a quality that shows it least."""
    from PIL import Image

    if pixels.dtype != np.uint8:
        raise NotEncodable("Baseline JPEG holds eight bits without a sign.")
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def _rle(pixels: Pixels, _bits: int) -> bytes:
    """PS3.5 Annex G."""
    from pydicom.pixels.encoders.base import RLELosslessEncoder

    samples, bits = pixels.shape[2] if pixels.ndim == 3 else 1, pixels.dtype.itemsize * 8
    return RLELosslessEncoder.encode(
        pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes(), rows=pixels.shape[0],
        columns=pixels.shape[1], samples_per_pixel=samples, bits_allocated=bits, bits_stored=bits,
        pixel_representation=int(pixels.dtype.kind == "i"), number_of_frames=1, planar_configuration=0,
        photometric_interpretation="RGB" if samples > 1 else "MONOCHROME2", encoding_plugin="pydicom",
    )  # fmt: skip


def _in_use(pixels: Pixels, bits: int) -> int:
    """The bits that these values need at least, and the stored ones where those suffice."""
    low, high = int(pixels.min()), int(pixels.max())
    needed = max(high.bit_length(), (-low - 1).bit_length() if low < 0 else 0) + (pixels.dtype.kind == "i")
    return bits if needed <= bits else pixels.dtype.itemsize * 8


ENCODERS: dict[str, Callable[[Pixels, int], bytes]] = {
    JPEG_BASELINE: _jpeg,
    JPEG_LOSSLESS: _jpeg_lossless,
    JPEG_LS_LOSSLESS: _jpeg_ls,
    JPEG_2000_LOSSLESS: _jpeg_2000,
    HTJ2K_LOSSLESS: _htj2k,
    RLE: _rle,
}
