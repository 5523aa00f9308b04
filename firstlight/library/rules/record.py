"""What catalogues are told of a published case; never its diagnosis, which a reader should find by reading."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from firstlight.library.rules.document import LANGUAGES, AuthorView, CaseDocument, Reference
from firstlight.library.rules.licences import Licence, licence_of

LONGEST_DESCRIPTION = 300
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*_`>#]+|^\s*[-+]\s+", re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """That a case was taken back: kind ("withdrawn" or "retracted"), day and reason."""

    kind: str
    on: date
    reason_ko: str
    reason_en: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """A version of a case as a catalogue keeps it; addresses are absolute."""

    number: int
    version: int
    url: str
    version_url: str
    image_url: str
    publisher: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    authors: tuple[AuthorView, ...]
    keywords: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]
    licence_words: str
    published_on: date
    updated_on: date
    corrected_on: date | None
    image_count: int
    doi: str
    taken: Taken | None = None

    @property
    def licence(self) -> Licence | None:
        """The licence, where it is one we know."""
        return licence_of(self.licence_words)

    @property
    def languages(self) -> list[str]:
        """The languages that it has a title in."""
        return [each for each in LANGUAGES if self.titles.get(each)]

    def title(self, language: str) -> str:
        """The title in a language, else in the other one, else the case's number."""
        others = (self.titles.get(each, "") for each in (language, *LANGUAGES))
        return next(filter(None, others), f"Case {self.number}")

    @property
    def is_retracted(self) -> bool:
        """Whether it can no longer be relied on."""
        return self.taken is not None and self.taken.kind == "retracted"


def description_of(document: CaseDocument, language: str) -> str:
    """The history without its markup, cut at a sentence's or a word's end."""
    history = document.history_ko if language == "ko" else document.history_en
    plain = plain_text(history)
    if len(plain) <= LONGEST_DESCRIPTION:
        return plain
    cut = plain[:LONGEST_DESCRIPTION].rsplit(" ", 1)[0]
    return f"{cut}…"


def plain_text(commonmark: str) -> str:
    """CommonMark as one line of words."""
    return " ".join(_MARKUP.sub(lambda found: found[1] or "", commonmark).split())
