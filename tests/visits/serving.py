"""Real web processes for the crowd, which are stopped and killed while it reads, and the clients that never give up."""

import csv
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from tests.visits.crowd import Crowd, Step, queues

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_SECONDS = 60
Numbers = Counter[tuple[str, str, str, str]]


@dataclass
class Server:
    """Granian with two web processes on the pages of `tests.visits.served`."""

    data: Path
    port: int
    database_url: str = ""
    processes: int = 2
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def environ(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("FIRSTLIGHT", "DATABASE_URL"))
        }
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "tests.visits.served_settings",
            "PYTHONPATH": str(ROOT),
            "FIRSTLIGHT_DATA": str(self.data),
            "FIRSTLIGHT_PROXIES": "1",
            "FIRSTLIGHT_COUNTRY_HEADER": "CF-IPCountry",
            "FIRSTLIGHT_SECRET_KEY": "a key for tests alone",
            **({"DATABASE_URL": self.database_url} if self.database_url else {}),
        }

    def prepare(self) -> None:
        (self.data / "static").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "django", "migrate", "visits", "-v", "0"]
        subprocess.run(command, env=self.environ, cwd=ROOT, check=True)

    def start(self) -> None:
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", str(self.processes), "--blocking-threads", "4", "--respawn-failed-workers",
            "--workers-kill-timeout", "2", "--no-access-log", "--log-level", "error",
            "firstlight.config.wsgi:application",
        ]  # fmt: skip
        log = (self.data / "granian.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                command, env=self.environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self.wait()

    def wait(self) -> None:
        """Until a page is answered."""
        assert self.process is not None
        until = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self._ask_once("/unmarked/", 0)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self.data / "granian.log").read_text()[-3000:])

    def end(self, how: signal.Signals) -> None:
        """End all its processes at once: politely, or as a power cut would."""
        assert self.process is not None
        if self.process.poll() is not None:
            return
        if how is signal.SIGKILL:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.send_signal(how)
        self.process.wait(timeout=30)

    def kill_one(self) -> None:
        """Kill one web process; granian begins another."""
        assert self.process is not None
        found = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=True
        )
        workers = [
            int(line.split()[0]) for line in found.stdout.splitlines() if "spawn_main" in line or "granian" in line
        ]
        os.kill(workers[0], signal.SIGKILL)

    def ask(self, path: str, clock: int) -> str:
        """The page's text, asked for again while a killed process is being replaced."""
        for _attempt in range(200):
            try:
                return self._ask_once(path, clock)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        return self._ask_once(path, clock)

    def _ask_once(self, path: str, clock: int) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path, headers={"X-Clock": str(clock), "User-Agent": "Mozilla/5.0 (a reader)"})
            answer = connection.getresponse()
            body = answer.read().decode()
        assert answer.status == 200, (answer.status, body[:500])
        return body

    def numbers(self, clock: int) -> Numbers:
        """(day, what of, country, measure) → number, as the open data tell it."""
        found: Numbers = Counter()
        rows = csv.reader(StringIO(self.ask("/visits.csv", clock)))
        names = next(rows)
        for row in rows:
            day, group, item, country, is_replayed, *values = row
            assert is_replayed == "0"
            for measure, value in zip(names[5:], values, strict=True):
                if int(value):
                    found[day, item or group, country, measure] += int(value)
        return found


@dataclass
class Run:
    """What the clients did."""

    asked: int = 0
    retried: int = 0
    seconds: float = 0.0
    waits_ms: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, wait_ms: float, retried: int) -> int:
        with self._lock:
            self.asked += 1
            self.retried += retried
            self.waits_ms.append(wait_ms)
            return self.asked


def send(server: Server, crowd: Crowd, *, clients: int, events: Sequence[tuple[float, Callable[[], None]]] = ()) -> Run:
    """Send the crowd's steps from that many clients at once; each event happens when that share has been asked."""
    run, began = Run(), time.perf_counter()
    waiting = sorted(events, key=lambda event: event[0], reverse=True)
    lock = threading.Lock()

    def happen(asked: int) -> None:
        with lock:
            while waiting and asked >= waiting[-1][0] * len(crowd.steps):
                waiting.pop()[1]()

    with ThreadPoolExecutor(clients) as pool:
        work = [pool.submit(_client, server, own, run, happen) for own in queues(crowd.steps, clients)]
        for each in work:
            each.result()
    run.seconds = time.perf_counter() - began
    assert not waiting
    return run


def _client(server: Server, steps: list[Step], run: Run, happen: Callable[[int], None]) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        for step in steps:
            began, retried = time.perf_counter(), 0
            while not _asked(connection, step):
                # Whether the request that broke was counted nobody knows: the same one again is its double click.
                retried += 1
                connection.close()
                time.sleep(0.05)
                assert retried < 1200, "The server did not come back."
            happen(run.note(1000 * (time.perf_counter() - began), retried))


def _asked(connection: http.client.HTTPConnection, step: Step) -> bool:
    try:
        connection.request(step.method, step.path, headers={**step.headers, "X-Clock": str(step.second)})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    assert answer.status in {200, 404}, answer.status
    return True


def differences(found: Numbers, truth: Numbers, *, retried: int) -> list[str]:
    """Where the numbers are not the truth: none may differ, but what was left out may by the requests sent again."""
    counted = {"views", "unique_views", "visitors", "ahead"}
    wrong = []
    for cell in sorted(found.keys() | truth.keys()):
        much = found[cell] - truth[cell]
        is_exact = cell[3] in counted or not retried
        if much and (is_exact or not 0 <= much <= retried):
            wrong.append(f"{json.dumps(cell)}: {found[cell]}, in truth {truth[cell]}")
    return wrong


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
