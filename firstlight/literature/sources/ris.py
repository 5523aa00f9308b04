"""RIS, as reference managers and databases export it; rispy knows its tags, and their many dialects are bent here."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import rispy

from firstlight.literature.rules import days
from firstlight.literature.rules.identifiers import doi, is_of_preprint, named
from firstlight.literature.rules.record import AHEAD, NOTICE, PREPRINT, PUBLISHED, Author, Fault, PaperRecord, Read
from firstlight.literature.rules.titles import is_notice, without_tags
from firstlight.literature.sources.keys import key_of
from firstlight.literature.sources.text import read_text

SOURCE = "ris"
_HANGUL = re.compile(r"[가-힣]")
_END = re.compile(r"^ER  ?-.*$", re.MULTILINE)
_START = re.compile(r"^TY  ?-", re.MULTILINE)
_PUBMED = re.compile(r"pubmed(?:\.ncbi\.nlm\.nih\.gov|)/(\d{1,9})|PMID:?\s*(\d{1,9})", re.IGNORECASE)
_INITIALS = re.compile(r"([^,]*[^\W\d_]{2}[^,.]*) ((?:[^\W\d_]\.[ -]?)+)")
_PMC = re.compile(r"\bPMC\d{4,9}\b")
_SERVERS = re.compile(r"rxiv|research square|ssrn|preprint", re.IGNORECASE)


def read_ris(stream: BinaryIO) -> Iterator[Read]:
    """Every reference; one that cannot be read is told with its number and line."""
    text = read_text(stream)
    if isinstance(text, Fault):
        yield text
        return
    number = 0
    for number, (line, record) in enumerate(_records(text), start=1):
        yield _read(record, number, line)
    if not number:
        yield Fault(0, "", "There is no RIS reference in this file: each begins with TY  - and ends with ER  -.")


def _records(text: str) -> Iterator[tuple[int, str]]:
    """Each reference with the line it begins on; what stands before its TY belongs to nobody."""
    at, line = 0, 1
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    ends = [each.end() for each in _END.finditer(text)]
    if _START.search(text, ends[-1] if ends else 0):
        ends.append(len(text))
    for end in ends:
        begins = _START.search(text, at, end)
        first = begins.start() if begins else at + len(text[at:end]) - len(text[at:end].lstrip())
        line += text.count("\n", at, first)
        yield line, text[first:end]
        line += text.count("\n", first, end)
        at = end


def _read(text: str, number: int, line: int) -> Read:
    place = f"line {line:,}"
    if len(_START.findall(text)) != 1 or not _END.search(text):
        return Fault(number, place, "the reference does not begin with TY and end with ER")
    try:
        found = rispy.loads(text)
    except (rispy.parser.ParseError, ValueError, KeyError, TypeError, IndexError):
        # rispy raises whatever its tables meet in a malformed line.
        return Fault(number, place, "the reference is not well-formed RIS")
    record = _record(found[0]) if found else None
    return record or Fault(number, place, "the reference has no title")


def _record(found: Mapping[str, Any]) -> PaperRecord | None:
    title = without_tags(_text(found, "title", "primary_title", "translated_title", "short_title"))
    if not title:
        return None
    identifiers = _identifiers(found)
    authors = tuple(_author(each) for each in found.get("authors") or found.get("first_authors") or () if each.strip())
    day = days.read(_text(found, "date", "publication_year", "year")) or days.read(_text(found, "year"))
    journal = _text(found, "journal_name", "alternate_title3", "secondary_title", "alternate_title2", "publisher")
    told = " ".join([journal, _text(found, "type_of_work")])
    is_preprint = bool(_SERVERS.search(told)) or is_of_preprint(identifiers.get("doi", ""))
    ahead = "ahead of print" in f"{_text(found, 'notes')} {_text(found, 'edition')}".lower()
    state = PREPRINT if is_preprint else AHEAD if ahead else PUBLISHED
    abstract = " ".join(_text(found, "abstract", "notes_abstract").split())
    korean = bool(_HANGUL.search(abstract[:400]))
    return PaperRecord(
        source=SOURCE,
        key=key_of(identifiers, title, authors, day),
        title=title,
        title_ko=title if _HANGUL.search(title) else "",
        kind=PREPRINT if is_preprint else NOTICE if is_notice(title) else "article",
        state=state,
        language=_text(found, "language"),
        journal=journal,
        journal_short=_text(found, "alternate_title2", "alternate_title1"),
        volume=_text(found, "volume"),
        issue=_text(found, "number"),
        pages=_pages(found),
        authors=authors,
        abstract_en="" if korean else abstract,
        abstract_ko=abstract if korean else "",
        keywords=tuple(dict.fromkeys(each.strip() for each in found.get("keywords") or () if each.strip())),
        dates={("posted" if is_preprint else "online" if ahead else "print"): day} if day else {},
        identifiers=identifiers,
    )


def _text(found: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = found.get(name)
        text = " ".join(value) if isinstance(value, list) else str(value or "")
        if text.strip():
            return text.strip()
    return ""


def _pages(found: Mapping[str, Any]) -> str:
    first, last = _text(found, "start_page"), _text(found, "end_page")
    told = f"{first}-{last}" if first and last and last != first and "-" not in first else first
    return told if any(sign.isdecimal() for sign in told) else ""


def _author(text: str) -> Author:
    """Yoon, Soon Ho; Embase's Yoon S.H.; or a group's name as it is."""
    if told := _INITIALS.fullmatch(text.strip()):
        return Author(told[1], told[2])
    family, _comma, given = text.strip().partition(",")
    return Author(family.strip(), given.strip().rstrip(",").strip())


def _identifiers(found: Mapping[str, Any]) -> dict[str, str]:
    """A DOI in DO, or in an address or note; a PubMed number where PubMed, EndNote and Zotero write it."""
    addresses = " ".join(found.get("urls") or ())
    notes = f"{_text(found, 'notes')} {_text(found, 'note')} {_text(found, 'custom2')}"
    told = _PUBMED.search(f"{addresses} {notes}")
    number = told[1] or told[2] if told else ""
    accession, database = _text(found, "accession_number"), _text(found, "name_of_database").lower()
    if not number and accession.isdecimal() and ("pubmed" in database or "medline" in database or "nlm" in database):
        number = accession
    pmc = _PMC.search(f"{addresses} {notes}")
    return named(
        doi=doi(_text(found, "doi")) or doi(addresses), pmid=number, pmcid=pmc[0] if pmc else "",
        arxiv=addresses if "arxiv.org/" in addresses else "",
    )  # fmt: skip
