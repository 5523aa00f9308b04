"""Providers of text messages that live in the test: they check what a real one would, and misbehave when told to."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCESS, SECRET = "access-key", "secret-key"


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Said:
    """An answer, and how it is given: late, cut in the middle, or not at all."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    after_seconds: float = 0.0
    cut: str = ""  # "before", "middle" or "idle", which closes the line after the answer without a word


def said(status: int, parts: object = None, **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, json.dumps(parts if parts is not None else {}).encode(), named)


@contextmanager
def provider(answer: Callable[[Call], Said]) -> Iterator[int]:
    """The port of a server whose every answer is that of a function."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(Call(self.command, self.path, headers, body))
            time.sleep(reply.after_seconds)
            self.close_connection = bool(reply.cut)
            if reply.cut == "before":
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            with suppress(OSError):  # we may hang up on an answer without end
                self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut == "middle" else reply.body)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@dataclass
class Generic:
    """A provider that drops doubles by their Idempotency-Key."""

    taken: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    first: Callable[[Call], Said | None] = lambda _: None

    def __call__(self, call: Call) -> Said:
        self.calls.append(call)
        if call.headers.get("authorization") != "Bearer token":
            return said(401, {"message": "who are you"})
        key = call.headers["idempotency-key"]
        instead = self.first(call)
        if instead is not None and instead.status >= 300:
            return instead
        self.taken.setdefault(key, call.json)
        return instead or said(200, {"data": {"id": f"p-{key}"}})


@dataclass
class Gateway:
    """A Korean gateway: it checks every signature, knows its sender numbers, and forgets nothing."""

    sender: str = "0212345678"
    calls: list[Call] = field(default_factory=list)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, tuple[str, str]] = field(default_factory=dict)
    unfinished: set[str] = field(default_factory=set)
    bad_numbers: set[str] = field(default_factory=set)
    first: Callable[[Call], Said | None] = lambda _: None

    def __call__(self, call: Call) -> Said:
        self.calls.append(call)
        if not self._is_signed(call):
            return said(401, {"error": {"errorCode": "200", "message": "Authentication Failed"}})
        instead = self.first(call)
        if instead is not None and instead.status >= 300:
            return instead
        answer = self._list(call) if call.method == "GET" else self._take(call)
        return (
            Said(answer.status, answer.body, answer.headers, instead.after_seconds, instead.cut) if instead else answer
        )

    @property
    def numbers(self) -> list[str]:
        return [each["to"] for request in self.requests.values() for each in request["messages"]]

    def _is_signed(self, call: Call) -> bool:
        at = call.headers.get("x-ncp-apigw-timestamp", "0")
        text = f"{call.method} {call.path}\n{at}\n{ACCESS}".encode()
        wanted = base64.b64encode(hmac.digest(SECRET.encode(), text, sha256)).decode()
        is_now = abs(time.time() * 1000 - int(at)) < 300_000
        return is_now and hmac.compare_digest(wanted, call.headers.get("x-ncp-apigw-signature-v2", ""))

    def _take(self, call: Call) -> Said:
        parts = call.json
        limit = 90 if parts["type"] == "SMS" else 2000
        wrong = (
            parts["from"] != self.sender
            or len(parts["messages"]) > 100
            or any(len(each["content"].encode("cp949")) > limit for each in parts["messages"])
            or any(len(each.get("subject", "").encode("cp949")) > 40 for each in parts["messages"])
            or any(each["to"] in self.bad_numbers for each in parts["messages"])
        )
        if wrong:
            return said(400, {"error": {"errorCode": "100", "message": "Bad Request to 01012345678"}})
        request_id = f"VORSSA-{len(self.requests)}"
        self.requests[request_id] = parts
        return said(202, {"requestId": request_id, "statusCode": "202", "statusName": "success"})

    def _list(self, call: Call) -> Said:
        request_id = parse_qs(urlsplit(call.path).query)["requestId"][0]
        if request_id not in self.requests:
            return said(404, {"error": {"message": "no such request"}})
        listed = [self._result(request_id, each["to"]) for each in self.requests[request_id]["messages"]]
        return said(200, {"statusCode": "200", "statusName": "success", "messages": listed[::-1]})

    def _result(self, request_id: str, number: str) -> dict[str, str]:
        entry = {"requestId": request_id, "messageId": f"m-{number}", "to": number, "countryCode": "82"}
        if number in self.unfinished:
            return entry | {"status": "PROCESSING"}
        code, words = self.results.get(number, ("0", "성공"))
        name = "success" if code == "0" else "fail"
        return entry | {
            "status": "COMPLETED", "statusCode": code, "statusName": name, "statusMessage": words,
            "completeTime": "2031-03-02 18:30:00",
        }  # fmt: skip
