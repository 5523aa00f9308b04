"""How long the numbers take: importing a whole history, importing it again, and the page for any day.

    python bench/surveillance.py [FOLDER]

FOLDER holds JHU's time series of cases and deaths (default: ../shared/data/surveillance/jhu beside the project).
Everything happens in a data folder of its own, which is removed. Prints a JSON line a measurement.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
FILES = ("confirmed_global", "deaths_global")
ASKED = 200


def main() -> None:
    default = PROJECT.parent / "shared/data/surveillance/jhu"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    files = [next(folder.glob(f"time_series*{name}*.csv")) for name in FILES]
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as data:
        wake_django(Path(data))
        tell("first import", seconds_of(lambda: run_imports(files, data)), **held())
        tell("the same files again", seconds_of(lambda: run_imports(files, data)), **held())
        changed = [with_a_line_more(file, Path(data)) for file in files]
        tell("other bytes, same numbers", seconds_of(lambda: run_imports(changed, data)), **held())
        page()
        open_data()
    print(
        json.dumps({"what": "memory of this process", "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024})
    )


def wake_django(data: Path) -> None:
    """A database with one outbreak in it."""
    os.environ |= {"FIRSTLIGHT_DATA": str(data), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    (data / "static").mkdir()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from firstlight.outbreaks.models import Outbreak

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    at = datetime(2020, 1, 20, tzinfo=UTC)
    Outbreak.objects.create(slug="bench", name_ko="측정", name_en="Bench", activated_at=at)


def run_imports(files: list[Path], data: str) -> None:
    """As a person would, one command a file, start-up included."""
    command = [sys.executable, "-m", "firstlight.cli", "numbers", "import"]
    for file in files:
        options = ["--outbreak", "bench", "--source", "jhu", "--data", data]
        subprocess.run([*command, str(file), *options], check=True, capture_output=True)


def with_a_line_more(file: Path, folder: Path) -> Path:
    copy = folder / file.name
    copy.write_bytes(file.read_bytes() + b"\n")
    return copy


def held() -> dict[str, int]:
    from firstlight.surveillance.models import Figure

    return {"numbers held": Figure.objects.count()}


def page() -> None:
    """The numbers page on many days and of several places, as Django renders it."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    seconds, busy = [], []
    for number in range(ASKED):
        on = date(2020, 2, 1) + timedelta(days=number * 170 // ASKED)
        place = ("KR", "US", "CN", "IT", "AU-VIC")[number % 5]
        headers = {"Accept-Language": ("ko", "en")[number % 2]}
        began, busy_before = time.perf_counter(), time.process_time()
        answer = client.get(f"/outbreaks/bench/numbers/?on={on}&place={place}", headers=headers)
        seconds.append(time.perf_counter() - began)
        busy.append(time.process_time() - busy_before)
        if answer.status_code != 200:
            raise SystemExit(f"The page of {place} on {on} answered {answer.status_code}.")
    shown = {name: round(1000 * value, 1) for name, value in percentiles(seconds).items()}
    cpu = {name: round(1000 * value, 1) for name, value in percentiles(busy).items()}
    print(json.dumps({"what": "numbers page", "requests": ASKED, "ms": shown, "processor ms": cpu}))


def open_data() -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    tell(
        "CSV of every place", seconds_of(lambda: b"".join(client.get("/outbreaks/bench/numbers.csv").streaming_content))
    )
    tell("JSON of every place", seconds_of(lambda: client.get("/outbreaks/bench/numbers.json").content))


def percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def tell(what: str, seconds: float, **more: int) -> None:
    print(json.dumps({"what": what, "seconds": round(seconds, 2), **more}))


if __name__ == "__main__":
    main()
