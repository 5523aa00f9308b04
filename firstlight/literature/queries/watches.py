"""Saved searches with what they found."""

from dataclasses import dataclass
from datetime import datetime

from firstlight.literature.models import Watch
from firstlight.literature.queries.papers import Card, cards
from firstlight.people.models import Member

SHOWN = 5


@dataclass(frozen=True)
class Watched:
    """A saved search and its latest papers."""

    watch: Watch
    count: int
    latest: list[Card]


def own_watches(member: Member, *, at: datetime) -> list[Watched]:
    """A member's own, those that have not ended."""
    return [_watched(each, at) for each in Watch.objects.filter(member=member, ended_at=None)]


def _watched(watch: Watch, at: datetime) -> Watched:
    matches = watch.matches.filter(at__lte=at, paper__merged_into=None)
    latest = list(matches.values_list("paper", flat=True)[:SHOWN])
    held = cards(latest, at=at)
    return Watched(watch, matches.count(), [held[pk] for pk in latest if pk in held])
