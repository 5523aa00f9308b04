"""A DICOMweb request and its answer as plain values: the same code answers under Django and beside it."""

import gzip
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from firstlight.dicom.native_xml import to_native_xml
from firstlight.imaging.rules.access import Reader
from firstlight.imaging.rules.media_types import Unreadable, Wish, wishes

DICOM_JSON = "application/dicom+json"
DICOM_XML = "application/dicom+xml"
JSON_TYPES = (DICOM_JSON, "application/json")
GZIP = re.compile(r"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?P<weight>[01](?:\.\d{0,3})?))?\s*(?=,|$)", re.IGNORECASE)
LEAST_PACKED = 1024  # bytes below which packing an answer gains nothing
Body = bytes | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """One reading request: who asks for what, when; `header` gives a header's value or ""."""

    reader: Reader
    at: datetime
    root: str
    query: Sequence[tuple[str, str]]
    header: Callable[[str], str]

    def value(self, name: str) -> str:
        """A query parameter's last value, "" where it is absent."""
        return next((value for key, value in reversed(self.query) if key == name), "")

    @property
    def accept(self) -> str:
        """The media types asked for: the query's word before the header's (PS3.18 8.3.3.1)."""
        said = ", ".join(value for name, value in self.query if name == "accept" and value)
        # A plus sign that was not escaped in a query arrives as a blank.
        return said.replace("dicom json", "dicom+json").replace("dicom xml", "dicom+xml") or self.header("Accept")

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """The forms that would be taken, best first; raises Refusal where they cannot be read."""
        try:
            return wishes(self.accept.strip() or "*/*")
        except Unreadable as error:
            raise Refusal(400, "This request cannot be read", str(error)) from None

    @property
    def wants_xml(self) -> bool:
        """Whether metadata is asked for in the Native DICOM Model; raises Refusal where it is asked for in neither."""
        for wish in self.wishes:
            if any(wish.takes(each) for each in JSON_TYPES):
                return False
            if wish.media_type == DICOM_XML:
                return True
        raise Refusal(406, "Metadata comes as application/dicom+json or application/dicom+xml")

    @property
    def unpacks(self) -> bool:
        """Whether the reader can unpack gzip (RFC 9110 12.5.3)."""
        found = GZIP.search(self.header("Accept-Encoding"))
        return bool(found) and float(found["weight"] or 1) > 0  # type: ignore[index]


@dataclass(slots=True)
class Answer:
    """What goes back; a body that is no bytes is sent piece by piece."""

    body: Body = b""
    content_type: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request that gets a problem document; the message is a sentence for the program's author."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.answer = problem(status, title, detail)


class Nothing(Refusal):
    """There is nothing here, or nothing that this reader may know of: both are the same answer."""

    def __init__(self) -> None:
        super().__init__(404, "There is nothing here")


def json_text(asked: Asked, body: bytes) -> Answer:
    """DICOM JSON made for this request, packed lightly where that is worth it."""
    answer = Answer(body, DICOM_JSON, headers={"Vary": "Accept, Accept-Encoding, Authorization, Cookie"})
    if len(body) >= LEAST_PACKED and asked.unpacks:
        answer.body = gzip.compress(body, compresslevel=1, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    return answer


class Part(NamedTuple):
    """One part of an answer; `location` is an address that it has by itself."""

    content_type: str
    content: bytes
    location: str = ""


def multipart(parts: Iterable[Part], *, media_type: str, at_once: bool = False) -> Answer:
    """An answer of several parts, each with its own content type (RFC 2387), sent one by one or at once."""
    boundary = secrets.token_hex(16)
    body = _written(parts, boundary)
    content_type = f'multipart/related; type="{media_type}"; boundary={boundary}'
    return Answer(b"".join(body) if at_once else body, content_type)


def around(content_type: str, media_type: str) -> tuple[Answer, bytes, bytes]:
    """An answer of one part whose body is still to come, and what stands before and after the part in it."""
    boundary = secrets.token_hex(16)
    answer = Answer(content_type=f'multipart/related; type="{media_type}"; boundary={boundary}')
    head = f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n"
    return answer, head.encode(), f"\r\n--{boundary}--\r\n".encode()


def _written(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    for content_type, content, location in parts:
        where = f"\r\nContent-Location: {location}" if location else ""
        yield f"--{boundary}\r\nContent-Type: {content_type}{where}\r\n\r\n".encode()
        yield content
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def as_xml(documents: Iterable[Mapping[str, Any]]) -> Answer:
    """Data sets of the DICOM JSON model in the Native DICOM Model, one a part (PS3.18 8.7.3.5)."""
    return multipart((Part(DICOM_XML, to_native_xml(each).encode()) for each in documents), media_type=DICOM_XML)


def problem(status: int, title: str, detail: str = "") -> Answer:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {})}
    return Answer(json.dumps(body).encode(), "application/problem+json", status)
