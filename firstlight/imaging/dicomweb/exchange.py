"""A DICOMweb request and its answer as plain values: the same code answers under Django and beside it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from firstlight.imaging.rules.access import Reader

DICOM_JSON = "application/dicom+json"
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


def problem(status: int, title: str, detail: str = "") -> Answer:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {})}
    return Answer(json.dumps(body).encode(), "application/problem+json", status)
