"""All of an outbreak's images read again: by this machine, by a Dask cluster, stopped and gone on with."""

import json
import os
import subprocess
import sys
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from firstlight.dicom.datasets import read_instance
from firstlight.imaging import cohorts, rereading
from firstlight.imaging import store as kept
from firstlight.imaging.actions import receive
from firstlight.imaging.elsewhere import AnotherDepository, reread_there
from firstlight.imaging.models import Instance, Receipt, Rereading, Series
from firstlight.imaging.verification import verify
from tests.cast import DAWN, Cast
from tests.phantoms import as_bytes
from tests.shipments import ct, radiograph

LATER = DAWN + timedelta(days=1)


def inline(act: Any, *given: Any) -> "Future[Any]":
    """What a pool gives, done at once and in this process."""
    future: Future[Any] = Future()
    future.set_result(act(*given))
    return future


def filled(cast: Cast) -> None:
    list(receive([*ct(3), radiograph()], outbreak=cast.outbreak, by=cast.ara, at=DAWN))


def test_every_series_is_read_once_and_the_reading_is_finished(cast: Cast) -> None:
    filled(cast)
    Series.objects.update(description="wrong")
    found = cohorts.begin_rereading(cast.outbreak, cleans=False, at=LATER)
    steps = list(cohorts.reread(found, inline, processes=1, at=LATER))
    assert sorted(step.series for step in steps) == sorted(Series.objects.values_list("pk", flat=True))
    assert {step.failed for step in steps} == {0}
    assert not Series.objects.filter(description="wrong").exists()
    assert Rereading.objects.get().finished_at == LATER
    assert cohorts.begin_rereading(cast.outbreak, cleans=False, at=LATER).pk != found.pk, "the next one is a new one"


def test_what_was_stopped_goes_on_where_it_was(cast: Cast) -> None:
    filled(cast)
    found = cohorts.begin_rereading(cast.outbreak, cleans=False, at=LATER)
    first = next(cohorts.reread(found, inline, processes=1, at=LATER))
    Series.objects.exclude(pk=first.series).update(reread_at=None)
    again = cohorts.begin_rereading(cast.outbreak, cleans=False, at=LATER + timedelta(hours=1))
    assert again.pk == found.pk
    assert first.series not in [step.series for step in cohorts.reread(again, inline, processes=1, at=LATER)]
    assert Rereading.objects.get().finished_at is not None


def test_a_worker_before_another_store_touches_nothing(cast: Cast) -> None:
    filled(cast)
    with pytest.raises(AnotherDepository):
        reread_there("elsewhere", Series.objects.first().pk, False, LATER)  # type: ignore[union-attr]
    assert not Series.objects.filter(reread_at__isnull=False).exists()


def test_today_s_profile_takes_out_what_yesterday_s_kept(cast: Cast, client: Client, store: Path) -> None:
    """Stored under a profile that knew less: cleaned bytes take the place of those before, and are signed for."""
    filled(cast)
    row = Series.objects.get(modality="CT").instances.first()
    assert row is not None
    dataset = read_instance(kept.read(row.stored_object))
    dataset.InstitutionName = "Gaonnuri"
    [former] = kept.keep([as_bytes(dataset)])
    kept.forget(row.stored_object, room="objects")
    Instance.objects.filter(pk=row.pk).update(stored_object=former)
    assert rereading.reread_series(row.series_id, at=LATER) == 0
    assert Instance.objects.get(pk=row.pk).stored_object == former, "reading alone changes no bytes"
    assert rereading.reread_series(row.series_id, cleans=True, at=LATER) == 0
    cleaned = Instance.objects.get(pk=row.pk)
    assert b"Gaonnuri" not in kept.read(cleaned.stored_object)
    assert not any(b"Gaonnuri" in path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert [each.kind for each in verify(at=LATER) if each] == []
    listed = [each["sha256"] for receipt in Receipt.objects.all() for each in receipt.document["instances"]]
    assert cleaned.stored_object in listed


def test_what_cannot_be_read_stays_and_is_counted(cast: Cast) -> None:
    filled(cast)
    series = Series.objects.get(modality="CT")
    row = series.instances.first()
    assert row is not None
    kept.forget(row.stored_object, room="objects")
    assert rereading.reread_series(series.pk, at=LATER) == 1
    assert Series.objects.get(pk=series.pk).instance_count == 3


CLUSTER = """
from distributed import LocalCluster
import sys
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


def test_a_dask_cluster_reads_again_by_its_address(tmp_path: Path) -> None:
    environ = {**os.environ, "FIRSTLIGHT_DATA": str(tmp_path / "data"), "PYTHONPATH": str(Path.cwd())}
    environ.pop("DATABASE_URL", None)
    folder = tmp_path / "images"
    folder.mkdir()
    for number, content in enumerate([*ct(3), radiograph()]):
        (folder / f"{number}.dcm").write_bytes(content)

    def firstlight(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "firstlight.cli", *arguments]
        return subprocess.run(command, env=environ, check=False, capture_output=True, text=True)

    assert firstlight("migrate").returncode == 0
    begun = """
import django
django.setup()
from django.utils import timezone
from firstlight.outbreaks.actions import activate_outbreak
from firstlight.people.actions import add_member
from firstlight.people.models import Role
ara = add_member(email="a@example.org", name="Ara", roles=[Role.ADMINISTRATOR], by="command:test", at=timezone.now())
activate_outbreak(by=ara, at=timezone.now(), slug="novel-2031", name_ko="신종", name_en="Novel")
"""
    with_settings = {**environ, "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    subprocess.run([sys.executable, "-c", begun], env=with_settings, check=True, capture_output=True)
    ingested = firstlight("ingest", str(folder), "--outbreak", "novel-2031", "--workers", "2")
    assert json.loads(ingested.stdout) == {"stored": 4, "unchanged": 0, "held": 0}, ingested.stderr
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen([sys.executable, str(script)], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as cluster:  # fmt: skip
        assert cluster.stdout is not None and cluster.stdin is not None
        address = cluster.stdout.readline().strip()
        done = firstlight("reread", "--outbreak", "novel-2031", "--dask", address)
        cluster.stdin.close()
    assert done.returncode == 0, done.stderr
    assert "2/2" in done.stderr
    assert firstlight("check", "--deep").returncode == 0
