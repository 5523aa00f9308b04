"""How fast papers come in: records a second, the same file again, one broken record, memory, search.

    python bench/literature.py [COUNT] [FOLDER]

COUNT records (default 100,000) are made from LitCovid's titles in FOLDER (default ../shared/data/literature beside the
project). Everything happens in a data folder of its own, which is removed; with DATABASE_URL set, in that database,
which must be empty. Prints a JSON line a measurement, with CPU seconds beside those of the clock.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "bench")]
QUESTIONS = ("pneumonia", "long covid fatigue", "tomogrpahy", '"post-acute sequelae"', "yoon", "폐렴")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else PROJECT.parent / "shared/data/literature"
    if not folder.is_dir():
        sys.exit("There is no folder with LitCovid's titles.")
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as data:
        file, broken = Path(data) / "papers.xml", Path(data) / "broken.xml"
        write(folder, count, file, broken)
        wake_django(Path(data))
        from firstlight.literature.actions.importing import import_file
        from firstlight.literature.actions.indexing import index_new

        at = datetime(2020, 3, 1, tzinfo=UTC)
        mb = file.stat().st_size / 1e6
        first = measured(lambda: import_file(file, by="bench", at=at, tell=Memory()))
        tell("first import", count, first, MB=round(mb), counts=str(first[0].counts), **held())
        again = measured(lambda: import_file(file, by="bench", at=at, again=True))
        tell("the same file again", count, again, counts=str(again[0].counts))
        hurt = measured(lambda: import_file(broken, by="bench", at=at))
        tell(
            "one broken record", count, hurt, faults=[str(each) for each in hurt[0].faults], counts=str(hurt[0].counts)
        )
        tell("made findable", count, measured(lambda: sum(iter(lambda: index_new(at), 0))), **held())
        search()


def write(folder: Path, count: int, file: Path, broken: Path) -> None:
    """The file, and the same with its record at 54 % broken."""
    from papers.corpus import write_pubmed

    for path, broken_at in ((file, 0), (broken, max(1, count * 54_321 // 100_000))):
        with path.open("w", encoding="utf-8") as stream:
            write_pubmed(folder, count, stream, broken_at=broken_at)


def wake_django(data: Path) -> None:
    """An empty database."""
    os.environ |= {"FIRSTLIGHT_DATA": str(data)}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firstlight.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


class Memory:
    """Says at every tenth of the way how much memory the process holds, so that growth is seen."""

    def __init__(self) -> None:
        self.told = 0

    def __call__(self, done: int, _read: int) -> None:
        if done >= self.told:
            self.told += 20_000
            print(json.dumps({"what": "on the way", "records": done, **held()}))


def measured(do: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gave, seconds by the clock and of the CPU."""
    clock, cpu = time.perf_counter(), time.process_time()
    result = do()
    return result, time.perf_counter() - clock, time.process_time() - cpu


def tell(what: str, count: int, found: tuple[Any, float, float], **more: Any) -> None:
    _result, clock, cpu = found
    line = {"what": what, "seconds": round(clock, 2), "cpu_seconds": round(cpu, 2), "a_second": round(count / clock)}
    print(json.dumps({**line, "load": os.getloadavg()[0], **more}), flush=True)


def held() -> dict[str, int]:
    return {"peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def search() -> None:
    """How long questions take, the first time and again."""
    from firstlight.literature.search.finding import find

    for question in QUESTIONS:
        first, again = measured(lambda: find(question)), measured(lambda: find(question))  # noqa: B023 — asked at once
        ms = [round(each[1] * 1000, 1) for each in (first, again)]
        print(json.dumps({"what": "search", "question": question, "found": len(first[0].papers), "ms": ms}))


if __name__ == "__main__":
    main()
