"""Four clients, two web processes, a polite restart, a kill of one and a kill of all: the numbers are the truth."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.visits.crowd import Crowd, crowd, midnight, truth_rows
from tests.visits.serving import Numbers, Server, differences, free_port, send


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path, free_port(), _database_url(tmp_path))
    started.prepare()
    started.start()
    yield started
    started.end(signal.SIGKILL)


def _database_url(folder: Path) -> str:
    """A database of its own on the run's PostgreSQL, else an SQLite of its own."""
    if os.environ.get("FIRSTLIGHT_TEST_DATABASE") != "postgres":
        return ""
    import psycopg

    url, name = os.environ["DATABASE_URL"], f"visits_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    head, question, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{tail}"


def truth_of(*crowds: Crowd) -> Numbers:
    return Counter(
        {(day, name, country, measure): number for day, name, country, measure, number in truth_rows(*crowds)}
    )


@pytest.mark.django_db
def test_counts_are_the_crowd_s_own_truth_through_restarts_and_midnights(server: Server) -> None:
    first = crowd(midnight(2031, 3, 1), seed=1, visitors=120, views=150)
    second = crowd(midnight(2031, 3, 2), seed=2, visitors=60, views=80)

    def restart(how: signal.Signals) -> None:
        server.end(how)
        server.start()

    def look() -> None:
        server.ask("/visits.csv", first.steps[-1].second)

    events = [
        (0.2, look),
        (0.3, lambda: restart(signal.SIGTERM)),
        (0.5, look),
        (0.6, lambda: restart(signal.SIGKILL)),
        (0.8, server.kill_one),
        (0.9, look),
    ]
    ran = send(server, first, clients=4, events=events)
    after_midnight = int(second.day.timestamp()) + 3600
    assert differences(server.numbers(after_midnight), truth_of(first), retried=ran.retried) == []
    ran_again = send(server, second, clients=4)
    three_days_on = after_midnight + 4 * 86400
    found = server.numbers(three_days_on)
    assert differences(found, truth_of(first, second), retried=ran.retried + ran_again.retried) == []
    views = {
        name: sum(found[day, name, c, "views"] for day, n, c, m in found if n == name and m == "views") for name in [""]
    }
    assert views[""] > 230 and found == server.numbers(three_days_on + 60)
