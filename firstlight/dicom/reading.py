"""Reading a DICOM file without ever guessing: the whole of it is sound, or it is refused."""

import io
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from firstlight.dicom.dictionary import transfer_syntaxes
from firstlight.dicom.structure import (
    MOST_INFLATED_BYTES,
    PIXEL_DATA,
    Buffer,
    Element,
    Elements,
    Encoding,
    Instance,
    Unreadable,
    fragments,
    parse,
)
from firstlight.dicom.values import decodable, valid_uid

__all__ = ["Unreadable", "contents", "number", "take_apart", "text"]

MAPPED_BYTES = 64 << 20
MOST_BYTES = 1 << 32
UIDS = {
    0x00080016: "no-sop-class",
    0x00080018: "no-sop-instance",
    0x0020000D: "no-study",
    0x0020000E: "no-series",
}
FLOAT_PIXELS = {0x7FE00008: 32, 0x7FE00009: 64}


def contents(source: Path | bytes | BinaryIO) -> Buffer:
    """The bytes of a source; a large file is mapped, so that only what is looked at is in memory."""
    if isinstance(source, bytes):
        return source
    try:
        if not isinstance(source, Path):
            return _bounded(source)
        with source.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            if size <= MAPPED_BYTES:
                return _whole(file, size)
            if file.read(132)[128:] != b"DICM":
                raise Unreadable("not-dicom")
            return mmap(file.fileno(), 0, access=ACCESS_READ)
    except (OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("unreadable-file") from None


def _whole(file: BinaryIO, size: int) -> bytes:
    """A file read at one go, since its size is known; one that is being written to as well is read to its end."""
    data = file.read(size + 1)
    return data if len(data) <= size else data + _bounded(file)


def _bounded(file: BinaryIO) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreadable("too-large")
    return data


def take_apart(buffer: Buffer, *, most_inflated: int = MOST_INFLATED_BYTES) -> Instance:
    """Parse a file and check what every reader relies on: its UIDs, its values' forms, its pixel data.

    Raises:
        Unreadable: when any of it does not hold.
    """
    instance = parse(buffer, most_inflated=most_inflated)
    check(instance, instance.elements)
    return instance


def check(instance: Instance, elements: Elements) -> None:
    """Check an instance, and the values of those of its elements that are not yet known to be sound.

    Raises:
        Unreadable: when something does not hold.
    """
    if not all(map(_decodable, elements.values())):
        raise Unreadable("damaged")
    for tag, reason in UIDS.items():
        if not valid_uid(text(instance.elements, tag)):
            raise Unreadable(reason)
    _check_pixels(instance)


def _decodable(element: Element) -> bool:
    if element.items is not None:
        return all(_decodable(inner) for item in element.items for inner in item.values())
    return bool(element.tag & 0x10000) or element.encapsulated or decodable(element)


def text(elements: Elements, tag: int) -> str:
    """A value as ASCII without its padding, "" where absent."""
    element = elements.get(tag)
    return bytes(element.value).decode("latin-1").strip("\0 ") if element else ""


def number(elements: Elements, tag: int, encoding: Encoding, absent: int = 0) -> int:
    """An unsigned 16-bit or an integer-string value, `absent` where there is none."""
    element = elements.get(tag)
    if element is None or not element.value:
        return absent
    if element.vr in ("US", "SS"):
        return int.from_bytes(element.value[:2], "little" if encoding.little else "big")
    try:
        return int(float(bytes(element.value).split(b"\\")[0].strip(b"\0 ") or absent))
    except (ValueError, OverflowError):
        raise Unreadable("damaged") from None


def expected_pixel_bytes(instance: Instance) -> int | None:
    """How long native pixel data must be, None where the description is not complete."""
    elements, encoding = instance.elements, instance.encoding
    rows, columns, bits = (number(elements, tag, encoding) for tag in (0x00280010, 0x00280011, 0x00280100))
    bits = next((width for tag, width in FLOAT_PIXELS.items() if tag in elements), bits)
    samples = number(elements, 0x00280002, encoding, 1)
    frames = number(elements, 0x00280008, encoding, 1)
    if min(rows, columns, bits, samples, frames) < 1:
        return None
    if text(elements, 0x00280004) == "YBR_FULL_422" and samples == 3:
        samples = 2
    return (rows * columns * bits * samples * frames + 7) // 8


def pixel_element(instance: Instance) -> Element | None:
    """The one element that holds the pixels, of whatever kind."""
    for tag in (PIXEL_DATA, *FLOAT_PIXELS):
        if tag in instance.elements:
            return instance.elements[tag]
    return None


def _check_pixels(instance: Instance) -> None:
    pixels = pixel_element(instance)
    if pixels is None:
        return
    if pixels.encapsulated != transfer_syntaxes()[instance.transfer_syntax_uid]:
        raise Unreadable("damaged")
    expected = expected_pixel_bytes(instance)
    if expected is None or pixels.items is not None:
        raise Unreadable("damaged")
    if pixels.encapsulated:
        _check_fragments(instance, pixels)
    elif len(pixels.value) < expected:
        raise Unreadable("truncated")


def _check_fragments(instance: Instance, pixels: Element) -> None:
    count = sum(1 for _ in fragments(pixels.value, 0, len(pixels.value), delimited=False)) - 1
    video = instance.transfer_syntax_uid.startswith("1.2.840.10008.1.2.4.10")
    frames = 1 if video else number(instance.elements, 0x00280008, instance.encoding, 1)
    if count < frames:
        raise Unreadable("truncated")
