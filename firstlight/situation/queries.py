from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from firstlight.library.queries.cases import CaseCard, cards, published
from firstlight.outbreaks.hooks import News, Task, Thing, links_of, milestones, news_of, tasks_of
from firstlight.outbreaks.models import Outbreak
from firstlight.situation.rules import ClockLine, clock_line
from firstlight.surveillance.hooks import ResponseFigure, response_figures
from firstlight.surveillance.queries import KeyFigures, key_figures
from firstlight.visits.hooks import Label


@dataclass(frozen=True)
class Standing:
    """Where a response stands at a moment: what the overview and the situation report show."""

    figures: KeyFigures | None
    response: list[ResponseFigure]
    news: list[News]
    clock: list[ClockLine]
    cards: list[CaseCard]
    tasks: list[Task]


def standing_of(outbreak: Outbreak, *, at: datetime, member: object = None, most_news: int = 8) -> Standing:
    """Everything that the overview shows, as it was at that moment."""
    return Standing(
        figures=key_figures(outbreak, at),
        response=response_figures(outbreak, at=at),
        news=news_of(outbreak, at=at)[:most_news],
        clock=clock_of(outbreak, at=at),
        cards=cards(published(at, outbreak=outbreak)[:4]),
        tasks=tasks_of(outbreak, member=member, at=at),
    )


def clock_of(outbreak: Outbreak, *, at: datetime) -> list[ClockLine]:
    """The day-0 clock: from the moment the outbreak was switched on to each first."""
    return [
        clock_line(each.key, str(each.label), day_zero=outbreak.activated_at, reached_at=each.reached(outbreak, at))
        for each in milestones()
    ]


@dataclass(frozen=True)
class Trail:
    """One thing of the evidence trail with everything on the other side of it."""

    thing: Thing
    others: tuple[Thing, ...]


def trails_of(outbreak: Outbreak, *, at: datetime) -> tuple[list[Trail], list[Trail]]:
    """The evidence trail both ways: what each thing rests on, and what rests on each."""
    links = links_of(outbreak, at=at)
    return _grouped((each.thing, each.rests_on) for each in links), _grouped(
        (each.rests_on, each.thing) for each in links
    )


def _grouped(pairs: Iterable[tuple[Thing, Thing]]) -> list[Trail]:
    groups: dict[tuple[str, str, str], tuple[Thing, dict[tuple[str, str, str], Thing]]] = {}
    for thing, other in pairs:
        groups.setdefault(_identity(thing), (thing, {}))[1][_identity(other)] = other
    return [Trail(thing, tuple(others.values())) for thing, others in groups.values()]


def _identity(thing: Thing) -> tuple[str, str, str]:
    """A paper is the same under its DOI, however a case writes it."""
    return (str(thing.kind), thing.url, "" if thing.url else thing.title_en)


def outbreak_labels(slugs: Sequence[str]) -> dict[str, Label]:
    """How the counts call an outbreak's pages."""
    return {
        each.slug: Label(each.name_ko, each.name_en, reverse("outbreak", args=[each.slug]))
        for each in Outbreak.objects.filter(slug__in=slugs)
    }


def page_labels(keys: Sequence[str]) -> dict[str, Label]:
    """How the counts call the pages that belong to no outbreak."""
    return {"home": Label("첫 화면", "Home page", reverse("home"))} if "home" in keys else {}
