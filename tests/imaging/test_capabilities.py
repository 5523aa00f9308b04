"""What the server says it can do, pages of other sites, bulk data in parts, and what a stranger can tell."""

import gzip
from xml.etree import ElementTree

import numpy as np
import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydicom.sequence import Sequence

from firstlight.config.environment import BadSetting, cors_origins
from firstlight.imaging.dicomweb.addresses import READS
from firstlight.imaging.dicomweb.bulk import Unsatisfiable, span_of
from firstlight.imaging.dicomweb.multipart import parts_of
from firstlight.imaging.models import Instance
from tests.imaging.kept import address, image, items, keep
from tests.imaging.test_beside_django import get

PIXELS = np.arange(64, dtype="<i2").reshape(8, 8)
WADL = "{http://wadl.dev.java.net/2009/02}"


@pytest.mark.parametrize("path", ["/dicom-web/", "/dicom-web/studies", "/dicom-web/studies/1.2.3/metadata"])
def test_options_describe_every_address(db: None, client: Client, path: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.sun.wadl+xml")
    [resources] = ElementTree.fromstring(answer.content)
    assert resources.get("base") == "http://testserver/dicom-web"
    assert {each.get("path") for each in resources} == {"studies", "series", "instances"}
    described = client.options(path, headers={"Accept": "application/json"}).json()
    assert described["resources"][0]["methods"][0]["id"] == "SearchForStudies"
    assert client.options(path, headers={"Accept": "text/plain"}).status_code == 406


def test_everything_described_is_there(db: None, client: Client) -> None:
    document = ElementTree.fromstring(client.get("/dicom-web/").content)
    known = {"{StudyInstanceUID}": "1", "{SeriesInstanceUID}": "2", "{SOPInstanceUID}": "3", "{frames}": "1",
             "bulkdata/{path}": "bulkdata/7FE00010"}  # fmt: skip

    def paths(element: ElementTree.Element, above: str) -> list[str]:
        found = []
        for each in element.findall(f"{WADL}resource"):
            path = f"{above}/{known.get(str(each.get('path')), each.get('path'))}"
            methods = {method.get("name") for method in each.findall(f"{WADL}method")}
            found += ([path] if "GET" in methods else []) + paths(each, path)
        return found

    described = paths(document[0], "")
    assert len(described) > 25
    assert all(any(pattern.fullmatch(each) for pattern, _ in READS) for each in described)


ELSEWHERE = "https://viewer.example.org"


def test_pages_of_other_sites_read_only_where_the_settings_say(db: None, settings: object, client: Client) -> None:
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "GET"}
    settings.CORS_ORIGINS = []  # type: ignore[attr-defined]
    assert "Access-Control-Allow-Origin" not in client.options("/dicom-web/studies", headers=asked).headers
    assert "Access-Control-Allow-Origin" not in client.get("/dicom-web/studies", headers={"Origin": ELSEWHERE}).headers
    settings.CORS_ORIGINS = [ELSEWHERE]  # type: ignore[attr-defined]
    told = client.options("/dicom-web/studies", headers=asked)
    assert (told.status_code, told["Access-Control-Allow-Origin"]) == (204, ELSEWHERE)
    assert "Authorization" in told["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in told
    answer = client.get("/dicom-web/studies", headers={"Origin": ELSEWHERE})
    assert answer["Access-Control-Allow-Origin"] == ELSEWHERE
    assert "Origin" in answer["Vary"]
    other = client.get("/dicom-web/studies", headers={"Origin": "https://else.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other["Vary"]
    settings.CORS_ORIGINS = ["*"]  # type: ignore[attr-defined]
    assert client.get("/dicom-web/studies", headers={"Origin": ELSEWHERE})["Access-Control-Allow-Origin"] == "*"


def test_beside_django_the_same_is_said(db: None, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.imaging.dicomweb.wsgi.close_old_connections", lambda: None)
    settings.CORS_ORIGINS = [ELSEWHERE]  # type: ignore[attr-defined]
    told = get("/dicom-web/studies", method="OPTIONS", HTTP_ORIGIN=ELSEWHERE, HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET")
    assert (told[0], told[1]["Access-Control-Allow-Origin"]) == (204, ELSEWHERE)
    status, headers, body = get("/dicom-web", method="OPTIONS", HTTP_ORIGIN=ELSEWHERE)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, ELSEWHERE)
    assert b"SearchForStudies" in body
    assert get("/dicom-web/studies", HTTP_ORIGIN=ELSEWHERE)[1]["Access-Control-Allow-Origin"] == ELSEWHERE


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", []),
        ("*", ["*"]),
        ("https://a.example, http://b.example:8080/", ["https://a.example", "http://b.example:8080"]),
    ],
)
def test_origins_are_read(given: str, expected: list[str]) -> None:
    assert cors_origins({"FIRSTLIGHT_CORS_ORIGINS": given}) == expected


@pytest.mark.parametrize(
    "given", ["a.example", "https://a.example/path", "ftp://a", "*, https://a.example", "https://*.a"]
)
def test_what_is_no_origin_is_refused_loudly(given: str) -> None:
    with pytest.raises(BadSetting, match="FIRSTLIGHT_CORS_ORIGINS"):
        cors_origins({"FIRSTLIGHT_CORS_ORIGINS": given})


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", None), ("bytes=0-3", (0, 4)), ("bytes=5-", (5, 10)), ("bytes=-2", (8, 10)), ("bytes=-99", (0, 10)),
     ("bytes=0-99", (0, 10)), ("bytes=3-1", None), ("bytes=0-1,4-5", None), ("lines=1-2", None)],
)  # fmt: skip
def test_ranges_are_read(header: str, expected: tuple[int, int] | None) -> None:
    assert span_of(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_a_range_outside_is_told(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        span_of(header, 10)


def test_bulk_data_comes_whole_in_parts_and_again(db: None, client: Client) -> None:
    inner = items(PixelPaddingValue=0, LUTData=b"\1\2" * 1000)
    inner["LUTData"].VR = "OW"
    other = items(LUTData=b"\3\4" * 1000)
    other["LUTData"].VR = "OW"
    [found] = keep(image(PIXELS, ModalityLUTSequence=Sequence([inner, other])))
    [document] = client.get(address(found, "/metadata")).json()
    uris = [item["00283006"]["BulkDataURI"] for item in document["00283000"]["Value"]]
    assert [client.get(each).content[:2] for each in uris] == [b"\1\2", b"\3\4"]
    assert client.get(uris[0].replace("/1/", "/3/")).status_code == 404
    assert client.get(uris[0].replace("/1/", "/0/")).status_code == 404
    whole = client.get(document["7FE00010"]["BulkDataURI"])
    assert whole.content == PIXELS.tobytes()
    part = client.get(document["7FE00010"]["BulkDataURI"], headers={"Range": "bytes=2-5", "If-Range": whole["ETag"]})
    assert (part.status_code, part.content) == (206, PIXELS.tobytes()[2:6])
    stale = client.get(document["7FE00010"]["BulkDataURI"], headers={"Range": "bytes=2-5", "If-Range": '"another"'})
    assert (stale.status_code, stale.content) == (200, PIXELS.tobytes())
    parted = client.get(
        document["7FE00010"]["BulkDataURI"], headers={"Accept": 'multipart/related; type="application/octet-stream"'}
    )
    assert list(parts_of(parted.content, parted["Content-Type"])) == [PIXELS.tobytes()]
    every = client.get(address(found, "/bulkdata"))
    sent = b"".join(every.streaming_content)  # type: ignore[attr-defined]
    assert list(parts_of(sent, every["Content-Type"])) == [b"\1\2" * 1000, b"\3\4" * 1000, PIXELS.tobytes()]
    assert f"Content-Location: http://testserver{uris[1]}".encode() in sent


BELOW = ["", "/metadata", "/frames/1", "/rendered", "/thumbnail", "/bulkdata/7FE00010", "/bulkdata", "/pixeldata",
         "/frames/1/rendered", "/rendered?window=nonsense", "/frames/99", "?accept=nonsense"]  # fmt: skip


@pytest.mark.parametrize("more", BELOW)
def test_a_stranger_cannot_tell_what_is_there(db: None, client: Client, more: str) -> None:
    """Neither from the answer nor from the work that it takes."""
    [found] = keep(image(PIXELS), public=False)
    there, nowhere = address(found, more), address(found, more).replace("2.25.1/", "2.25.7/")
    answers, queries = [], []
    for each in (there, nowhere):
        with CaptureQueriesContext(
            connection,
        ) as context:
            answers.append(client.get(each))
        queries.append(len(context))
    seen, absent = answers
    assert seen.status_code == 404
    assert (seen.content, dict(seen.headers)) == (absent.content, dict(absent.headers))
    assert queries[0] == queries[1]
    for level in ("studies", "series", "instances"):
        query = f"?StudyInstanceUID={Instance.objects.get().series.study.study_instance_uid}"
        assert client.get(f"/dicom-web/{level}{query}").status_code == 204


def test_one_instances_metadata_is_cut_from_its_series(db: None, client: Client) -> None:
    found = keep(*(image(PIXELS, number, KVP=number / 3) for number in (1, 2, 3)))
    every = client.get(address(found[0]).rpartition("/instances/")[0] + "/metadata").json()
    for each in found:
        [own] = client.get(address(each, "/metadata")).json()
        assert own in every
        assert own["00080018"]["Value"] == [each.sop_instance_uid]
    packed = client.get(address(found[0], "/metadata"), headers={"Accept-Encoding": "gzip"})
    assert orjson.loads(gzip.decompress(packed.content)) == client.get(address(found[0], "/metadata")).json()
