from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.http import Http404, HttpResponseBase
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import escape
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from firstlight.alerts.queries.archive import notice_issued
from firstlight.alerts.queries.feeds import absolute, cap_message, feed_of_notices
from firstlight.alerts.rules import cap as protocol
from firstlight.alerts.rules.feeds import Entry, Feed, json_feed
from firstlight.outbreaks.models import Outbreak
from firstlight.web.feeds import FORMS, Dated, answered, etag_of, language_of
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest

# What the signature of a message is made with: the key and its certificate, both PEM.
Signature = tuple[bytes, bytes]


class AtomFeed(Dated, Atom1Feed):
    """Atom with the whole text, and a link to the notice as a CAP message (RFC 4287)."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        """Django's own elements, the text, and the CAP message as an alternate."""
        super().add_item_elements(handler, item)
        if item["html"]:
            handler.addQuickElement("content", item["html"], {"type": "html"})
        handler.addQuickElement(
            "link", "", {"rel": item["cap_rel"], "type": protocol.MEDIA_TYPE, "href": item["cap_url"]}
        )


class RssFeed(Dated, Rss201rev2Feed):
    """RSS 2.0; its one text is the whole text."""


@require_safe
def alerts(request: TimedRequest, form: str) -> HttpResponseBase:
    """The notices as Atom, RSS or JSON Feed, of one outbreak or of all."""
    if form not in FORMS:
        raise Http404
    slug = request.GET.get("outbreak", "").replace("\0", "")
    outbreak = Outbreak.objects.known(request.at).filter(slug=slug).first() if slug else None
    if slug and outbreak is None:
        return problem(404, "There is no such outbreak", "Leave ?outbreak= away for the notices of every outbreak.")
    feed = _asked_feed(request, outbreak.as_of(request.at) if outbreak else None)
    return answered(request, _written(feed, form), FORMS[form], changed_at=feed.updated_at, language=feed.language)


@require_safe
def cap_index(request: TimedRequest) -> HttpResponseBase:
    """The notices as a list of CAP messages, for programs that read those."""
    feed = _asked_feed(request, None)
    generator = AtomFeed(**_channel(feed))
    for entry in feed.entries:
        generator.add_item(**{**_item(entry), "html": "", "cap_rel": "alternate"})
    content = str(generator.writeString("utf-8")).encode()
    return answered(request, content, FORMS["atom"], changed_at=feed.updated_at, language=feed.language)


def _asked_feed(request: TimedRequest, outbreak: Outbreak | None) -> Feed:
    """The feed in the language asked for; a cookie has no say, so that anyone may keep a copy for others."""
    language = language_of(request, request.GET.get("lang", ""))
    asked = {name: request.GET[name] for name in ("outbreak", "lang", "on") if request.GET.get(name)}
    self_url = absolute(request.path) + (f"?{urlencode(asked)}" if asked else "")
    return feed_of_notices(outbreak, at=request.at, language=language, path=request.path, self_url=self_url)


def _written(feed: Feed, form: str) -> bytes:
    if form == "json":
        return orjson.dumps(json_feed(feed))
    generator = (AtomFeed if form == "atom" else RssFeed)(**_channel(feed))
    for entry in feed.entries:
        text = escape(entry.summary) if form == "atom" else entry.html
        generator.add_item(**{**_item(entry), "description": text})
    return str(generator.writeString("utf-8")).encode()


def _channel(feed: Feed) -> dict[str, Any]:
    return {
        "title": feed.title,
        "link": feed.home_url,
        "description": feed.subtitle,
        "language": feed.language,
        "author_name": feed.author,
        "subtitle": feed.subtitle,
        "feed_url": feed.self_url,
        "feed_guid": feed.id,
        "updated_at": feed.updated_at,
    }


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "link": entry.url,
        "description": escape(entry.summary),
        "unique_id": entry.id,
        "unique_id_is_permalink": False,
        "pubdate": entry.published_at,
        "updateddate": entry.updated_at,
        "categories": entry.categories,
        "html": entry.html,
        "cap_url": entry.cap_url,
        "cap_rel": "related",
    }


@require_safe
def cap(request: TimedRequest, number: int) -> HttpResponseBase:
    """One notice as a CAP message, signed when the site has a key for that."""
    notice = notice_issued(number, request.at)
    if notice is None:
        raise Http404
    message = cap_message(notice)
    alert = protocol.build(message)
    # Told by what is signed: a signature on an elliptic curve is another one each time.
    etag = _etag(protocol.serialized(alert), settings.CAP_SIGNATURE)
    signature: Signature | None = settings.CAP_SIGNATURE
    if signature:
        alert = protocol.sign(alert, key=signature[0], certificate=signature[1])
    content_type = f"{protocol.MEDIA_TYPE}; charset=utf-8"
    return answered(
        request, protocol.serialized(alert), content_type, changed_at=message.sent, etag=etag, language="ko, en"
    )


def _etag(content: bytes, signature: Signature | None) -> str:
    return etag_of(content + (signature[1] if signature else b""))
