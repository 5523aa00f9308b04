"""A request as one line of a journal, and back."""

import re
from datetime import date
from typing import NamedTuple

from firstlight.visits.rules.requests import NAME, Kind

MARK = re.compile(r"[0-9a-f]{24}")
NONE = "-"
FIELDS = 7


class Event(NamedTuple):
    """A request for a page: the site's day, the second since 1970, the day's mark of its visitor (or none)."""

    day: date
    second: int
    kind: Kind
    visitor: str
    country: str
    item: str
    group: str


def line_of(event: Event) -> bytes:
    """The event as one line, written at once."""
    words = (
        event.day.isoformat(),
        str(event.second),
        event.kind.value,
        event.visitor or NONE,
        event.country or NONE,
        event.item,
        event.group or NONE,
    )
    return (" ".join(words) + "\n").encode("ascii")


def read_line(line: bytes) -> Event | None:
    """The event of a line; None for one that was damaged, as by a full disk."""
    try:
        words = line.decode("ascii").split(" ")
        return _event(words) if len(words) == FIELDS else None
    except ValueError:
        return None


def _event(words: list[str]) -> Event | None:
    day, second, kind, *rest = words
    visitor, country, item, group = ("" if word == NONE else word for word in rest)
    are_names = NAME.fullmatch(item) and (not group or NAME.fullmatch(group))
    if not are_names or (visitor and not MARK.fullmatch(visitor)):
        return None
    return Event(date.fromisoformat(day), int(second), Kind(kind), visitor, country, item, group)
