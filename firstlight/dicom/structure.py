"""The bytes of a DICOM file as a tree of undecoded elements, checked to the last byte."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple

from firstlight.dicom.dictionary import transfer_syntaxes, vr_of

Buffer = bytes | mmap
Value = bytes | memoryview

LONG_VRS = frozenset("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # noqa: SIM905 - read as one line
SHORT_VRS = frozenset("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())  # noqa: SIM905
IMPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010
DEEPEST = 32
MOST_ELEMENTS = 1_000_000
MOST_INFLATED_BYTES = 1 << 30
MOST_PADDING_BYTES = 1 << 20
COPIED_BYTES = 1 << 16  # smaller values are copied out of the buffer, larger ones are looked at in place

REASONS = {
    "not-dicom": "it is not a DICOM file",
    "truncated": "it ends before its data is complete",
    "damaged": "its structure cannot be read to the end",
    "no-transfer-syntax": "it does not say how it is encoded",
    "unsupported-transfer-syntax": "its encoding is not one this program knows",
    "no-sop-class": "it does not say what kind of object it is",
    "no-sop-instance": "it has no valid SOP Instance UID",
    "no-study": "it has no valid Study Instance UID",
    "no-series": "it has no valid Series Instance UID",
    "dicomdir": "it is a directory of other files",
    "too-large": "it holds more than this program takes on at once",
    "unreadable-file": "it could not be opened",
    "not-addressable": "its frames lie inside a compressed stream",
    "frames-not-byte-aligned": "its frames do not start on whole bytes",
    "no-pixel-data": "it has no pixel data",
}


class Unreadable(ValueError):
    """A file that was refused before anything in it was believed; `reason` is a code of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.reason = reason

    def __reduce__(self) -> tuple[type["Unreadable"], tuple[str]]:
        return Unreadable, (self.reason,)


class Element(NamedTuple):
    """One undecoded element; `items` for a sequence, `offset` of the value in the file."""

    tag: int
    vr: str
    value: Value
    items: tuple["Elements", ...] | None = None
    offset: int = 0
    encapsulated: bool = False


Elements = dict[int, Element]


class Encoding(NamedTuple):
    implicit: bool
    little: bool


@dataclass(frozen=True, slots=True)
class Instance:
    """A parsed file: its meta information, its elements and how both were written.

    `starts` are the places in the file where each element of `meta` and of `elements` begins, unless it is deflated.
    """

    meta: Elements
    elements: Elements
    transfer_syntax_uid: str
    encoding: Encoding
    deflated: bool
    starts: tuple[int, ...] = ()


IMPLICIT = Encoding(implicit=True, little=True)
EXPLICIT = Encoding(implicit=False, little=True)
IMPLICIT_HEAD = struct.Struct("<HHL")
EXPLICIT_HEADS = {little: struct.Struct("<HH2sH" if little else ">HH2sH") for little in (True, False)}
LENGTHS = {little: struct.Struct("<L" if little else ">L") for little in (True, False)}
VR_NAMES = {vr.encode(): vr for vr in LONG_VRS | SHORT_VRS}
AMBIGUOUS = {"US or SS": "US", "US or SS or OW": "OW", "US or OW": "OW", "OB or OW": "OW", "NONE": "UN"}


@lru_cache(maxsize=1 << 14)
def dictionary_vr(tag: int) -> str:
    """The VR that the standard's dictionary gives a tag, "UN" where it knows none."""
    if tag & 0x10000:
        return "LO" if 0x10 <= tag & 0xFFFF < 0x100 else "UN"
    vr = vr_of(tag) or "UN"
    return AMBIGUOUS.get(vr, vr)


def parse(buffer: Buffer, *, most_inflated: int = MOST_INFLATED_BYTES) -> Instance:
    """Take a whole DICOM file apart, or say why not; no value is decoded, none is guessed.

    A deflated data set may become as large as `most_inflated` bytes.

    Raises:
        Unreadable: for anything that is not a complete, well-formed PS3.10 file.
    """
    if len(buffer) < 136 or buffer[128:132] != b"DICM":
        raise Unreadable("not-dicom")
    try:
        return _parse(buffer, most_inflated)
    except (struct.error, IndexError):
        raise Unreadable("truncated") from None
    except RecursionError:
        raise Unreadable("damaged") from None


def _parse(buffer: Buffer, most_inflated: int) -> Instance:
    meta_reader = _Reader(buffer, len(buffer))
    meta, start = meta_reader.meta(132)
    uid = _text(meta.get(0x00020010))
    if _text(meta.get(0x00020002)) == "1.2.840.10008.1.3.10":
        raise Unreadable("dicomdir")
    if not uid:
        raise Unreadable("no-transfer-syntax")
    if uid not in transfer_syntaxes():
        raise Unreadable("unsupported-transfer-syntax")
    encoding = Encoding(uid == IMPLICIT_LITTLE, uid != EXPLICIT_BIG)
    deflated = uid == DEFLATED
    if deflated:
        buffer, start = _inflated(buffer, start, most_inflated), 0
    reader = _Reader(buffer, len(buffer))
    elements, _ = reader.elements(start, len(buffer), encoding, depth=0)
    starts = () if deflated else (*meta_reader.starts, *reader.starts)
    return Instance(meta, elements, uid, encoding, deflated, starts)


def element_at(buffer: Buffer, position: int, encoding: Encoding) -> tuple[Element, int]:
    """One element of the data set, and where it ends.

    Raises:
        Unreadable, struct.error, IndexError: when it is damaged or cut short.
    """
    return _Reader(buffer, len(buffer)).element(position, len(buffer), encoding, depth=0)


def elements_from(buffer: Buffer, position: int, encoding: Encoding) -> Elements:
    """The elements of the data set from a place to its end.

    Raises:
        Unreadable, struct.error, IndexError: when they are damaged or cut short.
    """
    return _Reader(buffer, len(buffer)).elements(position, len(buffer), encoding, depth=0)[0]


def _text(element: Element | None) -> str:
    return bytes(element.value).rstrip(b"\0 ").decode("latin-1") if element else ""


def _inflated(buffer: Buffer, start: int, most: int) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(buffer[start:], most)
    except zlib.error:
        raise Unreadable("damaged") from None
    if stream.unconsumed_tail:
        raise Unreadable("too-large")
    if not stream.eof:
        raise Unreadable("truncated")
    return plain


class _Reader:
    """Walks one buffer; every step is bounded by the buffer, the depth and the number of elements."""

    def __init__(self, buffer: Buffer, end: int) -> None:
        self.buffer = buffer
        self.view = memoryview(buffer)
        self.end = end
        self.seen = 0
        self.starts: list[int] = []

    def meta(self, position: int) -> tuple[Elements, int]:
        found: Elements = {}
        while self.end - position >= 8 and self.buffer[position : position + 2] == b"\2\0":
            self.starts.append(position)
            element, position = self.element(position, self.end, EXPLICIT, depth=0)
            found[element.tag] = element
        return found, position

    def elements(self, position: int, end: int, encoding: Encoding, depth: int) -> tuple[Elements, int]:
        """The elements up to `end` or to an item delimiter, and where they stopped."""
        if depth > DEEPEST:
            raise Unreadable("damaged")
        found: Elements = {}
        while position < end:
            if depth == 0 and not self.buffer[position] and self._only_padding(position):
                break
            if not depth:
                self.starts.append(position)
            elif self._tag(position, encoding) == ITEM_END:
                return found, position + 8
            element, position = self.element(position, end, encoding, depth)
            if element.tag in found:
                raise Unreadable("damaged")
            found[element.tag] = element
        return found, position

    def element(self, position: int, end: int, encoding: Encoding, depth: int) -> tuple[Element, int]:
        self.seen += 1
        if self.seen > MOST_ELEMENTS:
            raise Unreadable("too-large")
        tag, vr, length, start = self._implicit(position) if encoding.implicit else self._explicit(position, encoding)
        if tag >> 16 == 0xFFFE:
            raise Unreadable("damaged")
        if length == UNDEFINED:
            return self._undefined(Element(tag, vr, b"", None, start), end, encoding, depth)
        stop = start + length
        if stop > end:
            raise Unreadable("truncated" if stop > self.end else "damaged")
        if vr == "UN":
            vr, encoding = self._known_vr(tag, encoding)
        if vr == "SQ":
            items = self._items(start, stop, encoding, depth, delimited=False)[0]
            return Element(tag, vr, b"", items, start), stop
        source = self.buffer if length < COPIED_BYTES else self.view
        return Element(tag, vr, source[start:stop], None, start), stop

    def _known_vr(self, tag: int, encoding: Encoding) -> tuple[str, Encoding]:
        """PS3.5 6.2.2: UN of a standard attribute is that attribute in implicit little endian."""
        if encoding.implicit or not encoding.little or tag & 0x10000:
            return "UN", encoding
        return dictionary_vr(tag), IMPLICIT

    def _implicit(self, position: int) -> tuple[int, str, int, int]:
        group, number, length = IMPLICIT_HEAD.unpack_from(self.buffer, position)
        tag = group << 16 | number
        return tag, dictionary_vr(tag), length, position + 8

    def _explicit(self, position: int, encoding: Encoding) -> tuple[int, str, int, int]:
        group, number, name, length = EXPLICIT_HEADS[encoding.little].unpack_from(self.buffer, position)
        vr = VR_NAMES.get(name)
        if vr is None:
            raise Unreadable("damaged")
        if vr not in LONG_VRS:
            return group << 16 | number, vr, length, position + 8
        return (
            group << 16 | number,
            vr,
            LENGTHS[encoding.little].unpack_from(self.buffer, position + 8)[0],
            position + 12,
        )

    def _undefined(self, head: Element, end: int, encoding: Encoding, depth: int) -> tuple[Element, int]:
        """The rest of an element of undefined length: fragments of a frame, or items of a sequence."""
        if head.vr in ("OB", "OW") and head.tag == PIXEL_DATA and encoding.little:
            stop = self._fragments_end(head.offset, end)
            return head._replace(vr="OB", value=self._value(head.offset, stop), encapsulated=True), stop + 8
        if head.vr == "UN" and encoding.little:
            encoding = IMPLICIT
        elif head.vr != "SQ":
            raise Unreadable("damaged")
        items, stop = self._items(head.offset, end, encoding, depth, delimited=True)
        return head._replace(vr="SQ", items=items), stop

    def _fragments_end(self, position: int, end: int) -> int:
        for _start, stop in fragments(self.buffer, position, end):
            position = stop
        return position

    def _items(
        self, position: int, end: int, encoding: Encoding, depth: int, *, delimited: bool
    ) -> tuple[tuple[Elements, ...], int]:
        items: list[Elements] = []
        while position < end:
            tag = self._tag(position, encoding)
            length = LENGTHS[encoding.little].unpack_from(self.buffer, position + 4)[0]
            position += 8
            if tag == SEQUENCE_END and delimited:
                return tuple(items), position
            if tag != ITEM:
                raise Unreadable("damaged")
            item, position = self._item(position, end, length, encoding, depth + 1)
            items.append(item)
        if delimited or position != end:
            raise Unreadable("truncated" if end >= self.end else "damaged")
        return tuple(items), position

    def _item(self, position: int, end: int, length: int, encoding: Encoding, depth: int) -> tuple[Elements, int]:
        self.seen += 1
        if length == UNDEFINED:
            item, stop = self.elements(position, end, encoding, depth)
            if self._tag(stop - 8, encoding) != ITEM_END:
                raise Unreadable("truncated" if end >= self.end else "damaged")
            return item, stop
        if position + length > end:
            raise Unreadable("truncated" if position + length > self.end else "damaged")
        item, stop = self.elements(position, position + length, encoding, depth)
        if stop != position + length:
            raise Unreadable("damaged")
        return item, stop

    def _tag(self, position: int, encoding: Encoding) -> int:
        group, number = struct.unpack_from("<HH" if encoding.little else ">HH", self.buffer, position)
        return int(group << 16 | number)

    def _only_padding(self, position: int) -> bool:
        if self.buffer[position : position + 8].strip(b"\0") or self.end - position > MOST_PADDING_BYTES:
            return False
        return not self.buffer[position : self.end].strip(b"\0")

    def _value(self, start: int, stop: int) -> Value:
        if stop - start < COPIED_BYTES:
            return self.buffer[start:stop]
        return self.view[start:stop]


def fragments(buffer: Value | mmap, position: int, end: int, *, delimited: bool = True) -> Iterator[tuple[int, int]]:
    """The items of encapsulated pixel data, the offset table first, as (start, stop), PS3.5 A.4.

    Raises:
        Unreadable: when an item is cut short or the sequence delimiter is missing.
    """
    while end - position >= 8:
        group, number, length = struct.unpack_from("<HHL", buffer, position)
        tag = group << 16 | number
        if tag == SEQUENCE_END:
            return
        if tag != ITEM or length == UNDEFINED:
            raise Unreadable("damaged")
        start, position = position + 8, position + 8 + length
        if position > end:
            raise Unreadable("truncated")
        yield start, position
    if delimited or position != end:
        raise Unreadable("truncated")
