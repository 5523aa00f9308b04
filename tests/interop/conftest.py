"""A whole Firstlight with its DICOM door, and the programs of others beside it, in a network of their own."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests import shipments
from tests.conftest import missing
from tests.delivery.kannel import own_network

SLUG = "novel-2031"
DOOR, WEB, ORTHANC_DICOM, ORTHANC_WEB, QRSCP, SINK = 11112, 8000, 4242, 8042, 11113, 11114
PREPARE = f"""
import django
django.setup()
from datetime import datetime, UTC
from firstlight.outbreaks.actions import activate_outbreak
from firstlight.people.actions import add_member, create_token
from firstlight.people.models import Role
from firstlight.imaging.peers import save_peer
at = datetime(2020, 3, 1, tzinfo=UTC)
def member(email, role):
    given = dict(password="x" * 20, language="en", by="command:test", at=at)
    return add_member(email=email, name=email[0], roles=[role], **given)
def peer(title, member, port, **more):
    called = dict(host="127.0.0.1", port=port) if port else {{}}
    save_peer(ae_title=title, networks="127.0.0.0/8", member=member, by=admin, at=at, **called, **more)
admin, reader = member("ara@example.org", Role.ADMINISTRATOR), member("sora@example.org", Role.READER)
outbreak = activate_outbreak(by=admin, at=at, slug="{SLUG}", name_ko="유행", name_en="Outbreak")
everything = dict(may_store=True, may_find=True, may_retrieve=True, decides_by_scan=True, outbreak=outbreak)
peer("SCU", admin, {SINK}, **everything)
peer("ORTHANC", admin, {ORTHANC_DICOM}, **everything)
peer("ECHO", admin, None)
peer("QRSCP", admin, {QRSCP})
peer("PUBLIC", reader, None, may_find=True, may_retrieve=True)
print(create_token(member=admin, name="reader", by=admin, at=at))
"""


def wait_until(holds: Callable[[], Any], seconds: float = 60, *, why: Callable[[], object] = lambda: "") -> Any:
    """Wait for something to hold; its value when it does."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        found = holds()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"it did not come to hold in {seconds} seconds: {why()}")


def ask(address: str, body: object = None, **headers: str) -> Any:
    """JSON from an address; with a body, a POST."""
    data = None if body is None else orjson.dumps(body)
    request = urllib.request.Request(address, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        content = answer.read()
    return orjson.loads(content) if content else None


@dataclass
class Depository:
    """The running server, and what it was given."""

    data: Path
    token: str
    log: Path
    said: str

    def instances(self) -> set[str]:
        """The SOP Instance UIDs that are stored, as DICOMweb says."""
        found = ask(f"http://127.0.0.1:{WEB}/dicom-web/instances?limit=5000", Authorization=f"Bearer {self.token}")
        return {each["00080018"]["Value"][0] for each in found or []}


@pytest.fixture(scope="package")
def network() -> Iterator[None]:
    """A loopback of our own: some of these programs listen on every address."""
    inside = own_network()
    try:
        inside.__enter__()
    except PermissionError:
        pytest.skip("only root may make a network of its own, and Orthanc listens on every address")
    try:
        yield
    finally:
        inside.__exit__(None, None, None)


@pytest.fixture(scope="package")
def depository(network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Depository]:
    data = tmp_path_factory.mktemp("depository")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIRSTLIGHT", "DATABASE"))}
    environ = {**kept, "FIRSTLIGHT_DATA": str(data), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    command = [sys.executable, "-m", "firstlight.cli"]
    subprocess.run([*command, "migrate"], env=environ, check=True, capture_output=True)
    made = subprocess.run([sys.executable, "-c", PREPARE], env=environ, check=True, capture_output=True, text=True)
    log = data / "log"
    serve = ["serve", "--port", str(WEB), "--workers", "1", "--dicom-port", str(DOOR), "--ae-title", "FL"]
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *serve], env=environ, stdout=out, stderr=out)
    try:
        for line in (b"Firstlight is ready at", b"DICOM at FL@127.0.0.1:"):
            wait_until(lambda line=line: line in log.read_bytes(), why=log.read_text)  # type: ignore[misc]
        yield Depository(data, made.stdout.strip(), log, log.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    # It went in good order, and took its parts along.
    assert process.returncode == 0
    assert "Traceback" not in log.read_text()


@dataclass
class Files:
    """De-identified instances on disk."""

    paths: list[Path]
    uids: dict[str, Path] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [str(each) for each in self.paths]


def written(folder: Path, contents: Sequence[bytes]) -> Files:
    """These files in a folder, by their UIDs."""
    from pydicom import dcmread

    found = Files([])
    for number, content in enumerate(contents):
        path = folder / f"{number}.dcm"
        path.write_bytes(content)
        found.paths.append(path)
        found.uids[str(dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)] = path
    return found


@pytest.fixture
def study(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Files]:
    """Makes a de-identified CT study of its own for a test."""

    def make(slices: int = 4, *, of: int = 0, **given: object) -> Files:
        number = abs(hash(request.node.nodeid)) % 10**8 + of
        folder = tmp_path / f"study-{of}"
        folder.mkdir()
        return written(folder, shipments.ct(slices, study=number, **{"size": 32, **given}))

    return make


def uid_of(files: Files, keyword: str) -> str:
    """An attribute that the files have alike."""
    from pydicom import dcmread

    return str(dcmread(files.paths[0], specific_tags=[keyword])[keyword].value)


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def dcmtk(program: Callable[[str], str], depository: Depository) -> Run:
    """Runs one of DCMTK's callers against the depository; its answer on standard output."""

    def run(name: str, *arguments: str, title: str = "SCU", check: bool = True) -> "subprocess.CompletedProcess[str]":
        command = [program(name), "-aet", title, "-aec", "FL", *arguments]
        # DCMTK 3.6.7 waits for the other side's acknowledgement unless it is told not to (Nagle's algorithm).
        environ = {**os.environ, "TCP_NODELAY": "1"}
        found = subprocess.run(
            command, env=environ, check=False, capture_output=True, encoding="utf-8", errors="replace"
        )
        assert not check or found.returncode == 0, found.stderr
        return found

    return run


AT = ("127.0.0.1", str(DOOR))


@pytest.fixture(scope="package")
def orthanc(network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's Orthanc, which knows the depository as FL; the address of its REST interface."""
    binary = Path("/usr/sbin/Orthanc")
    if not binary.exists():
        missing("orthanc")
    folder = tmp_path_factory.mktemp("orthanc")
    configuration = {
        "Name": "Orthanc", "StorageDirectory": str(folder / "store"), "IndexDirectory": str(folder / "store"),
        "DicomAet": "ORTHANC", "DicomPort": ORTHANC_DICOM, "HttpPort": ORTHANC_WEB, "AuthenticationEnabled": False,
        "RemoteAccessAllowed": True, "DicomModalities": {"FL": ["FL", "127.0.0.1", DOOR]}, "Plugins": [],
        "DicomCheckCalledAet": True,
    }  # fmt: skip
    (folder / "orthanc.json").write_bytes(orjson.dumps(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(binary), str(folder / "orthanc.json")], stdout=log, stderr=log, env={**os.environ, "TCP_NODELAY": "1"}
        )
    root = f"http://127.0.0.1:{ORTHANC_WEB}"
    try:
        wait_until(lambda: process.poll() is not None or _answers(f"{root}/system"), why=(folder / "log").read_text)
        assert process.poll() is None, (folder / "log").read_text()
        yield root
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        return bool(ask(address))
    except OSError:
        return False


def answers_of(output: str) -> list[dict[str, str]]:
    """What findscu shows of each answer: tag and value."""
    found = []
    for block in output.split("Find Response:")[1:]:
        lines = re.findall(r"\(([0-9a-f]{4}),([0-9a-f]{4})\) \w\w (?:\[(.*?) ?\]|(\S+))", block)
        found.append({(group + element).upper(): (text or other).strip("\0") for group, element, text, other in lines})
    return found
