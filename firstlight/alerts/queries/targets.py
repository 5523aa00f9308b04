"""What a notice points at, and what it could point at."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise

from firstlight.alerts.hooks import Target, TargetKind, target_kinds
from firstlight.alerts.models import NoticeLink
from firstlight.outbreaks.models import Outbreak

ADDRESS = "address"
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s/]+\.[^\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """Something a notice could point at, and what kind of thing it is."""

    kind: str
    label: str | Promise
    target: Target


def find_targets(words: str, outbreak: Outbreak | None, *, at: datetime, limit: int = 8) -> list[Found]:
    """Things of every kind that these words name, the first few of each kind."""
    return [
        Found(kind.key, kind.label, target)
        for kind in target_kinds().values()
        for target in list(kind.find(words, outbreak, at))[:limit]
    ]


def target_of(kind: str, key: str, *, at: datetime) -> Target | None:
    """The thing of that kind and key; an address is its own target."""
    if kind == ADDRESS:
        url = read_address(key)
        return Target(url, url, url, url) if url else None
    found = target_kinds().get(kind)
    return found.get(key, at) if found else None


def read_address(text: str) -> str:
    """A web address, or a DOI in any of its spellings as its web address; empty for anything else."""
    words = text.strip()
    if doi := _DOI.fullmatch(words):
        return f"https://doi.org/{doi[1]}"
    return words if _WEB.fullmatch(words) else ""


def address_of(link: NoticeLink) -> str:
    """Where a link leads, in whole; empty when its app is not there any more."""
    if link.kind == ADDRESS:
        return link.key
    kind: TargetKind | None = target_kinds().get(link.kind)
    target = kind.get(link.key, link.notice.issued_at or link.notice.written_at) if kind else None
    return _whole(target.url) if target else ""


def _whole(url: str) -> str:
    return f"{settings.ORIGIN}{url}" if url.startswith("/") else url
