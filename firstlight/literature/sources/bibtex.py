"""BibTeX and BibLaTeX; bibtexparser finds the entries and goes on after a broken one, pylatexenc reads the accents."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import BinaryIO

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import RemoveEnclosingMiddleware, ResolveStringReferencesMiddleware
from pylatexenc.latex2text import LatexNodes2Text

from firstlight.literature.rules import days
from firstlight.literature.rules.identifiers import doi, is_of_preprint, named
from firstlight.literature.rules.record import AHEAD, NOTICE, PREPRINT, PUBLISHED, Author, Fault, PaperRecord, Read
from firstlight.literature.rules.titles import is_notice, without_tags
from firstlight.literature.sources.keys import key_of
from firstlight.literature.sources.text import read_text

SOURCE = "bibtex"
_HANGUL = re.compile(r"[가-힣]")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_SERVERS = re.compile(r"rxiv|research square|ssrn|preprint", re.IGNORECASE)
_AHEAD = re.compile(r"ahead of print|in press|forthcoming|online first", re.IGNORECASE)
_PARTICLES = re.compile(r"^(?:(?:van|von|der|den|de|del|della|di|da|la|le|ter|ten)\s+)+", re.IGNORECASE)
Fields = Mapping[str, str]


def read_bibtex(stream: BinaryIO) -> Iterator[Read]:
    """Every entry, then what could not be read, with its line."""
    text = read_text(stream)
    if isinstance(text, Fault):
        yield text
        return
    library = parse_string(text, parse_stack=[ResolveStringReferencesMiddleware(), RemoveEnclosingMiddleware()])
    for number, entry in enumerate(library.entries, start=1):
        place = f"line {(entry.start_line or 0) + 1:,}"
        fields = {name.lower(): str(value) for name, value in entry.items()}
        yield _record(fields) or Fault(number, place, "the entry has no title")
    for number, block in enumerate(library.failed_blocks, start=len(library.entries) + 1):
        yield Fault(number, f"line {(block.start_line or 0) + 1:,}", "the entry is not well-formed BibTeX")
    if not library.entries and not library.failed_blocks:
        yield Fault(0, "", "There is no BibTeX entry in this file.")


def _record(fields: Fields) -> PaperRecord | None:
    title = without_tags(_plain(fields, "title"))
    if not title:
        return None
    authors = _authors(fields.get("author", ""))
    journal = _plain(fields, "journal", "journaltitle", "booktitle", "publisher", "howpublished")
    identifiers = _identifiers(fields)
    told = f"{journal} {fields.get('archiveprefix', '')} {fields.get('eprinttype', '')}"
    is_preprint = bool(_SERVERS.search(told)) or is_of_preprint(identifiers.get("doi", ""))
    is_ahead = bool(_AHEAD.search(_plain(fields, "note", "pubstate")))
    state = PREPRINT if is_preprint else AHEAD if is_ahead else PUBLISHED
    day = days.read(fields.get("date", "")) or days.written(
        _plain(fields, "year")[:4], _plain(fields, "month"), _plain(fields, "day")
    )
    abstract = _plain(fields, "abstract")
    korean = bool(_HANGUL.search(abstract[:400]))
    return PaperRecord(
        source=SOURCE,
        key=key_of(identifiers, title, authors, day),
        title=title,
        title_ko=title if _HANGUL.search(title) else "",
        kind=PREPRINT if is_preprint else NOTICE if is_notice(title) else "article",
        state=state,
        language=_plain(fields, "language", "langid"),
        journal=journal,
        volume=_plain(fields, "volume"),
        issue=_plain(fields, "number", "issue"),
        pages=_plain(fields, "pages", "eid").replace("--", "-").replace("–", "-"),
        authors=authors,
        abstract_en="" if korean else abstract,
        abstract_ko=abstract if korean else "",
        keywords=tuple(each.strip() for each in re.split("[,;]", _plain(fields, "keywords")) if each.strip()),
        dates={("posted" if is_preprint else "online" if is_ahead else "print"): day} if day else {},
        identifiers=identifiers,
    )


def _plain(fields: Fields, *names: str) -> str:
    """The first of these fields that says something, without LaTeX."""
    return next((text for name in names if (text := _without_latex(fields.get(name, "")))), "")


@lru_cache(maxsize=1)
def _reader() -> LatexNodes2Text:
    return LatexNodes2Text(math_mode="text", strict_latex_spaces=False)


def _without_latex(text: str) -> str:
    read = _reader().latex_to_text(text) if any(sign in text for sign in "\\{}$~") else text
    return " ".join(read.split())


def _authors(text: str) -> tuple[Author, ...]:
    """Names between `and`; one in braces is a group's."""
    found = []
    for each in _AND.split(" ".join(text.split())) if text.strip() else ():
        if each.lower() == "others":
            continue
        if each.startswith("{") and each.endswith("}"):
            found.append(Author(_without_latex(each)))
            continue
        name = _without_latex(each)
        family, comma, given = name.partition(",")
        found.append(Author(family.strip(), given.split(",")[-1].strip()) if comma else _in_order(name))
    return tuple(each for each in found if each.family)


def _in_order(name: str) -> Author:
    """Given names first, the family name last with the particles before it."""
    words = name.split()
    for place in range(1, len(words) - 1):
        if _PARTICLES.match(f"{words[place]} "):
            return Author(" ".join(words[place:]), " ".join(words[:place]))
    return Author(words[-1], " ".join(words[:-1])) if words else Author("")


def _identifiers(fields: Fields) -> dict[str, str]:
    is_arxiv = "arxiv" in (fields.get("archiveprefix", "") + fields.get("eprinttype", "")).lower()
    return named(
        doi=doi(_without_latex(fields.get("doi", ""))) or doi(fields.get("url", "")),
        pmid=fields.get("pmid", ""),
        pmcid=fields.get("pmcid", fields.get("pmc", "")),
        arxiv=fields.get("eprint", "") if is_arxiv else "",
    )
