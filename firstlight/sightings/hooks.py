"""What apps above tell the field reports when they start: what a report can become."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from firstlight.people.models import Member
from firstlight.sightings.models import Sighting


@dataclass(frozen=True, slots=True)
class Use:
    """A thing that a report can become: its name, and the function that begins it and gives its address."""

    key: str
    label: str | Promise
    begin: Callable[[Sighting, Member, datetime], str]


_uses: dict[str, Use] = {}


def register_use(use: Use) -> None:
    """Let reports become this; called by an app when it starts."""
    _uses[use.key] = use


def uses() -> dict[str, Use]:
    """Everything that a report can become, by key."""
    return dict(_uses)
