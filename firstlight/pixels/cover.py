"""Regions blacked out in pixel data, with every other pixel as it was and the header telling so."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import get_encoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from firstlight.dicom.encoding import encoded_file, swapped
from firstlight.dicom.pixels import Region
from firstlight.dicom.reading import expected_pixel_bytes, pixel_element, text
from firstlight.dicom.structure import EXPLICIT, PIXEL_DATA, Element, Elements, Instance
from firstlight.dicom.values import WIDTHS
from firstlight.pixels.frames import (
    GREYS,
    OFFSET_TABLES,
    Decoder,
    Layout,
    Undecodable,
    Values,
    described,
    layout_of,
    raw_frames,
)
from firstlight.pixels.masks import cut

ICON = 0x00880200
DERIVATION = "Text in the pixels was blacked out"
MASKING = ("113047", "DCM", "Pixel by pixel mask")
SAME_SYNTAX = (RLELossless, JPEGLSLossless, JPEG2000Lossless)
LOSSY_METHODS = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1", "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1", "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
}  # fmt: skip
MAY_BE_LOSSLESS = ("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203")


class Uncoverable(ValueError):
    """Pixels that cannot be blacked out with the rest kept; the message tells nothing of them."""

    def __init__(self) -> None:
        super().__init__("These pixels cannot be covered.")


def cover(instance: Instance, regions: Iterable[Region]) -> Instance:
    """The instance with the regions black; all other pixels stay as they are, or decode to what they decoded to.

    Lossless encodings stay what they are, frame by frame; what was lossy or has no encoder here becomes lossless
    JPEG-LS as a whole, since one instance has one transfer syntax, and goes on saying that it once was lossy.

    Raises:
        Uncoverable: when that cannot be done, or decoding the result does not prove it.
    """
    layout, pixels = layout_of(instance), pixel_element(instance)
    if pixels is None or pixels.tag != PIXEL_DATA:
        raise Uncoverable
    inside = [each for each in (cut(one, layout.rows, layout.columns) for one in regions) if each]
    try:
        covered = _encapsulated(instance, layout, inside) if pixels.encapsulated else _native(instance, layout, inside)
    except (Undecodable, ValueError):
        raise Uncoverable from None
    return replace(covered, elements=told(covered.elements, source=instance))


def file_of(instance: Instance) -> bytes:
    """The instance as the bytes of a file."""
    native = instance.deflated or not instance.encoding.little
    syntax = str(ExplicitVRLittleEndian) if native else instance.transfer_syntax_uid
    names = (text(instance.elements, tag) for tag in (0x00080016, 0x00080018))
    return b"".join(encoded_file(instance.elements, syntax, instance.encoding, *names))


def hidden_planes(instance: Instance) -> bool:
    """Whether overlays lie in the unused bits of native pixel data, as was done before 2004."""
    return any(_embedded(tag, instance.elements) for tag in instance.elements)


def _embedded(tag: int, elements: Elements) -> bool:
    return tag >> 24 == 0x60 and tag & 0xFFFF == 0x0010 and tag & 0xFFFF0000 | 0x3000 not in elements


def of_frame(regions: Iterable[Region], frame: int) -> list[Region]:
    """The regions that concern a frame."""
    return [each for each in regions if each.frame in (None, frame)]


def black_out(values: Values, regions: Iterable[Region], dark: Any) -> None:
    """Set the regions of one frame (rows, columns[, samples]) to a value, in place."""
    for each in regions:
        values[each.top : each.top + each.height, each.left : each.left + each.width] = dark


def darkest(values: Values, layout: Layout, lut: NDArray[Any] | None = None) -> Any:
    """The value a viewer shows darkest: the lowest grey there is (MONOCHROME1: highest), so no window moves."""
    middle = 1 << (layout.bits_stored - 1)
    if layout.photometric in GREYS:
        return (values.max if layout.photometric == "MONOCHROME1" else values.min)()
    if lut is not None:
        return int(lut.sum(axis=1).argmin())
    return (0, middle, middle) if layout.photometric.startswith("YBR_FULL") else 0


def _palette(instance: Instance, layout: Layout) -> NDArray[Any] | None:
    if layout.photometric != "PALETTE COLOR":
        return None
    indices = np.arange(1 << min(layout.bits_stored, 16), dtype=np.uint16 if layout.bits_stored > 8 else np.uint8)
    table: NDArray[Any] = np.asarray(apply_color_lut(indices.reshape(1, -1), described(instance)), np.int64)
    return table[0, :, :3]


def _native(instance: Instance, layout: Layout, regions: list[Region]) -> Instance:
    """Native pixel data with the regions' samples overwritten where they stand."""
    pixels = instance.elements[PIXEL_DATA]
    if not instance.encoding.little and layout.bits_allocated > 16:
        raise Uncoverable
    width = 1 if instance.encoding.little else WIDTHS.get(pixels.vr, 1)
    data = np.frombuffer(bytearray(swapped(pixels.value, width)), np.uint8)
    used = data[: expected_pixel_bytes(instance) or 0]
    if layout.bits_allocated == 1:
        used[:] = _covered_bits(used, layout, regions)
    else:
        _cover_samples(used.view(f"<u{layout.bits_allocated // 8}"), layout, regions, _palette(instance, layout))
    if hidden_planes(instance):
        words = used.view(f"<u{layout.bits_allocated // 8}")
        words &= words.dtype.type((1 << layout.bits_stored) - 1)
    element = pixels._replace(value=swapped(data.tobytes(), width))
    return replace(instance, elements=instance.elements | {PIXEL_DATA: element})


def _covered_bits(packed: NDArray[np.uint8], layout: Layout, regions: list[Region]) -> NDArray[np.uint8]:
    shape = (layout.frames, layout.rows, layout.columns)
    bits = np.unpackbits(packed, bitorder="little")
    values = bits[: layout.frames * layout.rows * layout.columns].reshape(shape)
    for frame in range(layout.frames):
        black_out(values[frame], of_frame(regions, frame + 1), int(layout.photometric == "MONOCHROME1"))
    return np.packbits(bits, bitorder="little")


def _cover_samples(words: NDArray[Any], layout: Layout, regions: list[Region], lut: NDArray[Any] | None) -> None:
    if layout.photometric == "YBR_FULL_422":
        _cover_halved(words, layout, regions)
        return
    planes = (layout.samples, layout.rows, layout.columns)
    pixels = (layout.rows, layout.columns, layout.samples)
    frames = words.reshape(layout.frames, *(planes if layout.planar and layout.samples > 1 else pixels))
    for frame, values in enumerate(frames, 1):
        here = of_frame(regions, frame)
        if not here:
            continue
        seen = values.transpose(1, 2, 0) if layout.planar and layout.samples > 1 else values
        black_out(seen, here, _word(darkest(_numbers(seen, layout), layout, lut), layout))


def _numbers(words: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Stored words as the numbers they mean: stored bits alone, signed where they are."""
    if layout.photometric not in GREYS:
        return words
    values = words.astype(np.int64) & ((1 << layout.bits_stored) - 1)
    return (
        np.where(values >> (layout.bits_stored - 1), values - (1 << layout.bits_stored), values)
        if layout.signed
        else values
    )


def _word(number: Any, layout: Layout) -> Any:
    """A number as it is stored: a negative one fills the whole word, as writers do."""
    return number if isinstance(number, tuple) else int(number) & ((1 << layout.bits_allocated) - 1)


def _cover_halved(words: NDArray[Any], layout: Layout, regions: list[Region]) -> None:
    """YBR_FULL_422 (PS3.3 C.7.6.3.1.2): two pixels share their colour, so regions grow to whole pairs."""
    if layout.columns % 2:
        raise Uncoverable
    pairs = words.reshape(layout.frames, layout.rows, layout.columns // 2, 4)
    middle = 1 << (layout.bits_stored - 1)
    for frame, values in enumerate(pairs, 1):
        for each in of_frame(regions, frame):
            right = -(-(each.left + each.width) // 2)
            values[each.top : each.top + each.height, each.left // 2 : right] = (0, 0, middle, middle)


def _encapsulated(instance: Instance, layout: Layout, regions: list[Region]) -> Instance:
    source = UID(instance.transfer_syntax_uid)
    if source in SAME_SYNTAX:
        try:
            return _recoded(instance, layout, regions, source)
        except Uncoverable:
            pass  # an encoder that cannot make this kind of frame: the whole instance in another lossless way
    return _recoded(instance, layout, regions, JPEGLSLossless)


def _recoded(instance: Instance, layout: Layout, regions: list[Region], target: UID) -> Instance:
    """Covered frames in `target`; those without regions keep their bytes where the syntax stays the same."""
    same = target == instance.transfer_syntax_uid
    as_stored = target == RLELossless
    decoder, lut = Decoder(instance), _palette(instance, layout)
    frames, wanted = list(map(bytes, raw_frames(instance))), dict[int, Values]()
    colours = layout.photometric
    for frame in range(1, layout.frames + 1):
        here = of_frame(regions, frame)
        if same and not here:
            continue
        decoded, seen = decoder.values(frame, as_stored=as_stored)
        now, wanted[frame] = replace(layout, photometric=seen), decoded.copy()
        if here:
            black_out(wanted[frame], here, darkest(decoded, now, lut))
        frames[frame - 1] = _encoded(wanted[frame], now, target)
        colours = colours if same else seen
    covered = _with_frames(instance, layout, frames, target, colours)
    _prove(covered, wanted, as_stored=as_stored)
    return covered


def _encoded(values: Values, layout: Layout, target: UID) -> bytes:
    """One frame, encoded without loss."""
    described_by: dict[str, Any] = {
        "rows": layout.rows, "columns": layout.columns, "number_of_frames": 1,
        "samples_per_pixel": layout.samples, "bits_allocated": values.itemsize * 8, "bits_stored": layout.bits_stored,
        "pixel_representation": int(layout.signed), "photometric_interpretation": layout.photometric,
    }  # fmt: skip
    if layout.samples > 1:
        described_by["planar_configuration"] = 0
    try:
        return bytes(get_encoder(target).encode(np.ascontiguousarray(values), **described_by))
    except Exception:  # noqa: BLE001
        # Encoders fail in their own ways; whatever the reason, the frame is not covered.
        raise Uncoverable from None


def _prove(covered: Instance, wanted: dict[int, Values], *, as_stored: bool) -> None:
    """Decode what was encoded: not one value may differ from what was meant."""
    decoder = Decoder(covered)
    for frame, values in wanted.items():
        if not np.array_equal(decoder.values(frame, as_stored=as_stored)[0], values):
            raise Uncoverable


def _with_frames(instance: Instance, layout: Layout, frames: list[bytes], target: UID, colours: str) -> Instance:
    elements = {tag: each for tag, each in instance.elements.items() if tag not in OFFSET_TABLES}
    elements[PIXEL_DATA] = Element(PIXEL_DATA, "OB", encapsulate(frames, has_bot=True), encapsulated=True)
    if target != instance.transfer_syntax_uid:
        elements[0x00280004] = Element(0x00280004, "CS", colours.encode())
        if layout.samples > 1:
            elements[0x00280006] = Element(0x00280006, "US", b"\0\0")
        elements |= _history(instance)
    return replace(instance, elements=elements, transfer_syntax_uid=str(target), encoding=EXPLICIT, deflated=False)


def _history(instance: Instance) -> Elements:
    """What once was lossy says so for ever, PS3.3 C.7.6.1.1.5."""
    method = LOSSY_METHODS.get(instance.transfer_syntax_uid)
    said = text(instance.elements, 0x00282110)
    if method is None or said == "01" or (said == "00" and instance.transfer_syntax_uid in MAY_BE_LOSSLESS):
        return {}
    ratio = (expected_pixel_bytes(instance) or 0) / max(len(instance.elements[PIXEL_DATA].value), 1)
    values = {0x00282110: ("CS", "01"), 0x00282112: ("DS", f"{ratio:.2f}"), 0x00282114: ("CS", method)}
    return {tag: Element(tag, vr, value.encode()) for tag, (vr, value) in values.items()}


def told(elements: Elements, *, source: Instance) -> Elements:
    """The header of a covered image: derived, by what, free of burned-in text, without the icon made before."""
    told_so = {tag: each for tag, each in elements.items() if tag != ICON}
    if hidden_planes(source):
        told_so = {tag: each for tag, each in told_so.items() if tag >> 24 != 0x60}
    kinds = text(elements, 0x00080008).split("\\")
    if any(kinds) and 0x52009230 not in elements:  # conditions of enhanced objects hang on it, frame by frame
        told_so[0x00080008] = Element(0x00080008, "CS", "\\".join(["DERIVED", *kinds[1:]]).encode())
    before = text(elements, 0x00082111)
    said = before if DERIVATION in before else "; ".join(part for part in (before, DERIVATION) if part)
    told_so[0x00082111] = Element(0x00082111, "ST", said.encode("latin-1"))
    told_so[0x00089215] = _derivations(elements.get(0x00089215))
    told_so[0x00280301] = Element(0x00280301, "CS", b"NO")
    return told_so


def _derivations(former: Element | None) -> Element:
    items = former.items or () if former else ()
    if any(text(item, 0x00080100) == MASKING[0] for item in items):
        return Element(0x00089215, "SQ", b"", items)
    tags = ((0x00080100, "SH"), (0x00080102, "SH"), (0x00080104, "LO"))
    code = {tag: Element(tag, vr, value.encode()) for (tag, vr), value in zip(tags, MASKING, strict=True)}
    return Element(0x00089215, "SQ", b"", (*items, code))
