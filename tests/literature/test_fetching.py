import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from firstlight.literature.actions import fetching
from firstlight.literature.actions.fetching import fetch
from firstlight.literature.models import Arrival, Paper
from firstlight.literature.transports import asking
from firstlight.literature.transports.asking import Asker, Unreachable
from firstlight.literature.transports.services import SERVICES, Question, TooMany
from tests.cast import DAWN
from tests.literature.records import file_of, pubmed

pytestmark = pytest.mark.django_db
QUESTION = Question("pneumonia", date(2031, 3, 1), date(2031, 3, 31))


class Service:
    """A public service as it answers on this machine: what it was asked, and what it answers next."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        self.failures: list[tuple[int, str]] = []
        self.count = 5

    def answer(self, path: str, fields: dict[str, list[str]]) -> bytes:
        if path.endswith("esearch.fcgi"):
            ids = "".join(f"<Id>{number}</Id>" for number in range(1, self.count + 1))
            return f"<eSearchResult><Count>{self.count}</Count><IdList>{ids}</IdList></eSearchResult>".encode()
        if path.endswith("efetch.fcgi"):
            titles = {
                n: f"{'abcdefghij'[int(n) % 10] * 7} of the lung in {n} patients" for n in fields["id"][0].split(",")
            }
            return file_of(*(pubmed(int(n), title=title) for n, title in titles.items()))
        if path.startswith("/details/medrxiv"):
            place = int(path.split("/")[5])
            titles = ("Pneumonia seen early", "The price of fish") if place == 0 else ("Pneumonia seen late",)
            said = {"authors": "Kim, A.", "date": "2031-03-02", "server": "medrxiv"}
            dois = [f"10.1101/2031.03.0{n + place + 1}.2000000{n}" for n in range(len(titles))]
            found = [{**said, "doi": name, "title": title} for name, title in zip(dois, titles, strict=True)]
            return json.dumps({"messages": [{"total": "3"}], "collection": found}).encode()
        cursor = fields["cursor"][0]
        works = [
            {"DOI": f"10.1000/{cursor}-{n}".replace("*", "s"), "title": [f"{n}{cursor} works on pneumonia"]}
            for n in range(2)
        ]
        message = {
            "items": works if cursor != "last" else [],
            "next-cursor": "b" if cursor == "*" else "last",
            "total-results": 4,
        }
        return json.dumps({"message": message}).encode()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: object) -> Iterator[tuple[Service, str]]:
    """A service on this machine, asked without waiting between tries."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def reply(self, question: str) -> None:
            fields, path = parse_qs(question), urlsplit(self.path).path
            service.asked.append((path, fields, self.headers["User-Agent"]))
            status, wait = service.failures.pop(0) if service.failures else (200, "")
            body = service.answer(path, fields) if status == 200 else b"busy"
            self.send_response(status)
            if wait:
                self.send_header("Retry-After", wait)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.CONTACT, settings.NCBI_KEY, settings.DATA = "info@example.org", "", tmp_path  # type: ignore[attr-defined]
    monkeypatch.setattr(asking, "RETRIES", asking.RETRIES.new(backoff_factor=0))
    quick = {name: replace(each, seconds_between=0.0) for name, each in SERVICES.items()}
    monkeypatch.setattr(fetching, "SERVICES", quick)
    yield service, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_pubmed_is_asked_with_tool_and_address_and_never_twice(service: tuple[Service, str]) -> None:
    asked, server = service
    outcome = fetch("pubmed", QUESTION, server=server, by="command:test", at=DAWN)
    assert (outcome.read, outcome.counts.new) == (5, 5)
    first = asked.asked[0][1]
    assert (first["tool"], first["email"], first["mindate"]) == (["firstlight"], ["info@example.org"], ["2031/03/01"])
    assert asked.asked[0][2] == "Firstlight (mailto:info@example.org)"
    assert fetch("pubmed", QUESTION, server=server, by="command:test", at=DAWN).was_known
    assert len(asked.asked) == 2


def test_a_busy_service_is_asked_again_later(service: tuple[Service, str]) -> None:
    asked, server = service
    asked.failures = [(429, "0"), (503, ""), (500, "")]
    assert fetch("pubmed", QUESTION, server=server, by="command:test", at=DAWN).counts.new == 5
    assert len(asked.asked) == 5


def test_a_service_that_fails_in_the_middle_is_gone_on_with(service: tuple[Service, str]) -> None:
    asked, server = service
    asked.count = 450
    asked.failures = [(200, ""), (200, ""), (404, "")]
    with pytest.raises(Unreachable, match="HTTP 404"):
        fetch("pubmed", QUESTION, server=server, by="command:test", at=DAWN)
    assert (Paper.objects.count(), Arrival.objects.get().place) == (200, 200)
    outcome = fetch("pubmed", QUESTION, server=server, by="command:test", at=DAWN)
    assert (outcome.went_on_after, outcome.read, Paper.objects.count()) == (200, 250, 450)
    assert [path.rpartition("/")[2] for path, *_more in asked.asked].count("esearch.fcgi") == 1


def test_more_than_the_service_gives_is_said(service: tuple[Service, str]) -> None:
    asked, server = service
    asked.count = 10_000
    with pytest.raises(TooMany, match="10,000"):
        fetch("pubmed", QUESTION, server=server, by="command:test", at=DAWN)


def test_crossref_is_read_page_by_page(service: tuple[Service, str]) -> None:
    asked, server = service
    assert fetch("crossref", QUESTION, server=server, by="command:test", at=DAWN).counts.new == 4
    assert [each[1]["cursor"] for each in asked.asked] == [["*"], ["b"], ["last"]]
    assert asked.asked[0][1]["mailto"] == ["info@example.org"]


def test_of_medrxiv_only_what_meets_the_words_is_kept(service: tuple[Service, str]) -> None:
    _asked, server = service
    outcome = fetch("medrxiv", QUESTION, server=server, by="command:test", at=DAWN)
    assert (outcome.read, outcome.counts.new) == (3, 2)
    assert set(Paper.objects.values_list("title", flat=True)) == {"Pneumonia seen early", "Pneumonia seen late"}


def test_questions_keep_their_distance(service: tuple[Service, str]) -> None:
    _asked, server = service
    waits: list[float] = []
    asker = Asker("test", 0.34, clock=lambda: 100.0 + sum(waits), sleep=waits.append, retries=urllib3.Retry(0))
    for number in range(3):
        asker.get(f"{server}/esearch.fcgi", {"term": str(number)})
    assert [round(each, 2) for each in waits] == [0.0, 0.34, 0.34]


def test_no_answer_is_a_word_and_no_crash() -> None:
    asker = Asker("test", 0.0, retries=urllib3.Retry(0))
    with pytest.raises(Unreachable):
        asker.get("http://127.0.0.1:9/nothing", {})
