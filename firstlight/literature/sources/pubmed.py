"""PubMed's XML (NLM PubMed DTD): baseline and update files, and what efetch answers.

A file is cut into its records first and each is parsed alone, so that a broken one costs itself and no other, memory
does not grow with the file, and no entity, DTD or address in it is ever looked at.
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from firstlight.literature.rules import days
from firstlight.literature.rules.identifiers import dois_in, named, pmid
from firstlight.literature.rules.record import (
    AHEAD,
    NOTICE,
    PREPRINT,
    PUBLISHED,
    Author,
    Fault,
    PaperRecord,
    Read,
    Related,
)
from firstlight.literature.rules.titles import without_tags
from firstlight.literature.sources.text import read_some

SOURCE = "pubmed"
AT_ONCE = 1 << 20
LARGEST = 16 << 20
_START = re.compile(rb"<PubmedArticle(?=[\s>])")
_END = b"</PubmedArticle>"
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
)
_HANGUL = re.compile(r"[가-힣]")

_KINDS = {
    "Published Erratum": NOTICE,
    "Retraction of Publication": NOTICE,
    "Retraction Notice": NOTICE,
    "Expression of Concern": NOTICE,
    "Preprint": PREPRINT,
    "Practice Guideline": "guideline",
    "Guideline": "guideline",
    "Consensus Statement": "guideline",
    "Systematic Review": "review",
    "Meta-Analysis": "review",
    "Review": "review",
    "Randomized Controlled Trial": "trial",
    "Clinical Trial": "trial",
    "Case Reports": "case report",
    "Letter": "letter",
    "Editorial": "letter",
    "Comment": "letter",
}
_RELATIONS = {
    "ErratumIn": "corrected-by",
    "ErratumFor": "corrects",
    "PartialRetractionIn": "corrected-by",
    "PartialRetractionOf": "corrects",
    "CorrectedandRepublishedIn": "corrected-by",
    "CorrectedandRepublishedFrom": "corrects",
    "RetractionIn": "retracted-by",
    "RetractionOf": "retracts",
    "RetractedandRepublishedIn": "retracted-by",
    "RetractedandRepublishedFrom": "retracts",
    "ExpressionOfConcernIn": "concern-in",
    "ExpressionOfConcernFor": "concern-over",
    "CommentIn": "commented-in",
    "CommentOn": "comments-on",
    "RepublishedIn": "republished",
    "RepublishedFrom": "republished",
    "UpdateIn": "version-of",
    "UpdateOf": "version-of",
}
_SERVERS = re.compile(r"rxiv|res sq|research square|ssrn|preprint", re.IGNORECASE)
_DATES = {"received": "received", "accepted": "accepted", "aheadofprint": "online", "epublish": "online"}


def read_pubmed(stream: BinaryIO, after: int = 0) -> Iterator[Read]:
    """Every record of the file in its order, those that cannot be read as faults with their number and byte.

    The first `after` of them are passed over without being parsed.
    """
    number = 0
    for number, (start, record) in enumerate(_records(stream), start=1):
        if number <= after:
            continue
        yield _read(record, number, start) if isinstance(record, bytes) else Fault(number, f"byte {start:,}", record)
    if not number:
        yield Fault(0, "", "There is no PubmedArticle in this file.")


def _records(stream: BinaryIO) -> Iterator[tuple[int, bytes | str]]:
    """Each record's first byte in the file, and its bytes or what is wrong with it."""
    held, base = b"", 0
    is_open, ended_badly = True, ""
    while is_open:
        more, ended_badly = _more(stream)
        is_open = bool(more) and not ended_badly
        held += more
        at = 0
        while found := _START.search(held, at):
            end, following = held.find(_END, found.end()), _START.search(held, found.end())
            if following and (end < 0 or following.start() < end):
                yield base + found.start(), "the record has no end"
                at = following.start()
            elif end >= 0:
                at = end + len(_END)
                yield base + found.start(), held[found.start() : at]
            elif not is_open:
                yield base + found.start(), ended_badly or "the file ends inside this record"
                at = len(held)
            elif len(held) - found.start() > LARGEST:
                yield base + found.start(), "the record is larger than 16 MB"
                at = len(held)
            else:
                at = found.start()
                break
        else:
            # A tag may be cut in two by the next read.
            at = max(at, len(held) - len("<PubmedArticle") - 1)
        base, held = base + at, held[at:]


def _more(stream: BinaryIO) -> tuple[bytes, str]:
    """The next bytes; a packed file that breaks off ends there, and says so."""
    parts, length = [], 0
    try:
        while length < AT_ONCE and (part := read_some(stream)):
            parts.append(part)
            length += len(part)
    except (EOFError, zlib.error, OSError):
        return b"".join(parts), "the packed file breaks off inside this record"
    return b"".join(parts), ""


def _read(text: bytes, number: int, start: int) -> Read:
    try:
        root = etree.fromstring(_without_references(text), _PARSER)
    except etree.XMLSyntaxError as error:
        return Fault(number, f"byte {start:,}", f"broken XML in its line {error.lineno}: {_plain(error.msg)}")
    citation = root.find("MedlineCitation")
    article = citation.find("Article") if citation is not None else None
    name = pmid(citation.findtext("PMID") or "") if citation is not None else ""
    if citation is None or article is None or not name:
        return Fault(number, f"byte {start:,}", "the record has no PMID or no Article")
    return _record(name, citation, article, root.find("PubmedData"))


def _without_references(text: bytes) -> bytes:
    """A record without the works it cites, which are most of its bytes and nothing that is kept."""
    start, end = text.find(b"<ReferenceList"), text.rfind(b"</ReferenceList>")
    return text[:start] + text[end + len(b"</ReferenceList>") :] if 0 <= start < end else text


def _plain(message: str | None) -> str:
    """The parser's words without what it read."""
    return re.split(r"[:,]", message or "not well formed", maxsplit=1)[0][:80]


def _record(name: str, citation: etree._Element, article: etree._Element, data: etree._Element | None) -> PaperRecord:
    kinds = [each.text or "" for each in article.iterfind("PublicationTypeList/PublicationType")]
    kind = next((_KINDS[each] for each in _KINDS if each in kinds), "article")
    status = (data.findtext("PublicationStatus") if data is not None else "") or ""
    state = PREPRINT if kind == PREPRINT else AHEAD if status == "aheadofprint" else PUBLISHED
    issue = article.find("Journal/JournalIssue")
    abstracts = _abstracts(citation, article)
    vernacular = article.findtext("VernacularTitle") or ""
    return PaperRecord(
        source=SOURCE,
        key=name,
        title=_title(article),
        title_ko=vernacular if _HANGUL.search(vernacular) else "",
        kind=kind,
        state=state,
        language=article.findtext("Language") or "",
        journal=article.findtext("Journal/Title") or "",
        journal_short=article.findtext("Journal/ISOAbbreviation")
        or citation.findtext("MedlineJournalInfo/MedlineTA")
        or "",
        volume=(issue.findtext("Volume") if issue is not None else "") or "",
        issue=(issue.findtext("Issue") if issue is not None else "") or "",
        pages=article.findtext("Pagination/MedlinePgn") or article.findtext("Pagination/StartPage") or "",
        version=(citation.find("PMID").get("Version", "") if kind == PREPRINT else ""),  # type: ignore[union-attr]
        authors=_authors(article),
        abstract_en=abstracts[0],
        abstract_ko=abstracts[1],
        keywords=_keywords(citation),
        dates=_dates(article, data, state),
        identifiers=_identifiers(name, article, data),
        relations=_relations(citation, kinds, state),
    )


def _text(element: etree._Element | None) -> str:
    """All text of an element, its markup left out and its blanks made single."""
    if element is None:
        return ""
    text = element.text or "" if len(element) == 0 else "".join(str(each) for each in element.itertext())
    return " ".join(text.split())


def _title(article: etree._Element) -> str:
    title = without_tags(_text(article.find("ArticleTitle")))
    bare = title.removesuffix(".")
    # A title in brackets is PubMed's translation of one in another language.
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1].removesuffix(".")
    return bare or (article.findtext("VernacularTitle") or "").strip()


def _authors(article: etree._Element) -> tuple[Author, ...]:
    found = []
    for each in article.iterfind("AuthorList/Author"):
        if each.get("ValidYN") == "N":
            continue
        said = {part.tag: part for part in each}
        family = _text(said.get("LastName", said.get("CollectiveName")))
        if family:
            given = _text(said.get("ForeName", said.get("Initials")))
            found.append(Author(family, given, _orcid(each) if "Identifier" in said else ""))
    return tuple(found)


def _orcid(author: etree._Element) -> str:
    told = next((each.text or "" for each in author.iterfind("Identifier") if each.get("Source") == "ORCID"), "")
    bare = told.rsplit("/", 1)[-1].replace("-", "")
    return "-".join(bare[at : at + 4] for at in range(0, 16, 4)) if len(bare) == 16 else ""


def _abstracts(citation: etree._Element, article: etree._Element) -> tuple[str, str]:
    """The abstract in English and the one in Korean, each as the journal gave it."""
    english = _paragraphs(article.find("Abstract"))
    korean = ""
    for each in citation.iterfind("OtherAbstract"):
        text = _paragraphs(each)
        if each.get("Language") == "kor" or _HANGUL.search(text[:400]):
            korean = korean or text
        elif each.get("Language") in {"eng", None}:
            english = english or text
    return english, korean


def _paragraphs(abstract: etree._Element | None) -> str:
    if abstract is None:
        return ""
    parts = []
    for each in abstract.iterfind("AbstractText"):
        label, text = each.get("Label", ""), _text(each)
        if text:
            parts.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    return "\n\n".join(parts)


def _keywords(citation: etree._Element) -> tuple[str, ...]:
    own = [_text(each) for each in citation.iterfind("KeywordList/Keyword")]
    headings = [each.text or "" for each in citation.iterfind("MeshHeadingList/MeshHeading/DescriptorName")]
    return tuple(dict.fromkeys(word.rstrip(".") for word in [*own, *headings] if word))


def _dates(article: etree._Element, data: etree._Element | None, state: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in data.iterfind("History/PubMedPubDate") if data is not None else ():
        if name := _DATES.get(each.get("PubStatus", "")):
            found[name] = _day(each)
    for each in article.iterfind("ArticleDate"):
        found["online"] = _day(each)
    public = _day(article.find("Journal/JournalIssue/PubDate"))
    if state == PREPRINT:
        found["posted"] = found.pop("online", "") or public
    elif state == AHEAD or (article.get("PubModel", "").startswith("Electronic") and public):
        found["online"] = found.get("online") or public
    else:
        found["print"] = public
    return {name: day for name, day in found.items() if day}


def _day(element: etree._Element | None) -> str:
    if element is None:
        return ""
    said = {part.tag: part.text or "" for part in element}
    if "Year" not in said:
        return days.read(said.get("MedlineDate", ""))
    return days.written(said["Year"], said.get("Month") or said.get("Season", ""), said.get("Day", ""))


def _identifiers(name: str, article: etree._Element, data: etree._Element | None) -> dict[str, str]:
    found = {"pmid": name}
    for each in data.iterfind("ArticleIdList/ArticleId") if data is not None else ():
        kind = each.get("IdType")
        if kind in {"doi", "pmc"} and each.text:
            found["pmcid" if kind == "pmc" else kind] = each.text
    for each in article.iterfind("ELocationID"):
        if each.get("EIdType") == "doi" and each.get("ValidYN") != "N" and each.text:
            found.setdefault("doi", each.text)
    return named(**found)


def _relations(citation: etree._Element, kinds: list[str], state: str) -> tuple[Related, ...]:
    found = []
    for each in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind = _RELATIONS.get(each.get("RefType", ""))
        if kind:
            source = _text(each.find("RefSource"))
            scheme, value = _target(each.findtext("PMID") or "", source)
            found.append(
                Related(_as_preprint(kind, each.get("RefType", ""), source, state), scheme, value, source[:300])
            )
    if "Retracted Publication" in kinds and not any(each.kind == "retracted-by" for each in found):
        found.append(Related("retracted-by", "", ""))
    return tuple(found)


def _target(number: str, source: str) -> tuple[str, str]:
    if name := pmid(number):
        return "pmid", name
    return next((("doi", name) for name in dois_in(source)), ("", ""))


def _as_preprint(kind: str, told: str, source: str, state: str) -> str:
    """PubMed links a preprint and its article by UpdateIn and UpdateOf, as it links updates of reviews."""
    if told == "UpdateIn" and state == PREPRINT:
        return "preprint-of"
    if told == "UpdateOf" and _SERVERS.search(source):
        return "has-preprint"
    return kind
