"""medRxiv's and bioRxiv's own form (api.biorxiv.org/details and /pubs): one document a version of a preprint."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from firstlight.literature.rules import days
from firstlight.literature.rules.identifiers import doi, named
from firstlight.literature.rules.record import PREPRINT, Author, PaperRecord, Read, Related
from firstlight.literature.rules.titles import without_tags
from firstlight.literature.sources.documents import Document, Unusable, read_documents, text_of

SOURCE = "medrxiv"
_NAMES = {"medrxiv": "medRxiv", "biorxiv": "bioRxiv"}


def read_medrxiv(stream: BinaryIO) -> Iterator[Read]:
    """Every version of every preprint of an answer."""
    return read_documents(stream, ("collection",), preprint)


def preprint(document: Document) -> PaperRecord:
    """One version; raises Unusable when it has no DOI or no title."""
    name = doi(text_of(document, "doi", "biorxiv_doi", "preprint_doi"))
    title = without_tags(text_of(document, "title", "preprint_title"))
    if not name or not title:
        raise Unusable("the preprint has no DOI or no title")
    version = text_of(document, "version")[:4] or "1"
    server = text_of(document, "server", "preprint_platform").lower()
    posted = days.read(text_of(document, "date", "preprint_date"))
    return PaperRecord(
        source=SOURCE,
        key=f"{name}v{version}",
        title=title,
        kind=PREPRINT,
        state=PREPRINT,
        journal=_NAMES.get(server, server or "medRxiv"),
        licence=text_of(document, "license"),
        version=version,
        authors=_authors(text_of(document, "authors", "preprint_authors")),
        abstract_en=without_tags(text_of(document, "abstract", "preprint_abstract")),
        keywords=tuple(each for each in [text_of(document, "category", "preprint_category")] if each),
        dates={"posted": posted} if posted else {},
        identifiers=named(doi=name),
        relations=tuple(_relations(document)),
    )


def _authors(text: str) -> tuple[Author, ...]:
    """Yoon, S. H.; Lee, K. H."""
    found = []
    for each in re.split(r"\s*;\s*", text):
        family, _comma, given = each.partition(",")
        if family.strip():
            found.append(Author(family.strip(), given.strip()))
    return tuple(found)


def _relations(document: Document) -> Iterator[Related]:
    if article := doi(text_of(document, "published", "published_doi")):
        yield Related("preprint-of", "doi", article, text_of(document, "published_journal")[:300])
    if text_of(document, "type").lower() == "withdrawn":
        yield Related("retracted-by", "", "", "Withdrawn by its authors", days.read(text_of(document, "date")))
