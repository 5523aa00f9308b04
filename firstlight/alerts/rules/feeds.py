"""What every feed says of a notice, whatever its format."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

JSON_FEED = "https://jsonfeed.org/version/1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A notice in a feed, in one language; addresses are absolute."""

    id: str
    number: int
    url: str
    cap_url: str
    title: str
    summary: str
    html: str
    published_at: datetime
    updated_at: datetime
    categories: tuple[str, ...]
    tier: str
    standing: str
    is_exercise: bool
    is_replay: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed in one language, the latest entry first."""

    id: str
    title: str
    subtitle: str
    home_url: str
    self_url: str
    language: str
    author: str
    updated_at: datetime
    entries: Sequence[Entry]


def tag_id(authority: str, began_on: date, specific: str) -> str:
    """An identifier that never changes and that nobody else gives (RFC 4151)."""
    return f"tag:{authority},{began_on:%Y-%m-%d}:{specific}"


def json_feed(feed: Feed) -> dict[str, Any]:
    """The feed as a JSON Feed 1.1 document; what that format has no word for is under `_firstlight`."""
    return {
        "version": JSON_FEED,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.home_url}],
        "items": [_json_item(each, feed.language) for each in feed.entries],
    }


def _json_item(entry: Entry, language: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        "date_published": entry.published_at.isoformat(timespec="seconds"),
        "date_modified": entry.updated_at.isoformat(timespec="seconds"),
        "tags": list(entry.categories),
        "language": language,
        "attachments": [{"url": entry.cap_url, "mime_type": "application/cap+xml", "title": "CAP 1.2"}],
        "_firstlight": {
            "number": entry.number,
            "tier": entry.tier,
            "standing": entry.standing,
            "exercise": entry.is_exercise,
            "replay": entry.is_replay,
        },
    }
