"""How requests become numbers: COUNTER Release 5, section 7, on one visitor's day at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from firstlight.visits.rules.lines import Event
from firstlight.visits.rules.requests import Kind

DOUBLE_CLICK_SECONDS = 30
HOUR_SECONDS = 3600
WHOLE_SITE = ""

Measure = Literal["views", "unique_views", "visitors", "double_clicks", "robots", "ahead", "unmarked"]
MEASURES: tuple[Measure, ...] = ("views", "unique_views", "visitors", "double_clicks", "robots", "ahead", "unmarked")


class Thing(NamedTuple):
    """What is counted: an item of a group, a whole group (no item), the whole site (neither)."""

    group: str
    item: str


class Cell(NamedTuple):
    """One number of one day: what of, from where, how measured."""

    thing: Thing
    country: str
    measure: Measure


Numbers = Counter[Cell]
# The seconds at which one visitor asked for each item on one day, and how often within each.
Requests = Mapping[Thing, Mapping[int, int]]


def counted(seconds: Iterable[int]) -> list[int]:
    """The requests that count: of two for the same item within 30 seconds the later one (COUNTER 5, paragraph 7.2)."""
    ordered = sorted(seconds)
    return [each for each, later in pairwise(ordered) if later - each > DOUBLE_CLICK_SECONDS] + ordered[-1:]


def things_of(thing: Thing) -> set[Thing]:
    """An item, the group it is in and the whole site."""
    return {thing, Thing(thing.group, WHOLE_SITE), Thing(WHOLE_SITE, WHOLE_SITE)}


def numbers_of(requests: Requests, country: str) -> Numbers:
    """What one visitor's requests of one day add to each item, group and the site."""
    numbers: Numbers = Counter()
    for thing, times in requests.items():
        views = counted(times)
        added: list[tuple[Measure, int]] = [
            ("views", len(views)),
            ("unique_views", len({second // HOUR_SECONDS for second in views})),
            ("double_clicks", sum(times.values()) - len(views)),
        ]
        for each in things_of(thing):
            numbers.update({Cell(each, country, measure): number for measure, number in added})
            numbers[Cell(each, country, "visitors")] = 1
    return numbers


def unmarked_numbers(events: Iterable[Event]) -> Numbers:
    """What requests without a visitor add: robots, guesses of browsers, readers who asked to be left alone."""
    numbers: Numbers = Counter()
    for event in events:
        for each in things_of(Thing(event.group, event.item)):
            numbers[Cell(each, event.country, _UNMARKED[event.kind])] += 1
    return numbers


_UNMARKED: dict[Kind, Measure] = {Kind.VIEW: "unmarked", Kind.ROBOT: "robots", Kind.AHEAD: "ahead"}


def merged(requests: Requests, events: Iterable[Event]) -> dict[Thing, dict[int, int]]:
    """One visitor's requests of a day together with those that came since, in whatever order they came."""
    both: defaultdict[Thing, Counter[int]] = defaultdict(Counter)
    for thing, times in requests.items():
        both[thing].update(times)
    for event in events:
        both[Thing(event.group, event.item)][event.second] += 1
    return {thing: dict(times) for thing, times in both.items()}


def day_numbers(events: Sequence[Event]) -> Numbers:
    """The numbers of one day from all of its events at once."""
    numbers = unmarked_numbers(event for event in events if not event.visitor)
    by_visitor: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.visitor:
            by_visitor[event.visitor].append(event)
    for own in by_visitor.values():
        numbers.update(numbers_of(merged({}, own), own[0].country))
    return numbers
