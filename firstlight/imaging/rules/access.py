"""Who may read a study: one rule, as a condition that both databases understand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever asks: nobody known, or a member by what decides about reading; `shown` are studies they were asked
    to look at."""

    member: int | None = None
    sees_all: bool = False
    shown: tuple[int, ...] = ()


STRANGER = Reader()
Condition = tuple[str, list[Any]]


def may_be_read(reader: Reader, at: datetime) -> Condition:
    """The SQL condition on `study` and its parameters: published, sent by the reader, or under an editor's eyes."""
    if reader.sees_all:
        return "1=1", []
    if reader.member is None:
        return "study.public_since <= %s", [at]
    own = "study.public_since <= %s OR study.received_by_id = %s"
    if not reader.shown:
        return f"({own})", [at, reader.member]
    places = ", ".join(["%s"] * len(reader.shown))
    return f"({own} OR study.id IN ({places}))", [at, reader.member, *reader.shown]
