"""Crossref's REST form of a work (api.crossref.org/works), with `update-to`, `updated-by` and `relation`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from firstlight.literature.rules import days
from firstlight.literature.rules.identifiers import doi, named
from firstlight.literature.rules.record import AHEAD, NOTICE, PREPRINT, PUBLISHED, Author, PaperRecord, Read, Related
from firstlight.literature.rules.titles import is_notice, without_tags
from firstlight.literature.sources.documents import Document, Unusable, parts_of, read_documents, text_of, texts_of

SOURCE = "crossref"
_HANGUL = re.compile(r"[가-힣]")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_UPDATES = {
    "retraction": "retract",
    "withdrawal": "retract",
    "removal": "retract",
    "partial_retraction": "correct",
    "correction": "correct",
    "corrigendum": "correct",
    "erratum": "correct",
    "addendum": "correct",
    "clarification": "correct",
    "expression_of_concern": "concern",
    "new_version": "version",
    "new_edition": "version",
}
_UPDATING = {"retract": "retracts", "correct": "corrects", "concern": "concern-over", "version": "version-of"}
_UPDATED = {"retract": "retracted-by", "correct": "corrected-by", "concern": "concern-in", "version": "version-of"}
_RELATIONS = {
    "is-preprint-of": "preprint-of",
    "has-preprint": "has-preprint",
    "is-version-of": "version-of",
    "has-version": "version-of",
    "is-comment-on": "comments-on",
    "has-comment": "commented-in",
    "is-reply-to": "comments-on",
}


def read_crossref(stream: BinaryIO) -> Iterator[Read]:
    """Every work of an answer, of a public data file, or of lines of JSON."""
    return read_documents(stream, ("items",), work)


def work(document: Document) -> PaperRecord:
    """One work; raises Unusable when it has no DOI or no title."""
    name, title = doi(text_of(document, "DOI", "doi")), without_tags(text_of(document, "title"))
    if not name:
        raise Unusable("the work has no DOI")
    if not title:
        raise Unusable("the work has no title")
    is_preprint = document.get("type") == "posted-content" or document.get("subtype") == PREPRINT
    updates = [_update(each) for each in parts_of(document, "update-to")]
    notice = bool([each for each in updates if each.kind in {"retracts", "corrects", "concern-over"}])
    dates = _dates(document, is_preprint=is_preprint)
    abstract = _abstract(text_of(document, "abstract"))
    korean = bool(_HANGUL.search(abstract[:400]))
    server = text_of(_mapping(_first(document, "institution")), "name") if is_preprint else ""
    return PaperRecord(
        source=SOURCE,
        key=name,
        title=title,
        title_ko=next((each for each in texts_of(document, "original-title") if _HANGUL.search(each)), ""),
        kind=PREPRINT if is_preprint else NOTICE if notice or is_notice(title) else "article",
        state=PREPRINT if is_preprint else _state(document, dates),
        language=text_of(document, "language"),
        journal=text_of(document, "container-title") or server or text_of(document, "group-title"),
        journal_short=text_of(document, "short-container-title"),
        volume=text_of(document, "volume"),
        issue=text_of(document, "issue"),
        pages=text_of(document, "page", "article-number"),
        licence=next((text_of(each, "URL") for each in parts_of(document, "license")), ""),
        authors=_authors(document),
        abstract_en="" if korean else abstract,
        abstract_ko=abstract if korean else "",
        keywords=texts_of(document, "subject"),
        dates=dates,
        identifiers=named(doi=name),
        relations=tuple(dict.fromkeys([*updates, *_updated_by(document), *_related(document)])),
    )


def _state(document: Document, dates: Mapping[str, str]) -> str:
    """Online and in no issue yet is ahead of print; a journal without issues gives an article number."""
    if text_of(document, "volume", "issue", "article-number") or dates.get("print"):
        return PUBLISHED
    return AHEAD


def _authors(document: Document) -> tuple[Author, ...]:
    found = []
    for each in parts_of(document, "author"):
        family = text_of(each, "family", "name", "literal")
        orcid = _ORCID.search(text_of(each, "ORCID"))
        if family:
            found.append(Author(family, text_of(each, "given"), orcid[0] if orcid else ""))
    return tuple(found)


def _abstract(text: str) -> str:
    """JATS without its tags; a paragraph's end stays one."""
    parts = re.split(r"</(?:jats:)?p>", re.sub(r"<(?:jats:)?title>\s*Abstract\s*</(?:jats:)?title>", "", text))
    return "\n\n".join(plain for each in parts if (plain := without_tags(each)))


def _dates(document: Document, *, is_preprint: bool) -> dict[str, str]:
    online, printed = _day(document, "published-online"), _day(document, "published-print")
    posted, accepted = _day(document, "posted"), _day(document, "accepted")
    first = online or posted or _day(document, "published") or _day(document, "issued")
    if is_preprint:
        told = {"posted": posted or first, "accepted": accepted}
    else:
        told = {"accepted": accepted, "online": online or ("" if printed else first), "print": printed}
    return {name: day for name, day in told.items() if day}


def _day(document: Document, name: str) -> str:
    """A CSL date: {"date-parts": [[2020, 4, 21]]}."""
    return day_of(document.get(name))


def day_of(value: Any) -> str:
    """A date as CSL and Crossref write it; empty for anything else."""
    parts = _mapping(value).get("date-parts")
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], list):
        return days.read(text_of(_mapping(value), "raw", "literal")) if value else ""
    numbers = [str(each) for each in parts[0][:3] if isinstance(each, (int, str)) and not isinstance(each, bool)]
    return days.written(*numbers) if numbers else ""


def _mapping(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _first(document: Document, name: str) -> Any:
    value = document.get(name)
    return value[0] if isinstance(value, list) and value else value


def _update(each: Document) -> Related:
    kind = _UPDATES.get(text_of(each, "type").lower().replace(" ", "_").replace("-", "_"), "correct")
    return Related(
        _UPDATING[kind], "doi", doi(text_of(each, "DOI")), text_of(each, "label")[:300], _day(each, "updated")
    )


def _updated_by(document: Document) -> Iterator[Related]:
    for each in parts_of(document, "updated-by"):
        kind = _UPDATES.get(text_of(each, "type").lower().replace(" ", "_").replace("-", "_"), "correct")
        note = text_of(each, "label")[:300]
        yield Related(_UPDATED[kind], "doi", doi(text_of(each, "DOI")), note, _day(each, "updated"))


def _related(document: Document) -> Iterator[Related]:
    for told, kind in _RELATIONS.items():
        for each in parts_of(_mapping(document.get("relation")), told):
            name = doi(text_of(each, "id")) if text_of(each, "id-type") == "doi" else ""
            if name:
                yield Related(kind, "doi", name)
