"""Text files of any origin: which letters they are written in."""

from typing import BinaryIO

from firstlight.literature.rules.record import Fault

LARGEST = 128 << 20


def read_text(stream: BinaryIO) -> str | Fault:
    """The file's text in UTF-8, UTF-16 with its mark, or CP949 as Korean programs export; without NUL."""
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        return Fault(0, "", "The file is larger than 128 MB: cut it into several.")
    return _decoded(data).replace("\0", "")


def _decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def read_some(stream: BinaryIO) -> bytes:
    """Some more bytes, those before a fault in a packed file without those behind it."""
    some: bytes = stream.read1(1 << 18) if hasattr(stream, "read1") else stream.read(1 << 18)
    return some
