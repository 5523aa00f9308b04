"""Orthanc as a peer in both directions: it stores to us, searches and fetches from us, and asks what we keep."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.conftest import Depository, Files, Run, ask, uid_of, wait_until
from tests.phantoms import as_bytes, identified_ct

pytestmark = pytest.mark.interop
Study = Callable[..., Files]


def upload(orthanc: str, content: bytes) -> str:
    """Orthanc's own number for an instance that is put into it."""
    import urllib.request

    import orjson

    with urllib.request.urlopen(urllib.request.Request(f"{orthanc}/instances", data=content), timeout=30) as answer:
        return str(orjson.loads(answer.read())["ID"])


def there(orthanc: str) -> set[str]:
    """The SOP Instance UIDs that Orthanc has."""
    found = ask(f"{orthanc}/instances?expand")
    return {each["MainDicomTags"]["SOPInstanceUID"] for each in found}


@pytest.fixture
def sent(orthanc: str, study: Study, depository: Depository) -> Files:
    """A study that Orthanc has stored here."""
    files = study(5)
    numbers = [upload(orthanc, path.read_bytes()) for path in files.paths]
    answer = ask(f"{orthanc}/modalities/FL/store", {"Resources": numbers, "Synchronous": True})
    assert (answer["InstancesCount"], answer["FailedInstancesCount"]) == (5, 0)
    wait_until(lambda: files.uids.keys() <= depository.instances(), why=depository.log.read_text)
    for number in numbers:
        _forget(orthanc, number)
    assert not files.uids.keys() & there(orthanc)
    return files


def _forget(orthanc: str, number: str) -> None:
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(f"{orthanc}/instances/{number}", method="DELETE"), timeout=30).close()


def test_it_echoes(orthanc: str, depository: Depository) -> None:
    assert ask(f"{orthanc}/modalities/FL/echo", {}) == {}


def test_it_finds_here_and_fetches_what_it_found(orthanc: str, sent: Files) -> None:
    study_uid = uid_of(sent, "StudyInstanceUID")
    query = ask(f"{orthanc}/modalities/FL/query", {"Level": "Study", "Query": {"StudyInstanceUID": study_uid}})["ID"]
    answers = ask(f"{orthanc}/queries/{query}/answers?expand&simplify")
    assert [each["StudyInstanceUID"] for each in answers] == [study_uid]
    ask(f"{orthanc}/queries/{query}/answers/0/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
    wait_until(lambda: sent.uids.keys() <= there(orthanc))


def test_it_fetches_what_another_asked_to_be_moved_there(orthanc: str, sent: Files, dcmtk: Run) -> None:
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid_of(sent, 'StudyInstanceUID')}")
    dcmtk("movescu", "-S", "-aem", "ORTHANC", *keys, "127.0.0.1", "11112")
    assert sent.uids.keys() <= there(orthanc)


def commitment(orthanc: str, instances: list[dict[str, str]]) -> dict[str, object]:
    """What the depository answers for, as Orthanc was told."""
    asked = ask(f"{orthanc}/modalities/FL/storage-commitment", {"DicomInstances": instances})
    return dict(
        wait_until(
            lambda: (report := ask(f"{orthanc}/storage-commitment/{asked['ID']}"))["Status"] != "Pending" and report
        )
    )


def references(uids: object) -> list[dict[str, str]]:
    return [
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": uid}
        for uid in uids  # type: ignore[attr-defined]
    ]


def test_it_is_told_what_is_kept(orthanc: str, sent: Files) -> None:
    report = commitment(orthanc, references(sent.uids))
    assert report["Status"] == "Success"
    kept = {each["SOPInstanceUID"] for each in report["Success"]}  # type: ignore[attr-defined]
    assert kept == sent.uids.keys()


def test_it_is_told_what_is_not_kept(orthanc: str, sent: Files, tmp_path: Path) -> None:
    """An identified image was answered for as received, and is not kept: the commitment says so."""
    identified = identified_ct(1, study=4711)
    number = upload(orthanc, as_bytes(identified))
    ask(f"{orthanc}/modalities/FL/store", {"Resources": [number], "Synchronous": True})
    _forget(orthanc, number)
    report = commitment(orthanc, references([*sent.uids, str(identified.SOPInstanceUID)]))
    assert report["Status"] == "Failure"
    failed = [each["SOPInstanceUID"] for each in report["Failures"]]  # type: ignore[attr-defined]
    assert failed == [str(identified.SOPInstanceUID)]
