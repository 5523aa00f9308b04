"""Pictures of frames for people: decoded, windowed, scaled, as JPEG or PNG."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

Pixels = NDArray[Any]


class NotRenderable(ValueError):
    """The pixels cannot be decoded or shown; the message carries no value from the file."""


@dataclass(frozen=True)
class Window:
    """A linear window (PS3.3 C.11.2.1.2), in the units that the modality LUT gives (HU for CT)."""

    center: float
    width: float


def decode_frame(path: Path, *, frame: int) -> tuple[Dataset, Pixels]:
    """An instance's header and one of its frames, counted from 1: (rows, columns[, samples])."""
    try:
        header = dcmread(path, stop_before_pixels=True)
        return header, pixel_array(path, index=frame - 1)
    except Exception as error:
        # Every codec fails in its own way, and some name values: one safe sentence for all of them.
        raise NotRenderable("The pixels of this image cannot be decoded.") from error


def render(
    path: Path,
    *,
    frame: int = 1,
    window: Window | None = None,
    longest_px: int | None = None,
    media_type: str = "image/jpeg",
    quality: int = 88,
) -> bytes:
    """One frame as a JPEG or PNG, through modality LUT and window as a reader would see it first."""
    header, pixels = decode_frame(path, frame=frame)
    shown = pixels if pixels.ndim == 3 else grey(header, pixels, window)
    image = Image.fromarray(shown.astype(np.uint8))
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
    values = np.asarray(apply_modality_lut(pixels, header), dtype=np.float32)
    if window is None and "VOILUTSequence" in header:
        values = np.asarray(apply_voi_lut(values.astype(np.int32), header), dtype=np.float32)
    chosen = window or _own_window(header) or _window_of_values(values)
    scaled = (values - (chosen.center - 0.5)) / max(chosen.width - 1, 1) + 0.5
    shown = np.clip(scaled, 0, 1) * 255
    result: Pixels = 255 - shown if header.get("PhotometricInterpretation") == "MONOCHROME1" else shown
    return result


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
