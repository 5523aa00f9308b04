"""What changed between two versions of a case, word by word."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from firstlight.library.rules.document import LANGUAGES, TEXTS, AuthorView, CaseDocument

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Beyond this a comparison takes seconds; such texts are shown line by line.
MOST_WORDS = 6000


@dataclass(frozen=True)
class Span:
    """A stretch of text that stayed ("same"), went ("gone") or came ("new")."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """A part of a case that differs, with its stretches; `language` is empty where the part has none."""

    part: str
    language: str
    spans: tuple[Span, ...]


def changes_between(old: CaseDocument, new: CaseDocument) -> list[Change]:
    """Every part that differs, in the order of the page."""
    texts = [(text, each, getattr(old, f"{text}_{each}"), getattr(new, f"{text}_{each}")) for text, each in _texts()]
    others = [(part, "", before, after) for part, before, after in _others(old, new)]
    return [
        Change(part, language, compare(before, after))
        for part, language, before, after in (*texts, *others)
        if before != after
    ]


def _texts() -> list[tuple[str, str]]:
    return [(text, each) for text in TEXTS for each in LANGUAGES]


def _others(old: CaseDocument, new: CaseDocument) -> list[tuple[str, str, str]]:
    plain = ("references", "certainty", "licence", "sign_off")
    return [
        *((name, str(getattr(old, name)), str(getattr(new, name))) for name in plain),
        ("authors", _named(old.authors), _named(new.authors)),
        ("tags", "\n".join(old.tags), "\n".join(new.tags)),
        ("images", "\n".join(old.series), "\n".join(new.series)),
        ("key_images", _captions(old), _captions(new)),
        ("marks", _marks(old), _marks(new)),
        ("arrangement", _arrangement(old), _arrangement(new)),
        ("readings", _readings(old), _readings(new)),
    ]


def _named(authors: Sequence[AuthorView]) -> str:
    lines = ((each.name_en, each.name_ko, each.orcid, each.affiliation_en, each.affiliation_ko) for each in authors)
    return "\n".join(" · ".join(filter(None, each)) for each in lines)


def _captions(document: CaseDocument) -> str:
    images = document.key_images
    return "\n".join(f"{each.number}. {each.caption_ko} {each.caption_en} ({each.frame})" for each in images)


def _marks(document: CaseDocument) -> str:
    return "\n".join(
        f"{each.number}. {each.kind} {each.label_ko} {each.label_en} ({each.frame}: "
        f"{', '.join(f'{x:g}/{y:g}' for x, y in each.points)})"
        for each in document.marks
    )


def _arrangement(document: CaseDocument) -> str:
    """Its layout, and a line for each cell, the series by their places in the case."""
    cells = document.arrangement.get("cells", [])
    return "\n".join([document.arrangement.get("layout", ""), *(_cell(each, document) for each in cells)]).strip()


def _cell(cell: Mapping[str, Any] | None, document: CaseDocument) -> str:
    if cell is None:
        return "–"
    window, image = cell.get("window"), cell.get("image")
    return " · ".join(
        [
            f"{document.series.index(cell['series']) + 1}" if cell["series"] in document.series else "?",
            *([f"({image['frame']})"] if image else []),
            *([f"{window['centre']:g}/{window['width']:g}"] if window else []),
            f"{cell['zoom']:g}x",
        ]
    )


def _readings(document: CaseDocument) -> str:
    return "\n".join(
        f"{modality} {name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for modality, reading in sorted(document.readings.items())
        for name, value in sorted(reading.get("values", {}).items())
    )


def compare(old: str, new: str) -> tuple[Span, ...]:
    """Two texts as one, word by word, what went before what came; hangul is told apart by its spaces."""
    before, after = _pieces(old), _pieces(new)
    if len(before) + len(after) > MOST_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    spans: list[Span] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            spans.append(Span("same", "".join(before[a:b])))
            continue
        spans += [Span("gone", "".join(before[a:b]))] if b > a else []
        spans += [Span("new", "".join(after[c:d]))] if d > c else []
    return tuple(spans)


def _pieces(text: str) -> list[str]:
    return _WORDS.findall(text)
