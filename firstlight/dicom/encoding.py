"""Writing a tree of elements as a DICOM file, little endian, with large values passed through untouched."""

import struct
from array import array
from functools import lru_cache

from firstlight.dicom.structure import (
    COPIED_BYTES,
    LONG_VRS,
    UNDEFINED,
    Element,
    Elements,
    Encoding,
    Value,
)
from firstlight.dicom.values import TEXT_VRS, WIDTHS

IMPLEMENTATION_CLASS_UID = "2.25.142396716871206283540136027372945613289"
IMPLEMENTATION_VERSION_NAME = "FIRSTLIGHT"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
_SPACED = TEXT_VRS | frozenset(["AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UR"])
_DELIMITER = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
MOST_REMEMBERED = 256  # bytes of a value
_CODES = {2: "H", 4: "I", 8: "Q"}


def encoded_file(
    elements: Elements, transfer_syntax_uid: str, source: Encoding, sop_class_uid: str, sop_instance_uid: str
) -> list[Value]:
    """A whole PS3.10 file as chunks to be written one after the other; nothing of the source's meta is in it."""
    chunks: list[Value] = [opening(transfer_syntax_uid, sop_class_uid, sop_instance_uid)]
    _append(chunks, elements, transfer_syntax_uid == "1.2.840.10008.1.2", source.little)
    return joined(chunks)


def opening(transfer_syntax_uid: str, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """What stands before the data set: an empty preamble and file meta information of our own."""
    return b"\0" * 128 + b"DICM" + _meta(transfer_syntax_uid, sop_class_uid, sop_instance_uid)


def encoded_elements(elements: Elements, encoding: Encoding) -> list[Value]:
    """Elements as they are written in little endian, under the encoding's choice of VRs."""
    chunks: list[Value] = []
    _append(chunks, elements, encoding.implicit, encoding.little)
    return chunks


def joined(chunks: list[Value]) -> list[Value]:
    """The same bytes in fewer pieces: what is small is put together, what is large stays where it lies."""
    result: list[Value] = []
    small: list[Value] = []
    for chunk in chunks:
        if len(chunk) < COPIED_BYTES:
            small.append(chunk)
        else:
            result += [b"".join(small), chunk]
            small = []
    return [*result, b"".join(small)] if small else result


def uid_bytes(uid: str) -> bytes:
    """A UID as it is written, padded to even length."""
    return uid.encode() + b"\0" * (len(uid) % 2)


def _meta(transfer_syntax_uid: str, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    values = (
        (1, "OB", b"\0\1"),
        (2, "UI", uid_bytes(sop_class_uid)),
        (3, "UI", uid_bytes(sop_instance_uid)),
        (0x10, "UI", uid_bytes(transfer_syntax_uid)),
        (0x12, "UI", uid_bytes(IMPLEMENTATION_CLASS_UID)),
        (0x13, "SH", IMPLEMENTATION_VERSION_NAME.encode()),
    )
    body = b"".join(_head(0x20000 | number, vr, len(value), False) + value for number, vr, value in values)
    return _head(0x20000, "UL", 4, False) + struct.pack("<L", len(body)) + body


def _head(tag: int, vr: str, length: int, implicit: bool) -> bytes:
    if implicit:
        return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, length)
    if vr in LONG_VRS:
        return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr.encode(), 0, length)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), length)


def _append(chunks: list[Value], elements: Elements, implicit: bool, little: bool) -> None:
    for tag in sorted(elements):
        element = elements[tag]
        if element.items is not None:
            body = _sequence(element.items, implicit, little)
            chunks += [_head(tag, "SQ", sum(map(len, body)), implicit), *body]
        elif element.encapsulated:
            chunks += [_head(tag, "OB", UNDEFINED, implicit), element.value, _DELIMITER]
        else:
            _append_value(chunks, element, implicit, little)


def _append_value(chunks: list[Value], element: Element, implicit: bool, little: bool) -> None:
    if little and len(element.value) <= MOST_REMEMBERED:
        chunks.append(_written(element.tag, element.vr, bytes(element.value), implicit))
        return
    value = element.value if little else swapped(element.value, WIDTHS.get(element.vr, 1))
    odd = len(value) % 2
    vr = "UN" if len(value) + odd > 0xFFFF and element.vr not in LONG_VRS else element.vr
    chunks += [_head(element.tag, vr, len(value) + odd, implicit), value]
    if odd:
        chunks.append(b" " if element.vr in _SPACED else b"\0")


@lru_cache(maxsize=1 << 13)
def _written(tag: int, vr: str, value: bytes, implicit: bool) -> bytes:
    """A small value with its head: the headers of a series are nearly alike, so each is put together once."""
    padding = (b" " if vr in _SPACED else b"\0") if len(value) % 2 else b""
    return _head(tag, vr, len(value) + len(padding), implicit) + value + padding


def _sequence(items: tuple[Elements, ...], implicit: bool, little: bool) -> list[Value]:
    body: list[Value] = []
    for item in items:
        inner: list[Value] = []
        _append(inner, item, implicit, little)
        body += [struct.pack("<HHL", 0xFFFE, 0xE000, sum(map(len, inner))), *inner]
    return body


def swapped(value: Value, width: int) -> Value:
    """Big-endian words of `width` bytes as little-endian ones."""
    if width == 1:
        return value
    words = array(_CODES[width], bytes(value[: len(value) - len(value) % width]))
    words.byteswap()
    return words.tobytes()
