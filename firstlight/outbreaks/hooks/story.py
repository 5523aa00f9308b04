"""What apps tell of an outbreak's course: news, milestones, and what someone should do now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise

from firstlight.outbreaks.models import Outbreak


@dataclass(frozen=True)
class News:
    """Something that happened: when, what kind of thing, its title in both languages, and where to read it."""

    at: datetime
    kind: str | Promise
    title_ko: str
    title_en: str
    url: str = ""


@dataclass(frozen=True)
class Milestone:
    """A first of the response, and how to find when it was reached by a given moment."""

    order: int
    key: str
    label: str | Promise
    reached: Callable[[Outbreak, datetime], datetime | None]


@dataclass(frozen=True)
class Task:
    """Something that waits for the person who asks."""

    label: str | Promise
    url: str


@dataclass(frozen=True)
class Thing:
    """Something that others rest on or that rests on others: a case, a paper, a recommendation, a release."""

    kind: str | Promise
    title_ko: str
    title_en: str
    url: str = ""


@dataclass(frozen=True)
class Link:
    """One step of the evidence trail: a thing, and what it rests on."""

    thing: Thing
    rests_on: Thing


FindLinks = Callable[[Outbreak, datetime], Iterable[Link]]
FindNews = Callable[[Outbreak, datetime], Iterable[News]]
FindTasks = Callable[[Outbreak, object, datetime], Iterable[Task]]

_links: list[FindLinks] = []
_news: list[FindNews] = []
_tasks: list[FindTasks] = []
_milestones: dict[str, Milestone] = {}


def register_news(find: FindNews) -> None:
    """Let an app tell what happened in an outbreak up to a moment."""
    if find not in _news:
        _news.append(find)


def register_tasks(find: FindTasks) -> None:
    """Let an app tell what waits for a member; strangers are asked about with None."""
    if find not in _tasks:
        _tasks.append(find)


def register_links(find: FindLinks) -> None:
    """Let an app tell what rested on what in an outbreak at a moment."""
    if find not in _links:
        _links.append(find)


def links_of(outbreak: Outbreak, *, at: datetime) -> list[Link]:
    """The evidence trail at that moment, step by step."""
    return [each for find in _links for each in find(outbreak, at)]


def register_milestone(milestone: Milestone) -> None:
    """Put a first on every outbreak's day-0 clock."""
    _milestones[milestone.key] = milestone


def news_of(outbreak: Outbreak, *, at: datetime) -> list[News]:
    """Everything that happened up to that moment, newest first."""
    told = [each for find in _news for each in find(outbreak, at) if each.at <= at]
    return sorted(told, key=lambda each: each.at, reverse=True)


def tasks_of(outbreak: Outbreak, *, member: object, at: datetime) -> list[Task]:
    """What waits for this person."""
    return [each for find in _tasks for each in find(outbreak, member, at)]


def milestones() -> list[Milestone]:
    """Every first, in its order."""
    return sorted(_milestones.values(), key=lambda each: each.order)


def last_day(outbreak: Outbreak) -> date:
    """The last day on which anything happened."""
    told = news_of(outbreak, at=timezone.now())
    return timezone.localdate(told[0].at) if told else timezone.localdate(outbreak.activated_at)
