"""Reading beside Django: token, permission, row, bytes. What it does not know goes on to Django."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import close_old_connections
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from firstlight.imaging.dicomweb.addresses import ROOT, answer
from firstlight.imaging.dicomweb.crossing import crossed, is_preflight, preflight
from firstlight.imaging.dicomweb.exchange import Answer, Asked, problem
from firstlight.imaging.dicomweb.storing import STORES, Stow, store_instances
from firstlight.imaging.policies import may_send, must_send_receipt, reader_standing
from firstlight.imaging.rules.access import STRANGER, Reader
from firstlight.people.models import Member
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
        return _sent(crossed(found, environ.get("HTTP_ORIGIN", "")), environ, start_response)

    return application


def _answer(environ: Environ) -> Answer | None:
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    if not path.startswith(ROOT) or method not in ("GET", "HEAD", "OPTIONS", "POST"):
        return None
    if is_preflight(method, _headers(environ)):
        return preflight(environ["HTTP_ORIGIN"])
    if _needs_django(environ):
        return None
    close_old_connections()
    below = path.removeprefix(ROOT)
    return _stored(environ, below) if method == "POST" else _read(environ, "" if method == "OPTIONS" else below)


def _read(environ: Environ, path: str) -> Answer | None:
    try:
        now = timezone.now()
        reader = _reader(environ.get("HTTP_AUTHORIZATION", ""), now)
        if reader is None:
            return _unknown()
        query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=200)
        asked = Asked(reader, now, _root(environ), query, _headers(environ))
        return answer(asked, path)
    except ValueError:
        return problem(400, "This query cannot be read")


def _unknown() -> Answer:
    refused = problem(401, "This token is not valid, or not any more")
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


def _stored(environ: Environ, path: str) -> Answer | None:
    """STOW-RS for a program with a token; None for what Django shall answer."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not STORES.fullmatch(path) or scheme.lower() != "bearer":
        return None
    now = timezone.now()
    standing = standing_with_token(token.strip(), at=now)
    if standing is None:
        return _unknown()
    if not may_send(standing):
        return problem(403, "Only editors, site coordinators and administrators can store images")
    length = environ.get("CONTENT_LENGTH") or environ.get("HTTP_CONTENT_LENGTH") or ""
    stow = Stow(
        sender=_sender(standing.member),
        requires_receipt=must_send_receipt(standing),
        at=now,
        root=_root(environ),
        path=path,
        query=environ.get("QUERY_STRING", ""),
        content_type=environ.get("CONTENT_TYPE") or environ.get("HTTP_CONTENT_TYPE", ""),
        content_encoding=environ.get("HTTP_CONTENT_ENCODING", ""),
        length=int(length) if length.isdecimal() else None,
        address=environ.get("REMOTE_ADDR", ""),
        read=environ["wsgi.input"].read,
    )
    return store_instances(stow)


@lru_cache(256)
def _sender(key: int) -> Member:
    """A member as far as intake asks for one: by its key."""
    return Member(pk=key)


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
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "")
    said = environ.get("HTTP_HOST", ""), environ["wsgi.url_scheme"], forwarded
    return root_at(*said, settings.ORIGIN, tuple(settings.ALLOWED_HOSTS))


@lru_cache(64)
def root_at(host: str, scheme: str, forwarded: str, origin: str, hosts: tuple[str, ...]) -> str:
    """The address that the reader knows this server by; the one of the settings for a host that is none of ours."""
    if not validate_host(split_domain_port(host)[0], hosts):
        return f"{origin}{ROOT}"
    secure = origin.startswith("https://") and forwarded == "https"
    return f"{'https' if secure else scheme}://{host}{ROOT}"


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
