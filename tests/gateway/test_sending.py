"""How it speaks to a server of any mood: a pretended one says what a test wants it to say."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import build_receipt
from firstlight.gateway.ledger import Cleaned, Ledger, Received
from firstlight.gateway.sending import (
    LONGEST_PAUSE_SECONDS,
    Sender,
    multipart,
    pause_seconds,
    retry_after,
    stored_and_held,
)
from firstlight.gateway.settings import Settings
from firstlight.signing import signer_of

STOP = threading.Event()


class Moody(ThreadingHTTPServer):
    """Answers by a list of (status, headers, body); a function as body is asked with the request's."""

    answers: list[tuple[int, dict[str, str], Any]]
    heard: list[tuple[str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    server: Moody
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, body))
        status, headers, said = self.server.answers.pop(0)
        content = json.dumps(said).encode() if not isinstance(said, bytes) else said
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def moody() -> Iterator[Moody]:
    server = Moody(("127.0.0.1", 0), _Handler)
    server.answers, server.heard = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def parts(tmp_path: Path, moody: Moody) -> Iterator[tuple[Sender, Ledger]]:
    """A sender with three cleaned files under one receipt."""
    settings = Settings(tmp_path, "FL", "127.0.0.1", 1, f"http://127.0.0.1:{moody.server_port}", "a", tmp_path / "key")
    settings.outbox.mkdir()
    ledger = Ledger(tmp_path / "ledger")
    ledger.take(Received(name, 1.0, 4, "2.25.9", f"2.25.{name}", name) for name in "123")
    counts = (((0x00100010, "D", "A name is a pseudonym."), 1),)
    ledger.settle(
        [Cleaned(name, "", "2.25.9", f"2.25.{name}", name * 64, "not looked", 5, counts) for name in "123"], at=2.0
    )
    for name in "123":
        (settings.outbox / (name * 64)).write_bytes(name.encode())
    signer = signer_of(SiteKey.from_bytes(b"the key of the sending tests"))
    ledger.add_receipt(
        build_receipt(study_instance_uid="2.25.9", profile=Profile.load(), signer=signer, **ledger.account("2.25.9"))
    )
    sender = Sender(settings, "flt_token")
    yield sender, ledger
    sender.server.close()
    ledger.close()


def store_answer(stored: list[str], held: dict[str, str] | None = None) -> dict[str, Any]:
    def item(uid: str, reason: str = "") -> dict[str, Any]:
        more = {"00000902": {"vr": "LO", "Value": [reason]}} if reason else {}
        return {"00081155": {"vr": "UI", "Value": [uid]}, **more}

    body: dict[str, Any] = {}
    if stored:
        body["00081199"] = {"vr": "SQ", "Value": [item(uid) for uid in stored]}
    if held:
        body["00081198"] = {"vr": "SQ", "Value": [item(uid, reason) for uid, reason in held.items()]}
    return body


ALL = ["2.25.1", "2.25.2", "2.25.3"]


def test_the_receipt_goes_first_and_then_its_instances(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [(201, {}, {}), (200, {}, store_answer(ALL))]
    sender.once(ledger, STOP)
    assert [path for path, _body in moody.heard] == ["/api/receipts", "/dicom-web/studies?outbreak=a"]
    assert ledger.by_state()["sent"] == 3
    assert sender.state == ""


def test_one_that_the_server_holds_is_kept_with_its_reason(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [(201, {}, {}), (202, {}, store_answer(ALL[:2], {ALL[2]: "scan-differs"}))]
    sender.once(ledger, STOP)
    assert [(name, reason) for name, reason, _at, _size in ledger.held()] == [("3", "server-scan-differs")]
    assert not (sender.settings.outbox / ("3" * 64)).exists()
    assert len(moody.heard) == 2


def test_all_held_is_an_answer_too_and_foreign_words_become_codes(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [(201, {}, {}), (409, {}, store_answer([], dict.fromkeys(ALL, "Hong, born 1985!")))]
    sender.once(ledger, STOP)
    assert {reason for _name, reason, _at, _size in ledger.held()} == {"server-hongborn"}


def test_a_receipt_that_is_refused_holds_its_files(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [(422, {}, {"detail": "revoked"})]
    sender.once(ledger, STOP)
    assert {reason for _name, reason, _at, _size in ledger.held()} == {"server-receipt"}


def test_retry_after_is_obeyed_and_nothing_is_lost(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [(503, {"Retry-After": "17"}, b"")]
    assert sender.once(ledger, STOP) == 17
    assert (sender.state, ledger.by_state()["cleaned"]) == ("status-503", 3)
    moody.answers = [(429, {}, b""), (500, {}, b"")]
    assert sender.once(ledger, STOP) > 0
    assert sender.once(ledger, STOP) > 0
    moody.answers = [(201, {}, {}), (200, {}, store_answer(ALL))]
    sender.once(ledger, STOP)
    assert (sender.state, ledger.by_state()["sent"]) == ("", 3)


@pytest.mark.parametrize(("status", "state"), [(401, "token"), (403, "token"), (404, "address"), (302, "address")])
def test_a_closed_door_holds_everything(
    moody: Moody, parts: tuple[Sender, Ledger], status: int, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sender, ledger = parts
    for _ in range(3):
        moody.answers = [(status, {}, b"")]
        assert sender.once(ledger, STOP) == 60
    assert (sender.state, ledger.by_state()["cleaned"]) == (state, 3)
    assert capsys.readouterr().err.count("everything is kept") == 1


def test_a_server_that_lost_its_receipt_gets_it_again(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [
        (201, {}, {}), (202, {}, store_answer(ALL[:1], dict.fromkeys(ALL[1:], "no-receipt"))),
        (201, {}, {}), (200, {}, store_answer(ALL[1:])),
    ]  # fmt: skip
    sender.once(ledger, STOP)
    assert ledger.by_state()["sent"] == 3


@pytest.mark.parametrize("body", [b"", b"<html>", [], {"00081199": []}, {"00081199": {"Value": [3]}}])
def test_an_answer_that_says_nothing_settles_nothing(moody: Moody, parts: tuple[Sender, Ledger], body: Any) -> None:
    sender, ledger = parts
    moody.answers = [(201, {}, {}), (200, {}, body)]
    sender.once(ledger, STOP)
    assert ledger.by_state()["cleaned"] == 3
    assert sender.state == "not-understood"


def test_a_connection_that_was_closed_meanwhile_is_opened_again(moody: Moody, parts: tuple[Sender, Ledger]) -> None:
    sender, ledger = parts
    moody.answers = [(201, {}, {}), (200, {}, store_answer(ALL[:1]))]
    assert sender.send_next(ledger)
    assert sender.server._connection is not None
    sender.server._connection.sock.shutdown(socket.SHUT_RDWR)
    assert sender.send_next(ledger)
    assert ledger.by_state()["sent"] == 1


@given(st.integers(0, 1000), st.floats(0, 1))
def test_pauses_grow_and_are_bounded(attempt: int, chance: float) -> None:
    assert 0.5 <= pause_seconds(attempt, chance) <= LONGEST_PAUSE_SECONDS
    assert pause_seconds(attempt, chance) <= 2 ** min(attempt, 20)


def test_retry_after_in_both_its_forms() -> None:
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111770.0) == 7.0
    assert (retry_after("5", 0), retry_after("soon", 0), retry_after(None, 0), retry_after("-3", 0)) == (
        5.0, None, None, None)  # fmt: skip
    assert retry_after("99999999", 0) == 3600


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_multipart_is_what_the_server_reads(contents: list[bytes]) -> None:
    from firstlight.imaging.dicomweb.multipart import parts_of

    body, content_type = multipart(contents)
    assert list(parts_of(body, content_type)) == contents


def test_a_store_answer_is_read_as_the_standard_has_it() -> None:
    assert stored_and_held(store_answer(["2.25.1"], {"2.25.2": "conflict"})) == (
        {"2.25.1"}, {"2.25.2": "server-conflict"})  # fmt: skip


def test_time_is_not_asked_of_the_server() -> None:
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT", time.time()) == 0.0
