"""Papers for tests, as sources tell them."""

from datetime import UTC, datetime
from typing import Any

from firstlight.literature.rules.record import Author, PaperRecord

DAY = datetime(2031, 3, 2, 9, 0, tzinfo=UTC)
TITLE = "Chest radiographs and tomography of nine patients with a new pneumonia"
PEOPLE = (Author("Yoon", "Soon Ho"), Author("Lee", "Kyung Hee"), Author("Müller", "Hans"))


def told(source: str = "pubmed", key: str = "1", **changes: Any) -> PaperRecord:
    """A paper as a source tells it."""
    said: dict[str, Any] = {
        "title": TITLE,
        "journal": "Korean Journal of Radiology",
        "authors": PEOPLE,
        "dates": {"print": "2031-04"},
        "identifiers": {},
    }
    return PaperRecord(source=source, key=key, **{**said, **changes})


def pubmed(number: int, *, title: str = TITLE, more: str = "", doi: str = "", kind: str = "Journal Article") -> str:
    """A record as PubMed writes it."""
    name = f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{number}</PMID><Article PubModel="Print"><Journal>'
        "<JournalIssue><Volume>21</Volume><PubDate><Year>2031</Year><Month>Apr</Month></PubDate></JournalIssue>"
        f"<Title>K J R</Title></Journal><ArticleTitle>{title}.</ArticleTitle><AuthorList><Author>"
        "<LastName>Yoon</LastName><ForeName>Soon Ho</ForeName></Author></AuthorList><PublicationTypeList>"
        f"<PublicationType>{kind}</PublicationType></PublicationTypeList></Article>"
        f"{more}</MedlineCitation><PubmedData><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>{name}"
        "</ArticleIdList></PubmedData></PubmedArticle>\n"
    )


def file_of(*records: str) -> bytes:
    """A file of PubMed's."""
    return f'<?xml version="1.0"?>\n<PubmedArticleSet>\n{"".join(records)}</PubmedArticleSet>\n'.encode()
