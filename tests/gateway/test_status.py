"""The page a person of the hospital looks at, and the small HTTP around it."""

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

from firstlight.dicom.deidentify import SENTENCES
from firstlight.gateway.ledger import Cleaned, Received
from firstlight.gateway.settings import Settings
from firstlight.gateway.status import Desk, StatusServer, page
from firstlight.gateway.wording import WORDS, why_held


def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, "FL", "127.0.0.1", 11112, "https://firstlight.example", "novel-2031", tmp_path / "key")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(settings(tmp_path), lambda: [], lambda: None)
    ledger = made.ledger()
    ledger.take(Received(name, time.time() - 7200, 10, f"2.25.{name}", f"2.25.1{name}", name) for name in "123")
    ledger.settle([Cleaned("1", "doubtful-pixels"), Cleaned("2", "damaged")], at=time.time())
    ledger.close()
    yield made


@pytest.fixture
def server(desk: Desk) -> Iterator[StatusServer]:
    made = StatusServer(desk)
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def ask(
    server: StatusServer, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def test_it_says_what_waits_and_what_is_kept_back_in_both_languages(server: StatusServer) -> None:
    status, headers, english = ask(server, "GET", "/")
    assert status == 200
    assert "All is well" in english
    assert "2 h" in english
    assert english.count('action="/discard"') == 2
    assert "firstlight look" in english
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    korean = ask(server, "GET", "/", **{"Accept-Language": "ko"})[2]
    assert 'lang="ko"' in korean
    assert "모두 정상입니다" in korean
    assert "2시간" in korean
    assert "사람이 확인해야" in korean
    assert not re.search(r"<script| style=| on[a-z]+=", english + korean)


def test_a_person_lets_one_be_tried_again_and_gives_another_up(server: StatusServer, desk: Desk) -> None:
    form = urllib.parse.urlencode({"token": desk.token, "name": "1"})
    assert ask(server, "POST", "/retry", form)[0] == 303
    assert ask(server, "POST", "/discard", form.replace("name=1", "name=2"))[0] == 303
    ledger = desk.ledger()
    assert ledger.by_state() == {"waiting": 2, "cleaned": 0, "sent": 0, "held": 0, "discarded": 1}
    ledger.close()


def test_other_pages_cannot_press_its_buttons(server: StatusServer, desk: Desk) -> None:
    assert ask(server, "POST", "/retry", "token=guess&name=1")[0] == 403
    assert ask(server, "POST", "/discard", f"token={desk.token}&name=")[0] == 404
    assert ask(server, "POST", "/elsewhere", f"token={desk.token}&name=1")[0] == 404
    assert ask(server, "POST", "/retry", "x" * 5000)[0] == 400
    assert ask(server, "GET", "/", Host="evil.example")[0] == 421
    assert ask(server, "POST", "/retry", f"token={desk.token}&name=1", Host="evil.example:80")[0] == 421
    ledger = desk.ledger()
    assert ledger.by_state()["held"] == 2
    ledger.close()


def test_numbers_for_prometheus(server: StatusServer) -> None:
    status, headers, text = ask(server, "GET", "/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4")
    assert 'firstlight_gateway_files{state="held"} 2\n' in text
    assert all(re.fullmatch(r"(# TYPE \w+ gauge|\w+(\{\w+=\"\w+\"\})? [0-9.]+)", line) for line in text.splitlines())
    assert ask(server, "GET", "/healthz")[2] == "ok\n"
    assert ask(server, "GET", "/nothing")[0] == 404


def test_troubles_are_said_first(desk: Desk) -> None:
    desk.troubles = lambda: ["disk-full", "status-503"]
    assert "The disk is full" in page(desk, korean=False, now=time.time())
    assert "서버가 응답하지 않습니다" in page(desk, korean=True, now=time.time())


def test_every_word_and_reason_is_in_both_languages() -> None:
    assert WORDS["en"].keys() == WORDS["ko"].keys()
    for reason in [*SENTENCES, "server-conflict", "server-something-new"]:
        assert re.search(r"[가-힣]", why_held(reason, korean=True))
        assert not re.search(r"[가-힣]", why_held(reason, korean=False))
    assert json.dumps(WORDS)
