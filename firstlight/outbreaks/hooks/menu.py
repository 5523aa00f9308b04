"""The entries of every outbreak's own menu, and the frame its pages stand in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from firstlight.outbreaks.hooks.story import last_day
from firstlight.outbreaks.models import Outbreak
from firstlight.web.keeping import for_a_moment


@dataclass(frozen=True)
class MenuEntry:
    """One entry of an outbreak's menu: place, name, the view that takes the slug, its count, for which it is shown."""

    order: int
    label: str | Promise
    url_name: str
    count: Callable[[Outbreak, datetime], int] | None = None
    shown: Callable[[Outbreak], bool] | None = None


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
        if entry.shown is None or entry.shown(outbreak)
    ]


def frame_of(outbreak: Outbreak | None, *, at: datetime, current: str) -> dict[str, Any]:
    """What a page needs to stand in an outbreak's frame: its phase, its menu and the entry the page is under."""
    if outbreak is None:
        return {"outbreak": None}
    key = ("frame", outbreak.pk, at.replace(microsecond=0))
    return {**for_a_moment(key, lambda: _frame(outbreak, at)), "current": current}


def _frame(outbreak: Outbreak, at: datetime) -> dict[str, Any]:
    return {
        "outbreak": outbreak.as_of(at),
        "phase": outbreak.phase(at),
        "outbreak_menu": menu_of(outbreak, at=at),
        "as_of_days": days_of(outbreak, at=at),
    }


@dataclass(frozen=True)
class Days:
    """The days that an outbreak's slider goes through, and the one shown."""

    first: date
    last: date
    shown: date

    @property
    def length(self) -> int:
        """How many days the slider can go."""
        return (self.last - self.first).days

    @property
    def place(self) -> int:
        """Where the slider stands."""
        return min(max((self.shown - self.first).days, 0), self.length)


def days_of(outbreak: Outbreak, *, at: datetime) -> Days:
    """From the day it was switched on to the last day anything happened, or to today while it goes on."""
    first, shown = timezone.localdate(outbreak.activated_at), timezone.localdate(at)
    going_on = outbreak.closed_at is None and not outbreak.is_replay
    last = shown if going_on else max(last_day(outbreak), first)
    return Days(first, max(last, first + timedelta(days=1)), min(shown, max(last, first + timedelta(days=1))))
