"""Papers as files for reference managers and tables."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import rispy
from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.middlewares import LatexEncodingMiddleware
from bibtexparser.model import Entry, Field

from firstlight.literature.queries.papers import Card

_CSL_TYPES = {"preprint": "article", "guideline": "report"}
_COLUMNS = (
    "paper", "title", "title_ko", "authors", "journal", "year", "volume", "issue", "pages", "first_public_on", "kind",
    "state", "standing", "doi", "pmid", "pmcid", "url",
)  # fmt: skip


class _Unnumbered(rispy.RisWriter):  # type: ignore[misc]  # rispy brings no types
    """RIS as reference managers read it, without a number before each reference."""

    def set_header(self, _count: int) -> str:
        return ""


def as_ris(cards: Sequence[Card]) -> bytes:
    """RIS, as rispy writes it; a retraction is said in the title and in a note."""
    return rispy.dumps([_ris(each) for each in cards], implementation=_Unnumbered).encode() if cards else b""


def _ris(card: Card) -> dict[str, Any]:
    whole, names = card.whole, card.whole.identifiers
    first, _dash, last = whole.pages.partition("-")
    notes = [each for each in (card.standing_name, card.state_name if card.state != "published" else "") if each]
    told: dict[str, Any] = {
        "type_of_reference": "UNPB" if card.state == "preprint" else "JOUR",
        "title": _title(card),
        "authors": [", ".join(part for part in (each.family, each.given) if part) for each in whole.authors],
        "journal_name": whole.journal or whole.journal_short,
        "year": str(whole.year or ""),
        "date": card.first_public.replace("-", "/"),
        "volume": whole.volume,
        "number": whole.issue,
        "start_page": first,
        "end_page": last,
        "abstract": " ".join((whole.abstract_en or whole.abstract_ko).split()),
        "keywords": list(whole.keywords),
        "doi": names.get("doi", ""),
        "accession_number": names.get("pmid", ""),
        "name_of_database": "PubMed" if "pmid" in names else "",
        "notes": notes,
        "urls": [url for _scheme, _value, url in card.names[:1]],
    }
    return {name: value for name, value in told.items() if value}


def as_bibtex(cards: Sequence[Card]) -> bytes:
    """BibTeX, as bibtexparser writes it."""
    library = Library()
    taken: set[str] = set()
    for card in cards:
        library.add(_bibtex(card, taken))
    return write_string(library, prepend_middleware=[LatexEncodingMiddleware()]).encode()


def _bibtex(card: Card, taken: set[str]) -> Entry:
    whole, names = card.whole, card.whole.identifiers
    notes = [each for each in (card.standing_name, card.state_name if card.state != "published" else "") if each]
    told = {
        "title": _title(card),
        "author": " and ".join(_named(each.family, each.given) for each in whole.authors),
        "journal": whole.journal or whole.journal_short,
        "year": str(whole.year or ""),
        "volume": whole.volume,
        "number": whole.issue,
        "pages": whole.pages.replace("-", "--"),
        "doi": names.get("doi", ""),
        "pmid": names.get("pmid", ""),
        "note": ", ".join(notes),
    }
    kind = "misc" if card.state == "preprint" else "article"
    return Entry(kind, _cite_key(card, taken), [Field(name, value) for name, value in told.items() if value])


def _named(family: str, given: str) -> str:
    return f"{family}, {given}" if given else f"{{{family}}}"


def _cite_key(card: Card, taken: set[str]) -> str:
    """Yoon2020chest, with a letter when that is taken."""
    plain = unicodedata.normalize("NFKD", card.whole.authors[0].family if card.whole.authors else "paper")
    family = re.sub(r"[^A-Za-z]", "", plain) or "paper"
    word = next((each for each in re.findall("[A-Za-z]{4,}", card.whole.title)), "").lower()
    base = f"{family}{card.whole.year or ''}{word}"
    key = next(
        name for name in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))) if name not in taken
    )
    taken.add(key)
    return key


def as_csl(cards: Sequence[Card]) -> bytes:
    """CSL-JSON."""
    return orjson.dumps([_csl(each) for each in cards], option=orjson.OPT_INDENT_2)


def _csl(card: Card) -> dict[str, Any]:
    whole, names = card.whole, card.whole.identifiers
    first = card.first_public
    told: dict[str, Any] = {
        "id": f"paper-{card.pk}",
        "type": _CSL_TYPES.get(whole.kind, "article-journal"),
        "title": _title(card),
        "author": [
            {"family": each.family, "given": each.given} if each.given else {"literal": each.family}
            for each in whole.authors
        ],
        "container-title": whole.journal or whole.journal_short,
        "issued": {"date-parts": [[int(part) for part in first.split("-")]]} if first else None,
        "volume": whole.volume,
        "issue": whole.issue,
        "page": whole.pages,
        "DOI": names.get("doi"),
        "PMID": names.get("pmid"),
        "PMCID": names.get("pmcid"),
        "abstract": whole.abstract_en or whole.abstract_ko,
        "keyword": ", ".join(whole.keywords),
        "status": {"ahead": "ahead of print", "preprint": "preprint"}.get(card.state, ""),
        "note": card.standing_name,
        "language": whole.language,
    }
    return {name: value for name, value in told.items() if value}


def as_csv(cards: Sequence[Card]) -> bytes:
    """A table that a spreadsheet opens as text: what it would take for a formula is quoted."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    for card in cards:
        rows.writerow([_harmless(str(each)) for each in _row(card)])
    return text.getvalue().encode("utf-8-sig")


def _row(card: Card) -> tuple[object, ...]:
    whole, names = card.whole, card.whole.identifiers
    people = "; ".join(_named(each.family, each.given).strip("{}") for each in whole.authors)
    return (
        card.pk, whole.title, whole.title_ko, people, whole.journal, whole.year or "", whole.volume, whole.issue,
        whole.pages, card.first_public, whole.kind, card.state, card.standing, names.get("doi", ""),
        names.get("pmid", ""), names.get("pmcid", ""), card.names[0][2] if card.names else "",
    )  # fmt: skip


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _title(card: Card) -> str:
    return f"[{card.standing_name}] {card.whole.title}" if card.standing else card.whole.title


FORMS: dict[str, tuple[str, Callable[[Sequence[Card]], bytes]]] = {
    "ris": ("application/x-research-info-systems; charset=utf-8", as_ris),
    "bib": ("application/x-bibtex; charset=utf-8", as_bibtex),
    "json": ("application/vnd.citationstyles.csl+json", as_csl),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
