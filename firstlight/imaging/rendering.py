"""Pictures of frames for people: decoded, windowed, cut, turned, scaled, as JPEG, PNG or GIF."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_modality_lut, apply_presentation_lut, apply_voi
from pydicom.pixels.utils import pixel_array

from firstlight.imaging.drawing import Point, draw_graphics, masked, write_lines
from firstlight.imaging.rules.presentation import Area, Presentation
from firstlight.imaging.rules.viewport import Viewport, cut_of, size_in

Pixels = NDArray[Any]
LITTLE_ENDIAN = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
TABLES = ("VOILUTSequence", "ModalityLUTSequence")
RESCALE = (("RescaleSlope", 1), ("RescaleIntercept", 0))
SHOWING = [
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "PixelPaddingValue", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "ModalityLUTSequence", "VOILUTSequence", "NumberOfFrames", "SharedFunctionalGroupsSequence",
    "PixelPresentation", "ICCProfile",
]  # fmt: skip
LINEAR, LINEAR_EXACT, SIGMOID = "LINEAR", "LINEAR_EXACT", "SIGMOID"
SHORTEST_MS, LONGEST_MS, USUAL_MS = 20, 5000, 100


class NotRenderable(ValueError):
    """The pixels cannot be decoded or shown; the message carries no value from the file."""


@dataclass(frozen=True)
class Window:
    """A window (PS3.3 C.11.2.1.2, C.11.2.1.3), in the units that the modality LUT gives (HU for CT)."""

    center: float
    width: float
    function: str = LINEAR


@dataclass(frozen=True)
class Look:
    """How pictures are wanted: nothing said is as the image itself wants to be shown."""

    window: Window | None = None
    viewport: Viewport | None = None
    presentation: Presentation | None = None
    at_top: tuple[str, ...] = ()
    at_bottom: tuple[str, ...] = ()
    icc_profile: str = ""
    media_type: str = "image/jpeg"
    quality: int = 88


def readable(source: Path | bytes) -> Path | BytesIO:
    """What pydicom reads an instance from."""
    return BytesIO(source) if isinstance(source, bytes) else source


def decode_frame(source: Path | bytes, *, frame: int, as_rgb: bool = True) -> tuple[Dataset, Pixels]:
    """An instance's header and one of its frames, counted from 1: (rows, columns[, samples]), colours as RGB."""
    try:
        header = dcmread(readable(source), stop_before_pixels=True)
        return header, pixel_array(readable(source), index=frame - 1, raw=not as_rgb)
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
    longest_px: int | None = None,
    look: Look | None = None,
    window: Window | None = None,
    media_type: str = "image/jpeg",
) -> bytes:
    """One frame as a JPEG, PNG or GIF, through modality LUT and window as a reader would see it first.

    `stored` are the frame's own bytes where the caller knows them: most need no decoder. `longest_px` makes it
    smaller alone; a viewport may also make it larger.
    """
    look = look or Look(window=window, media_type=media_type)
    header, image = drawn(source, frame=frame, stored=stored, look=look)
    if longest_px:
        image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    return _written(_profiled(image, header, look.icc_profile), look)


def animate(source: Path | bytes, *, frames: Sequence[int], look: Look) -> bytes:
    """Several frames as one moving GIF, at the pace that the instance gives."""
    header, first = drawn(source, frame=frames[0], stored=None, look=look)
    others = [drawn(source, frame=each, stored=None, look=look)[1] for each in frames[1:]]
    buffer = BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=frame_ms(header), loop=0)
    return buffer.getvalue()


def frame_ms(header: Dataset) -> int:
    """How long each frame is shown (PS3.3 C.7.6.5)."""
    try:
        rate = float(header.get("RecommendedDisplayFrameRate") or header.get("CineRate") or 0)
        wanted = float(header.get("FrameTime") or 0) or (1000 / rate if rate > 0 else USUAL_MS)
    except (TypeError, ValueError):
        wanted = USUAL_MS
    return int(min(max(wanted, SHORTEST_MS), LONGEST_MS))


def drawn(source: Path | bytes, *, frame: int, stored: bytes | None, look: Look) -> tuple[Dataset, Image.Image]:
    """A frame's header and its picture."""
    known = _header_and_grey(source, stored) if stored is not None else None
    header, pixels = known or decode_frame(source, frame=frame)
    try:
        shown = _eight_bit(header, pixels, look).astype(np.uint8, copy=False)
        image = _placed(shown, look)
    except (AttributeError, TypeError, KeyError, IndexError, OverflowError, RuntimeError) as error:
        raise NotRenderable("This image cannot be shown like that.") from error
    for lines, at_bottom in ((look.at_top, False), (look.at_bottom, True)):
        if lines:
            write_lines(image, lines, at_bottom=at_bottom)
    return header, image


def _eight_bit(header: Dataset, pixels: Pixels, look: Look) -> Pixels:
    if pixels.ndim == 3:
        return pixels if pixels.dtype == np.uint8 else (pixels / _white_of(pixels) * 255)
    if look.presentation is None:
        return grey(header, pixels, look.window)
    return _presented(header, pixels, look.presentation, look.window)


def _white_of(pixels: Pixels) -> float:
    return float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "iu" else float(pixels.max() or 1)


def _placed(pixels: Pixels, look: Look) -> Image.Image:
    """A picture cut, turned and scaled (PS3.18 8.3.5.1): the presentation state first, then region and viewport."""
    shown = look.presentation
    if shown:
        return _presented_image(pixels, shown, look.viewport)
    return _fitted(Image.fromarray(pixels), look.viewport)


def _fitted(image: Image.Image, viewport: Viewport | None) -> Image.Image:
    if viewport is None:
        return image
    cut = cut_of(viewport.region, columns=image.width, rows=image.height)
    left, top, right, bottom = cut.box
    size = size_in(viewport, width=right - left, height=bottom - top)
    if size != image.size or cut.box != (0, 0, *image.size):
        image = image.resize(size, Image.Resampling.LANCZOS, box=cut.box)
    if cut.flips_columns:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if cut.flips_rows else image


def _presented_image(pixels: Pixels, shown: Presentation, viewport: Viewport | None) -> Image.Image:
    """Shutters, displayed area, then graphics, which turn with the image, and the viewport last."""
    picture = Image.fromarray(masked(pixels, shown.shutters, grey=shown.shutter_grey))
    area = shown.area or Area(1, 1, picture.width, picture.height)
    left, right = sorted((area.left, area.right))
    top, bottom = sorted((area.top, area.bottom))
    picture = picture.crop((left - 1, top - 1, right, bottom))
    scale = _scale(picture, viewport)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    turned = _turned(picture, shown)
    placed = partial(_place, left=left, top=top, scale=scale, size=picture.size, shown=shown)
    draw_graphics(turned, shown, placed=placed)
    return _fitted(turned, viewport)


def _scale(picture: Image.Image, viewport: Viewport | None) -> float:
    """Graphics are drawn at about the size at which they are seen, so that lines stay as fine as they are."""
    if viewport is None or viewport.region:
        return 1
    return min(viewport.width_px, viewport.height_px) / max(picture.size)


def _turned(picture: Image.Image, shown: Presentation) -> Image.Image:
    """Rotated clockwise, then flipped left to right (PS3.3 C.10.6)."""
    turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    turned = picture.transpose(turns[shown.rotation]) if shown.rotation in turns else picture.copy()
    return turned.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if shown.flips else turned


def _place(
    point: Point, in_pixels: bool, *, left: int, top: int, scale: float, size: tuple[int, int], shown: Presentation
) -> Point:
    """Where a point of the image, or of the displayed area as it is seen, lies in the turned picture."""
    width, height = size
    across = shown.rotation in (90, 270)
    seen_width, seen_height = (height, width) if across else (width, height)
    if not in_pixels:
        return point[0] * seen_width, point[1] * seen_height
    column, row = (point[0] - left + 0.5) * scale, (point[1] - top + 0.5) * scale
    turned = {
        90: (height - row, column), 180: (width - column, height - row), 270: (row, width - column),
    }.get(shown.rotation, (column, row))  # fmt: skip
    return (seen_width - turned[0], turned[1]) if shown.flips else turned


def _presented(header: Dataset, pixels: Pixels, shown: Presentation, window: Window | None) -> Pixels:
    """The grayscale pipeline of a presentation state (PS3.4 N.2), with a window of the reader's before its own."""
    values = np.asarray(apply_modality_lut(pixels, shown.state), dtype=np.float32)
    low, high = 0.0, 255.0
    if window or shown.voi is None:
        seen = _windowed(values, window or _own_window(header) or _window_of_values(values), inverted=False)
    elif "VOILUTSequence" in shown.voi:
        table = shown.voi.VOILUTSequence[0]
        seen = np.asarray(apply_voi(values.astype(np.int32), shown.voi), dtype=np.float32)
        high = float(2 ** int(table.LUTDescriptor[2]) - 1)
    else:
        seen = _windowed(values, _window_in(shown.voi) or _window_of_values(values), inverted=False)
    seen = np.clip((seen - low) / high, 0, 1)
    if "PresentationLUTSequence" in shown.state:
        return _through_table(seen, shown.state)
    return (1 - seen if shown.is_inverse else seen) * 255


def _through_table(seen: Pixels, state: Dataset) -> Pixels:
    """P-Values by a presentation LUT (PS3.3 C.11.6), whose input is spread over its entries."""
    table = state.PresentationLUTSequence[0]
    entries, _first, bits = (int(each) for each in table.LUTDescriptor)
    steps = np.round(seen * ((entries or 65536) - 1)).astype(np.int32)
    shown: Pixels = np.asarray(apply_presentation_lut(steps, state), dtype=np.float32) / (2**bits - 1) * 255
    return shown


def _written(image: Image.Image, look: Look) -> bytes:
    buffer = BytesIO()
    profile = image.info.get("icc_profile")
    extra = {"icc_profile": profile} if profile else {}
    if look.media_type == "image/png":
        image.save(buffer, "PNG", compress_level=3, **extra)
    elif look.media_type == "image/gif":
        image.save(buffer, "GIF")
    else:
        image.save(buffer, "JPEG", quality=look.quality, optimize=False, **extra)
    return buffer.getvalue()


def _profiled(image: Image.Image, header: Dataset, wanted: str) -> Image.Image:
    """A colour picture with its own profile, or turned to sRGB; what says nothing of its colours is sRGB."""
    if image.mode != "RGB" or wanted in ("", "no"):
        return image
    standard = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    own = header.get("ICCProfile")
    if own and wanted == "srgb":
        try:
            profile = ImageCms.ImageCmsProfile(BytesIO(own))
            image = ImageCms.profileToProfile(image, profile, standard) or image
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            raise NotRenderable("The colour profile of this image cannot be read.") from error
    image.info["icc_profile"] = own if own and wanted == "yes" else standard.tobytes()
    return image


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
        values = np.asarray(apply_voi(values.astype(np.int32), header), dtype=np.float32)
    return _windowed(values, chosen or _window_of_values(values), inverted=inverted)


def _windowed(values: Pixels, window: Window, *, inverted: bool) -> Pixels:
    if window.function == SIGMOID:
        shown = 255 / (1 + np.exp(np.clip(-4 * (values - window.center) / window.width, -60, 60)))
    elif window.function == LINEAR_EXACT:
        shown = np.clip((values - window.center) / window.width + 0.5, 0, 1) * 255
    else:
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
    return None if "VOILUTSequence" in header else _window_in(header)


def _window_in(source: Dataset) -> Window | None:
    """The first window that a data set names."""
    center, width = source.get("WindowCenter"), source.get("WindowWidth")
    if center is None or width is None:
        return None
    try:
        first, second = (float(each[0] if hasattr(each, "__getitem__") else each) for each in (center, width))
    except (TypeError, ValueError, IndexError):
        return None
    function = str(source.get("VOILUTFunction") or LINEAR)
    least = 1 if function == LINEAR else 0
    return Window(first, second, function) if second >= least and second > 0 else None


def _window_of_values(values: Pixels) -> Window:
    low, high = (float(each) for each in np.percentile(values, (0.5, 99.5)))
    return Window((low + high) / 2, max(high - low, 1))
