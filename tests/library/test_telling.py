"""What others are told of a case: metadata, citations, search engines, feeds, packages."""

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from django.test import Client
from lxml import etree
from pydicom import dcmread
from pydicom.fileset import FileSet

from firstlight.imaging.models import Instance, Series
from firstlight.library import actions
from firstlight.library.exporting.archive import PIECE, stream_zip
from firstlight.library.models import Case, CaseTag
from firstlight.library.rules import AuthorView
from firstlight.outbreaks.models import Outbreak
from tests.alerts.test_feeds import ATOM, NS, check_schematron
from tests.cast import DAWN, Cast
from tests.drafts import HOUR

LONG_AGO = DAWN.replace(year=2020)
DATACITE = {"d": "http://datacite.org/schema/kernel-4"}
AUTHORS = (
    AuthorView("Josiah", "Carberry", "", "0000-0002-1825-0097", "브라운대학교", "Brown & Sons <University>"),
    AuthorView("Gil-dong", "Hong", "홍길동", "", "", ""),
)


def body(answer: object) -> bytes:
    """A streamed answer whole."""
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


@pytest.fixture
def past(cast: Cast, case: Case) -> Case:
    """Haneul's case with authors and a tag, published where the site's own clock sees it."""
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=LONG_AGO)
    CaseTag.objects.create(outbreak=cast.outbreak, key="ground-glass", label_ko="간유리음영", label_en="Ground glass")
    actions.name_authors(case, AUTHORS, by=cast.haneul, at=LONG_AGO)
    actions.write_case(case, by=cast.haneul, at=LONG_AGO, tags=["ground-glass"])
    actions.submit_case(case, by=cast.haneul, at=LONG_AGO)
    actions.publish_case(case, by=cast.bora, at=LONG_AGO)
    return case


@pytest.fixture
def corrected(cast: Cast, past: Case) -> Case:
    """The same, with a minor correction a day later."""
    past.refresh_from_db()
    actions.write_case(past, by=cast.haneul, at=LONG_AGO + 24 * HOUR, title_en="Fever & <chills> in a traveller")
    actions.submit_case(past, by=cast.haneul, at=LONG_AGO + 24 * HOUR)
    actions.publish_case(
        past, by=cast.bora, at=LONG_AGO + 24 * HOUR, kind="minor", reason_en="Chills & <more>", reason_ko="오한 추가"
    )
    return past


def test_datacite_names_who_what_when_and_under_which_licence(corrected: Case, client: Client) -> None:
    answer = client.get(f"/cases/{corrected.number}/datacite.xml")
    assert answer["Content-Type"] == "application/vnd.datacite.datacite+xml"
    root = etree.fromstring(answer.content)

    def told(path: str) -> list[str]:
        return [each if isinstance(each, str) else each.text for each in root.xpath(path, namespaces=DATACITE)]

    assert told("d:identifier/@identifierType") == ["URL"]
    assert told("d:creators/d:creator/d:creatorName") == ["Carberry, Josiah", "Hong, Gil-dong"]
    assert told("//d:nameIdentifier") == ["https://orcid.org/0000-0002-1825-0097"]
    assert told("d:titles/d:title/@xml:lang") == ["ko", "en"]
    assert told("d:publicationYear") == ["2020"] and told("d:version") == ["2"]
    assert told("d:dates/d:date/@dateType") == ["Issued", "Updated"]
    assert told("d:rightsList/d:rights/@rightsIdentifier") == ["CC-BY-4.0"]
    assert told("d:relatedIdentifiers/d:relatedIdentifier") == ["10.1000/182"]
    assert "Viral pneumonia" not in answer.content.decode(), "the diagnosis is left to the page"
    order = [etree.QName(each).localname for each in root]
    assert order[:6] == ["identifier", "creators", "titles", "publisher", "publicationYear", "resourceType"]
    whole = client.get(f"/cases/{corrected.number}/datacite.json").json()
    assert [each["name"] for each in whole["creators"]] == ["Carberry, Josiah", "Hong, Gil-dong"]
    assert whole["titles"][1]["title"] == "Fever & <chills> in a traveller"


def test_a_registered_doi_identifies_the_case(cast: Cast, past: Case, client: Client) -> None:
    actions.note_doi(past, "10.1000/case.1", by=cast.bora, at=LONG_AGO)
    told = client.get(f"/cases/{past.number}/datacite.json").json()
    assert told["doi"] == "10.1000/case.1"
    root = etree.fromstring(client.get(f"/cases/{past.number}/datacite.xml").content)
    assert root.xpath("d:identifier[@identifierType='DOI']", namespaces=DATACITE)[0].text == "10.1000/case.1"
    assert "https://doi.org/10.1000/case.1" in client.get(f"/cases/{past.number}/").content.decode()


def test_of_a_retracted_case_metadata_says_so(cast: Cast, past: Case, client: Client) -> None:
    actions.retract_case(past, by=cast.bora, at=LONG_AGO + timedelta(days=9), reason_en="Disproved")
    answer = client.get(f"/cases/{past.number}/datacite.json")
    assert answer.status_code == 410
    assert {"date": "2020-03-10", "dateType": "Withdrawn", "dateInformation": "retracted"} in answer.json()["dates"]
    assert "Retracted:" in client.get(f"/cases/{past.number}/citation.bib").content.decode()
    assert client.get(f"/cases/{past.number}/citation.bib?on=2020-03-02").status_code == 200


def test_citations_in_every_form(corrected: Case, client: Client) -> None:
    address = f"/cases/{corrected.number}/citation."
    bib = client.get(address + "bib").content.decode()
    assert "author = {Carberry, Josiah and Hong, Gil-dong}" in bib
    assert r"title = {{Fever \& <chills> in a traveller}}" in bib and "month = mar" in bib
    ris = client.get(address + "ris").content.decode()
    assert ris.startswith("TY  - ELEC\r\nAU  - Carberry, Josiah\r\nAU  - Hong, Gil-dong\r\n")
    assert ris.endswith("ER  - \r\n") and all(re.match(r"[A-Z][A-Z0-9]  - ", each) for each in ris.split("\r\n")[:-1])
    [item] = client.get(address + "json").json()
    assert item["issued"] == {"date-parts": [[2020, 3, 2]]} and item["author"][1] == {
        "family": "Hong",
        "given": "Gil-dong",
    }
    page = client.get(f"/cases/{corrected.number}/?lang=ko").content.decode()
    assert "Carberry J, 홍길동. 여행자의 발열." in page
    assert client.get(address + "docx").status_code == 404


def test_a_page_says_what_it_is_without_the_diagnosis(corrected: Case, client: Client) -> None:
    page = client.get(f"/cases/{corrected.number}/")
    head = page.content.decode().partition("</head>")[0]
    assert "Viral pneumonia" not in head and "Ground glass on the left" not in head
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', head, re.DOTALL)
    assert block is not None
    told = json.loads(block[1])
    assert told["@type"] == ["MedicalScholarlyArticle", "LearningResource"]
    assert told["headline"] == "Fever & <chills> in a traveller"
    assert told["author"][0]["@id"] == "https://orcid.org/0000-0002-1825-0097"
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert told["image"]["@type"] == "ImageObject"
    for needle in ('rel="canonical"', 'hreflang="ko"', 'hreflang="x-default"', 'property="og:image"', "twitter:card"):
        assert needle in head
    assert client.get(f"/cases/{corrected.number}/?lang=ko").content.decode().count('<html lang="ko">') == 1
    picture = re.search(r'property="og:image" content="https?://[^/]+([^"]+)"', head)
    assert picture and client.get(picture[1])["Content-Type"].startswith("image/")
    preview = Client()
    assert "og:" not in preview.get(f"/cases/{corrected.number}/preview/", follow=True).content.decode()


def test_only_the_embedded_page_may_stand_in_a_frame(past: Case, client: Client) -> None:
    embed = client.get(f"/cases/{past.number}/embed/")
    assert "frame-ancestors *" in embed["Content-Security-Policy"] and "X-Frame-Options" not in embed
    text = embed.content.decode()
    assert "data-viewer" in text and "Josiah Carberry" in text and "CC BY 4.0" in text and "Viral pneumonia" not in text
    page = client.get(f"/cases/{past.number}/")
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"] and page["X-Frame-Options"] == "DENY"
    assert f"/cases/{past.number}/embed/&quot;" in page.content.decode() or "embed/" in page.content.decode()


# feeds


@pytest.mark.parametrize("query", ["lang=en", "lang=ko", "lang=en&outbreak=novel-2031", "lang=en&tag=ground-glass"])
def test_atom_tells_of_corrections_and_retractions(cast: Cast, corrected: Case, client: Client, query: str) -> None:
    actions.retract_case(corrected, by=cast.bora, at=LONG_AGO + timedelta(days=9), reason_en="Disproved & <gone>")
    root = etree.fromstring(client.get(f"/feeds/cases.atom?{query}").content)
    ATOM.assertValid(root)
    check_schematron(root)
    assert len(root.findall("a:entry", NS)) == 3
    assert "Viral" not in etree.tostring(root, encoding="unicode")
    if "lang=en" in query:
        titles = [each.text for each in root.iterfind("a:entry/a:title", NS)]
        assert titles[0] == "[Retracted] Fever & <chills> in a traveller"
        assert titles[1] == "[Retracted] Fever & <chills> in a traveller"
    then = etree.fromstring(client.get(f"/feeds/cases.atom?{query}&on=2020-03-02").content)
    assert len(then.findall("a:entry", NS)) == 2


def test_a_feed_reader_nobody_here_wrote_reads_cases(corrected: Case, client: Client) -> None:
    for form in ("atom", "rss"):
        read = feedparser.parse(client.get(f"/feeds/cases.{form}?lang=en").content)
        assert not read.bozo
        assert read.entries[0].title == "[Minor correction] Fever & <chills> in a traveller"
        assert "Chills" in read.entries[0].summary
    feed = client.get("/feeds/cases.json?lang=en").json()
    assert feed["items"][0]["_firstlight"] == {"number": corrected.number, "kind": "minor", "reason": "Chills & <more>"}
    assert feed["items"][1]["authors"] == [{"name": "Josiah Carberry"}, {"name": "Gil-dong Hong"}]


def test_feeds_come_in_pages_and_are_not_sent_twice(
    cast: Cast, corrected: Case, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstlight.library.queries.feeds.ITEMS_A_PAGE", 1)
    first = client.get("/feeds/cases.atom?lang=en")
    links = {each.get("rel"): each.get("href") for each in etree.fromstring(first.content).iterfind("a:link", NS)}
    assert {"first", "next", "last"} <= set(links) and "previous" not in links
    second = client.get(links["next"])
    assert [each.text for each in etree.fromstring(second.content).iterfind("a:entry/a:title", NS)] == [
        "Fever in a traveller"
    ]
    assert client.get("/feeds/cases.json?lang=en").json()["next_url"].endswith("page=2")
    for page in ("0", "3", "x", "99999999999"):
        assert client.get(f"/feeds/cases.atom?page={page}").status_code == 404
    assert client.get("/feeds/cases.atom?outbreak=none").status_code == 404
    again = client.get("/feeds/cases.atom?lang=en", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and "Set-Cookie" not in first


def test_a_withdrawn_case_leaves_its_title_out_of_feeds(cast: Cast, past: Case, client: Client) -> None:
    actions.withdraw_case(past, by=cast.bora, at=LONG_AGO + HOUR, why="x", reason_en="Asked again")
    text = client.get("/feeds/cases.atom?lang=en").content.decode()
    assert "Fever" not in text and "[Withdrawn] Case" in text and "Asked again" in text


# packages


def test_the_images_go_out_as_they_were_stored_with_their_licence(
    past: Case, client: Client, tmp_path: Path, program: Callable[[str], str]
) -> None:
    answer = client.get(f"/cases/{past.number}/dicom.zip")
    assert answer.streaming and answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(body(answer)))
    assert archive.testzip() is None
    assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
    assert "CC-BY-4.0" in archive.read("LICENSE.txt").decode()
    told = json.loads(archive.read("case.json"))
    stored = {each.sop_instance_uid: each.stored_object for each in Instance.objects.all()}
    assert set(told["files"]) == set(stored)
    archive.extractall(tmp_path)
    media = FileSet(tmp_path / "DICOMDIR")
    assert {str(each.SOPInstanceUID) for each in media} == set(stored)
    for uid, place in told["files"].items():
        assert dcmread(tmp_path / place).SOPInstanceUID == uid
    media._stage["t"].cleanup()
    dump = subprocess.run([program("dcmdump"), "-q", tmp_path / "DICOMDIR"], capture_output=True, check=True)
    assert b"DirectoryRecordSequence" in dump.stdout


def test_a_teaching_file_has_its_document_its_pictures_and_its_manifest(
    past: Case, client: Client, tmp_path: Path, program: Callable[[str], str]
) -> None:
    archive = zipfile.ZipFile(io.BytesIO(body(client.get(f"/cases/{past.number}/teaching-file.zip"))))
    archive.extractall(tmp_path)
    document = etree.parse(tmp_path / "MIRCdocument.xml").getroot()
    assert document.tag == "MIRCdocument" and document.findtext("title") == "Fever in a traveller"
    [image] = document.iterfind("image-section/image")
    assert (tmp_path / image.get("src")).read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / image.find("alternative-image").get("src")).exists()
    manifest = dcmread(tmp_path / "manifest.dcm")
    assert manifest.ConceptNameCodeSequence[0].CodeValue == "TCE001"
    assert len(manifest.ContentSequence) == 3
    check = subprocess.run(
        [program("dciodvfy"), tmp_path / "manifest.dcm"], capture_output=True, text=True, check=False
    )
    assert "Error" not in check.stdout + check.stderr, check.stderr
    shown = subprocess.run([program("dsrdump"), tmp_path / "manifest.dcm"], capture_output=True, text=True, check=False)
    assert "Key Object Selection Document" in shown.stdout and shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("licence", ["all rights reserved", ""])
def test_without_a_licence_that_lets_it_nothing_is_given_out(
    cast: Cast, past: Case, client: Client, licence: str
) -> None:
    version = past.versions.get()
    version.document["licence"] = licence
    version.save()
    assert client.get(f"/cases/{past.number}/dicom.zip").status_code == 403
    assert "dicom.zip" not in client.get(f"/cases/{past.number}/").content.decode()


def test_a_zip_is_made_piece_by_piece(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * (3 * PIECE + 7))
    pieces = list(stream_zip([("a", b"few"), ("b", big)], at=DAWN))
    assert max(map(len, pieces)) < PIECE + 1024
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.read("b") == big.read_bytes() and archive.read("a") == b"few"


@pytest.mark.parametrize(("language", "words"), [("ko", "여행자의 발열"), ("en", "Fever in a traveller")])
def test_a_case_can_be_printed_in_both_languages(past: Case, client: Client, language: str, words: str) -> None:
    answer = client.get(f"/cases/{past.number}/case.pdf?lang={language}")
    assert answer.content.startswith(b"%PDF-") and answer["Content-Language"] == language
    assert len(answer.content) > 20_000, "fonts and the key image are in it"
    assert Series.objects.get().study.public_since


def test_nothing_of_a_draft_is_told(case: Case, client: Client) -> None:
    for path in (
        "datacite.xml",
        "datacite.json",
        "citation.bib",
        "embed/",
        "case.pdf",
        "dicom.zip",
        "versions/",
        "teaching-file.zip",
    ):
        assert client.get(f"/cases/{case.number}/{path}").status_code == 404, path
    assert client.get("/feeds/cases.json").json()["items"] == []
