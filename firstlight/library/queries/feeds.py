"""Cases as a feed: first versions, updates, corrections, and cases that were taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from firstlight.alerts.queries.feeds import absolute, authority, sender_name
from firstlight.alerts.rules.feeds import tag_id
from firstlight.audit.models import VersionQuerySet
from firstlight.library.models import Case, CaseVersion, Removal
from firstlight.library.rules import CaseDocument
from firstlight.library.rules.record import description_of
from firstlight.outbreaks.models import Outbreak
from firstlight.web.feeds import Item, PagedFeed, beginning_of_day, page_address, pages_of, to_the_second
from firstlight.web.languages import choose_wording

ITEMS_A_PAGE = 50


@dataclass(frozen=True)
class Asked:
    """What a reader of the feed asked for."""

    outbreak: Outbreak | None
    tag: str
    language: str
    page: int
    path: str
    query: Mapping[str, str]


def feed_of_cases(asked: Asked, *, at: datetime) -> PagedFeed | None:
    """A page of the feed as it was at that moment; None for a page that there is not."""
    versions, removals = _versions(asked, at), _removals(asked, at)
    count = max(1, -(-(versions.count() + removals.count()) // ITEMS_A_PAGE))
    if not 1 <= asked.page <= count:
        return None
    with translation.override(asked.language):
        items = _items(versions, removals, asked, at)
        home = reverse("outbreak_cases", args=[asked.outbreak.slug]) if asked.outbreak else reverse("cases")
        return PagedFeed(
            id=f"{absolute(asked.path)}?{urlencode(_lasting(asked))}",
            title=_title(asked),
            subtitle=_("New teaching cases, corrections and retractions."),
            home_url=absolute(home),
            self_url=page_address(absolute(asked.path), asked.query, asked.page),
            language=asked.language,
            author=sender_name(),
            updated_at=max((each.updated_at for each in items), default=beginning_of_day(at)),
            items=items,
            pages=pages_of(absolute(asked.path), asked.query, asked.page, count),
        )


def _lasting(asked: Asked) -> dict[str, str]:
    """What tells this feed from others, whatever day and page it is read for."""
    named = {"outbreak": asked.outbreak.slug if asked.outbreak else "", "tag": asked.tag, "lang": asked.language}
    return {key: value for key, value in named.items() if value}


def _title(asked: Asked) -> str:
    words = [_("Cases")]
    if asked.outbreak:
        words.insert(0, choose_wording(asked.outbreak, "name", asked.language).text)
        tag = asked.outbreak.case_tags.filter(key=asked.tag).first() if asked.tag else None
        words += [choose_wording(tag, "label", asked.language).text] if tag else []
    return " · ".join(words)


def _versions(asked: Asked, at: datetime) -> VersionQuerySet:
    found = CaseVersion.objects.filter(in_force_from__lte=at).select_related("case__outbreak")
    found = found.filter(case__outbreak=asked.outbreak) if asked.outbreak else found
    found = found.filter(document__tags__icontains=f'"{asked.tag}"') if asked.tag else found
    return found.order_by("-in_force_from", "-pk")


def _removals(asked: Asked, at: datetime) -> QuerySet[Removal]:
    found = Removal.objects.filter(removed_at__lte=at).select_related("case__outbreak")
    found = found.filter(case__outbreak=asked.outbreak) if asked.outbreak else found
    if asked.tag:
        tagged = CaseVersion.objects.filter(document__tags__icontains=f'"{asked.tag}"')
        found = found.filter(case__in=tagged.values("case"))
    return found.order_by("-removed_at", "-pk")


def _items(versions: VersionQuerySet, removals: QuerySet[Removal], asked: Asked, at: datetime) -> list[Item]:
    """The page's things, newest first; no more rows are read than the pages up to it hold."""
    last = asked.page * ITEMS_A_PAGE
    told = merge(versions[:last], removals[:last], key=_moment, reverse=True)
    shown = list(islice(told, last - ITEMS_A_PAGE, last))
    gone = _taken_back({each.case_id for each in shown}, at)
    return [
        _removed(each, asked.language, at) if isinstance(each, Removal) else _published(each, asked.language, gone)
        for each in shown
    ]


def _moment(thing: CaseVersion | Removal) -> datetime:
    return thing.removed_at if isinstance(thing, Removal) else thing.in_force_from


def _taken_back(cases: set[int], at: datetime) -> dict[int, Removal]:
    """Those of these cases that readers cannot find at that moment, with the reason."""
    there = set(CaseVersion.objects.in_force(at).filter(case__in=cases).values_list("case", flat=True))
    removals = Removal.objects.filter(case__in=cases - there, removed_at__lte=at).order_by("removed_at")
    return {each.case_id: each for each in removals}


def _published(version: CaseVersion, language: str, gone: Mapping[int, Removal]) -> Item:
    removal = gone.get(version.case_id)
    if removal and removal.kind == Removal.Kind.WITHDRAWN:
        return _item(
            version.case,
            f"version:{version.number}",
            _withdrawn_title(version),
            "",
            version.in_force_from,
            changed_at=removal.removed_at,
            kind="withdrawn",
        )
    document = CaseDocument.from_json(version.document)
    marks = [_("Retracted")] if removal else [] if version.number == 1 else [version.get_kind_display()]
    reason = choose_wording(version, "reason", language).text
    history = description_of(document, language) or description_of(document, "en")
    return _item(
        version.case,
        f"version:{version.number}",
        _marked(version, marks, choose_wording(document, "title", language).text),
        reason or history,
        version.in_force_from,
        changed_at=removal.removed_at if removal else version.in_force_from,
        kind=version.kind,
        authors=tuple(each.name_en for each in document.authors),
        reason=reason,
    )


def _removed(removal: Removal, language: str, at: datetime) -> Item:
    reason = choose_wording(removal, "reason", language).text
    last = removal.case.versions.filter(in_force_from__lte=removal.removed_at).last()
    if removal.kind == Removal.Kind.WITHDRAWN or last is None:
        title = _withdrawn_title(removal)
    else:
        document = CaseDocument.from_json(last.document)
        title = _marked(removal, [_("Retracted")], choose_wording(document, "title", language).text)
    moment = removal.removed_at
    return _item(removal.case, f"removal:{removal.pk}", title, reason, moment, changed_at=moment, kind=removal.kind)


def _withdrawn_title(thing: CaseVersion | Removal) -> str:
    return _marked(thing, [_("Withdrawn")], _("Case %(number)d") % {"number": thing.case.number})


def _marked(thing: CaseVersion | Removal, marks: list[str], title: str) -> str:
    """The title after what a reader must know first."""
    outbreak = thing.case.outbreak
    before = [*([_("Replay")] if outbreak and outbreak.is_replay else []), *marks]
    return "".join(f"[{mark}] " for mark in before) + title


def _item(
    case: Case,
    specific: str,
    title: str,
    summary: str,
    moment: datetime,
    *,
    changed_at: datetime,
    kind: str,
    authors: tuple[str, ...] = (),
    reason: str = "",
) -> Item:
    return Item(
        id=tag_id(authority(), timezone.localdate(case.created_at), f"case:{case.number}:{specific}"),
        url=absolute(reverse("case", args=[case.number])),
        title=title,
        summary=summary,
        html=f"<p>{escape(summary)}</p>" if summary else "",
        published_at=to_the_second(moment),
        updated_at=to_the_second(changed_at),
        authors=authors,
        more={"number": case.number, "kind": kind, **({"reason": reason} if reason else {})},
    )
