"""Pictures of frames for people: decoded, windowed, scaled, as JPEG or PNG."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

Pixels = NDArray[Any]
LITTLE_ENDIAN = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
TABLES = ("VOILUTSequence", "ModalityLUTSequence")
RESCALE = (("RescaleSlope", 1), ("RescaleIntercept", 0))
SHOWING = [
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "PixelPaddingValue", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth",
    "ModalityLUTSequence", "VOILUTSequence", "NumberOfFrames", "SharedFunctionalGroupsSequence",
]  # fmt: skip


class NotRenderable(ValueError):
    """The pixels cannot be decoded or shown; the message carries no value from the file."""


@dataclass(frozen=True)
class Window:
    """A linear window (PS3.3 C.11.2.1.2), in the units that the modality LUT gives (HU for CT)."""

    center: float
    width: float


def readable(source: Path | bytes) -> Path | BytesIO:
    """What pydicom reads an instance from."""
    return BytesIO(source) if isinstance(source, bytes) else source


def decode_frame(source: Path | bytes, *, frame: int) -> tuple[Dataset, Pixels]:
    """An instance's header and one of its frames, counted from 1: (rows, columns[, samples])."""
    try:
        return dcmread(readable(source), stop_before_pixels=True), pixel_array(readable(source), index=frame - 1)
    except Exception as error:
        # Every codec fails in its own way, and some name values: one safe sentence for all of them.
        raise NotRenderable("The pixels of this image cannot be decoded.") from error


def _header_and_grey(source: Path | bytes, stored: bytes) -> tuple[Dataset, Pixels] | None:
    """The header and a frame whose bytes are its pixels, grey and two bytes each; None for any other."""
    try:
        header = dcmread(readable(source), stop_before_pixels=True, specific_tags=SHOWING)
        if header.file_meta.TransferSyntaxUID not in LITTLE_ENDIAN or header.BitsAllocated != 16:
            return None
        if header.SamplesPerPixel != 1 or header.BitsStored != 16 or "PixelPaddingValue" in header:
            return None
        values = np.frombuffer(stored, "<i2" if header.PixelRepresentation else "<u2")
        return header, values.reshape(header.Rows, header.Columns)
    except (AttributeError, ValueError, TypeError, OSError, InvalidDicomError):
        return None


def render(
    source: Path | bytes,
    *,
    frame: int = 1,
    stored: bytes | None = None,
    window: Window | None = None,
    longest_px: int | None = None,
    media_type: str = "image/jpeg",
    quality: int = 88,
) -> bytes:
    """One frame as a JPEG or PNG, through modality LUT and window as a reader would see it first.

    `stored` are the frame's own bytes where the caller knows them: most need no decoder.
    """
    known = _header_and_grey(source, stored) if stored is not None else None
    header, pixels = known or decode_frame(source, frame=frame)
    shown = pixels if pixels.ndim == 3 else grey(header, pixels, window)
    image = Image.fromarray(shown.astype(np.uint8, copy=False))
    if longest_px:
        image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    if media_type == "image/png":
        image.save(buffer, "PNG", compress_level=3)
    else:
        image.save(buffer, "JPEG", quality=quality, optimize=False)
    return buffer.getvalue()


def grey(header: Dataset, pixels: Pixels, window: Window | None) -> Pixels:
    """Stored values as 8-bit grey, white on black as MONOCHROME2 asks (PS3.3 C.7.6.3.1.2)."""
    chosen = window or _own_window(header)
    inverted = header.get("PhotometricInterpretation") == "MONOCHROME1"
    if chosen and pixels.dtype.itemsize == 2 and not any(name in header for name in TABLES):
        slope, intercept = (float(header.get(name) or default) for name, default in RESCALE)
        table = _table(slope, intercept, chosen, inverted=inverted, signed=pixels.dtype.kind == "i")
        result: Pixels = table.take(pixels.view(np.uint16))
        return result
    values = np.asarray(apply_modality_lut(pixels, header), dtype=np.float32)
    if window is None and "VOILUTSequence" in header:
        values = np.asarray(apply_voi_lut(values.astype(np.int32), header), dtype=np.float32)
    return _windowed(values, chosen or _window_of_values(values), inverted=inverted)


def _windowed(values: Pixels, window: Window, *, inverted: bool) -> Pixels:
    scaled = (values - (window.center - 0.5)) / max(window.width - 1, 1) + 0.5
    shown = np.clip(scaled, 0, 1) * 255
    return 255 - shown if inverted else shown


@lru_cache(32)
def _table(slope: float, intercept: float, window: Window, *, inverted: bool, signed: bool) -> Pixels:
    """What each of the 65,536 stored values of two bytes looks like: counted once for all pixels."""
    values = np.arange(65536, dtype=np.uint16)
    stored = values.view(np.int16) if signed else values
    return _windowed(stored * np.float32(slope) + np.float32(intercept), window, inverted=inverted).astype(np.uint8)


def _own_window(header: Dataset) -> Window | None:
    if "VOILUTSequence" in header:
        return None
    center, width = header.get("WindowCenter"), header.get("WindowWidth")
    if center is None or width is None:
        return None
    try:
        first = [float(each[0] if hasattr(each, "__getitem__") else each) for each in (center, width)]
    except (TypeError, ValueError, IndexError):
        return None
    return Window(*first) if first[1] >= 1 else None


def _window_of_values(values: Pixels) -> Window:
    low, high = (float(each) for each in np.percentile(values, (0.5, 99.5)))
    return Window((low + high) / 2, max(high - low, 1))
