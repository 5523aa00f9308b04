"""Retraction Watch's table, as Crossref publishes it: one row a retraction, correction or expression of concern."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from firstlight.literature.rules.identifiers import doi, named
from firstlight.literature.rules.record import Author, Fault, PaperRecord, Read, Related
from firstlight.literature.rules.titles import without_tags
from firstlight.literature.sources.text import read_text

SOURCE = "retractions"
_KINDS = {
    "retraction": "retracted-by",
    "correction": "corrected-by",
    "expression of concern": "concern-in",
}
_NEEDED = {"Title", "OriginalPaperDOI", "RetractionNature"}


def read_retractions(stream: BinaryIO) -> Iterator[Read]:
    """What became of each paper; the paper itself is described as far as the table does."""
    text = read_text(stream)
    if isinstance(text, Fault):
        yield text
        return
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not set(rows.fieldnames or ()) >= _NEEDED:
        yield Fault(0, "", f"The table lacks a column: {', '.join(sorted(_NEEDED - set(rows.fieldnames or ())))}.")
        return
    for number, row in enumerate(rows, start=1):
        kind = _KINDS.get((row.get("RetractionNature") or "").strip().lower())
        if kind:
            yield _record(row, kind, number) or Fault(
                number, f"line {rows.line_num:,}", "the row has no title, DOI or PMID"
            )


def _record(row: dict[str, str], kind: str, number: int) -> PaperRecord | None:
    identifiers = named(doi=row["OriginalPaperDOI"] or "", pmid=row.get("OriginalPaperPubMedID") or "")
    title = without_tags(row["Title"] or "")
    if not identifiers or not title:
        return None
    notice = doi(row.get("RetractionDOI") or "")
    told = Related(
        kind, "doi" if notice else "", notice, (row.get("Reason") or "").strip("+; ")[:300], _day(row, "RetractionDate")
    )
    public = _day(row, "OriginalPaperDate")
    return PaperRecord(
        source=SOURCE,
        key=(row.get("Record ID") or str(number))[:40],
        title=title,
        journal=(row.get("Journal") or "").strip(),
        authors=tuple(_author(each) for each in (row.get("Author") or "").split(";") if each.strip()),
        dates={"print": public} if public else {},
        identifiers=identifiers,
        relations=(told,),
    )


def _author(text: str) -> Author:
    """Given names first, as the table has them."""
    *given, family = text.split()
    return Author(family, " ".join(given))


def _day(row: dict[str, str], name: str) -> str:
    """3/12/2020 0:00, month first."""
    text = (row.get(name) or "").split(" ")[0]
    try:
        return datetime.strptime(text, "%m/%d/%Y").date().isoformat()  # noqa: DTZ007 — a day has no zone
    except ValueError:
        return ""
