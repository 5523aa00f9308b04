"""The door by itself: TLS, a clean stop with senders at it, and what it says when it cannot open."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import wait_until
from tests.shipments import ct

pytestmark = pytest.mark.interop
Program = Callable[[str], str]
PREPARE = """
import django
django.setup()
from datetime import datetime, UTC
from firstlight.imaging.peers import save_peer
from firstlight.people.actions import add_member
from firstlight.people.models import Role
at = datetime(2020, 3, 1, tzinfo=UTC)
admin = add_member(email="ara@example.org", name="A", roles=[Role.ADMINISTRATOR], password="x" * 20, language="en",
                   by="command:test", at=at)
may = dict(may_store=True, decides_by_scan=True)
save_peer(ae_title="SCU", networks="127.0.0.1", member=admin, by=admin, at=at, **may)
"""


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A data folder with one peer, SCU, that stores."""
    data = tmp_path_factory.mktemp("door")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIRSTLIGHT", "DATABASE"))}
    environ = {**kept, "FIRSTLIGHT_DATA": str(data), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    subprocess.run([sys.executable, "-m", "firstlight.cli", "migrate"], env=environ, check=True, capture_output=True)
    subprocess.run([sys.executable, "-c", PREPARE], env=environ, check=True, capture_output=True)
    return environ


Open = Callable[..., "tuple[subprocess.Popen[str], int]"]


@pytest.fixture
def open_door(environ: dict[str, str]) -> Iterator[Open]:
    """Opens a door by itself: its process and port."""
    opened: list[subprocess.Popen[str]] = []

    def make(*more: str) -> "tuple[subprocess.Popen[str], int]":
        command = [sys.executable, "-m", "firstlight.cli", "dicom", "--port", "0", "--ae-title", "FL", *more]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        opened.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("DICOM at FL@127.0.0.1:"), line
        return process, int(line.rpartition(":")[2])

    yield make
    for each in opened:
        assert each.stdout is not None
        each.terminate()
        assert each.wait(timeout=60) == 0
        each.stdout.close()


def certificate(openssl: str, folder: Path, name: str) -> tuple[str, str]:
    key, cert = str(folder / f"{name}.key"), str(folder / f"{name}.pem")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


def test_tls_with_peers_that_prove_who_they_are(open_door: Open, program: Program, tmp_path: Path) -> None:
    key, cert = certificate(program("openssl"), tmp_path, "door")
    peer_key, peer_cert = certificate(program("openssl"), tmp_path, "peer")
    tls = ("--tls-cert", cert, "--tls-key", key, "--tls-ca", peer_cert, "--tls-peers-prove")
    _process, port = open_door(*tls)
    (tmp_path / "one.dcm").write_bytes(ct(1)[0])
    to = ["-aet", "SCU", "-aec", "FL", "-to", "5", "127.0.0.1", str(port)]

    def code(name: str, *how: str, file: str = "") -> int:
        command = [program(name), *how, *to, *([file] if file else [])]
        return subprocess.run(command, check=False, capture_output=True).returncode

    assert code("storescu", "+tls", peer_key, peer_cert, "+cf", cert, file=str(tmp_path / "one.dcm")) == 0
    assert code("echoscu", "+tla", "+cf", cert) != 0  # without a certificate of its own
    assert code("echoscu") != 0  # without TLS


def test_senders_at_the_door_when_it_closes_lose_nothing(
    open_door: Open, program: Program, environ: dict[str, str], tmp_path: Path
) -> None:
    """What was answered with success is in the folder of arrivals or in the depository, whenever the door closes."""
    for number, content in enumerate(ct(40, study=5, size=256)):
        (tmp_path / f"{number:02d}.dcm").write_bytes(content)
    process, port = open_door("--receivers", "1")
    sender = subprocess.Popen(
        [program("storescu"), "-v", "-nh", "-aet", "SCU", "-aec", "FL", "127.0.0.1", str(port), "+sd", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "TCP_NODELAY": "1"},
    )  # fmt: skip
    arrivals = Path(environ["FIRSTLIGHT_DATA"]) / "arrivals"
    wait_until(lambda: any(arrivals.glob("*/*")))
    process.send_signal(signal.SIGTERM)
    said, _ = sender.communicate(timeout=60)
    assert process.wait(timeout=60) == 0
    accepted = said.count("Received Store Response (Success)")
    waiting = [each for each in arrivals.glob("[0-9]*/*") if not each.name.endswith(".part")]
    count = "import django; django.setup(); from firstlight.imaging.models import Instance as All; "
    count += "print(All.objects.filter(rows=256).count())"
    kept = subprocess.run([sys.executable, "-c", count], env=environ, check=True, capture_output=True, text=True)
    assert 0 < accepted <= int(kept.stdout) + len(waiting)


def test_a_receiver_that_falls_is_started_again(open_door: Open, program: Program) -> None:
    process, port = open_door("--receivers", "1")
    found = subprocess.run(["pgrep", "-P", str(process.pid)], check=True, capture_output=True, text=True)
    receiver = int(found.stdout.split()[0])
    os.kill(receiver, signal.SIGKILL)
    echo = [program("echoscu"), "-aet", "SCU", "-aec", "FL", "-to", "30", "127.0.0.1", str(port)]
    wait_until(lambda: subprocess.run(echo, check=False, capture_output=True).returncode == 0)
    again = subprocess.run(["pgrep", "-P", str(process.pid)], check=True, capture_output=True, text=True)
    assert str(receiver) not in again.stdout.split()


def test_a_door_that_cannot_open_says_why(environ: dict[str, str], tmp_path: Path) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "firstlight.cli", *arguments]
        found = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
        return found.returncode, found.stderr

    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, why = said("dicom", "--port", str(taken.getsockname()[1]))
        assert (code, "cannot be listened on" in why) == (2, True)
    for arguments, sentence in (
        (("dicom", "--ae-title", "A" * 17), "1 to 16 characters"),
        (("dicom", "--tls-key", "x.key"), "need a certificate"),
        (("dicom", "--tls-cert", str(tmp_path / "none.pem")), "cannot be used"),
    ):
        code, why = said(*arguments)
        assert (code, sentence in " ".join(why.split())) == (2, True), why


def test_peers_are_listed_and_removed_by_command(environ: dict[str, str]) -> None:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "firstlight.cli", "peer", *arguments]
        return subprocess.run(command, env=environ, check=False, capture_output=True, text=True)

    added = run("add", "--ae-title", "PACS9", "--from", "10.0.0.0/8", "--member", "ara@example.org", "--may", "find")
    assert added.returncode == 0, added.stderr
    assert '"ae_title": "PACS9", "from": "10.0.0.0/8", "may": ["find"]' in run("list").stdout
    assert run("remove", "--ae-title", "PACS9").returncode == 0
    assert '"ae_title": "PACS9"' in run("list").stdout and '"in_use": false' in run("list").stdout
    nobody = run("add", "--ae-title", "X", "--from", "10.0.0.1", "--member", "nobody@example.org")
    assert (nobody.returncode, "no member" in nobody.stderr) == (2, True)
