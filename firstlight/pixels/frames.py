"""The frames of an instance: found, decoded, and shown as a viewer would show them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.uid import UID

from firstlight.dicom.datasets import to_dataset
from firstlight.dicom.reading import expected_pixel_bytes, number, pixel_element, text
from firstlight.dicom.structure import PIXEL_DATA, Instance
from firstlight.pixels.ocr import Picture

Values = NDArray[Any]

OFFSET_TABLES = (0x7FE00001, 0x7FE00002)
VIDEO = "1.2.840.10008.1.2.4.10"
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT", "YBR_PARTIAL_420", "PALETTE COLOR")
GREYS = ("MONOCHROME1", "MONOCHROME2")
ALIKE = 3.0
MOST_PIXELS = 1 << 28


class Undecodable(ValueError):
    """Pixels that cannot be decoded here; the message tells nothing of them."""

    def __init__(self) -> None:
        super().__init__("The pixels cannot be decoded.")


@dataclass(frozen=True)
class Layout:
    """How the pixels of an instance lie, PS3.3 C.7.6.3."""

    rows: int
    columns: int
    frames: int
    samples: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    photometric: str
    planar: bool


def layout_of(instance: Instance) -> Layout:
    """The layout that an instance's header gives."""
    tags = (0x00280010, 0x00280011, 0x00280008, 0x00280002, 0x00280100, 0x00280101, 0x00280103, 0x00280006)
    rows, columns, frames, samples, allocated, stored, signed, planar = (
        number(instance.elements, tag, instance.encoding, 1 if tag in (0x00280008, 0x00280002) else 0) for tag in tags
    )
    photometric = text(instance.elements, 0x00280004)
    return Layout(
        rows, columns, frames, samples, allocated, stored or allocated, bool(signed), photometric, bool(planar)
    )


def can_be_looked_at(instance: Instance) -> bool:
    """Whether its frames are pictures that this package can decode: no video, no floating point."""
    layout, pixels = layout_of(instance), pixel_element(instance)
    if pixels is None or pixels.tag != PIXEL_DATA or instance.transfer_syntax_uid.startswith(VIDEO):
        return False
    if layout.rows * layout.columns > MOST_PIXELS or layout.photometric not in (*COLOURS, *GREYS):
        return False
    return layout.samples == (1 if layout.photometric in (*GREYS, "PALETTE COLOR") else 3)


def described(instance: Instance) -> Dataset:
    """The instance's image description and pixels as pydicom's decoders take them."""
    elements = {
        tag: element
        for tag, element in instance.elements.items()
        if tag >> 16 == 0x0028 or tag in (PIXEL_DATA, *OFFSET_TABLES)
    }
    expected, pixels = expected_pixel_bytes(instance), elements[PIXEL_DATA]
    if expected and not pixels.encapsulated:
        elements[PIXEL_DATA] = pixels._replace(value=pixels.value[: expected + expected % 2])
    dataset = to_dataset(elements, instance.encoding)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(instance.transfer_syntax_uid)
    return dataset


def raw_frames(instance: Instance) -> list[bytes | memoryview]:
    """Each frame as its bytes stand in the file.

    Raises:
        Undecodable: when frames cannot be told apart.
    """
    layout, pixels = layout_of(instance), pixel_element(instance)
    if pixels is None:
        raise Undecodable
    if pixels.encapsulated:
        try:
            return list(generate_frames(bytes(pixels.value), number_of_frames=layout.frames, **_offsets(instance)))
        except ValueError:
            raise Undecodable from None
    if layout.bits_allocated == 1:  # frames share bytes: nobody can tell them apart without decoding
        return [memoryview(pixels.value)] * layout.frames
    whole = expected_pixel_bytes(instance) or 0
    if layout.frames < 1 or whole % layout.frames:
        raise Undecodable
    length = whole // layout.frames
    return [memoryview(pixels.value)[start : start + length] for start in range(0, whole, length)]


def _offsets(instance: Instance) -> dict[str, Any]:
    tables = [instance.elements.get(tag) for tag in OFFSET_TABLES]
    if any(table is None for table in tables):
        return {}
    return {"extended_offsets": tuple(bytes(table.value) for table in tables if table is not None)}


@dataclass
class Decoder:
    """Decodes the frames of one instance, one at a time."""

    instance: Instance

    def __post_init__(self) -> None:
        self.dataset = described(self.instance)
        self.header = to_dataset(
            {tag: each for tag, each in self.instance.elements.items() if tag >> 16 in (0x0028, 0x0040)},
            self.instance.encoding,
        )
        self.decode = get_decoder(UID(self.instance.transfer_syntax_uid)).as_array

    def values(self, frame: int, *, as_stored: bool = False) -> tuple[Values, str]:
        """Frame `frame` (from 1) as rows, columns[, samples], and the colours it is in.

        Raises:
            Undecodable: when no decoder can.
        """
        try:
            values, told = self.decode(self.dataset, index=frame - 1, raw=as_stored)
        except Exception:  # noqa: BLE001
            # Every codec fails in its own way, and some quote values: one safe sentence for all of them.
            raise Undecodable from None
        return values, str(told["photometric_interpretation"])

    def views(self, frame: int) -> list[Picture]:
        """The frame as a viewer would show it: colours as they are, greys through each window that differs."""
        values, photometric = self.values(frame)
        try:
            return shown(values, photometric, self.header)
        except Exception:  # noqa: BLE001
            # Broken look-up tables fail in many ways; what cannot be shown cannot be looked at.
            raise Undecodable from None


def shown(values: Values, photometric: str, header: Dataset) -> list[Picture]:
    """Decoded values as pictures of three channels, 8 bits each."""
    if photometric == "PALETTE COLOR":
        return [_eight_bits(apply_color_lut(values, header))]
    if values.ndim == 3:
        return [_eight_bits(values, int(header.get("BitsStored") or 8))]
    greys = _greys(_stored(values, header), header)
    if photometric == "MONOCHROME1":
        greys = [np.subtract(255, each, dtype=np.uint8) for each in greys]
    return [np.dstack([each] * 3) for each in _different(greys)]


def _stored(values: Values, header: Dataset) -> Values:
    """The stored bits alone; what lies in the others, such as an overlay, is none of the image."""
    bits = int(header.get("BitsStored") or 8)
    if bits >= values.itemsize * 8 or values.dtype.kind == "i":
        return values
    return values & ((1 << bits) - 1)


def _eight_bits(values: Values, bits: int = 0) -> Picture:
    bits = bits or values.itemsize * 8
    return np.ascontiguousarray(values >> (bits - 8) if bits > 8 else values, dtype=np.uint8)


def _greys(values: Values, header: Dataset) -> list[Picture]:
    whole = (float(values.min()), float(values.max()))
    if whole[0] == whole[1]:
        return [np.zeros(values.shape, np.uint8)]
    if values.dtype.itemsize == 1 and "WindowCenter" not in header and "VOILUTSequence" not in header:
        return [values.astype(np.uint8)] if whole[1] - whole[0] > 100 else [_spread(values, *whole)]
    middle = [float(each) for each in np.percentile(values[::4, ::4], (1, 99))]
    greys = [_windowed(values, header), _spread(values, *whole)]
    if middle[1] > middle[0]:
        greys.append(_spread(values, *middle))
    return [each for each in greys if each is not None]


def _windowed(values: Values, header: Dataset) -> Picture | None:
    """Through the instance's own first window or VOI LUT, if it has one that works."""
    if "WindowCenter" not in header and "VOILUTSequence" not in header:
        return None
    try:
        seen = np.asarray(apply_voi_lut(apply_modality_lut(values, header), header), np.float32)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, RuntimeError):
        return None
    low, high = float(seen.min()), float(seen.max())
    return _spread(seen, low, high) if high > low else None


def _spread(values: Values, low: float, high: float) -> Picture:
    scaled = (values.astype(np.float32) - low) * (255 / (high - low))
    grey: Picture = np.clip(scaled, 0, 255).astype(np.uint8)
    return grey


def _different(pictures: Sequence[Picture]) -> Iterator[Picture]:
    """The pictures without those that hardly differ from one before."""
    kept: list[Picture] = []
    for each in pictures:
        small = each[::2, ::2].astype(np.float32)
        if all(float(np.abs(small - other[::2, ::2]).mean()) > ALIKE for other in kept):
            kept.append(each)
            yield each
