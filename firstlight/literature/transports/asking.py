"""Ask a public service politely: who asks is said, never faster than it allows, and nothing twice in a day."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import urllib3

LARGEST = 64 << 20
TIMEOUT = urllib3.Timeout(connect=10, read=60)
KEPT_SECONDS = 24 * 3600
# Waits 1, 2, 4, … seconds between tries, or as long as Retry-After says.
RETRIES = urllib3.Retry(
    total=6,
    redirect=3,
    backoff_factor=1,
    backoff_max=60,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    respect_retry_after_header=True,
    raise_on_status=False,
)


class Unreachable(Exception):
    """A service that does not answer; says why without what was asked."""


@dataclass
class Asker:
    """Asks one service: `agent` is how it is told who asks, answers are kept in `folder` when there is one."""

    agent: str
    seconds_between: float
    folder: Path | None = None
    retries: urllib3.Retry = field(default_factory=lambda: RETRIES)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _asked_at: float = field(default=float("-inf"), init=False)
    _pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(maxsize=1, timeout=TIMEOUT), init=False
    )

    def get(self, url: str, fields: Mapping[str, str], *, posted: bool = False) -> bytes:
        """The answer, or that of less than a day ago; raises Unreachable."""
        question = urlencode(fields)
        kept = self._kept(f"{url}?{question}")
        if kept is not None and kept.is_file() and time.time() - kept.stat().st_mtime < KEPT_SECONDS:
            return kept.read_bytes()
        answer = self._ask(url, question, posted=posted)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_suffix(".part")
            unfinished.write_bytes(answer)
            unfinished.replace(kept)
        return answer

    def _kept(self, address: str) -> Path | None:
        return self.folder / hashlib.sha256(address.encode()).hexdigest() if self.folder else None

    def _ask(self, url: str, question: str, *, posted: bool) -> bytes:
        self.sleep(max(0.0, self._asked_at + self.seconds_between - self.clock()))
        self._asked_at = self.clock()
        headers = {"User-Agent": self.agent, "Accept-Encoding": "gzip"}
        if posted:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        address = url if posted or not question else f"{url}?{question}"
        try:
            answer = self._pool.request(
                "POST" if posted else "GET", address, body=question if posted else None, headers=headers,
                retries=self.retries, preload_content=False,
            )  # fmt: skip
            with answer:
                body = answer.read(LARGEST + 1, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(type(error).__name__) from None
        if answer.status != 200:
            raise Unreachable(f"HTTP {answer.status}")
        if len(body) > LARGEST:
            raise Unreachable("the answer is larger than 64 MB")
        return body
