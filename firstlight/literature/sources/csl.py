"""CSL-JSON, the form of Zotero, Mendeley and citeproc (citation-style-language schema 1.0.2)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from firstlight.literature.rules.identifiers import is_of_preprint, named
from firstlight.literature.rules.record import AHEAD, NOTICE, PREPRINT, PUBLISHED, Author, PaperRecord, Read
from firstlight.literature.rules.titles import is_notice, without_tags
from firstlight.literature.sources.crossref import day_of
from firstlight.literature.sources.documents import Document, Unusable, parts_of, read_documents, text_of
from firstlight.literature.sources.keys import key_of

SOURCE = "csl"
_HANGUL = re.compile(r"[가-힣]")


def read_csl(stream: BinaryIO) -> Iterator[Read]:
    """Every item of a list."""
    return read_documents(stream, ("items",), item)


def item(document: Document) -> PaperRecord:
    """One item; raises Unusable when it has no title."""
    title = without_tags(text_of(document, "title"))
    if not title:
        raise Unusable("the item has no title")
    day = day_of(document.get("issued"))
    abstract = without_tags(text_of(document, "abstract"))
    korean = bool(_HANGUL.search(abstract[:400]))
    identifiers = named(
        doi=text_of(document, "DOI"), pmid=text_of(document, "PMID"), pmcid=text_of(document, "PMCID"), arxiv=""
    )
    told = f"{text_of(document, 'genre')} {text_of(document, 'type')}".lower()
    is_preprint = "preprint" in told or is_of_preprint(identifiers.get("doi", ""))
    authors = tuple(
        Author(family, text_of(each, "given"))
        for each in parts_of(document, "author")
        if (family := text_of(each, "family", "literal"))
    )
    state = PREPRINT if is_preprint else AHEAD if "ahead" in text_of(document, "status").lower() else PUBLISHED
    return PaperRecord(
        source=SOURCE,
        key=key_of(identifiers, title, authors, day),
        title=title,
        title_ko=title if _HANGUL.search(title) else "",
        kind=PREPRINT if is_preprint else NOTICE if is_notice(title) else "article",
        state=state,
        language=text_of(document, "language"),
        journal=text_of(document, "container-title", "publisher"),
        journal_short=text_of(document, "container-title-short", "journalAbbreviation"),
        volume=text_of(document, "volume"),
        issue=text_of(document, "issue"),
        pages=text_of(document, "page", "number"),
        authors=authors,
        abstract_en="" if korean else abstract,
        abstract_ko=abstract if korean else "",
        keywords=tuple(each.strip() for each in text_of(document, "keyword").split(",") if each.strip()),
        dates={("posted" if is_preprint else "online" if state == AHEAD else "print"): day} if day else {},
        identifiers=identifiers,
    )
