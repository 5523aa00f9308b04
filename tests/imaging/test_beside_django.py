"""The reading application beside Django answers like Django does, and lets the same people in."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from firstlight.imaging.actions import open_to_public, receive
from firstlight.imaging.dicomweb.wsgi import beside
from firstlight.imaging.models import Instance, Study
from firstlight.imaging.policies import reader_of
from firstlight.imaging.rules.access import may_be_read
from firstlight.rows import rows
from tests.cast import DAWN, Cast
from tests.shipments import ct, radiograph


def django(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("299 Django", [])
    return [b"Django"]


def get(path: str, query: str = "", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    environ = {
        "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method, "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), **headers,
    }  # fmt: skip
    said: list[Any] = []
    body = b"".join(beside(django)(environ, lambda status, sent: said.extend((status, sent))))
    return int(said[0][:3]), dict(said[1]), body


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Django's own test client does: the connection is the test's, whose transaction is undone at its end."""
    monkeypatch.setattr("firstlight.imaging.dicomweb.wsgi.close_old_connections", lambda: None)


@pytest.fixture
def study(cast: Cast) -> Study:
    list(receive(ct(3), outbreak=cast.outbreak, by=cast.maru, at=DAWN))
    return Study.objects.get()


def every_address(study: Study) -> list[str]:
    series, sop = study.series.get(), Instance.objects.first()
    assert sop is not None
    above = f"/dicom-web/studies/{study.study_instance_uid}"
    within = f"{above}/series/{series.series_instance_uid}"
    one = f"{within}/instances/{sop.sop_instance_uid}"
    return [
        "/dicom-web/studies", "/dicom-web/series", "/dicom-web/instances", above, f"{above}/metadata",
        f"{above}/series", f"{above}/instances", within, f"{within}/metadata", f"{within}/instances", one,
        f"{one}/metadata", f"{one}/frames/1", f"{one}/rendered", f"{one}/thumbnail", f"{one}/frames/1/rendered",
        f"{one}/bulkdata/7FE00010", f"{one}/frames/9", f"{above}/nothing",
    ]  # fmt: skip


def without_boundaries(content: bytes, content_type: str) -> bytes:
    return content.replace(content_type.partition("boundary=")[2].encode() or b"\0\0", b"")


def test_both_answer_alike(cast: Cast, study: Study, client: Client) -> None:
    headers = {"Authorization": f"Bearer {cast.token(cast.maru)}"}
    for address in every_address(study):
        expected = client.get(address, headers={**headers, "Host": "localhost"})
        content = b"".join(expected.streaming_content) if expected.streaming else expected.content  # type: ignore[attr-defined]
        status, sent, body = get(address, HTTP_AUTHORIZATION=headers["Authorization"])
        if status == 299:
            assert expected.status_code == 404
            continue
        assert status == expected.status_code, address
        assert without_boundaries(body, sent["Content-Type"]) == without_boundaries(content, expected["Content-Type"])
        for name in ("ETag", "Cache-Control", "Warning"):
            assert sent.get(name) == expected.get(name)


def test_a_stranger_finds_nothing_and_then_what_is_published(cast: Cast, study: Study) -> None:
    addresses = every_address(study)[:-2]
    assert {get(each)[0] for each in addresses} == {204, 404}
    open_to_public([study], by=cast.haneul, at=DAWN.replace(year=2020))
    assert {get(each)[0] for each in addresses} == {200}


def test_a_session_and_a_writer_are_djangos(cast: Cast, study: Study) -> None:
    assert get("/dicom-web/studies", HTTP_COOKIE=f"{settings.SESSION_COOKIE_NAME}=x")[0] == 299
    assert get("/dicom-web/studies", method="POST")[0] == 299
    assert get("/cases/")[0] == 299
    assert get("/dicom-website")[0] == 299


def test_what_cannot_be_answered_is_a_problem(cast: Cast, study: Study) -> None:
    assert get("/dicom-web/studies", HTTP_AUTHORIZATION="Bearer nonsense")[0] == 401
    assert get("/dicom-web/studies", HTTP_AUTHORIZATION="Basic nonsense")[0] == 401
    status, headers, _body = get("/dicom-web/studies", "Favourite=1")
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert get("/dicom-web/studies", "&".join("limit=1" for _ in range(300)))[0] == 400


def test_an_answer_known_already_is_not_sent_again(cast: Cast, study: Study) -> None:
    token = f"Bearer {cast.token(cast.maru)}"
    for address in every_address(study):
        status, headers, _body = get(address, HTTP_AUTHORIZATION=token)
        if status == 200 and "ETag" in headers:
            again = get(address, HTTP_AUTHORIZATION=token, HTTP_IF_NONE_MATCH=headers["ETag"])
            assert (again[0], again[2]) == (304, b"")


def test_a_head_request_has_no_body(cast: Cast, study: Study) -> None:
    token = f"Bearer {cast.token(cast.maru)}"
    status, headers, body = get("/dicom-web/studies", method="HEAD", HTTP_AUTHORIZATION=token)
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 100


@pytest.mark.parametrize(
    ("value", "part"),
    [("0-3", slice(0, 4)), ("-2", slice(-2, None)), ("5-", slice(5, None)), ("0-99999999", slice(None))],
)
def test_bulk_data_comes_in_ranges(cast: Cast, study: Study, value: str, part: slice) -> None:
    token = f"Bearer {cast.token(cast.maru)}"
    address = every_address(study)[16]
    whole = get(address, HTTP_AUTHORIZATION=token)[2]
    status, headers, body = get(address, HTTP_AUTHORIZATION=token, HTTP_RANGE=f"bytes={value}")
    assert (status, body) == (206, whole[part])
    assert headers["Content-Range"].endswith(f"/{len(whole)}")
    assert get(address, HTTP_AUTHORIZATION=token, HTTP_RANGE="bytes=99999999-")[0] == 416


class TheTwoRulesAgree(TestCase):
    @given(
        public=st.sampled_from([None, -1, 0, 1]), asker=st.sampled_from(["", "maru", "sora", "ara", "haneul", "noel"])
    )
    def test_on_who_may_read(self, public: int | None, asker: str) -> None:
        cast = Cast()
        list(receive([radiograph(size=64)], outbreak=cast.outbreak, by=cast.maru, at=DAWN))
        study = Study.objects.latest("pk")
        study.public_since = None if public is None else DAWN + timedelta(days=public)
        study.save()
        member = getattr(cast, asker) if asker else None
        where, parameters = may_be_read(reader_of(member), DAWN)
        found = rows(f"SELECT id FROM imaging_study study WHERE {where}", parameters)
        assert {key for (key,) in found} == set(Study.objects.visible_to(member, at=DAWN).values_list("pk", flat=True))
