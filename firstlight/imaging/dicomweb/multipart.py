"""multipart/related (RFC 2387), as DICOMweb speaks it: read as it comes, never as a whole."""

import io
import re
import tempfile
from collections.abc import Callable, Iterator
from email.message import Message
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, NamedTuple

CHUNK_BYTES = 1024 * 1024
MOST_PREAMBLE_BYTES = 64 * 1024
MOST_HEADER_BYTES = 16 * 1024
MOST_PARTS = 5000
SPOOLED_BYTES = 16 * 1024 * 1024  # a larger part goes to a nameless file, and is mapped from there
MOST_PART_BYTES = 1 << 30
# RFC 2046 5.1.1: at most 70 of these characters, and no blank at the end.
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
Read = Callable[[int], bytes]


class BadMultipart(ValueError):
    """A body that is not the multipart/related its header promises; the message is for the program's author."""


class TooManyParts(BadMultipart):
    """A body with more parts than one request may have."""


class Sent(NamedTuple):
    """One part: what its header says, and its content; None for one that is too large to be taken."""

    content_type: str
    location: str
    content: bytes | mmap | None


class MediaType(NamedTuple):
    """A Content-Type: its name in small letters, and the parameters that DICOMweb gives a meaning."""

    name: str
    of: str
    boundary: str
    syntax: str


@lru_cache(64)
def media_type_of(header: str) -> MediaType:
    """A Content-Type header taken apart (RFC 9110 8.3.1)."""
    message = Message()
    message["Content-Type"] = header.replace("\r", " ").replace("\n", " ")
    said = {name: str(message.get_param(name) or "") for name in ("type", "boundary", "transfer-syntax")}
    return MediaType(message.get_content_type(), said["type"].lower(), said["boundary"], said["transfer-syntax"])


def parts_of(body: bytes, content_type: str) -> Iterator[bytes]:
    """The contents of the parts of a body that is here already; raises BadMultipart."""
    for part in read_parts(io.BytesIO(body).read, content_type):
        yield bytes(part.content or b"")


def read_parts(read: Read, content_type: str, *, spool: Path | None = None) -> Iterator[Sent]:
    """The parts of a body, each as soon as it is whole; what comes after the last is not read.

    No more than one part is in memory, and of that no more than SPOOLED_BYTES: the rest is in a nameless file of the
    folder `spool`. A part's own Content-Length is not believed: a part ends where the boundary is.

    Raises:
        BadMultipart: after the parts that were whole, for a body without boundary, with a part without a header or
            an end, or TooManyParts.
    """
    media_type = media_type_of(content_type)
    if media_type.name != "multipart/related" or not BOUNDARY.fullmatch(media_type.boundary):
        raise BadMultipart("Send multipart/related with a boundary.")
    body = _Body(read, b"\r\n--" + media_type.boundary.encode(), spool)
    body.skip_preamble()
    for number in range(MOST_PARTS + 1):
        if body.ends():
            return
        if number == MOST_PARTS:
            raise TooManyParts(f"One request holds at most {MOST_PARTS} parts. Send the others in further requests.")
        header = body.header()
        yield Sent(header.get("content-type", ""), header.get("content-location", ""), body.content())


class _Body:
    """A body as far as it has come; `buffer` begins where the last piece ended."""

    def __init__(self, read: Read, delimiter: bytes, spool: Path | None) -> None:
        self.read, self.delimiter, self.spool = read, delimiter, spool
        self.buffer = bytearray(b"\r\n")  # the first boundary may stand at the very beginning

    def more(self) -> bool:
        piece = self.read(CHUNK_BYTES)
        self.buffer += piece
        return bool(piece)

    def skip_preamble(self) -> None:
        while (end := self.buffer.find(self.delimiter)) < 0:
            if len(self.buffer) > MOST_PREAMBLE_BYTES or not self.more():
                raise BadMultipart("The boundary does not occur in the body.")
        del self.buffer[: end + len(self.delimiter)]

    def ends(self) -> bool:
        """Whether the delimiter just passed is the last one."""
        while len(self.buffer) < 2:
            if not self.more():
                raise BadMultipart("The last part has no end.")
        return self.buffer.startswith(b"--")

    def header(self) -> dict[str, str]:
        """The fields of a part's header, their names in small letters; its blank line stays for `content`."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > MOST_HEADER_BYTES or not self.more():
                break
        if not 0 <= end <= MOST_HEADER_BYTES:
            raise BadMultipart("A part has no header.")
        lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        del self.buffer[: end + 2]
        fields = (line.partition(":") for line in lines)
        return {name.strip().lower(): value.strip() for name, colon, value in fields if colon}

    def content(self) -> bytes | mmap | None:
        """A part's content, up to the next delimiter; None for one that is larger than is taken."""
        if self._is_empty():
            del self.buffer[: len(self.delimiter)]
            return b""
        del self.buffer[:2]
        spooled: IO[bytes] | None = None
        searched = size = 0
        while (end := self.buffer.find(self.delimiter, searched)) < 0:
            if len(self.buffer) > SPOOLED_BYTES:
                spooled = spooled or tempfile.TemporaryFile(dir=self.spool)  # noqa: SIM115 — closed once it is mapped
                size += self._spill(spooled, size)
            searched = max(0, len(self.buffer) - len(self.delimiter) + 1)
            if not self.more():
                raise BadMultipart("The last part has no end.")
        piece = bytes(memoryview(self.buffer)[:end])
        del self.buffer[: end + len(self.delimiter)]
        return piece if spooled is None else _mapped(spooled, piece, size)

    def _is_empty(self) -> bool:
        """Whether the blank line after a part's header is the delimiter's own line break."""
        while len(self.buffer) < len(self.delimiter):
            if not self.more():
                raise BadMultipart("The last part has no end.")
        return self.buffer.startswith(self.delimiter)

    def _spill(self, spooled: IO[bytes], size: int) -> int:
        """Move what cannot be part of the delimiter to the file, or nowhere once the part is too large."""
        stop = len(self.buffer) - len(self.delimiter) + 1
        if size + stop <= MOST_PART_BYTES:
            spooled.write(memoryview(self.buffer)[:stop])
        elif size <= MOST_PART_BYTES:
            spooled.truncate(0)
        del self.buffer[:stop]
        return stop


def _mapped(spooled: IO[bytes], rest: bytes, size: int) -> mmap | bytes | None:
    """A spooled part, whole; nothing of it is left on disk once nobody looks at it."""
    with spooled:
        if size + len(rest) > MOST_PART_BYTES:
            return None
        spooled.write(rest)
        spooled.flush()
        return mmap(spooled.fileno(), 0, access=ACCESS_READ)
