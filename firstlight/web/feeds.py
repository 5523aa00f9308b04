"""Feeds of any part of the site: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1, in pages (RFC 5005)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from xml.sax.xmlreader import AttributesImpl

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape
from django.utils.http import http_date
from django.utils.translation.trans_real import parse_accept_lang_header
from django.utils.xmlutils import SimplerXMLGenerator

from firstlight.web.languages import LANGUAGES, language_wanted

JSON_FEED = "https://jsonfeed.org/version/1.1"
SECONDS_FRESH = 60
FORMS: dict[str, str] = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that a feed tells; addresses are absolute, `more` is what JSON Feed has no word for."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    published_at: datetime
    updated_at: datetime
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedFeed:
    """A page of a feed in one language, the latest item first; `pages` are its neighbours by their relation."""

    id: str
    title: str
    subtitle: str
    home_url: str
    self_url: str
    language: str
    author: str
    updated_at: datetime
    items: Sequence[Item]
    pages: Mapping[str, str] = field(default_factory=dict)


def language_of(request: HttpRequest, asked: str) -> str:
    """A feed's language; a cookie has no say, so that anyone may keep a copy for others."""
    accepted = [name for name, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    return language_wanted(asked, accepted, LANGUAGES)


def page_asked(query: Mapping[str, str]) -> int:
    """The page of a feed that was asked for; 0, which there never is, for anything that is no page's number."""
    page = query.get("page", "1")
    return int(page) if page.isdecimal() and len(page) < 7 else 0


def page_address(address: str, query: Mapping[str, str], page: int) -> str:
    """The own address of a page of a feed, which names its number only where it was asked for by it."""
    own = {**query, "page": str(page)} if "page" in query else query
    return address + (f"?{urlencode(own)}" if own else "")


def beginning_of_day(at: datetime) -> datetime:
    """When a feed that holds nothing last changed, as far as anyone can tell."""
    return datetime.combine(timezone.localdate(at), time.min, timezone.get_default_timezone())


def to_the_second(moment: datetime) -> datetime:
    """A moment as feeds write it: on the society's clock, without fractions."""
    return timezone.localtime(moment, timezone.get_default_timezone()).replace(microsecond=0)


def pages_of(address: str, query: Mapping[str, str], page: int, count: int) -> dict[str, str]:
    """The addresses of a page's neighbours (RFC 5005 section 3); a feed of one page has none."""
    if count == 1:
        return {}
    kept = {key: value for key, value in query.items() if key != "page"}
    places = {"first": 1, "previous": page - 1, "next": page + 1, "last": count}
    return {
        name: f"{address}?{urlencode({**kept, 'page': str(place)})}"
        for name, place in places.items()
        if 1 <= place <= count
    }


class Dated(SyndicationFeed):
    """A feed whose own date is that of its latest change, even when it is empty."""

    def latest_post_date(self) -> datetime:
        """When any of it last changed."""
        moment: datetime = self.feed["updated_at"]
        return moment


class _Atom(Dated, Atom1Feed):
    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        for relation, address in self.feed["pages"].items():
            handler.addQuickElement("link", "", {"rel": relation, "href": address})

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        for name in item["names"]:
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            handler.endElement("author")
        if item["html"]:
            handler.addQuickElement("content", item["html"], {"type": "html"})


class _Rss(Dated, Rss201rev2Feed):
    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        for relation, address in self.feed["pages"].items():
            handler.addQuickElement("atom:link", "", {"rel": relation, "href": address})


def written(feed: PagedFeed, form: str) -> bytes:
    """The feed in one of `FORMS`."""
    if form == "json":
        return orjson.dumps(_json_feed(feed))
    channel: dict[str, Any] = {
        "title": feed.title,
        "link": feed.home_url,
        "description": feed.subtitle,
        "subtitle": feed.subtitle,
        "language": feed.language,
        "author_name": feed.author,
        "feed_url": feed.self_url,
        "feed_guid": feed.id,
        "updated_at": feed.updated_at,
        "pages": feed.pages,
    }
    generator = (_Atom if form == "atom" else _Rss)(**channel)
    for item in feed.items:
        generator.add_item(
            title=item.title,
            link=item.url,
            description=escape(item.summary) if form == "atom" else item.html or escape(item.summary),
            unique_id=item.id,
            unique_id_is_permalink=False,
            pubdate=item.published_at,
            updateddate=item.updated_at,
            categories=item.categories,
            html=item.html,
            names=item.authors,
        )
    return str(generator.writeString("utf-8")).encode()


def _json_feed(feed: PagedFeed) -> dict[str, Any]:
    following = {"next_url": feed.pages["next"]} if "next" in feed.pages else {}
    return {
        "version": JSON_FEED,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.home_url}],
        **following,
        "items": [_json_item(each, feed.language) for each in feed.items],
    }


def _json_item(item: Item, language: str) -> dict[str, Any]:
    told = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "summary": item.summary,
        "content_html": item.html or escape(item.summary),
        "date_published": item.published_at.isoformat(timespec="seconds"),
        "date_modified": item.updated_at.isoformat(timespec="seconds"),
        "tags": list(item.categories),
        "authors": [{"name": each} for each in item.authors],
        "language": language,
        "_firstlight": dict(item.more),
    }
    return {key: value for key, value in told.items() if value}


def answered(
    request: HttpRequest, content: bytes, content_type: str, *, changed_at: datetime, etag: str = "", language: str = ""
) -> HttpResponseBase:
    """The document, or that it has not changed; for anyone to keep and to read from any page."""
    response = HttpResponse(content, content_type=content_type)
    if language:
        response["Content-Language"] = language
    response["ETag"] = etag or etag_of(content)
    response["Last-Modified"] = http_date(changed_at.timestamp())
    response["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=SECONDS_FRESH)
    last_modified = int(changed_at.timestamp())
    answer = get_conditional_response(request, etag=response["ETag"], last_modified=last_modified, response=response)
    return answer or response


def etag_of(content: bytes) -> str:
    """The name of these bytes for a cache."""
    return f'"{sha256(content).hexdigest()[:32]}"'
