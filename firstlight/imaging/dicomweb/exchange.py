"""A DICOMweb request and its answer as plain values: the same code answers under Django and beside it."""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from firstlight.dicom.native_xml import to_native_xml
from firstlight.imaging.rules.access import Reader

DICOM_JSON = "application/dicom+json"
DICOM_XML = "application/dicom+xml"
OCTETS = "application/octet-stream"
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
        return self.value("accept") or self.header("Accept") or "*/*"

    @property
    def wants_xml(self) -> bool:
        """Whether metadata is asked for in the Native DICOM Model; raises Refusal where it is asked for in neither."""
        accept = self.accept.lower()
        if any(each in accept for each in (DICOM_JSON, "application/json", "*/*", "application/*")):
            return False
        if DICOM_XML in accept:
            return True
        raise Refusal(406, "Metadata comes as application/dicom+json or application/dicom+xml")


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


def multipart(parts: Iterable[tuple[str, bytes]], *, media_type: str, at_once: bool = False) -> Answer:
    """An answer of several parts, each with its own content type (RFC 2387), sent one by one or at once."""
    boundary = secrets.token_hex(16)
    body = _parts(parts, boundary)
    content_type = f'multipart/related; type="{media_type}"; boundary={boundary}'
    return Answer(b"".join(body) if at_once else body, content_type)


def _parts(parts: Iterable[tuple[str, bytes]], boundary: str) -> Iterator[bytes]:
    for content_type, content in parts:
        yield f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()
        yield content
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def as_xml(documents: Iterable[Mapping[str, Any]]) -> Answer:
    """Data sets of the DICOM JSON model in the Native DICOM Model, one a part (PS3.18 8.7.3.5)."""
    return multipart(((DICOM_XML, to_native_xml(each).encode()) for each in documents), media_type=DICOM_XML)


def problem(status: int, title: str, detail: str = "") -> Answer:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {})}
    return Answer(json.dumps(body).encode(), "application/problem+json", status)
