"""Papers as a feed: what came into a list, and what became of it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from firstlight.alerts.queries.feeds import absolute, authority, sender_name
from firstlight.alerts.rules.feeds import tag_id
from firstlight.literature.models import Listing
from firstlight.literature.queries.listing import Asked, Row, listed, narrowed, rows_of
from firstlight.outbreaks.models import Outbreak
from firstlight.web.feeds import Item, PagedFeed, beginning_of_day, page_address, pages_of, to_the_second
from firstlight.web.languages import choose_wording

ITEMS_A_PAGE = 50
MOST_ABSTRACT = 1200


@dataclass(frozen=True)
class FeedAsked:
    """What a reader of the feed asked for."""

    outbreak: Outbreak | None
    words: str
    language: str
    page: int
    path: str
    query: Mapping[str, str]


def feed_of_papers(asked: FeedAsked, *, at: datetime) -> PagedFeed | None:
    """A page of the feed as it was at that moment, what changed last first; None for a page that there is not."""
    found = _changed_last(narrowed(listed(asked.outbreak, at=at), Asked(asked.words), at=at), at)
    count = max(1, -(-found.count() // ITEMS_A_PAGE))
    if not 1 <= asked.page <= count:
        return None
    shown = list(found.select_related("paper", "outbreak")[(asked.page - 1) * ITEMS_A_PAGE : asked.page * ITEMS_A_PAGE])
    with translation.override(asked.language):
        items = [_item(each, asked.language) for each in rows_of(shown, at=at, language=asked.language)]
        home = reverse("outbreak_literature", args=[asked.outbreak.slug]) if asked.outbreak else reverse("papers")
        return PagedFeed(
            id=f"{absolute(asked.path)}?{urlencode(_lasting(asked))}",
            title=_title(asked),
            subtitle=_("New papers, corrections, expressions of concern and retractions."),
            home_url=absolute(home),
            self_url=page_address(absolute(asked.path), asked.query, asked.page),
            language=asked.language,
            author=sender_name(),
            updated_at=max((each.updated_at for each in items), default=beginning_of_day(at)),
            items=items,
            pages=pages_of(absolute(asked.path), asked.query, asked.page, count),
        )


def _changed_last(found: QuerySet[Listing], at: datetime) -> QuerySet[Listing]:
    became = Max("paper__events__known_at", filter=Q(paper__events__known_at__lte=at))
    last = Greatest(Coalesce("became", "since"), "since")
    return found.annotate(became=became).order_by(last.desc(), "-pk")


def _lasting(asked: FeedAsked) -> dict[str, str]:
    """What tells this feed from others, whatever day and page it is read for."""
    named = {"outbreak": asked.outbreak.slug if asked.outbreak else "", "q": asked.words, "lang": asked.language}
    return {key: value for key, value in named.items() if value}


def _title(asked: FeedAsked) -> str:
    words = [_("Papers")]
    if asked.outbreak:
        words.insert(0, choose_wording(asked.outbreak, "name", asked.language).text)
    return " · ".join([*words, asked.words] if asked.words else words)


def _item(row: Row, language: str) -> Item:
    """A listed paper; its abstract is given as it was found, in the language it was found in."""
    card, listing = row.card, row.listing
    note = choose_wording(listing, "note", language).text
    abstract = card.whole.abstract_ko or card.whole.abstract_en if language == "ko" else card.whole.abstract_en
    since: datetime = listing.since  # type: ignore[attr-defined]
    changed = max([since, *(each.known_at for each in card.events)])
    paragraphs = [note, card.place, *(abstract or card.whole.abstract_ko)[:MOST_ABSTRACT].split("\n\n")]
    return Item(
        id=tag_id(authority(), timezone.localdate(listing.listed_at), f"paper:{card.pk}:{listing.outbreak_id}"),
        url=absolute(reverse("paper", args=[card.pk])),
        title=_marked(row, card.title_ko if language == "ko" else card.title_en),
        summary=note or card.place,
        html="".join(f"<p>{escape(each)}</p>" for each in paragraphs if each),
        published_at=to_the_second(since),
        updated_at=to_the_second(changed),
        categories=row.tags,
        authors=tuple(f"{each.given} {each.family}".strip() for each in card.whole.authors[:20]),
        more={"paper": card.pk, "state": card.state, "standing": card.standing or "stands", **card.whole.identifiers},
    )


def _marked(row: Row, title: str) -> str:
    """The title after what a reader must know first."""
    card = row.card
    marks = [_("Replay")] if row.listing.outbreak.is_replay else []
    marks += [card.standing_name] if card.standing else []
    marks += [card.state_name] if card.state != "published" else []
    return "".join(f"[{mark}] " for mark in marks) + title
