"""Asking an order system's FHIR server: what it gives, what it may not make us do, and how long we wait."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from firstlight.guidance.cds import fhir_server
from firstlight.guidance.cds.fhir_server import MOST_BYTES, Rules, Unreachable, fetch, is_public, target_of
from tests.order_systems.conftest import Ask, hook, refused, said

Say = Callable[[BaseHTTPRequestHandler], None]
SECONDS = 0.4


class Server(BaseHTTPRequestHandler):
    say: Say
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        self.say(self)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Say], tuple[str, list[tuple[str, str]]]]]:
    """A FHIR server on this machine that says what it is told."""
    running = []

    def start(say: Say) -> tuple[str, list[tuple[str, str]]]:
        asked: list[tuple[str, str]] = []
        server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("One", (Server,), {"say": staticmethod(say), "asked": asked})
        )
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}", asked

    yield start
    for each in running:
        each.shutdown()
        each.server_close()


def answer(body: bytes, status: int = 200, **headers: str) -> Say:
    def say(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):  # whoever asked may have gone
            request.send_response(status)
            for name, text in {"Content-Length": str(len(body)), **headers}.items():
                request.send_header(name.replace("_", "-"), text)
            request.end_headers()
            request.wfile.write(body)

    return say


def rules(base: str) -> Rules:
    return Rules(frozenset({base}), SECONDS)


def test_what_is_missing_is_asked_with_the_token_that_came_with_the_call(
    serve: Any, ask: Ask, guidelines: object, settings: Any
) -> None:
    empty = orjson.dumps({"resourceType": "Bundle", "type": "searchset", "total": 0})
    base, asked = serve(answer(empty, Content_Type="application/fhir+json"))
    settings.CDS_FHIR_SERVERS = (base,)
    token = {"access_token": "s3cret", "token_type": "Bearer", "expires_in": 60, "scope": "user/*.read", "subject": "x"}
    call = hook(prefetch={"conditions": None}, fhirServer=f"{base}/r4", fhirAuthorization=token)
    assert said(ask("novel-2031.who-2020", call))["cards"]
    assert {path.partition("?")[0] for path, _token in asked} == {
        "/r4/Encounter/e1", "/r4/Patient/p1", "/r4/Observation", "/r4/QuestionnaireResponse",
    }  # fmt: skip
    assert {token for _path, token in asked} == {"Bearer s3cret"}
    assert any("patient=p1&code=http://loinc.org%7C94500-6" in path for path, _token in asked)


BAD: dict[str, Say] = {
    "refused": answer(b"{}", 403),
    "redirected": answer(b"", 302, Location="http://169.254.169.254/"),
    "no JSON": answer(b"<html>"),
    "no resource": answer(b"[]"),
    "too much": answer(b'"' + b"x" * (MOST_BYTES + 10) + b'"'),
    "packed": answer(gzip.compress(b"{}"), Content_Encoding="gzip"),
    "not http": lambda request: request.wfile.write(b"\x00\x01 what?\r\n\r\n"),
    "hung up": lambda request: request.connection.shutdown(socket.SHUT_RDWR),
}


@pytest.mark.parametrize("say", BAD.values(), ids=BAD)
def test_a_bad_answer_is_no_answer(serve: Any, say: Say) -> None:
    base, _asked = serve(say)
    with pytest.raises(Unreachable):
        fetch(base, "t", {"conditions": "Condition?patient=p1"}, rules=rules(base))


def hang(request: BaseHTTPRequestHandler) -> None:
    time.sleep(30)


def drip(request: BaseHTTPRequestHandler) -> None:
    try:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"a" * 1000:
            request.wfile.write(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        return


def drip_body(request: BaseHTTPRequestHandler) -> None:
    try:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            request.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        return


@pytest.mark.parametrize("say", [hang, drip, drip_body])
def test_a_server_that_hangs_does_not_hang_us(serve: Any, say: Say) -> None:
    base, asked = serve(say)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        fetch(base, "t", {str(each): "Condition" for each in range(6)}, rules=rules(base))
    assert time.monotonic() - began < SECONDS + 1
    before = len(asked)
    with pytest.raises(Unreachable, match="a moment ago"):
        fetch(base, "t", {"conditions": "Condition"}, rules=rules(base))
    assert len(asked) == before, "it is left alone for a while"
    ended = time.monotonic() + 5
    while any(each.name.startswith("fhir") and _busy() for each in threading.enumerate()) and time.monotonic() < ended:
        time.sleep(0.05)
    assert not _busy(), "no thread of ours still waits for it"


def _busy() -> bool:
    return bool(fhir_server._pool._work_queue.qsize()) or fhir_server._pool._idle_semaphore._value < len(
        fhir_server._pool._threads
    )


def test_of_several_questions_those_that_are_answered_count(serve: Any) -> None:
    def some(request: BaseHTTPRequestHandler) -> None:
        if "Observation" in request.path:
            time.sleep(5)
        answer(b'{"resourceType": "Bundle"}')(request)

    base, _asked = serve(some)
    found = fetch(base, "t", {"conditions": "Condition", "observations": "Observation"}, rules=rules(base))
    assert found == {"conditions": {"resourceType": "Bundle"}}


def test_few_calls_wait_at_once(serve: Any) -> None:
    base, _asked = serve(hang)
    failed: list[str] = []

    def call() -> None:
        try:
            fetch(base, "t", {"conditions": "Condition"}, rules=rules(base))
        except Unreachable as error:
            failed.append(str(error))

    threads = [threading.Thread(target=call) for _ in range(8)]
    began = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert time.monotonic() - began < 2 * SECONDS + 1
    assert any("Too many" in each or "moment ago" in each for each in failed)
    assert len(failed) == 8


def to(address: str) -> Rules:
    return Rules(resolve=lambda _host, _port: [address])


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("http://fhir.example.org", "93.184.216.34"),
        ("https://fhir.example.org", "127.0.0.1"),
        ("https://fhir.example.org", "10.1.2.3"),
        ("https://fhir.example.org", "192.168.0.1"),
        ("https://fhir.example.org", "169.254.169.254"),
        ("https://fhir.example.org", "100.64.0.1"),
        ("https://fhir.example.org", "0.0.0.0"),
        ("https://fhir.example.org", "224.0.0.1"),
        ("https://fhir.example.org", "::1"),
        ("https://fhir.example.org", "::ffff:10.0.0.1"),
        ("https://fhir.example.org", "fe80::1%eth0"),
        ("https://fhir.example.org", "fd00::1"),
        ("https://fhir.example.org", "2002:0a00:0001::"),
        ("https://fhir.example.org", "64:ff9b::a00:1"),
        ("https://user:password@fhir.example.org", "93.184.216.34"),
        ("https://fhir.example.org/?x=", "93.184.216.34"),
        ("https://fhir.example.org/#", "93.184.216.34"),
        ("https://fhir.example.org/\x00", "93.184.216.34"),
    ],
)
def test_nothing_inside_a_network_and_nothing_in_the_open_is_asked(base: str, address: str) -> None:
    if base.endswith("#"):
        base += "x"
    with pytest.raises(Unreachable):
        target_of(base, to(address))


def test_a_public_https_server_may_be_asked_at_the_very_address_that_was_settled() -> None:
    found = target_of("https://fhir.example.org/r4/", to("93.184.216.34"))
    assert (found.host, found.address, found.path) == ("fhir.example.org", "93.184.216.34", "/r4")
    assert is_public("2606:2800:220:1::1")


def test_where_servers_are_named_no_other_is_asked() -> None:
    named = Rules(frozenset({"https://fhir.hospital.example"}), resolve=lambda _host, _port: ["10.0.0.1"])
    assert target_of("https://fhir.hospital.example:443/x", named).address == "10.0.0.1"
    for other in ("https://fhir.example.org", "http://fhir.hospital.example", "https://fhir.hospital.example:8443"):
        with pytest.raises(Unreachable, match="told of"):
            target_of(other, named)


def test_the_one_that_calls_learns_why_and_nothing_else(
    serve: Any, ask: Ask, guidelines: object, settings: Any
) -> None:
    settings.CDS_FHIR_SECONDS = SECONDS
    token = {"access_token": "s3cret", "token_type": "Bearer", "expires_in": 60, "scope": "x", "subject": "x"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for base in (closed, "https://127.0.0.1:1", "http://10.0.0.1"):
        problem = refused(ask("which-imaging", hook(prefetch=None, fhirServer=base, fhirAuthorization=token)))
        assert problem["status"] == 412
        assert "could not be used" in problem["detail"]
        assert "s3cret" not in str(problem)
