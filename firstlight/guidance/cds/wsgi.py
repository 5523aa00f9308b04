"""Answering order systems beside Django: what stands between a call and its cards is this module alone."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from firstlight.guidance.cds import keeping
from firstlight.guidance.cds.answering import ROOT, answer
from firstlight.guidance.cds.calls import MOST_BYTES
from firstlight.guidance.cds.exchange import Answer, Asked

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
SAFE = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
)


def beside(django: Application) -> Application:
    """An application that answers order systems itself and hands everything else to Django."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            return django(environ, start_response)
        close_old_connections()
        keeping.write_counts_from_now_on()
        found = answer(asked(environ), policy=keeping.policy_of_site())
        return _sent(found, environ, start_response)

    return application


def asked(environ: Environ) -> Asked:
    """The call that a WSGI environment holds; a body that is too large is read no further than that shows."""

    def header(name: str) -> str:
        key = name.upper().replace("-", "_")
        return str(environ.get(key if key == "CONTENT_TYPE" else f"HTTP_{key}", ""))

    return Asked(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "").removeprefix(ROOT),
        root=_root(environ),
        at=timezone.now(),
        body=environ["wsgi.input"].read(_length(environ)) if environ["REQUEST_METHOD"] == "POST" else b"",
        header=header,
    )


def _length(environ: Environ) -> int:
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return MOST_BYTES + 1
    try:
        return min(max(int(environ.get("CONTENT_LENGTH") or 0), 0), MOST_BYTES + 1)
    except ValueError:
        return 0


def _root(environ: Environ) -> str:
    host = environ.get("HTTP_HOST", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return str(settings.ORIGIN)
    secure = settings.ORIGIN.startswith("https://") and environ.get("HTTP_X_FORWARDED_PROTO") == "https"
    return f"{'https' if secure else environ['wsgi.url_scheme']}://{host}"


def _sent(found: Answer, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*found.headers.items(), *SAFE, ("Content-Length", str(len(found.body)))]
    if found.content_type:
        headers.append(("Content-Type", found.content_type))
    start_response(f"{found.status} {HTTPStatus(found.status).phrase}", headers)
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [found.body]
