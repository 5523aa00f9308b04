"""The piece of a text that shows why it was found, with what was found in it marked."""

import re
from collections.abc import Set
from dataclasses import dataclass
from itertools import chain, takewhile

from firstlight.library.rules import LANGUAGES, CaseDocument
from firstlight.library.search.fields import TEXTS, Field, plain
from firstlight.words import each_word_of

BEFORE, LENGTH = 50, 180
_MARKUP = re.compile(r"(?m)^\s*(?:[-*+>]|#+|\d+\.)\s+|[*_`\[\]]")


@dataclass(frozen=True)
class Part:
    """A piece of a snippet, and whether it is what was looked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True)
class Snippet:
    """A piece of a case's text."""

    field: Field
    language: str
    parts: tuple[Part, ...]


def snippet_of(document: CaseDocument, words: Set[str], *, field: Field | None, language: str) -> Snippet | None:
    """The piece around the first of these words, best in the field that weighed most and in the page's language."""
    order = [*([field] if field in TEXTS else []), *(each for each in TEXTS if each not in {field, Field.TITLE})]
    languages = [language, *(each for each in LANGUAGES if each != language)]
    for each_field in order:
        for each in languages:
            text = " ".join(_MARKUP.sub("", plain(getattr(document, f"{TEXTS[each_field]}_{each}"))).split())
            parts = marked(text, words)
            if any(part.is_hit for part in parts):
                return Snippet(each_field, each, parts)
    return None


def marked(text: str, words: Set[str]) -> tuple[Part, ...]:
    """The piece of a text around its first hit, cut at words."""
    hits = (each for each in each_word_of(text) if not words.isdisjoint(each.forms))
    first = next(hits, None) if words else None
    if first is None:
        return (Part(text[:LENGTH], False),) if text else ()
    begin, end = _window(text, first.start)
    parts: list[Part] = [Part("… ", False)] if begin else []
    at = begin
    for hit in takewhile(lambda each: each.end <= end, chain((first,), hits)):
        parts += [Part(text[at : hit.start], False), Part(text[hit.start : hit.end], True)]
        at = hit.end
    parts.append(Part(text[at:end] + (" …" if end < len(text) else ""), False))
    return tuple(each for each in parts if each.text)


def _window(text: str, hit: int) -> tuple[int, int]:
    begin = max(hit - BEFORE, 0)
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = begin + LENGTH
    if end >= len(text):
        return begin, len(text)
    cut = text.rfind(" ", hit + 1, end)
    return begin, cut if cut > hit + 30 else end
