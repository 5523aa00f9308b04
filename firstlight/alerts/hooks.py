"""What apps above tell the alerts when they start: what a notice can point at, and what the digest brings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from firstlight.outbreaks.models import Outbreak


@dataclass(frozen=True, slots=True)
class Target:
    """Something a notice can point at, as it is called at a moment, and where it is read."""

    key: str
    title_ko: str
    title_en: str
    url: str


@dataclass(frozen=True, slots=True)
class TargetKind:
    """A kind of thing that notices point at: its name, how to look some up by words, how to find one by its key."""

    key: str
    label: str | Promise
    find: Callable[[str, Outbreak | None, datetime], Sequence[Target]]
    get: Callable[[str, datetime], Target | None]


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One line of a digest: of which topic, when it happened, what it is, and where to read it."""

    topic: str
    at: datetime
    title_ko: str
    title_en: str
    url: str


@dataclass(frozen=True, slots=True)
class DigestSection:
    """A part of the digest: its place, its heading, and what is new between two moments."""

    order: int
    label: str | Promise
    read: Callable[[datetime, datetime], Sequence[DigestItem]]


_kinds: dict[str, TargetKind] = {}
_sections: list[DigestSection] = []


def register_target_kind(kind: TargetKind) -> None:
    """Let notices point at things of this kind."""
    _kinds[kind.key] = kind


def target_kinds() -> dict[str, TargetKind]:
    """Every kind by its key."""
    return dict(_kinds)


def register_digest_section(section: DigestSection) -> None:
    """Put a part into every digest."""
    if section not in _sections:
        _sections.append(section)
        _sections.sort(key=lambda each: each.order)


def digest_sections() -> list[DigestSection]:
    """The digest's parts in their order."""
    return list(_sections)
