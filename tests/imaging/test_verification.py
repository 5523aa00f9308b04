"""The store is the truth: what the index loses comes back from it, damage is found, nothing is overwritten."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from firstlight.imaging import store as kept
from firstlight.imaging.actions import receive
from firstlight.imaging.dicomweb.metadata import documents_of
from firstlight.imaging.models import Covered, Held, Instance, Receipt, Series, SigningKey, Study, Waiting
from firstlight.imaging.receipts import take_receipt
from firstlight.imaging.rereading import reread_series
from firstlight.imaging.verification import restore_unindexed, verify
from tests.cast import DAWN, Cast
from tests.phantoms import as_bytes, identified_ct
from tests.shipments import ct, radiograph, receipt_for

INDEX = (Waiting, Covered, Receipt, Held, Instance, Series, Study)


def findings() -> list[str]:
    return sorted(each.kind for each in verify(at=DAWN) if each is not None)


def filled(cast: Cast) -> list[bytes]:
    """A CT under a site's receipt, a radiograph under the server's own, one conflict, one identified file."""
    contents = ct(3)
    take_receipt(receipt_for(contents), by=cast.maru, at=DAWN)
    other = contents[0][:-2] + bytes([contents[0][-2] ^ 1, contents[0][-1]])
    list(receive([*contents, other, as_bytes(identified_ct(9))], outbreak=cast.outbreak, by=cast.maru, at=DAWN))
    list(receive([radiograph()], outbreak=None, by=cast.ara, at=DAWN))
    return contents


def picture() -> dict[str, list[dict[str, object]]]:
    """What the index says, but for keys and for what people decided."""
    left_out = {"id", "study_id", "series_id", "received_at", "touched_at", "former_object"}
    rows = {
        model.__name__: [{name: value for name, value in row.items() if name not in left_out} for row in found]
        for model, found in (
            (Study, Study.objects.order_by("study_instance_uid").values()),
            (Series, Series.objects.order_by("series_instance_uid").values()),
            (Instance, Instance.objects.order_by("sop_instance_uid").values()),
        )
    }
    return {**rows, "Receipt": list(Receipt.objects.order_by("digest").values("digest", "document"))}


def test_what_is_sound_is_left_alone(cast: Cast) -> None:
    filled(cast)
    before = picture()
    assert findings() == []
    assert picture() == before


def test_an_index_that_is_lost_comes_back_from_the_store_alone(cast: Cast, client: Client) -> None:
    filled(cast)
    before = picture()
    for model in INDEX:
        model.objects.all().delete()
    SigningKey.objects.all().delete()
    assert findings() == sorted(["indexed"] * 4 + ["receipt"] * 2 + ["quarantined"])
    assert picture() == before
    assert [(each.reason, each.kept) for each in Held.objects.all()] == [("recovered", True)]
    assert findings() == []
    client.force_login(cast.ara)
    for series in Series.objects.all():
        address = f"/dicom-web/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}/metadata"
        assert len(client.get(address).json()) == series.instance_count
    assert not Study.objects.filter(public_since__isnull=False).exists(), "nobody has said who may read it"


def test_what_a_power_cut_took_from_the_index_is_put_back(cast: Cast) -> None:
    filled(cast)
    before = picture()
    lost = Series.objects.get(modality="CT").instances.first()
    assert lost is not None
    lost.delete()
    assert [each.kind for each in restore_unindexed(at=DAWN)] == ["indexed"]
    assert findings() == ["document"], "a row that was settled once came back as a new one"
    assert picture() == before


def test_damaged_bytes_are_found_set_aside_and_healed_by_the_same_again(cast: Cast, store: Path) -> None:
    contents = filled(cast)
    instance = Instance.objects.get(stored_object=kept.digest_of(contents[1]))
    place = store / kept.name_of(instance.stored_object)
    place.chmod(0o600)
    place.write_bytes(contents[1][:-1] + b"\7")
    assert findings() == ["damaged", "missing"]
    assert not place.exists()
    assert [path.read_bytes()[-1:] for path in (store / "damaged").rglob("*") if path.is_file()] == [b"\7"]
    [outcome] = receive([contents[1]], outbreak=cast.outbreak, by=cast.maru, at=DAWN)
    assert outcome.status == "unchanged"
    assert kept.read(instance.stored_object) == contents[1]
    assert findings() == []


@pytest.mark.parametrize("harm", ["gone", "garbage", "another's"])
def test_a_series_document_is_made_again(cast: Cast, store: Path, harm: str) -> None:
    filled(cast)
    before = picture()
    series = Series.objects.get(modality="CT")
    place = store / kept.name_of(series.metadata_object, room="metadata")
    if harm == "gone":
        place.unlink()
    elif harm == "garbage":
        place.write_bytes(b"garbage")
    else:
        series.metadata_object = Series.objects.exclude(pk=series.pk).get().metadata_object
        series.save()
    place.unlink(missing_ok=True)
    assert findings() == ["document"]
    assert picture() == before
    assert len(documents_of(Series.objects.get(pk=series.pk).metadata_object)) == 3


def test_counts_that_are_wrong_are_counted_again(cast: Cast) -> None:
    filled(cast)
    before = picture()
    Series.objects.filter(modality="CT").update(instance_count=7, frame_count=1, ready="{}")
    assert findings() == ["document"]
    assert picture() == before


def test_what_is_older_than_the_rooms_is_written_into_them(cast: Cast, store: Path) -> None:
    filled(cast)
    for room in ("receipts", "memberships"):
        for path in [path for path in (store / room).rglob("*") if path.is_file()]:
            path.unlink()
    from firstlight.imaging import memberships

    memberships._remembered.clear()
    assert findings() == ["membership"] * 2 + ["receipt"] * 2
    assert findings() == []


def test_a_receipt_that_was_changed_in_the_store_vouches_for_nothing(cast: Cast, store: Path) -> None:
    filled(cast)
    [digest, *_] = Receipt.objects.values_list("digest", flat=True)
    content = kept.read(digest, room="receipts")
    Receipt.objects.get(digest=digest).delete()
    (store / kept.name_of(digest, room="receipts")).write_bytes(content.replace(b'"actions"', b'"Actions"'))
    assert "receipt" not in findings()


def test_reading_again_changes_nothing_that_is_right(cast: Cast) -> None:
    filled(cast)
    before = picture()
    Instance.objects.update(rows=1, frames=[])
    Series.objects.update(description="wrong")
    assert [reread_series(series.pk) for series in Series.objects.all()] == [0, 0]
    assert picture() == before


STORES = """
import io, sys
import django
django.setup()
from django.utils import timezone
from firstlight.dicom.profile import Profile
from firstlight.imaging.actions import take_in
from firstlight.imaging.memberships import Terms
from tests.shipments import ct
contents = ct(60)
print("ready", flush=True)
for content in contents:
    [outcome] = take_in([content], Terms(None, None, timezone.now(), False, Profile.load()))
    print(outcome.status, outcome.sop_instance_uid, flush=True)
"""


def test_what_was_answered_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    """kill -9 in the middle of storing: every instance that was answered is there, and the rest can be sent again."""
    environ = {**os.environ, "FIRSTLIGHT_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    environ.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "firstlight.cli", "migrate"]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    with subprocess.Popen([sys.executable, "-c", STORES], env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        said = [process.stdout.readline().split() for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        said += [line.split() for line in process.stdout.read().splitlines()]
    assert all(status == "stored" for status, _uid in said)
    check = """
import django
django.setup()
from firstlight.imaging import store
from firstlight.imaging.models import Instance
for each in Instance.objects.all():
    assert store.digest_of(store.read(each.stored_object)) == each.stored_object
    print(each.sop_instance_uid)
"""
    read = [sys.executable, "-c", check]
    there = subprocess.run(read, env=environ, check=True, capture_output=True, text=True).stdout.split()
    assert {uid for _status, uid in said if uid} <= set(there)
    deep = [sys.executable, "-m", "firstlight.cli", "check", "--deep"]
    assert subprocess.run(deep, env=environ, check=False, capture_output=True).returncode == 0
    again = subprocess.run([sys.executable, "-c", STORES], env=environ, check=True, capture_output=True, text=True)
    statuses = [line.split()[0] for line in again.stdout.splitlines()[1:]]
    assert statuses.count("unchanged") >= len(said)
    assert set(statuses) <= {"stored", "unchanged"} and len(statuses) == 60
    assert len(subprocess.run(read, env=environ, check=True, capture_output=True, text=True).stdout.split()) == 60
