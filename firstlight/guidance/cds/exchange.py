"""A call of an order system and its answer as plain values: the same code answers under Django and beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: its method, its path below the root, who carries it out and when; `header` gives "" where absent."""

    method: str
    path: str
    root: str
    at: datetime
    body: bytes
    header: Callable[[str], str]


@dataclass(slots=True)
class Answer:
    """What goes back."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A call that gets a problem document (RFC 9457); the message is a sentence for the program's author."""

    def __init__(self, status: int, title: str, detail: str = "", **headers: str) -> None:
        super().__init__(title)
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        written = orjson.dumps({**body, **({"detail": detail} if detail else {})})
        self.answer = Answer(written, status, PROBLEM, {name.replace("_", "-"): text for name, text in headers.items()})
