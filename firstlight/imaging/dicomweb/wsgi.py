"""Reading beside Django: token, permission, row, bytes. What it does not know goes on to Django."""

from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from firstlight.imaging.dicomweb.addresses import ROOT, answer
from firstlight.imaging.dicomweb.exchange import Answer, Asked, problem
from firstlight.imaging.policies import reader_standing
from firstlight.imaging.rules.access import STRANGER, Reader
from firstlight.people.queries import standing_with_token

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
SAFE = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
)


def beside(django: Application) -> Application:
    """An application that answers DICOMweb reads itself and hands everything else to Django."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        found = _answer(environ)
        if found is None:
            return django(environ, start_response)
        return _sent(found, environ, start_response)

    return application


def _answer(environ: Environ) -> Answer | None:
    path = environ.get("PATH_INFO", "")
    if not path.startswith(ROOT) or environ["REQUEST_METHOD"] not in ("GET", "HEAD") or _needs_django(environ):
        return None
    close_old_connections()
    try:
        now = timezone.now()
        reader = _reader(environ.get("HTTP_AUTHORIZATION", ""), now)
        if reader is None:
            refused = problem(401, "This token is not valid, or not any more")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=200)
        return answer(Asked(reader, now, _root(environ), query, _headers(environ)), path.removeprefix(ROOT))
    except ValueError:
        return problem(400, "This query cannot be read")


def _needs_django(environ: Environ) -> bool:
    """Whether a browser's session says who asks."""
    return not environ.get("HTTP_AUTHORIZATION") and settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")


def _reader(authorization: str, now: datetime) -> Reader | None:
    """Who asks; None for a token that is not usable."""
    if not authorization:
        return STRANGER
    scheme, _, token = authorization.partition(" ")
    standing = standing_with_token(token.strip(), at=now) if scheme.lower() == "bearer" else None
    return reader_standing(standing) if standing else None


def _root(environ: Environ) -> str:
    host = environ.get("HTTP_HOST", "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return f"{settings.ORIGIN}{ROOT}"
    secure = settings.ORIGIN.startswith("https://") and environ.get("HTTP_X_FORWARDED_PROTO") == "https"
    return f"{'https' if secure else environ['wsgi.url_scheme']}://{host}{ROOT}"


def _headers(environ: Environ) -> Callable[[str], str]:
    def header(name: str) -> str:
        return str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))

    return header


def _sent(found: Answer, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*found.headers.items(), *SAFE]
    if found.content_type:
        headers.append(("Content-Type", found.content_type))
    if isinstance(found.body, bytes):
        headers.append(("Content-Length", str(len(found.body))))
    start_response(f"{found.status} {HTTPStatus(found.status).phrase}", headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        return [b""]
    return [found.body] if isinstance(found.body, bytes) else found.body
