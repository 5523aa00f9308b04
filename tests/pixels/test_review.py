"""The hospital's page: it answers who knows the token, keeps what a person decides, and nobody else learns of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest
from pydicom.uid import UltrasoundImageStorage

from firstlight.dicom.identity import NOBODY
from firstlight.dicom.pixels import PixelReader, PixelVerdict, Region
from firstlight.dicom.structure import Instance
from firstlight.pixels.confirmations import BadLooks, confirmed_in, read_looks, regions_of
from firstlight.pixels.look import look_digest, pixel_reader
from firstlight.pixels.review import Review, doubtful_if_asked, review_server, words_in
from tests.pixels.objects import as_bytes, cine, image, instance_of
from tests.pixels.pictures import background

DAWN = datetime(2020, 2, 20, 6, 0, tzinfo=UTC)
PROPOSED = Region(10, 12, 30, 8)


def in_doubt(instance: Instance, _identity: object) -> PixelVerdict:
    return PixelVerdict("doubtful", instance, (PROPOSED,))


@dataclass
class Desk:
    """A running page."""

    review: Review
    port: int

    def ask(self, path: str, *, body: str | None = None, **headers: str) -> HTTPResponse:
        line = HTTPConnection("127.0.0.1", self.port, timeout=10)
        head = {"Host": f"127.0.0.1:{self.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        line.request("POST" if body is not None else "GET", path, body, head)
        return line.getresponse()

    def address(self, rest: str = "") -> str:
        return f"/{self.review.token}/{rest}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "HONG GILDONG"
    folder.mkdir()
    reader: PixelReader = in_doubt
    (folder / "one.dcm").write_bytes(
        as_bytes(image(background("speckle", 60, 80, 1), sop_class_uid=UltrasoundImageStorage))
    )
    (folder / "two.dcm").write_bytes(as_bytes(cine(background("speckle", 120, 80, 2).reshape(2, 60, 80))))
    images = [each for path in sorted(folder.iterdir()) if (each := doubtful_if_asked(path, reader))]
    review = Review(images, tmp_path / "looks.json", lambda: DAWN)
    server = review_server(review)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Desk(review, server.server_port)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_list_shows_no_name_and_no_path(desk: Desk) -> None:
    answer = desk.ask(desk.address(), Accept_Language="ko-KR")
    page = answer.read().decode()
    assert answer.status == 200
    assert words_in("ko")["title"] in page and "영상 2 / 2" in page
    assert "HONG" not in page and "one.dcm" not in page and "Gildong" not in page
    assert "default-src 'none'" in (answer.getheader("Content-Security-Policy") or "")
    assert answer.getheader("Cache-Control") == "no-store"


@pytest.mark.parametrize("rest", ["", "1/", "1/frame/1", "static/look.js"])
def test_without_the_token_there_is_nothing(desk: Desk, rest: str) -> None:
    assert desk.ask(f"/{'x' * len(desk.review.token)}/{rest}").status == 404
    assert desk.ask(desk.address(rest), Host="evil.example").status == 404
    assert desk.ask(desk.address(rest)).status == 200


def test_frames_are_pictures(desk: Desk) -> None:
    assert desk.ask(desk.address("2/frame/2")).read()[:4] == b"\x89PNG"
    for wrong in ("2/frame/3", "2/frame/0", "3/frame/1", "0/", "3/", "1/frame/x", "static/../review.py", "-1/"):
        assert desk.ask(desk.address(wrong)).status == 404


def test_a_decision_is_kept_and_believed(desk: Desk) -> None:
    drawn = [[1, 2, 30, 40, None], [5, 5, 6, 6, 1]]
    said = urlencode({"regions": json.dumps(drawn), "decision": "confirmed", "who": " desk 3 "})
    answer = desk.ask(desk.address("1/?lang=en"), body=said)
    assert (answer.status, answer.getheader("Location")) == (303, desk.address("2/?lang=en"))
    desk.ask(desk.address("2/?lang=en"), body=urlencode({"regions": "[]", "decision": "refused"}))
    looks = read_looks(desk.review.kept_in)
    first = looks[desk.review.images[0].digest]
    assert (first.decision, first.who, first.at) == ("confirmed", "desk 3", DAWN)
    assert [*confirmed_in(looks)] == [desk.review.images[0].digest]
    before = instance_of(image(background("speckle", 60, 80, 1), sop_class_uid=UltrasoundImageStorage))
    assert look_digest(before) == desk.review.images[0].digest
    verdict = pixel_reader(confirmed=confirmed_in(looks))(before, NOBODY)
    assert verdict.confirmed and verdict.regions == (Region(1, 2, 30, 40), Region(5, 5, 6, 6, 1))
    assert words_in("en")["done"] in desk.ask(desk.address("?lang=en")).read().decode()


@pytest.mark.parametrize(
    "posted",
    [{"regions": "[]"}, {"regions": "[[1,2]]", "decision": "confirmed"}, {"regions": "x", "decision": "confirmed"}, {}],
)
def test_what_is_no_decision_changes_nothing(desk: Desk, posted: dict[str, str]) -> None:
    assert desk.ask(desk.address("1/"), body=urlencode(posted)).status == 400
    assert desk.review.looks == {} and not desk.review.kept_in.exists()


def test_a_stranger_s_form_is_refused(desk: Desk) -> None:
    said = urlencode({"regions": "[]", "decision": "confirmed"})
    assert desk.ask(desk.address("1/"), body=said, Origin="http://evil.example").status == 404
    assert desk.review.looks == {}


def test_clear_files_and_strangers_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear colleague")
    (tmp_path / "clear").write_bytes(as_bytes(image(background("black", 60, 80, 1))))
    assert [doubtful_if_asked(path, pixel_reader()) for path in sorted(tmp_path.iterdir())] == [None, None]


@pytest.mark.parametrize(
    "rows", [None, {}, [1], [[1, 2, 3]], [[0, 0, 0, 1, None]], [[0, 0, 1, 1, 0]], [[0, 0, 1.5, 1, 1]], [[0] * 5] * 2001]
)
def test_bad_regions_are_refused(rows: object) -> None:
    with pytest.raises(BadLooks):
        regions_of(rows)


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "other"}', '{"schema": "firstlight-looks/1", "looks": [1]}'])
def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "looks.json"
    path.write_text(content)
    with pytest.raises(BadLooks):
        read_looks(path)


def test_both_languages_say_the_same_things() -> None:
    assert words_in("ko").keys() == words_in("en").keys()
    assert all(words_in("ko").values())
