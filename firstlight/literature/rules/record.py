"""One source's word on one paper, in the same form whatever the source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

SCHEMES = ("doi", "pmid", "pmcid", "arxiv")
PREPRINT, AHEAD, PUBLISHED = "preprint", "ahead", "published"
NOTICE = "notice"
DATES = ("received", "accepted", "posted", "online", "print")
"""What happened to a paper on a day: to the journal, by the journal, as a preprint, before print, in an issue."""


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or a group with only a family name."""

    family: str
    given: str = ""
    orcid: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """What a record says about another paper; `kind` is one of `models.Relation.Kind`, `on` a day, month or year."""

    kind: str
    scheme: str
    value: str
    note: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRecord:
    """A paper as a source describes it; days are written as far as they are known: 2020, 2020-04, 2020-04-21."""

    source: str
    key: str
    title: str
    title_ko: str = ""
    kind: str = "article"
    state: str = PUBLISHED
    language: str = ""
    journal: str = ""
    journal_short: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    licence: str = ""
    version: str = ""
    authors: Sequence[Author] = ()
    abstract_en: str = ""
    abstract_ko: str = ""
    keywords: Sequence[str] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    relations: Sequence[Related] = ()

    @property
    def year(self) -> int:
        """The year it was first public in; 0 when nobody says."""
        first = first_public(self.dates)
        return int(first[:4]) if first else 0

    def as_json(self) -> bytes:
        """The record as it is kept, the same bytes for the same record."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that could not be read: which one of the file, at which byte or line, and why."""

    number: int
    place: str
    reason: str

    def __str__(self) -> str:
        return f"record {self.number:,} ({self.place}): {self.reason}" if self.place else self.reason


Read = PaperRecord | Fault


def digest_of(document: bytes) -> bytes:
    """By which a record that says the same again is known."""
    return blake2b(document, digest_size=16).digest()


def from_json(document: Mapping[str, Any]) -> PaperRecord:
    """The record that `as_json` wrote."""
    return PaperRecord(
        **{
            **document,
            "authors": tuple(Author(**each) for each in document["authors"]),
            "keywords": tuple(document["keywords"]),
            "relations": tuple(Related(**each) for each in document["relations"]),
        }
    )


def first_public(dates: Mapping[str, str]) -> str:
    """The first day on which anyone could read it."""
    known = [dates[name] for name in ("posted", "online", "print") if dates.get(name)]
    return min(known, default="")
