"""Calls to a carrier's HTTP interface over one kept line: what is known of a call that went wrong is never guessed."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from firstlight.delivery.rules.messages import Answer
from firstlight.delivery.transports.carrier_url import CarrierUrl

LONGEST_ANSWER = 1024 * 1024
LONGEST_WAIT_SECONDS = 3600.0
_REFUSES_US = frozenset({401, 402, 403, 404, 405, 407, 410, 451})
_LATER = frozenset({408, 425, 503})
_NOBODY_KNOWS = frozenset({409, 500, 502, 504})


class NotReached(Exception):
    """The call did not leave this machine: nothing can have been taken."""


class BrokeOff(Exception):
    """The call was begun and not answered in full: it may have been taken."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: `wait_seconds` is the server's Retry-After."""

    status: int
    body: bytes
    wait_seconds: float = 0.0

    @property
    def is_taken(self) -> bool:
        """Whether the status says yes."""
        return 200 <= self.status < 300

    @property
    def refuses_us(self) -> bool:
        """Whether the status speaks of our account, our setting or the whole service: any message would fare so."""
        return self.status in _REFUSES_US or 300 <= self.status < 400

    def parts(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("the answer is nested too deeply") from None

    def refusal(self) -> Answer:
        """What a status that is neither yes nor about us means for the message."""
        if self.status == 429:
            return Answer.THROTTLED
        if self.status in _LATER:
            return Answer.AGAIN
        return Answer.UNSURE if self.status in _NOBODY_KNOWS or self.status > 504 else Answer.NEVER


@dataclass(frozen=True, slots=True)
class Host:
    """Where calls go; built from a setting by `host_of`."""

    is_secured: bool
    host: str
    port: int | None
    ca: str
    timeout_seconds: float
    clock: Callable[[], float] = time.time

    def pool(self) -> urllib3.HTTPConnectionPool:
        """One kept line."""
        timeout = urllib3.Timeout(connect=min(10.0, self.timeout_seconds), read=self.timeout_seconds)
        if not self.is_secured:
            return urllib3.HTTPConnectionPool(self.host, self.port, timeout=timeout, maxsize=1)
        return urllib3.HTTPSConnectionPool(
            self.host, self.port, timeout=timeout, maxsize=1, ca_certs=self.ca or None, cert_reqs="CERT_REQUIRED"
        )

    def call(
        self, pool: urllib3.HTTPConnectionPool, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpAnswer:
        """One call, never repeated and never led elsewhere; raises NotReached or BrokeOff."""
        try:
            response = pool.urlopen(
                method, path, body or None, dict(headers), retries=False, redirect=False, preload_content=False
            )
        except (NewConnectionError, ConnectTimeoutError, SSLError) as error:
            raise NotReached(type(error).__name__) from None
        except (HTTPError, OSError) as error:
            raise BrokeOff(type(error).__name__) from None
        try:
            answer = response.read(LONGEST_ANSWER)
            if len(answer) == LONGEST_ANSWER:
                response.close()
        except (HTTPError, OSError) as error:
            response.close()
            raise BrokeOff(type(error).__name__) from None
        response.release_conn()
        return HttpAnswer(response.status, answer, self._wait(response.headers.get("Retry-After", "")))

    def _wait(self, retry_after: str) -> float:
        """Seconds or a date (RFC 9110 10.2.3), never more than an hour; 0 when it says nothing."""
        try:
            if retry_after.strip().isdecimal():
                seconds = float(retry_after)
            else:
                seconds = parsedate_to_datetime(retry_after).timestamp() - self.clock()
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def host_of(url: CarrierUrl) -> Host:
    """Where a setting's calls go; ValueError when credentials would leave this machine in the clear."""
    url.require("host")
    is_secured = "https" in url.scheme
    if not is_secured and url.user and url.host not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(f"{url.scheme}: a secret leaves this machine only over https")
    return Host(
        is_secured=is_secured,
        host=url.host,
        port=url.port,
        ca=url.option_str("ca"),
        timeout_seconds=url.option_float("timeout", 20.0, least=0.1, most=600),
    )


def call_path(path: str) -> str:
    """A path as it travels."""
    return quote(path or "/", safe="/:@+~")
