"""Asking an order system's own FHIR server: with its token, for a bounded time and size, and never inside our network.

What may be asked is settled before a connection is opened, and the connection goes to the very address that was settled
on, so that a name which resolves differently a moment later leads nowhere.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import orjson

MOST_BYTES = 2 * 1024 * 1024
MOST_AT_ONCE = 2  # calls of one process that may wait for others' servers, so that threads are left for the rest
REST_SECONDS = 30.0  # how long a server that did not answer in time is left alone
MOST_RESTING = 256
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="fhir")
_waiting = threading.BoundedSemaphore(MOST_AT_ONCE)
_resting: dict[str, float] = {}
Resolve = Callable[[str, int], list[str]]


class Unreachable(Exception):
    """The server may not be asked, or did not answer in time with what can be read; the message is a sentence."""


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host; raises Unreachable where there is none."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unreachable("Its host has no address") from None


@dataclass(frozen=True)
class Rules:
    """Which servers may be asked: those named by their origin and no others; where none is named, any public https."""

    origins: frozenset[str] = frozenset()
    seconds: float = 2.0
    resolve: Resolve = resolved


@dataclass(frozen=True)
class Target:
    """A server that may be asked, and the address that this was settled for."""

    host: str
    port: int
    is_secure: bool
    address: str
    path: str

    def connection(self, seconds: float) -> HTTPConnection:
        """A connection to that address, whose certificate is checked for the host."""
        if self.is_secure:
            return _Pinned(self.host, self.port, address=self.address, timeout=seconds, context=_tls())
        return HTTPConnection(self.address, self.port, timeout=seconds)


class _Pinned(HTTPSConnection):
    def __init__(self, host: str, port: int, *, address: str, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        """Connect to the settled address, and speak TLS with the host."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def target_of(base: str, rules: Rules) -> Target:
    """The server at this base, if it may be asked; raises Unreachable."""
    parts = _parts(base)
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    is_named = f"{parts.scheme}://{host}:{port}" in {_with_port(each) for each in rules.origins}
    if rules.origins and not is_named:
        raise Unreachable("This site asks only the FHIR servers it was told of")
    if not is_secure and not is_named:
        raise Unreachable("Only https is asked")
    addresses = rules.resolve(host, port)
    if not addresses or not (is_named or all(map(is_public, addresses))):
        raise Unreachable("Its address is not public")
    return Target(host, port, is_secure, addresses[0], parts.path.rstrip("/"))


def _parts(base: str) -> SplitResult:
    parts = urlsplit(base)
    if (
        parts.username
        or parts.password
        or parts.query
        or parts.fragment
        or not base.isascii()
        or not base.isprintable()
    ):
        raise Unreachable("Its address cannot be used")
    return parts


def _with_port(origin: str) -> str:
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def is_public(address: str) -> bool:
    """Whether an address lies in the open internet, also when it is an IPv4 address in IPv6's clothes."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        if found.sixtofour or found.teredo or found in ipaddress.ip_network("64:ff9b::/32"):
            return False
    return found.is_global and not found.is_multicast


def fetch(base: str, token: str, queries: Mapping[str, str], *, rules: Rules) -> dict[str, dict[str, Any]]:
    """What the server answers to each query that it answers in time; raises Unreachable when it answers none."""
    with _one_of_few(), _rested(base):
        deadline = time.monotonic() + rules.seconds
        open_now: set[HTTPConnection] = set()
        asked = {
            key: _pool.submit(_get, base, query, token, rules, deadline, open_now) for key, query in queries.items()
        }
        try:
            return _answers(asked, deadline)
        finally:
            _break_off(open_now, asked.values())


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _waiting.acquire(timeout=0.05):
        raise Unreachable("Too many calls wait for FHIR servers already")
    try:
        yield
    finally:
        _waiting.release()


@contextmanager
def _rested(base: str) -> Iterator[None]:
    """Leave a server alone for a while after it did not answer in time."""
    host = urlsplit(base).netloc
    if _resting.get(host, 0.0) > time.monotonic():
        raise Unreachable("It did not answer in time a moment ago")
    try:
        yield
    except TimeoutError:
        if len(_resting) >= MOST_RESTING:
            _resting.clear()
        _resting[host] = time.monotonic() + REST_SECONDS
        raise Unreachable("It did not answer in time") from None


def _answers(asked: Mapping[str, "Future[dict[str, Any]]"], deadline: float) -> dict[str, dict[str, Any]]:
    waiting = set(asked.values())
    while waiting and (left := deadline - time.monotonic()) > 0:
        _done, waiting = wait(waiting, timeout=left, return_when=FIRST_COMPLETED)
    answered = {key: each for key, each in asked.items() if each.done() and each.exception() is None}
    if not answered:
        first = next((each.exception() for each in asked.values() if each.done()), None)
        raise first if isinstance(first, Unreachable) else TimeoutError
    return {key: each.result() for key, each in answered.items()}


def _break_off(connections: Iterable[HTTPConnection], asked: Iterable["Future[Any]"]) -> None:
    """End what still waits: a server that sends a byte now and then would keep its thread for ever."""
    for each in asked:
        each.cancel()
    for connection in list(connections):
        sock = connection.sock
        with suppress(OSError):
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)


def _get(
    base: str, query: str, token: str, rules: Rules, deadline: float, open_now: set[HTTPConnection]
) -> dict[str, Any]:
    target = target_of(base, rules)
    connection = target.connection(max(deadline - time.monotonic(), 0.01))
    open_now.add(connection)
    try:
        headers = {"Accept": "application/fhir+json", "Accept-Encoding": "identity", "Host": _host(target)}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request("GET", quote(f"{target.path}/{query}", safe="/?&=:,%~"), headers=headers)
        with connection.getresponse() as response:
            return _resource(response, deadline)
    except TimeoutError:
        raise
    except (OSError, HTTPException, ValueError):
        # What went wrong may quote the address or the answer: only that it did is told.
        raise Unreachable("It could not be asked") from None
    finally:
        open_now.discard(connection)
        connection.close()


def _host(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == (443 if target.is_secure else 80) else f"{host}:{target.port}"


def _resource(response: HTTPResponse, deadline: float) -> dict[str, Any]:
    if response.status != 200 or response.getheader("Content-Encoding", "identity") != "identity":
        raise Unreachable("It did not answer with a resource")
    body = bytearray()
    while chunk := response.read1(65536):
        body += chunk
        if len(body) > MOST_BYTES:
            raise Unreachable("It answered with too much")
        if time.monotonic() > deadline:
            raise TimeoutError
    try:
        found = orjson.loads(bytes(body))
    except orjson.JSONDecodeError:
        raise Unreachable("It did not answer with JSON") from None
    if not isinstance(found, dict):
        raise Unreachable("It did not answer with a resource")
    return found


def forget() -> None:
    """Ask every server again that was left alone."""
    _resting.clear()
