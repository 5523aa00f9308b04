"""An outbreak's papers: the list, what it can be narrowed by, and what waits for its editors."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firstlight.alerts.hooks import DigestItem, Target
from firstlight.alerts.models import topic_of
from firstlight.literature.models import Decision, Event, Listing, Paper, Plan, Tag, Vote
from firstlight.literature.queries.papers import Card, cards
from firstlight.literature.search.finding import find
from firstlight.outbreaks.hooks import News, Task, Thing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Role
from firstlight.web.languages import choose_wording

Moment = Callable[[Any, Sequence[Event]], datetime]
NARROWED_BY = ("kind", "state", "standing", "tag", "month")


@dataclass(frozen=True)
class Asked:
    """What a reader of a list asked for."""

    words: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A listed paper as a list shows it."""

    listing: Listing
    card: Card
    tags: tuple[str, ...]

    @property
    def note_ko(self) -> str:
        """Why it matters."""
        return self.listing.note_ko

    @property
    def note_en(self) -> str:
        """Why it matters."""
        return self.listing.note_en


@dataclass(frozen=True)
class Choice:
    """A value a list can be narrowed by, with how many papers have it."""

    value: str
    label: str
    count: int
    is_chosen: bool


def listed(outbreak: Outbreak | None, *, at: datetime) -> QuerySet[Listing]:
    """What was in the list at that moment, what came last first."""
    held = Decision.objects.in_force(at).filter(listing=OuterRef("pk"), is_included=True)
    found = Listing.objects.filter(Exists(held), paper__merged_into=None).select_related("paper")
    found = found.annotate(since=Subquery(held.values("in_force_from")[:1]))
    return (found.filter(outbreak=outbreak) if outbreak else found).order_by("-since", "-pk")


def count_listed(outbreak: Outbreak, at: datetime) -> int:
    """How many papers the outbreak's menu held at that moment."""
    return listed(outbreak, at=at).count()


def narrowed(found: QuerySet[Listing], asked: Asked, *, at: datetime) -> QuerySet[Listing]:
    """Only what was asked for."""
    day = timezone.localdate(at, timezone.get_default_timezone())
    for name, value in asked.chosen.items():
        found = found.filter(_condition(name, value, at, day))
    if asked.words.strip():
        answer = find(asked.words)
        found = found.filter(paper__in=answer.papers[:5000] if answer else [])
    return found


def _condition(name: str, value: str, at: datetime, day: date) -> Q:
    if name == "state":
        ahead = Q(paper__state="published", paper__published_on__lte=day, paper__printed_on__gt=day)
        return {
            "ahead": ahead | Q(paper__state="ahead"),
            "published": Q(paper__state="published") & ~ahead,
            "preprint": Q(paper__state="preprint"),
        }.get(value, Q(pk=None))
    if name == "standing":
        return Q(Exists(Event.objects.filter(paper=OuterRef("paper"), kind=value, known_at__lte=at)))
    if name == "tag":
        return Q(tags__icontains=f'"{value}"')
    if name == "month":
        first = _month(value)
        return Q(paper__published_on__year=first.year, paper__published_on__month=first.month) if first else Q(pk=None)
    return Q(**{f"paper__{name}": value})


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def rows_of(listings: Sequence[Listing], *, at: datetime, language: str) -> list[Row]:
    """Listed papers with what is known of each at that moment."""
    held = cards([each.paper_id for each in listings], at=at)
    labels = _tag_labels({each.outbreak_id for each in listings}, language)
    return [
        Row(each, held[each.paper_id], tuple(labels.get((each.outbreak_id, tag), tag) for tag in each.tags))
        for each in listings
        if each.paper_id in held
    ]


def _tag_labels(outbreaks: set[int], language: str) -> dict[tuple[int, str], str]:
    tags = Tag.objects.filter(outbreak__in=outbreaks)
    return {(each.outbreak_id, each.key): choose_wording(each, "label", language).text for each in tags}


def choices(outbreak: Outbreak, asked: Asked, *, at: datetime, language: str) -> dict[str, list[Choice]]:
    """What the outbreak's list can be narrowed by."""
    day = timezone.localdate(at, timezone.get_default_timezone())
    rows = listed(outbreak, at=at).values_list(
        "paper__kind", "paper__state", "paper__published_on", "paper__printed_on", "tags"
    )
    counts: dict[str, Counter[str]] = {name: Counter() for name in NARROWED_BY}
    for kind, state, public, printed, tags in rows:
        is_ahead = state == "published" and public and printed and public <= day < printed
        counts["kind"][kind] += 1
        counts["state"]["ahead" if is_ahead else state] += 1
        counts["month"].update([f"{public:%Y-%m}"] if public else [])
        counts["tag"].update(tags)
    known = Event.objects.filter(paper__in=listed(outbreak, at=at).values("paper"), known_at__lte=at)
    counts["standing"].update(kind for _paper, kind in set(known.values_list("paper", "kind")))
    labels = _labels(outbreak, counts, language)
    return {name: _choices(name, counts[name], labels[name], asked) for name in NARROWED_BY if counts[name]}


def _labels(outbreak: Outbreak, counts: Mapping[str, Counter[str]], language: str) -> dict[str, dict[str, str]]:
    tags = {key: label for (_outbreak, key), label in _tag_labels({outbreak.pk}, language).items()}
    months = {value: date_format(first, "YEAR_MONTH_FORMAT") for value in counts["month"] if (first := _month(value))}
    fixed = {"kind": Paper.Kind, "state": Paper.State, "standing": Paper.Standing}
    return {
        "tag": tags,
        "month": months,
        **{name: {str(key): str(label) for key, label in each.choices} for name, each in fixed.items()},
    }


def _choices(name: str, counts: Counter[str], labels: Mapping[str, str], asked: Asked) -> list[Choice]:
    chosen = asked.chosen.get(name, "")
    order = sorted(counts, reverse=True) if name == "month" else [value for value, _count in counts.most_common()]
    return [Choice(value, labels.get(value, value), counts[value], value == chosen) for value in order]


def queue(outbreak: Outbreak, *, state: str = Listing.State.WAITING, member: Member | None = None) -> QuerySet[Listing]:
    """What waits for the outbreak's editors, the oldest first; for a member, what she has not voted on."""
    waiting = Listing.objects.filter(outbreak=outbreak, state=state, paper__merged_into=None).select_related("paper")
    if member is not None:
        waiting = waiting.exclude(Exists(Vote.objects.filter(listing=OuterRef("pk"), member=member)))
    return waiting.order_by("listed_at", "pk")


def first_paper_at(outbreak: Outbreak, at: datetime) -> datetime | None:
    """When the first paper was listed."""
    first = Decision.objects.filter(listing__outbreak=outbreak, is_included=True, in_force_from__lte=at)
    return first.order_by("in_force_from").values_list("in_force_from", flat=True).first()


def paper_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Papers that came into the list, and what became of them since."""
    decisions = Decision.objects.filter(listing__outbreak=outbreak, is_included=True, in_force_from__lte=at)
    first: dict[int, datetime] = {}
    for paper, began in decisions.order_by("-in_force_from").values_list("listing__paper", "in_force_from")[:200]:
        first[paper] = began
    held = cards(sorted(first), at=at)
    for pk, card in held.items():
        yield News(first[pk], card.kind_name, card.title_ko, card.title_en, reverse("paper", args=[pk]))
        for event in card.events:
            yield News(event.known_at, _event_name(event), card.title_ko, card.title_en, reverse("paper", args=[pk]))


def _event_name(event: Event) -> str:
    """What became of a paper, in a word."""
    return str(Paper.Standing(event.kind).label)


def papers_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """How many papers wait for this editor's word, and on how many screeners disagree."""
    if not isinstance(member, Member) or not member.has_role(Role.EDITOR):
        return
    url = reverse("screening", args=[outbreak.slug])
    if count := queue(outbreak, member=member).count():
        yield Task(ngettext("%(count)d paper to screen", "%(count)d papers to screen", count) % {"count": count}, url)
    if count := queue(outbreak, state=Listing.State.CONFLICT, member=member).count():
        label = ngettext("Screeners disagree on %(count)d paper", "Screeners disagree on %(count)d papers", count)
        yield Task(label % {"count": count}, f"{url}?state=conflict")


def thing_of(card: Card) -> Thing:
    """A paper as the evidence trail has it."""
    return Thing(_("Paper"), card.title_ko, card.title_en, reverse("paper", args=[card.pk]))


def papers_held(outbreak: Outbreak) -> list[str]:
    """What of the literature hangs on an outbreak, in a sentence."""
    count = Listing.objects.filter(outbreak=outbreak, decisions__is_included=True).distinct().count()
    return (
        [ngettext("%(count)d paper is listed.", "%(count)d papers are listed.", count) % {"count": count}]
        if count
        else []
    )


def plan_of(outbreak: Outbreak) -> Plan:
    """How the outbreak keeps its papers; a plan with one screener where none was made."""
    return Plan.objects.filter(outbreak=outbreak).first() or Plan(outbreak=outbreak)


def find_papers(words: str, outbreak: Outbreak | None, at: datetime, *, limit: int = 8) -> list[Target]:
    """Listed papers with these words, for a notice to point at; without an outbreak, any paper."""
    answer = find(words)
    papers = answer.papers[:200] if answer else []
    if outbreak is not None:
        there = set(listed(outbreak, at=at).filter(paper__in=papers).values_list("paper", flat=True))
        papers = [pk for pk in papers if pk in there] or papers
    return [_target(card) for card in _in_order(papers[:limit], at)]


def paper_target(key: str, at: datetime) -> Target | None:
    """The paper of that number, for a notice that points at it."""
    held = cards([int(key)], at=at) if key.isdecimal() and len(key) < 18 else {}
    return next((_target(each) for each in held.values()), None)


def _in_order(papers: Sequence[int], at: datetime) -> list[Card]:
    held = cards(papers, at=at)
    return [held[pk] for pk in papers if pk in held]


def _target(card: Card) -> Target:
    mark = f"[{card.standing_name}] " if card.standing else ""
    return Target(str(card.pk), f"{mark}{card.title_ko}", f"{mark}{card.title_en}", reverse("paper", args=[card.pk]))


def new_papers(since: datetime, until: datetime) -> list[DigestItem]:
    """Papers that came into a list between two moments, and what became of listed ones; no replay."""
    fresh = Decision.objects.filter(is_included=True, in_force_from__gt=since, in_force_from__lte=until)
    came = listed(None, at=until).filter(outbreak__is_replay=False).select_related("outbreak")
    items = _digest(came.filter(decisions__in=fresh), until, lambda listing, _events: listing.since)
    events = Event.objects.filter(known_at__gt=since, known_at__lte=until)
    became = came.filter(paper__events__in=events).exclude(decisions__in=fresh).distinct()
    return [*items, *_digest(became, until, lambda _listing, told: max(each.known_at for each in told))]


def _digest(listings: QuerySet[Listing], at: datetime, moment: Moment) -> list[DigestItem]:
    rows = list(listings[:500])
    held = cards([each.paper_id for each in rows], at=at)
    return [
        _digest_item(each, held[each.paper_id], moment(each, held[each.paper_id].events))
        for each in rows
        if each.paper_id in held
    ]


def _digest_item(listing: Listing, card: Card, at: datetime) -> DigestItem:
    mark = card.standing_name or (card.state_name if card.state != "published" else "")
    before = f"[{mark}] " if mark else ""
    url = reverse("paper", args=[card.pk])
    return DigestItem(topic_of(listing.outbreak), at, f"{before}{card.title_ko}", f"{before}{card.title_en}", url)
