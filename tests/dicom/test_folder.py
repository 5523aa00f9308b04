import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pydicom
import pytest

from firstlight.dicom.datasets import read_instance
from firstlight.dicom.folder import BadCall, deidentify_folder
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import describe, fault_of, load_receipt
from firstlight.signing import is_genuine, signer_of
from tests.phantoms import HONG, KIM, PLANTED, as_bytes, identified_ct, identified_radiograph, write_series

KEY = SiteKey.from_bytes(b"0123456789abcdef")
PROFILE = Profile.load()
COMMAND = [sys.executable, "-m", "firstlight.cli", "deidentify"]


def run(src, dst, **more):
    told = []
    summary = deidentify_folder(
        src, dst, profile=PROFILE, key=KEY, signer=signer_of(KEY), on_outcome=told.append, **more
    )
    return summary, told


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command(*arguments, **more):
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, **more)


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "site.key"
    path.write_bytes(b"0123456789abcdef\n")
    return path


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "from the pacs"
    write_series(folder / "Hong Gildong", 3)
    write_series(folder / "a", 2, patient=KIM, study=5)
    (folder / "radiograph.anything").write_bytes(as_bytes(identified_radiograph()))
    (folder / "notes.txt").write_text("홍길동 850101-1234568")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "cut.dcm").write_bytes(as_bytes(identified_ct(9))[:-5])
    (folder / "captured").write_bytes(as_bytes(identified_ct(8, BurnedInAnnotation="YES")))
    return folder


def test_every_file_is_met_and_named_by_its_place(source, tmp_path):
    summary, told = run(source, tmp_path / "out")
    assert (summary.done, summary.refused, summary.studies) == (6, 4, 3)
    assert summary.reasons == {"burned-in-annotation": 1, "not-dicom": 2, "truncated": 1}
    assert {one.source for one in told if one.status == "refused"} == {"notes.txt", "empty.dcm", "cut.dcm", "captured"}
    for path in (tmp_path / "out").rglob("*.dcm"):
        instance = read_instance(path)
        assert path.relative_to(tmp_path / "out").parts == (
            instance.PatientID, instance.StudyInstanceUID, instance.SeriesInstanceUID, f"{instance.SOPInstanceUID}.dcm"
        )  # fmt: skip


def test_nothing_of_the_work_is_left(source, tmp_path):
    run(source, tmp_path / "out")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.suffix != ".dcm"]
    assert not (tmp_path / "out" / ".firstlight-work").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_tree_and_receipts_every_time(source, tmp_path, workers):
    first = run(source, tmp_path / "one", receipts_dir=tmp_path / "r1")[0]
    second = run(source, tmp_path / "two", receipts_dir=tmp_path / "r2", workers=workers)[0]
    again = run(source, tmp_path / "two", receipts_dir=tmp_path / "r2", workers=workers)[0]
    assert first == second == again
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert tree(tmp_path / "r1") == tree(tmp_path / "r2")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")])
def test_two_contents_under_one_uid_are_both_refused(tmp_path, workers, names):
    source = tmp_path / "in"
    source.mkdir()
    contents = [as_bytes(identified_ct(1)), as_bytes(identified_ct(1, KVP="80")), as_bytes(identified_ct(1))]
    for name, content in zip(names, contents, strict=True):
        (source / name).write_bytes(content)
    (source / "other").write_bytes(as_bytes(identified_ct(2)))
    for _ in range(2):
        summary, told = run(source, tmp_path / "out", workers=workers, receipts_dir=tmp_path / "receipts")
        assert (summary.done, summary.reasons) == (1, {"conflict": 3})
        assert {one.source for one in told if one.reason == "conflict"} == {"a", "b", "c"}
        assert len(tree(tmp_path / "out")) == 1
    [receipt] = (tmp_path / "receipts").iterdir()
    assert load_receipt(receipt.read_text())["refused"] == {"conflict": 3}


def test_the_same_file_twice_is_no_conflict(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("one", "two"):
        (tmp_path / "in" / name).write_bytes(as_bytes(identified_ct(1)))
    assert run(tmp_path / "in", tmp_path / "out")[0].done == 2
    assert len(tree(tmp_path / "out")) == 1


def test_links_pipes_and_odd_names(tmp_path):
    source, outside = tmp_path / "in", tmp_path / "outside"
    [one] = write_series(source, 1)
    [secret_file] = write_series(outside, 1, study=7)
    (source / "within").symlink_to(one)
    (source / "away").symlink_to(secret_file)
    (source / "lost").symlink_to(tmp_path / "nowhere")
    (source / "folder away").symlink_to(outside)
    os.mkfifo(source / "pipe")
    Path(os.fsdecode(os.fsencode(source) + b"/\xff\xfe.dcm")).write_bytes(as_bytes(identified_ct(4)))
    summary, told = run(source, tmp_path / "out")
    assert summary.done == 2
    assert {one.source: one.reason for one in told if one.status == "refused"} == {
        "away": "link", "lost": "link", "folder away": "link", "pipe": "not-a-file"
    }  # fmt: skip
    assert "\udcff\udcfe.dcm" in {one.source for one in told}


def test_a_huge_file_is_not_read_into_memory(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    with (source / "huge").open("wb") as file:
        file.truncate(1 << 36)
    with (source / "huge.dcm").open("wb") as file:
        file.write(as_bytes(identified_ct())[:-512])
        file.truncate(1 << 33)
    assert run(source, tmp_path / "out")[0].reasons == {"damaged": 1, "not-dicom": 1}


def test_folders_that_lie_in_one_another_are_refused(source, tmp_path):
    for src, dst in (
        (source, source),
        (source, source / "out"),
        (source, tmp_path),
        (tmp_path / "none", tmp_path / "x"),
    ):
        with pytest.raises(BadCall):
            run(src, dst)
    with pytest.raises(BadCall, match="receipts"):
        run(source, tmp_path / "out", receipts_dir=source / "receipts")
    assert not (tmp_path / "out").exists()


def test_a_single_file(tmp_path):
    [path] = write_series(tmp_path / "in", 1)
    assert run(path, tmp_path / "out")[0].done == 1


def test_receipts_tell_what_was_done_and_nothing_else(source, tmp_path):
    run(source, tmp_path / "out", receipts_dir=tmp_path / "receipts")
    receipts = {path: load_receipt(path.read_text("utf-8")) for path in (tmp_path / "receipts").iterdir()}
    assert len(receipts) == 3
    for path, receipt in receipts.items():
        assert fault_of(receipt) == ""
        assert is_genuine(receipt)
        assert not is_genuine({**receipt, "profile": "x"})
        assert path.stem == receipt["study_instance_uid"]
        shown = path.read_text("utf-8") + describe(receipt, "ko") + describe(receipt, "en")
        assert not [word for word in (*PLANTED, "IM0001", "radiograph.anything") if word in shown]
        assert "비식별화" in describe(receipt, "ko")
    ct = next(receipt for receipt in receipts.values() if len(receipt["instances"]) == 3)
    assert ct["refused"] == {"burned-in-annotation": 1}
    rows = {(row["tag"], row["action"]): row["count"] for row in ct["actions"]}
    assert rows["(0008,0080)", "X"] == 3
    assert rows["(0020,000D)", "U"] == 3
    with pytest.raises(ValueError, match="schema"):
        load_receipt("{}")


def test_killed_at_any_moment_and_repeated_it_is_one_clean_run(tmp_path, secret):
    source, chance = tmp_path / "in", random.Random(1)
    write_series(source / "x", 40, size=64)
    write_series(source / "y", 20, size=64, patient=KIM, study=6)
    (source / "z").write_bytes(as_bytes(identified_ct(1, size=64, KVP="80")))
    run(source, tmp_path / "clean")
    arguments = [*COMMAND, str(source), str(tmp_path / "out"), "--secret-file", str(secret)]
    for _ in range(6):
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.35 + chance.random() * 0.5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in (tmp_path / "out").rglob("*.dcm"):
            read_instance(path)
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 3
    assert tree(tmp_path / "out") == tree(tmp_path / "clean")


def test_the_command_answers_names_and_exits(source, tmp_path, secret):
    ran = command(source, tmp_path / "out", "--secret-file", secret, "--receipts", tmp_path / "receipts")
    assert ran.returncode == 3
    assert json.loads(ran.stdout)["done"] == 7  # somebody looks at the capture now
    assert ran.stdout.count("\n") == 1
    for name in ("notes.txt", "empty.dcm", "cut.dcm"):
        assert name in ran.stderr
    assert "it is not a DICOM file" in ran.stderr
    assert not [word for word in PLANTED if word in ran.stdout + ran.stderr]
    for name in ("notes.txt", "empty.dcm", "cut.dcm"):
        (source / name).unlink()
    assert command(source, tmp_path / "out", "--secret-file", secret, "--workers", "2").returncode == 0


def test_bad_calls(source, tmp_path, secret):
    short = tmp_path / "short"
    short.write_bytes(b"short")
    for src, dst, file in (
        (tmp_path / "none", tmp_path / "out", secret),
        (source, source / "out", secret),
        (source, tmp_path / "out", short),
        (source, tmp_path / "out", tmp_path / "none"),
    ):
        ran = command(src, dst, "--secret-file", file)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "Traceback" not in ran.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_is_clean(tmp_path, secret, number):
    source = tmp_path / "in"
    write_series(source, 900, size=32)
    arguments = [*COMMAND, str(source), str(tmp_path / "out"), "--secret-file", str(secret)]
    # Whoever runs the tests in the background ignores SIGINT for all its children.
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 10
    while not [*(tmp_path / "out").rglob("*.dcm")] and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "run the same command again" in errors
    assert "Traceback" not in errors


def test_patients_never_share_a_folder(source, tmp_path):
    run(source, tmp_path / "out")
    names = {KEY.pseudonym(patient.patient_id) for patient in (HONG, KIM)}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names


def test_whom_one_file_names_is_searched_for_in_the_others(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "a").write_bytes(as_bytes(identified_ct(1, SeriesDescription="CHEST Carotid AXIAL")))
    (source / "b").write_bytes(as_bytes(identified_ct(2, SeriesDescription="CHEST AXIAL")))
    (source / "c").write_bytes(as_bytes(identified_ct(3, RequestingPhysician="Axial^Carotid")))
    summary, _ = run(source, tmp_path / "out")
    assert (summary.done, summary.refused) == (3, 0)
    texts = {pydicom.dcmread(path).SeriesDescription for path in (tmp_path / "out").rglob("*.dcm")}
    assert not any("carotid" in (text or "").lower() or "axial" in (text or "").lower() for text in texts)
    again = tree(tmp_path / "out")
    run(source, tmp_path / "out")
    assert tree(tmp_path / "out") == again
    run(source, tmp_path / "two", workers=2)
    assert tree(tmp_path / "two") == again
