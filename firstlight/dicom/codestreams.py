"""Comments and application data inside compressed frames, blanked where they stand; every length stays as it is.

JPEG: ITU-T T.81 B.2.4; JPEG-LS: ITU-T T.87; JPEG 2000: ITU-T T.800 A and I.
"""

import re
import struct
from collections.abc import Iterator

from firstlight.dicom.structure import Unreadable, Value, fragments

Range = tuple[int, int]
JPEG_SYNTAXES = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.(?:5\d|6\d|70)")
JPEG_LS_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"})
JPEG_2000_SYNTAXES = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.(?:9[0-3]|20[1-3])")
RLE = "1.2.840.10008.1.2.5"
STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JPEG_LS_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
# What a decoder needs to find the colours: how many bytes of it, by marker and first bytes.
_NEEDED = {(0xE0, b"JFIF\0"): 14, (0xEE, b"Adobe"): 12, (0xE8, b"mrfx"): 5}


def blanked(value: Value, transfer_syntax_uid: str, frames: int) -> Value:
    """Encapsulated pixel data without comments; the very same object where there were none.

    Raises:
        Unreadable: when a stream cannot be walked to its end.
    """
    if transfer_syntax_uid == RLE:
        return value
    pieces = [*fragments(value, 0, len(value), delimited=False)][1:]
    found = [one for group in _frames(value, pieces, frames) for one in _in_frame(value, group, transfer_syntax_uid)]
    if not found:
        return value
    copy = bytearray(value)
    for start, stop in found:
        copy[start:stop] = bytes(stop - start)
    return bytes(copy)


def _frames(value: Value, pieces: list[Range], frames: int) -> list[list[Range]]:
    """The fragments of each frame: one each, or all of one, or up to the next that begins a stream."""
    if len(pieces) == frames:
        return [[piece] for piece in pieces]
    groups: list[list[Range]] = []
    for start, stop in pieces:
        if not groups or (frames > 1 and bytes(value[start : start + 12]).startswith(STARTS)):
            groups.append([])
        groups[-1].append((start, stop))
    return groups


def _in_frame(value: Value, pieces: list[Range], transfer_syntax_uid: str) -> Iterator[Range]:
    """The ranges to blank of one frame, as they lie in the whole value."""
    view = memoryview(value)
    stream: Value = view[slice(*pieces[0])] if len(pieces) == 1 else b"".join(view[slice(*piece)] for piece in pieces)
    try:
        found = [(start, stop) for start, stop in _comments(stream, transfer_syntax_uid) if any(stream[start:stop])]
    except (struct.error, IndexError):
        raise Unreadable("damaged") from None
    passed = 0
    for start, stop in pieces:
        for low, high in found:
            first, last = max(low - passed, 0) + start, min(high - passed + start, stop)
            if first < last:
                yield first, last
        passed += stop - start


def _comments(stream: Value, transfer_syntax_uid: str) -> Iterator[Range]:
    if JPEG_SYNTAXES.fullmatch(transfer_syntax_uid):
        return _in_jpeg(stream, _JPEG_MARKER)
    if transfer_syntax_uid in JPEG_LS_SYNTAXES:
        return _in_jpeg(stream, _JPEG_LS_MARKER)
    if JPEG_2000_SYNTAXES.fullmatch(transfer_syntax_uid):
        return _in_jp2(stream) if stream[4:8] == b"jP  " else _in_jpeg_2000(stream, 0, len(stream))
    raise Unreadable("unsupported-transfer-syntax")


def _in_jpeg(stream: Value, scan_end: re.Pattern[bytes]) -> Iterator[Range]:
    if stream[:2] != b"\xff\xd8":
        raise Unreadable("damaged")
    position = 2
    while True:
        if stream[position] != 0xFF:
            raise Unreadable("damaged")
        marker = stream[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        position += 2
        if marker == 0xD9:
            yield position, len(stream)
            return
        stop = position + int(struct.unpack_from(">H", stream, position)[0])
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:
            yield position + 2 + _needed(marker, stream[position + 2 : stop]), stop
        position = _after_scan(stream, stop, scan_end) if marker == 0xDA else stop


def _needed(marker: int, payload: Value) -> int:
    start = bytes(payload[:5])
    return next((size for (one, name), size in _NEEDED.items() if one == marker and start.startswith(name)), 0)


def _after_scan(stream: Value, position: int, scan_end: re.Pattern[bytes]) -> int:
    found = scan_end.search(stream, position)
    if found is None:
        raise Unreadable("damaged")
    return found.start()


def _in_jpeg_2000(stream: Value, position: int, end: int) -> Iterator[Range]:
    if stream[position : position + 2] != b"\xff\x4f":
        raise Unreadable("damaged")
    position += 2
    tile_end = 0
    while True:
        marker, length = struct.unpack_from(">HH", stream, position) if end - position >= 4 else (0xFFD9, 0)
        if marker == 0xFFD9:
            yield min(position + 2, end), end
            return
        if marker >> 8 != 0xFF:
            raise Unreadable("damaged")
        if marker == 0xFF90:
            part = int(struct.unpack_from(">L", stream, position + 6)[0])
            tile_end = position + part if part else end - 2
        if marker == 0xFF64:
            yield position + 6, position + 2 + length
        if marker == 0xFF93 and not position < tile_end <= end:
            raise Unreadable("damaged")
        position = tile_end if marker == 0xFF93 else position + 2 + length


def _in_jp2(stream: Value) -> Iterator[Range]:
    position = 0
    while position + 8 <= len(stream):
        length, kind = struct.unpack_from(">L4s", stream, position)
        start, stop = position + 8, position + length if length else len(stream)
        if not start <= stop <= len(stream):
            raise Unreadable("damaged")
        if kind == b"jp2c":
            yield from _in_jpeg_2000(stream, start, stop)
        elif kind not in (b"jP  ", b"ftyp", b"jp2h"):
            yield start, stop
        position = stop
    yield position, len(stream)
