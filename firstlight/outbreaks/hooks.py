"""What apps above tell the outbreak about themselves: here, the entries of its own menu."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from firstlight.outbreaks.models import Outbreak


@dataclass(frozen=True)
class MenuEntry:
    """One entry of an outbreak's menu: its place, its name, the view that takes the slug, and a count if it has one."""

    order: int
    label: str | Promise
    url_name: str
    count: Callable[[Outbreak, datetime], int] | None = None


@dataclass(frozen=True)
class MenuItem:
    """A menu entry as a page shows it."""

    label: str | Promise
    url: str
    count: int | None
    url_name: str


_entries: list[MenuEntry] = []


def register_menu_entry(entry: MenuEntry) -> None:
    """Add an entry to every outbreak's menu; called by an app when it starts."""
    if entry not in _entries:
        _entries.append(entry)
        _entries.sort(key=lambda each: each.order)


def menu_of(outbreak: Outbreak, *, at: datetime) -> list[MenuItem]:
    """The outbreak's menu with its counts at that moment."""
    return [
        MenuItem(
            entry.label,
            reverse(entry.url_name, args=[outbreak.slug]),
            entry.count(outbreak, at) if entry.count else None,
            entry.url_name,
        )
        for entry in _entries
    ]


def frame_of(outbreak: Outbreak | None, *, at: datetime, current: str) -> dict[str, Any]:
    """What a page needs to stand in an outbreak's frame: its phase, its menu and the entry the page is under."""
    if outbreak is None:
        return {"outbreak": None}
    return {
        "outbreak": outbreak,
        "phase": outbreak.phase(at),
        "outbreak_menu": menu_of(outbreak, at=at),
        "current": current,
    }
