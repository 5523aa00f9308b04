"""The visits of a replay: the two numbers that were published, spread over the days by us."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from firstlight.outbreaks.models import Outbreak
from firstlight.replay.script import CLOCK, KOREA_2020, read_toml
from firstlight.visits.actions import replay
from firstlight.visits.models import Tally
from firstlight.visits.rules.lines import Event
from firstlight.visits.rules.requests import Kind

HOME = "page:home"


def play_visits(outbreak: Outbreak, *, folder: Path = KOREA_2020) -> int:
    """Count the replay's visits, marked as replayed; those that are there stay as they are."""
    if Tally.objects.filter(is_replayed=True).exists():
        return 0
    events = list(_events(read_toml(folder / "visits.toml"), f"outbreak:{outbreak.slug}"))
    replay(events)
    return len(events)


def _events(raw: dict[str, Any], page: str) -> Iterator[Event]:
    """Each visitor once at the door on some day, and of them as many readers of the outbreak's page as were counted."""
    chance = random.Random(raw["visitors"])  # noqa: S311 — a story told the same way each time, no secret
    days = (raw["until"] - raw["since"]).days
    readers = set(chance.sample(range(raw["visitors"]), raw["views_of_the_page"]))
    for visitor in range(raw["visitors"]):
        # Curiosity is greatest at the beginning.
        day = raw["since"] + timedelta(days=int(days * chance.betavariate(1.3, 2.6)))
        second = _second(day, chance.randrange(24 * 3600 - 120))
        yield Event(day, second, Kind.VIEW, f"replay-{visitor}", "", HOME, "")
        if visitor in readers:
            yield Event(day, second + chance.randrange(5, 90), Kind.VIEW, f"replay-{visitor}", "", page, page)


def _second(day: date, within: int) -> int:
    return int(datetime.combine(day, time.min, CLOCK).timestamp()) + within
