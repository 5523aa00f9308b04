"""The services that papers are fetched from: NCBI E-utilities, Crossref REST, medRxiv's API.

E-utilities: three questions a second, ten with a key, with `tool` and `email` (NCBI, "A General Introduction to the
E-utilities"). Crossref: its polite pool asks for an address in the User-Agent. medRxiv sets no rate; one a second.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from lxml import etree

from firstlight.literature.rules.record import Read
from firstlight.literature.sources.crossref import read_crossref
from firstlight.literature.sources.medrxiv import read_medrxiv
from firstlight.literature.sources.pubmed import read_pubmed
from firstlight.literature.transports.asking import Asker, Unreachable

TOOL = "firstlight"
MOST_OF_PUBMED = 9_999  # what esearch gives of one question
AT_ONCE = 200
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service: words, and the days between which it became known to it."""

    words: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Page:
    """Some of an answer, where to go on (empty at its end), and how many there are if the service said."""

    records: list[Read]
    cursor: str
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service: where it is, how fast it may be asked, how to read an answer from a cursor on."""

    address: str
    seconds_between: float
    pages: Callable[[Asker, str, Question, str, dict[str, str]], Iterator[Page]]


class TooMany(ValueError):
    """A question with more answers than the service gives."""


def pubmed_pages(asker: Asker, address: str, question: Question, cursor: str, who: dict[str, str]) -> Iterator[Page]:
    """PubMed by esearch and efetch; the cursor is the numbers found and how many of them are in."""
    state: dict[str, Any] = (
        orjson.loads(cursor) if cursor else {"ids": _search(asker, address, question, who), "done": 0}
    )
    ids: list[str] = state["ids"]
    for start in range(state["done"], len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        fields = {"db": "pubmed", "id": ",".join(part), "retmode": "xml", **who}
        body = asker.get(f"{address}/efetch.fcgi", fields, posted=True)
        done = start + len(part)
        following = orjson.dumps({"ids": ids, "done": done}).decode() if done < len(ids) else ""
        yield Page(list(read_pubmed(io.BytesIO(body))), following, len(ids))


def _search(asker: Asker, address: str, question: Question, who: dict[str, str]) -> list[str]:
    """The PubMed numbers that answer the question; raises TooMany."""
    fields = {
        "db": "pubmed",
        "term": question.words,
        "datetype": "edat",
        "mindate": question.since.strftime("%Y/%m/%d"),
        "maxdate": question.until.strftime("%Y/%m/%d"),
        "retmax": str(MOST_OF_PUBMED),
        **who,
    }
    try:
        found = etree.fromstring(asker.get(f"{address}/esearch.fcgi", fields), _PARSER)
    except etree.XMLSyntaxError:
        raise Unreachable("the answer is no XML") from None
    count = int(found.findtext("Count") or 0)
    if count > MOST_OF_PUBMED:
        raise TooMany(f"{count:,}")
    return [each.text or "" for each in found.iterfind("IdList/Id")]


def crossref_pages(asker: Asker, address: str, question: Question, cursor: str, who: dict[str, str]) -> Iterator[Page]:
    """Crossref's works, page by page with its own cursor."""
    cursor = cursor or "*"
    while cursor:
        fields = {
            "query.bibliographic": question.words,
            "filter": f"from-index-date:{question.since},until-index-date:{question.until}",
            "rows": str(AT_ONCE),
            "cursor": cursor,
            **({"mailto": who["email"]} if who.get("email") else {}),
        }
        body = asker.get(f"{address}/works", fields)
        message = _json(body).get("message", {})
        records = list(read_crossref(io.BytesIO(body))) if message.get("items") else []
        cursor = str(message.get("next-cursor") or "") if records else ""
        yield Page(records, cursor, message.get("total-results"))


def medrxiv_pages(asker: Asker, address: str, question: Question, cursor: str, _who: dict[str, str]) -> Iterator[Page]:
    """medRxiv's preprints between two days; it knows no words, so all of them come."""
    place = int(cursor or 0)
    while True:
        body = asker.get(f"{address}/details/medrxiv/{question.since}/{question.until}/{place}/json", {})
        found = _json(body)
        notes = found.get("messages") or [{}]
        total = int(notes[0].get("total") or 0)
        count = len(found.get("collection") or [])
        place += count
        is_last = not count or place >= total
        yield Page(list(read_medrxiv(io.BytesIO(body))) if count else [], "" if is_last else str(place), total)
        if is_last:
            return


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreachable("the answer is no JSON") from None
    if not isinstance(found, dict):
        raise Unreachable("the answer is not what it should be")
    return found


SERVICES: dict[str, Service] = {
    "pubmed": Service("https://eutils.ncbi.nlm.nih.gov/entrez/eutils", 0.34, pubmed_pages),
    "crossref": Service("https://api.crossref.org", 0.2, crossref_pages),
    "medrxiv": Service("https://api.biorxiv.org", 1.0, medrxiv_pages),
}
