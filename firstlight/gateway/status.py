"""The status page on loopback, its numbers for Prometheus, and whether the gateway is alive."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from firstlight.dimse.files import free_bytes
from firstlight.gateway.ledger import Ledger
from firstlight.gateway.settings import Settings
from firstlight.gateway.wording import WORDS, trouble, why_held

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.state { padding: .75rem 1rem; border: 2px solid; border-radius: .5rem; font-weight: 600; }
.well { border-color: #2e7d32; } .ill { border-color: #c62828; }
dl { display: grid; grid-template-columns: 1fr auto; gap: .25rem 1rem; }
dt, dd { margin: 0; padding: .25rem 0; border-bottom: 1px solid #8884; } dd { font-variant-numeric: tabular-nums; }
ul { list-style: none; padding: 0; } li { padding: .75rem 0; border-bottom: 1px solid #8884; }
form { display: inline-block; margin: .25rem .5rem 0 0; }
button { font: inherit; min-height: 2.75rem; padding: 0 1rem; }
small { opacity: .75; overflow-wrap: anywhere; }
"""
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
LARGEST_FORM = 4096
MINUTE = 60


@dataclass
class Desk:
    """What the page shows and what its buttons do; the token in its forms proves that they are the page's own."""

    settings: Settings
    troubles: Callable[[], list[str]]
    wake: Callable[[], None]
    token: str = ""

    def __post_init__(self) -> None:
        self.token = self.token or secrets.token_urlsafe(24)

    def ledger(self) -> Ledger:
        """A connection for one request."""
        return Ledger(self.settings.data / "ledger")

    def do(self, what: str, name: str) -> bool:
        """Retry or discard what is kept back."""
        ledger = self.ledger()
        try:
            if what == "retry":
                ledger.retry(name)
            elif what == "discard" and name:
                ledger.discard(name, at=time.time())
            else:
                return False
        finally:
            ledger.close()
        self.wake()
        return True


def page(desk: Desk, *, korean: bool, now: float) -> str:
    """The page as HTML, in one of its languages."""
    words = WORDS["ko" if korean else "en"]
    ledger = desk.ledger()
    try:
        counts, oldest = ledger.by_state(), ledger.oldest_waiting_at()
        rate, held = ledger.sent_since(now - MINUTE), ledger.held(100)
    finally:
        ledger.close()
    settings = desk.settings
    facts = [words["rate"].format(rate), words["free"].format(free_bytes(settings.data) >> 30)]
    if oldest is not None:
        facts.insert(0, words["oldest"].format(ago(now - oldest, korean=korean)))
    lines = [
        f"<h1>{words['title']}</h1>",
        *_troubles(desk.troubles(), words, korean=korean),
        f"<p>{escape(words['listens'].format(f'{settings.ae_title}@{settings.host}:{settings.port}'))}<br>"
        f"{escape(words['sends'].format(settings.server))}</p>",
        f"<h2>{words['states']}</h2><dl>",
        *(f"<dt>{words[state]}</dt><dd>{number:,}</dd>" for state, number in counts.items()),
        "</dl>",
        *(f"<p>{escape(fact)}</p>" for fact in facts),
        f"<h2>{words['held_list']}</h2><p>{words['never']}</p>",
        *_held(desk, held, counts["held"], words, korean=korean, now=now),
    ]
    return _document("ko" if korean else "en", words["title"], "\n".join(lines))


def _troubles(codes: list[str], words: dict[str, str], *, korean: bool) -> list[str]:
    if not codes:
        return [f'<p class="state well" role="status">{words["well"]}</p>']
    return [f'<p class="state ill" role="status">{escape(trouble(code, korean=korean))}</p>' for code in codes]


def _held(
    desk: Desk,
    held: list[tuple[str, str, float, int]],
    total: int,
    words: dict[str, str],
    *,
    korean: bool,
    now: float,
) -> list[str]:
    if not held:
        return [f"<p>{words['none']}</p>"]
    lines = [_button(desk, "retry", "", words["retry_all"])]
    if any(reason in ("doubtful-pixels", "burned-in-annotation") for _name, reason, _at, _size in held):
        looks = desk.settings.looks or desk.settings.data / "looks.json"
        command = f"{desk.settings.held} --confirmed {looks}"
        lines.append(f"<p>{escape(words['look'].format(command))}</p>")
    lines.append("<ul>")
    for name, reason, at, _size in held:
        came = words["came"].format(ago(now - at, korean=korean))
        lines.append(
            f"<li>{escape(why_held(reason, korean=korean))}<br>"
            f"<small>{escape(reason)} · {escape(came)} · {escape(name)}</small><br>"
            f"{_button(desk, 'retry', name, words['retry'])}{_button(desk, 'discard', name, words['discard'])}</li>"
        )
    lines.append("</ul>")
    if total > len(held):
        lines.append(f"<p>{words['more'].format(total - len(held))}</p>")
    return lines


def _button(desk: Desk, what: str, name: str, word: str) -> str:
    return (
        f'<form method="post" action="/{what}"><input type="hidden" name="token" value="{desk.token}">'
        f'<input type="hidden" name="name" value="{escape(name)}"><button>{word}</button></form>'
    )


def _document(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css">'
        f'<meta http-equiv="refresh" content="15"></head><body><main>{body}</main></body></html>'
    )


def ago(seconds: float, *, korean: bool) -> str:
    """A span of time as short as it can be read."""
    seconds = max(0, int(seconds))
    for length, unit, unit_ko in ((86400, " d", "일"), (3600, " h", "시간"), (60, " min", "분")):
        if seconds >= length:
            return f"{seconds // length}{unit_ko if korean else unit}"
    return f"{seconds}{'초' if korean else ' s'}"


def metrics(desk: Desk, *, now: float) -> str:
    """The numbers in Prometheus' text format (0.0.4)."""
    ledger = desk.ledger()
    try:
        counts, oldest, rate = ledger.by_state(), ledger.oldest_waiting_at(), ledger.sent_since(now - MINUTE)
    finally:
        ledger.close()
    lines = ["# TYPE firstlight_gateway_files gauge"]
    lines += [f'firstlight_gateway_files{{state="{state}"}} {number}' for state, number in counts.items()]
    gauges = {
        "sent_last_minute": rate,
        "oldest_waiting_seconds": 0 if oldest is None else round(now - oldest, 1),
        "free_bytes": free_bytes(desk.settings.data),
        "trouble": len(desk.troubles()),
    }
    for name, number in gauges.items():
        lines += [f"# TYPE firstlight_gateway_{name} gauge", f"firstlight_gateway_{name} {number}"]
    return "\n".join(lines) + "\n"


class _Handler(BaseHTTPRequestHandler):
    """Answers one request for the desk of its server."""

    server: "StatusServer"
    server_version, sys_version = "firstlight", ""
    timeout = 30

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are not logged."""

    def do_GET(self) -> None:
        if not self._is_ours():
            return
        address = urlsplit(self.path)
        if address.path == "/":
            self._say(page(self.server.desk, korean=self._wants_korean(address.query), now=time.time()), "text/html")
        elif address.path == "/style.css":
            self._say(STYLE, "text/css")
        elif address.path == "/metrics":
            self._say(metrics(self.server.desk, now=time.time()), "text/plain; version=0.0.4")
        elif address.path == "/healthz":
            self._say("ok\n", "text/plain")
        else:
            self._say("", "text/plain", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        if not self._is_ours():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_FORM:
            self._say("", "text/plain", HTTPStatus.BAD_REQUEST)
            return
        form = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace"))
        given, name = (form.get(field, [""])[0] for field in ("token", "name"))
        if not hmac.compare_digest(given.encode(), self.server.desk.token.encode()):
            self._say("", "text/plain", HTTPStatus.FORBIDDEN)
        elif self.server.desk.do(self.path.strip("/"), name):
            self._say("", "text/plain", HTTPStatus.SEE_OTHER, location="/")
        else:
            self._say("", "text/plain", HTTPStatus.NOT_FOUND)

    def _is_ours(self) -> bool:
        """Whether the request was meant for this machine: another site's page may point its own name here."""
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname in ("127.0.0.1", "localhost"):
            return True
        self._say("", "text/plain", HTTPStatus.MISDIRECTED_REQUEST)
        return False

    def _wants_korean(self, query: str) -> bool:
        chosen = parse_qs(query).get("lang", [""])[0]
        return (chosen or self.headers.get("Accept-Language", "")).lower().startswith("ko")

    def _say(self, text: str, kind: str, status: HTTPStatus = HTTPStatus.OK, location: str = "") -> None:
        content = text.encode()
        self.send_response(status)
        headers = {
            "Content-Type": kind if "version" in kind else f"{kind}; charset=utf-8",
            "Content-Length": str(len(content)),
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            **({"Location": location} if location else {}),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class StatusServer(ThreadingHTTPServer):
    """Answers on 127.0.0.1; `serve_forever` it in a thread."""

    daemon_threads = True

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        super().__init__(("127.0.0.1", desk.settings.status_port), _Handler)
