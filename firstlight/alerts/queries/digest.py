"""What a digest brings, and who gets the same one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from firstlight.alerts.hooks import DigestItem, digest_sections
from firstlight.alerts.models import DigestGroup, DigestRun, Notice, topic_of
from firstlight.alerts.queries.audience import due_at, next_rows
from firstlight.alerts.rules.digests import DAILY
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.words import Words
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import ContactPoint, Severity, TopicChoice

MEMBERS_AT_ONCE = 2000
MOST_ITEMS = 40
KEPT_FIRST = gettext_lazy("You have not had these yet")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a digest with what is in it."""

    label: str | Promise
    items: tuple[DigestItem, ...]


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What makes two members' digests the same."""

    language: str
    unwanted: frozenset[str]
    kept: frozenset[str]


def new_notices(since: datetime, until: datetime) -> list[DigestItem]:
    """The notices that went out between two moments and still stand at the second; no exercise, no replay."""
    standing = Notice.objects.standing(until).filter(issued_at__gt=since, is_exercise=False, is_replay=False)
    return [item_of(each) for each in standing.select_related("outbreak").order_by("-severity", "issued_at")]


def item_of(notice: Notice) -> DigestItem:
    """A notice as a line of a digest."""
    url = reverse("notice", args=[notice.number])
    at = notice.issued_at or notice.created_at
    return DigestItem(topic_of(notice.outbreak), at, notice.title_ko, notice.title_en, url)


def new_parts(since: datetime, until: datetime) -> list[Part]:
    """Everything new between two moments, in the digest's order; parts with nothing are left out."""
    parts = [Part(section.label, tuple(section.read(since, until))) for section in digest_sections()]
    return [part for part in parts if part.items]


def readers(rhythm: str) -> QuerySet[ContactPoint]:
    """The mailboxes to which a digest of this rhythm goes."""
    return ContactPoint.objects.reachable().filter(channel=ContactPoint.Channel.EMAIL, member__digest=rhythm)


def kept_for(rhythm: str) -> QuerySet[Delivery]:
    """What waits for this digest, of members whom it reaches."""
    notices = Mailing.objects.filter(reference__startswith="notice:").order_by().values("pk")
    waiting = Delivery.objects.filter(mailing__in=notices, state=Delivery.State.DIGEST, ended_at__isnull=True)
    return waiting.filter(Exists(readers(rhythm).filter(member=OuterRef("member"))))


def kept_in(run: DigestRun) -> QuerySet[Delivery]:
    """What had been kept and is in this digest."""
    return Delivery.objects.filter(state=Delivery.State.DIGEST, ended_at=run.at, member__digest=run.rhythm)


def kept_notices(references: Sequence[str], at: datetime) -> dict[str, Notice]:
    """The notices among these references that still stand."""
    keys = [int(reference.partition(":")[2]) for reference in references]
    standing = Notice.objects.standing(at).filter(pk__in=keys, is_exercise=False).select_related("outbreak")
    return {each.reference: each for each in standing.order_by("-severity", "issued_at")}


def find_groups(run: DigestRun) -> set[GroupKey]:
    """Every group of readers, found a stretch of members at a time."""
    found: set[GroupKey] = set()
    after = 0
    while members := list(_next_members(run, after)):
        last = members[-1][0]
        left, kept = _left(run, after, last), _kept(run, after, last)
        found |= {
            GroupKey(language, frozenset(left.get(pk, ())), frozenset(kept.get(pk, ()))) for pk, language in members
        }
        after = last
    return found


def _next_members(run: DigestRun, after: int) -> Iterator[tuple[int, str]]:
    rows = readers(run.rhythm).filter(member__gt=after).order_by("member_id")
    return iter(rows.values_list("member_id", "member__language")[:MEMBERS_AT_ONCE])


def _left(run: DigestRun, after: int, last: int) -> dict[int, set[str]]:
    choices = TopicChoice.objects.filter(member__gt=after, member__lte=last, topic__in=run.topics, is_wanted=False)
    return _sets(choices.values_list("member_id", "topic"))


def _kept(run: DigestRun, after: int, last: int) -> dict[int, set[str]]:
    kept = kept_in(run).filter(member__gt=after, member__lte=last).order_by()
    return _sets(kept.values_list("member_id", "mailing__reference"))  # type: ignore[arg-type]  # their member is there


def _sets(pairs: "QuerySet[TopicChoice, tuple[int, str]]") -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for member, each in pairs:
        found.setdefault(member, set()).add(each)
    return found


def members_of(group: DigestGroup) -> QuerySet[ContactPoint]:
    """The mailboxes of a group, less those that this run has written to already."""
    run = group.run
    choices = TopicChoice.objects.filter(member=OuterRef("member"), is_wanted=False)
    kept = kept_in(run).filter(member=OuterRef("member"))
    had = Delivery.objects.filter(member=OuterRef("member"), mailing__reference__startswith=f"digest:{run.pk}:")
    others = sorted(set(run.topics) - set(group.unwanted))
    found = readers(run.rhythm).filter(~Exists(had), member__language=group.language)
    found = found.filter(
        ~Exists(choices.filter(topic__in=others)), ~Exists(kept.exclude(mailing__reference__in=group.kept))
    )
    for topic in group.unwanted:
        found = found.filter(Exists(choices.filter(topic=topic)))
    for reference in group.kept:
        found = found.filter(Exists(kept.filter(mailing__reference=reference)))
    return found


def read_digest_audience(mailing: Mailing, after: int, limit: int, at: datetime) -> tuple[Sequence[Addressee], int]:
    """The next readers of one group's digest."""
    run, _colon, number = mailing.reference.removeprefix("digest:").partition(":")
    group = DigestGroup.objects.select_related("run").filter(run=int(run), number=int(number)).first()
    if group is None:
        return (), after
    rows = next_rows(members_of(group), after=after, limit=limit)
    begins_at = max(mailing.starts_at, at)
    addressees = [
        Addressee(
            row.member_id, row.contact_id, row.channel, row.language, due_at(row, Severity.INFORMATION, begins_at)
        )
        for row in rows
    ]
    return addressees, rows[-1].member_id if rows else after


def parts_for(key: GroupKey, news: Sequence[Part], kept: dict[str, Notice]) -> list[Part]:
    """A group's own digest: what was kept for it first, then what is new, without the topics it left."""
    late = [item_of(notice) for reference, notice in kept.items() if reference in key.kept]
    addresses = {item.url for item in late}
    parts = [Part(KEPT_FIRST, tuple(late))]
    parts += [replace(part, items=tuple(each for each in part.items if each.url not in addresses)) for part in news]
    wanted = [
        replace(part, items=tuple(each for each in part.items if each.topic not in key.unwanted)) for part in parts
    ]
    return [part for part in wanted if part.items]


def digest_words(parts: Sequence[Part], language: str, run: DigestRun) -> Words:
    """A group's digest as it leaves, but for each person's own links."""
    with translation.override(language):
        context: dict[str, Any] = {
            "parts": [_shown(part, language) for part in parts],
            "language": language,
            "sender": settings.SENDER_NAME,
            "origin": settings.ORIGIN,
            "title": _title(parts, run),
            "is_daily": run.rhythm == DAILY,
        }
        text = _plain(context)
        html = render_to_string("alerts/mail/digest.html", context)
    subject = f"{settings.SENDER_NAME}: {context['title']}"
    return Words(ContactPoint.Channel.EMAIL, language, subject[:200], text, html)


def _plain(context: dict[str, Any]) -> str:
    """The same as text alone."""
    parts = [context["title"]]
    for part in context["parts"]:
        lines = [f"- {line['title']}{_in_brackets(line['topic'])}\n  {line['url']}" for line in part["lines"]]
        parts.append("\n".join([f"## {part['label']}", *lines, *_further(part["more"])]))
    change, leave = _("Change what you get:"), _("No more e-mails:")
    parts.append(f"{change} {{me}}\n{leave} {{leave}}")
    return "\n\n".join(parts)


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _further(more: int) -> list[str]:
    """A line that says how many there are beyond those shown."""
    return [ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}] if more else []


def _title(parts: Sequence[Part], run: DigestRun) -> str:
    count = sum(len(part.items) for part in parts)
    day = date_format(timezone.localtime(run.since), "MONTH_DAY_FORMAT")
    said = ngettext("%(count)d new thing since %(day)s", "%(count)d new things since %(day)s", count)
    return said % {"count": count, "day": day}


def _shown(part: Part, language: str) -> dict[str, Any]:
    """A part in one language, with whole addresses."""
    names = topic_names({item.topic for item in part.items}, language)
    lines = [
        {
            "title": (item.title_ko, item.title_en)[language == "en"] or item.title_ko or item.title_en,
            "topic": names.get(item.topic, ""),
            "at": item.at,
            "url": settings.ORIGIN + item.url if item.url.startswith("/") else item.url,
        }
        for item in part.items[:MOST_ITEMS]
    ]
    return {"label": str(part.label), "lines": lines, "more": len(part.items) - len(lines)}


def topic_names(topics: set[str], language: str) -> dict[str, str]:
    """What topics are called."""
    slugs = [topic.removeprefix("outbreak:") for topic in topics if topic.startswith("outbreak:")]
    names = {topic_of(None): _("The society's own news")}
    for outbreak in Outbreak.objects.filter(slug__in=slugs):
        names[topic_of(outbreak)] = outbreak.name_ko if language == "ko" else outbreak.name_en
    return names
