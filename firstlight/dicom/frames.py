"""Where each frame of an instance lies in its file, so that it can be served as a range of bytes."""

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from firstlight.dicom.reading import contents, expected_pixel_bytes, number, pixel_element, take_apart
from firstlight.dicom.structure import Element, Instance, Unreadable, fragments

END_OF_IMAGE = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000 alike


class Range(NamedTuple):
    """Bytes of a file: `offset` from its start, `length` of them."""

    offset: int
    length: int


class FrameMap(NamedTuple):
    """The frames of one instance in order, each as the ranges that make it up."""

    transfer_syntax_uid: str
    rows: int
    columns: int
    frames: tuple[tuple[Range, ...], ...]


def locate_frames(source: Path | bytes | BinaryIO) -> FrameMap:
    """Find every frame of a file without decoding any; raises Unreadable as `frames_of` does, or for the file."""
    return frames_of(take_apart(contents(source)))


def frames_of(instance: Instance) -> FrameMap:
    """Where the frames of an instance lie, PS3.5 A.4.

    Raises:
        Unreadable: "not-addressable" for a deflated file, "frames-not-byte-aligned" for bit-packed frames that
            share bytes, or "no-pixel-data".
    """
    pixels = pixel_element(instance)
    if pixels is None:
        raise Unreadable("no-pixel-data")
    if instance.deflated:
        raise Unreadable("not-addressable")
    rows, columns = (number(instance.elements, tag, instance.encoding) for tag in (0x00280010, 0x00280011))
    count = number(instance.elements, 0x00280008, instance.encoding, 1)
    find = _encapsulated if pixels.encapsulated else _native
    return FrameMap(instance.transfer_syntax_uid, rows, columns, find(instance, pixels, count))


def _native(instance: Instance, pixels: Element, count: int) -> tuple[tuple[Range, ...], ...]:
    whole = expected_pixel_bytes(instance)
    if whole is None:
        raise Unreadable("damaged")
    if count == 1:
        return ((Range(pixels.offset, whole),),)
    if whole % count or _bits(instance) % (8 * count):
        raise Unreadable("frames-not-byte-aligned")
    length = whole // count
    return tuple((Range(pixels.offset + index * length, length),) for index in range(count))


def _bits(instance: Instance) -> int:
    """How many bits all frames take together, before the last byte is filled up."""
    allocated = number(instance.elements, 0x00280100, instance.encoding)
    whole = expected_pixel_bytes(instance) or 0
    if allocated != 1:
        return whole * 8
    tags = (0x00280010, 0x00280011, 0x00280008)
    rows, columns, frames = (number(instance.elements, tag, instance.encoding, 1) for tag in tags)
    return rows * columns * frames * number(instance.elements, 0x00280002, instance.encoding, 1)


def _encapsulated(instance: Instance, pixels: Element, count: int) -> tuple[tuple[Range, ...], ...]:
    table, *items = fragments(pixels.value, 0, len(pixels.value), delimited=False)
    ranges = [Range(pixels.offset + start, stop - start) for start, stop in items]
    if count == 1 or instance.transfer_syntax_uid.startswith("1.2.840.10008.1.2.4.10"):
        return (tuple(ranges),)
    offsets = _extended_offsets(instance) or _basic_offsets(bytes(pixels.value[table[0] : table[1]]))
    if offsets:
        base = items[0][0] - 8 if items else 0
        return _by_offsets(ranges, [pixels.offset + base + offset for offset in offsets], count)
    if len(ranges) == count:
        return tuple((one,) for one in ranges)
    return _by_markers(pixels, ranges, count)


def _extended_offsets(instance: Instance) -> Sequence[int]:
    table = instance.elements.get(0x7FE00001)
    return struct.unpack(f"<{len(table.value) // 8}Q", bytes(table.value)) if table else ()


def _basic_offsets(table: bytes) -> Sequence[int]:
    if len(table) % 4:
        raise Unreadable("damaged")
    return struct.unpack(f"<{len(table) // 4}L", table)


def _by_offsets(ranges: list[Range], starts: list[int], count: int) -> tuple[tuple[Range, ...], ...]:
    """Fragments joined into frames; each frame begins at an item whose own header lies at its offset."""
    places = {one.offset - 8: index for index, one in enumerate(ranges)}
    if len(starts) != count or any(start not in places for start in starts):
        raise Unreadable("damaged")
    cuts = [*(places[start] for start in starts), len(ranges)]
    if cuts[0] != 0 or any(one >= other for one, other in pairwise(cuts)):
        raise Unreadable("damaged")
    return tuple(tuple(ranges[one:other]) for one, other in pairwise(cuts))


def _by_markers(pixels: Element, ranges: list[Range], count: int) -> tuple[tuple[Range, ...], ...]:
    """Without tables, a frame ends with the fragment that ends its JPEG or JPEG 2000 stream."""
    frames: list[tuple[Range, ...]] = []
    current: list[Range] = []
    for one in ranges:
        current.append(one)
        stop = one.offset - pixels.offset + one.length
        if END_OF_IMAGE in bytes(pixels.value[stop - 10 : stop]):
            frames.append(tuple(current))
            current = []
    if current or len(frames) != count:
        raise Unreadable("damaged")
    return tuple(frames)
