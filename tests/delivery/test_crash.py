"""A real process that sends, killed without warning again and again: everyone exactly once at a sink that can tell."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

PROJECT = Path(__file__).resolve().parents[2]
MEMBERS = 2000

FILL = """
import django; django.setup()
from django.utils import timezone
from django.core.management import call_command
call_command("migrate", verbosity=0)
from firstlight.delivery.actions import begin_mailing
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.rules.words import Words
from firstlight.people.models import ContactPoint, Member
now = timezone.now()
members = Member.objects.bulk_create(Member(name="one", joined_at=now) for _ in range({members}))
points = ContactPoint.objects.bulk_create(
    ContactPoint(member=each, channel="sms", address=f"+8210{{each.pk:08d}}", added_at=now, verified_at=now)
    for each in members
)
begin_mailing(
    reference="crash:1", topic="society", severity=2, at=now, wordings=[Words("sms", "en", "", "There is news.")],
    addressees=[Addressee(each.member_id, each.pk, "sms", "en", now) for each in points],
)
"""
STATES = """
import django; django.setup()
import json
from firstlight.delivery.models import Delivery
states = list(Delivery.objects.values_list("state", flat=True))
print(json.dumps({state: states.count(state) for state in set(states)}))
"""


class Sink(ThreadingHTTPServer):
    """A provider that counts each message and can tell doubles by their key."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.got: dict[str, str] = {}
        self.total = 0
        self.lock = threading.Lock()

    def take(self, client_id: str, to: str) -> None:
        with self.lock:
            self.total += 1
            self.got.setdefault(client_id, to)


class Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.take(body["id"], body["to"])
        answer = json.dumps({"id": f"g-{self.server.total}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base class's own word
        """Quiet."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def environment(tmp_path: Path, sink: Sink) -> dict[str, str]:
    """Settings of a Firstlight of its own, on the kind of database that this run tests."""
    url = f"http+sms://token@127.0.0.1:{sink.server_address[1]}/send?connections=4&per_second=400"
    given = {
        **os.environ,
        "FIRSTLIGHT_DATA": str(tmp_path / "data"),
        "FIRSTLIGHT_SMS": url,
        "FIRSTLIGHT_EMAIL": "console://",
        "FIRSTLIGHT_SECRET_KEY": "a key for tests alone",
        "DJANGO_SETTINGS_MODULE": "firstlight.config.settings",
    }
    if django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        given["DATABASE_URL"] = _own_database(given["DATABASE_URL"], tmp_path.name)
    return given


def _own_database(url: str, name: str) -> str:
    import psycopg

    own = f"crash_{''.join(filter(str.isalnum, name)).lower()}_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{own}"')
    before, _, after = url.partition("?")
    return f"{before.rpartition('/')[0]}/{own}?{after}"


def run(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Any]:
    """Starts a sender in a group of its own, so that it can be killed with its lanes; all are gone at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "firstlight.cli", "worker", "--only", "sending"]
        process = subprocess.Popen(command, env=environment, cwd=PROJECT, start_new_session=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def wait_for(is_so: Any, seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends_at, "it did not happen in time"
        time.sleep(0.02)


def test_killed_five_times_everyone_gets_it_exactly_once(sink: Sink, environment: dict[str, str], start: Any) -> None:
    run(FILL.format(members=MEMBERS), environment)
    for kills in range(1, 6):
        process = start()
        goal = MEMBERS * kills // 6
        wait_for(lambda goal=goal: len(sink.got) >= goal)
        kill(process)
        assert len(sink.got) < MEMBERS
    process = start()
    wait_for(lambda: len(sink.got) >= MEMBERS)
    wait_for(lambda: json.loads(run(STATES, environment)) == {"sent": MEMBERS})
    assert len(sink.got) == MEMBERS == len(set(sink.got.values()))
    assert sink.total < MEMBERS * 1.5, "what was claimed and not recorded may come twice, no more"


def test_told_to_stop_it_finishes_and_leaves_nothing_claimed(
    sink: Sink, environment: dict[str, str], start: Any
) -> None:
    run(FILL.format(members=MEMBERS), environment)
    process = start()
    wait_for(lambda: len(sink.got) >= 200)
    process.terminate()
    assert process.wait(30) == 0
    states = json.loads(run(STATES, environment))
    assert states == {"sent": len(sink.got), "created": MEMBERS - len(sink.got)}
    assert sink.total == len(sink.got)


def test_a_worker_ends_with_the_one_that_started_it(environment: dict[str, str], sink: Sink) -> None:
    run(FILL.format(members=1), environment)
    command = [sys.executable, "-m", "firstlight.cli", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=PROJECT, start_new_session=True)
    try:
        wait_for(lambda: len(sink.got) == 1)
        parts = family(process.pid)
        assert len(parts) == 4, "tasks, the office, and a lane for each channel"
        process.kill()
        process.wait(10)
        wait_for(lambda: not any(map(is_running, parts)), seconds=40)
    finally:
        kill(process)


def family(pid: int) -> list[int]:
    children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [one for child in children for one in (child, *family(child))]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
