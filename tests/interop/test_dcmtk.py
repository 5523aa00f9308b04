"""DCMTK as a peer: it stores, searches and fetches, and is sent to."""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.interop.conftest import AT, DOOR, QRSCP, SINK, Depository, Files, Run, answers_of, uid_of, wait_until
from tests.phantoms import as_bytes, identified_ct

pytestmark = pytest.mark.interop
Study = Callable[..., Files]
Program = Callable[[str], str]


def same_pixels(one: Path, other: Path) -> bool:
    return bool(dcmread(one).PixelData == dcmread(other).PixelData)


def stored(depository: Depository, files: Files) -> None:
    wait_until(lambda: files.uids.keys() <= depository.instances(), why=depository.log.read_text)


def test_it_is_announced_like_the_web(depository: Depository) -> None:
    assert f"DICOM at FL@127.0.0.1:{DOOR}\n" in depository.said


def test_echo_for_those_who_are_known(dcmtk: Run) -> None:
    assert dcmtk("echoscu", *AT).returncode == 0
    stranger = dcmtk("echoscu", *AT, title="STRANGER", check=False)
    assert "Calling AE Title Not Recognized" in stranger.stderr
    elsewhere = dcmtk("echoscu", "-aec", "OTHER", *AT, check=False)
    assert "Called AE Title Not Recognized" in elsewhere.stderr


def test_storing_with_one_association_and_with_four(dcmtk: Run, study: Study, depository: Depository) -> None:
    one = study(6)
    dcmtk("storescu", *AT, *one.names)
    four = [study(6, of=number) for number in range(1, 5)]
    with ThreadPoolExecutor(4) as senders:
        list(senders.map(lambda files: dcmtk("storescu", *AT, *files.names), four))
    for files in (one, *four):
        stored(depository, files)


def test_the_same_again_changes_nothing(dcmtk: Run, study: Study, depository: Depository) -> None:
    files = study(2)
    dcmtk("storescu", *AT, *files.names)
    stored(depository, files)
    dcmtk("storescu", *AT, *files.names)
    wait_until(lambda: not any((depository.data / "arrivals").glob("*/*")))
    assert files.uids.keys() <= depository.instances()


def test_what_is_identified_is_not_kept(dcmtk: Run, tmp_path: Path, depository: Depository) -> None:
    path = tmp_path / "identified.dcm"
    path.write_bytes(as_bytes(identified_ct(1, study=777)))
    dcmtk("storescu", *AT, str(path))
    wait_until(lambda: not any((depository.data / "arrivals").glob("*/*")))
    assert str(dcmread(path).SOPInstanceUID) not in depository.instances()
    kept = [each for each in depository.data.rglob("*") if each.is_file() and b"Gildong" in each.read_bytes()]
    assert kept == []


def find(dcmtk: Run, level: str, *keys: str, model: str = "-S", title: str = "SCU") -> list[dict[str, str]]:
    arguments = [part for key in (f"QueryRetrieveLevel={level}", *keys) for part in ("-k", key)]
    return answers_of(dcmtk("findscu", model, *arguments, *AT, title=title).stderr)


@pytest.fixture
def known(dcmtk: Run, study: Study, depository: Depository) -> Files:
    files = study(4)
    dcmtk("storescu", *AT, *files.names)
    stored(depository, files)
    return files


def test_searching_at_every_level(dcmtk: Run, known: Files) -> None:
    study_uid, patient = uid_of(known, "StudyInstanceUID"), uid_of(known, "PatientID")
    [one] = find(dcmtk, "STUDY", f"StudyInstanceUID={study_uid}", "PatientID", "NumberOfStudyRelatedInstances")
    assert (one["0020000D"], one["00100020"], one["00201208"]) == (study_uid, patient, "4")
    [one] = find(dcmtk, "SERIES", f"StudyInstanceUID={study_uid}", "SeriesInstanceUID", "Modality")
    assert (one["0020000E"], one["00080060"]) == (uid_of(known, "SeriesInstanceUID"), "CT")
    images = find(dcmtk, "IMAGE", f"StudyInstanceUID={study_uid}", "SOPInstanceUID", "InstanceNumber")
    assert {each["00080018"] for each in images} == known.uids.keys()
    [one] = find(dcmtk, "PATIENT", f"PatientID={patient}", "PatientName", "NumberOfPatientRelatedStudies", model="-P")
    assert one["00100010"] == patient
    assert find(dcmtk, "IMAGE", f"StudyInstanceUID={study_uid}", "InstanceNumber=3", "SOPInstanceUID", model="-P")


def test_matching_as_the_standard_has_it(dcmtk: Run, known: Files) -> None:
    """Wildcards, ranges, lists of UIDs, and a key that no de-identified study has a value for (PS3.4 C.2.2.2)."""
    study_uid, patient = uid_of(known, "StudyInstanceUID"), uid_of(known, "PatientID")
    day = uid_of(known, "StudyDate")

    def found(*keys: str) -> bool:
        return any(each["0020000D"] == study_uid for each in find(dcmtk, "STUDY", "StudyInstanceUID", *keys))

    assert found(f"PatientID={patient[:6]}*") and found(f"PatientID=??{patient[2:]}")
    assert not found("PatientID=NO*")
    assert found(f"StudyDate={day}") and found(f"StudyDate={day}-") and found(f"StudyDate=19000101-{day}")
    assert not found("StudyDate=19000101-19000102")
    assert found("ModalitiesInStudy=CT") and not found("ModalitiesInStudy=MR")
    assert not found("AccessionNumber=1")
    both = find(dcmtk, "STUDY", rf"StudyInstanceUID=1.2.3\{study_uid}")
    assert [each["0020000D"] for each in both] == [study_uid]


def test_what_a_peer_may_not_know_is_not_there_for_it(dcmtk: Run, known: Files) -> None:
    study_uid = uid_of(known, "StudyInstanceUID")
    assert find(dcmtk, "STUDY", f"StudyInstanceUID={study_uid}", title="PUBLIC") == []
    refused = dcmtk("storescu", *AT, *known.names, title="PUBLIC", check=False)
    assert refused.returncode != 0


def test_getting(dcmtk: Run, known: Files, tmp_path: Path) -> None:
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid_of(known, 'StudyInstanceUID')}")
    got = tmp_path / "got"
    got.mkdir()
    dcmtk("getscu", "-S", *keys, "-od", str(got), *AT)
    assert {str(dcmread(each).SOPInstanceUID) for each in got.iterdir()} == known.uids.keys()
    for each in got.iterdir():
        assert same_pixels(each, known.uids[str(dcmread(each).SOPInstanceUID)])
    others = tmp_path / "others"
    others.mkdir()
    dcmtk("getscu", "-S", *keys, "-od", str(others), *AT, title="PUBLIC")
    assert list(others.iterdir()) == []


def test_moving_to_the_one_who_asks(dcmtk: Run, known: Files, tmp_path: Path) -> None:
    study_uid = uid_of(known, "StudyInstanceUID")
    [one, *_] = known.uids
    keys = ("-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={study_uid}", "-k", f"SOPInstanceUID={one}")
    dcmtk("movescu", "-S", "-aem", "SCU", "--port", str(SINK), "-od", str(tmp_path), *keys, *AT)
    [path] = [each for each in tmp_path.iterdir() if each.is_file() and each.suffix != ".dcm"]
    assert same_pixels(path, known.uids[one])


def test_moving_to_somebody_unknown(dcmtk: Run, known: Files) -> None:
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid_of(known, 'StudyInstanceUID')}")
    refused = dcmtk("movescu", "-v", "-S", "-aem", "NOWHERE", *keys, *AT, check=False)
    assert "a801" in refused.stderr.lower() or "MoveDestinationUnknown" in refused.stderr


@pytest.fixture
def archive(program: Program, network: None, tmp_path: Path) -> "subprocess.Popen[bytes]":
    """DCMTK's own archive, dcmqrscp, which takes what it is sent."""
    folder = tmp_path / "archive"
    folder.mkdir()
    configuration = tmp_path / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {QRSCP}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n"
        f"fl = (FL, 127.0.0.1, {DOOR})\nscu = (SCU, 127.0.0.1, {SINK})\nHostTable END\nVendorTable BEGIN\n"
        f"VendorTable END\nAETable BEGIN\nQRSCP {folder} RW (200, 1024mb) ANY\nAETable END\n"
    )
    process = subprocess.Popen(
        [program("dcmqrscp"), "-c", str(configuration)], env={**os.environ, "TCP_NODELAY": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield process
    process.terminate()
    process.wait(timeout=20)


def test_moving_to_an_archive(dcmtk: Run, known: Files, archive: object, program: Program) -> None:
    echo = [program("echoscu"), "-aec", "QRSCP", "127.0.0.1", str(QRSCP)]
    wait_until(lambda: subprocess.run(echo, check=False, capture_output=True).returncode == 0)
    study_uid = uid_of(known, "StudyInstanceUID")
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study_uid}")
    dcmtk("movescu", "-S", "-aem", "QRSCP", *keys, *AT)
    there = dcmtk(
        "findscu", "-aec", "QRSCP", "-S", "-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={study_uid}",
        "-k", f"SeriesInstanceUID={uid_of(known, 'SeriesInstanceUID')}", "-k", "SOPInstanceUID",
        "127.0.0.1", str(QRSCP),
    )  # fmt: skip
    assert {each["00080018"] for each in answers_of(there.stderr)} == known.uids.keys()
