"""A real server, a wire to it that listens along and can be cut, and gateways started and ended as processes."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.phantoms import as_bytes, identified_ct

SLUG = "novel-2031"
SECRET = b"the secret of the hospital of the gateway's tests"
PREPARE = f"""
import django
django.setup()
from datetime import datetime, UTC
from firstlight.outbreaks.actions import activate_outbreak
from firstlight.people.actions import add_member, create_token
from firstlight.people.models import Institution, Role
at = datetime(2020, 3, 1, tzinfo=UTC)
hospital = Institution.objects.create(slug="gaon", name_ko="가온", name_en="Gaon")
admin = add_member(email="a@example.org", name="A", roles=[Role.ADMINISTRATOR], password="x" * 20, language="en",
                   by="command:test", at=at)
sender = add_member(email="s@example.org", name="S", roles=[Role.COORDINATOR], password="x" * 20, language="en",
                    by="command:test", at=at)
sender.institution = hospital
sender.save()
activate_outbreak(by=admin, at=at, slug="{SLUG}", name_ko="유행", name_en="Outbreak")
print(create_token(member=sender, name="gateway", by=admin, at=at))
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Hub:
    """The running server, as an administrator sees it."""

    port: int
    token: str
    reader: str

    def instances(self) -> set[str]:
        """The SOP Instance UIDs that are stored."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/dicom-web/instances?limit=5000",
            headers={"Authorization": f"Bearer {self.reader}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        import json

        return {each["00080018"]["Value"][0] for each in json.loads(content or b"[]")}


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    data = tmp_path_factory.mktemp("hub")
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FIRSTLIGHT", "DATABASE"))}
    environ = {**kept, "FIRSTLIGHT_DATA": str(data), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    subprocess.run([sys.executable, "-m", "firstlight.cli", "migrate", "--data", data], env=environ, check=True)
    made = subprocess.run([sys.executable, "-c", PREPARE], env=environ, check=True, capture_output=True, text=True)
    token, reader = made.stdout.split()
    log = (data / "log").open("wb")
    serve = [sys.executable, "-m", "firstlight.cli", "serve", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen([*serve, "--workers", "1"], env=environ, stdout=log, stderr=log)
    try:
        wait_until(lambda: b"is ready at" in (data / "log").read_bytes(), why=(data / "log").read_text)
        yield Hub(port, token, reader)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        log.close()


@dataclass
class Wire:
    """Between a gateway and the server: every byte to the server is recorded, and it can be cut."""

    to_port: int
    port: int = 0
    is_cut: bool = False
    sent: bytearray = field(default_factory=bytearray)
    connections: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """The server is away from now on."""
        self.is_cut = True
        for connection in self.connections:
            _hang_up(connection)

    def mend(self) -> None:
        """It is back."""
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self.listening.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self.listening.accept()
            except OSError:
                return
            if self.is_cut:
                one.close()
                continue
            other = socket.create_connection(("127.0.0.1", self.to_port))
            self.connections += [one, other]
            threading.Thread(target=self._carry, args=(one, other, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(other, one, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_recorded: bool) -> None:
        try:
            while chunk := source.recv(65536):
                if is_recorded:
                    self.sent += chunk
                target.sendall(chunk)
        except OSError:
            pass
        _hang_up(source)
        _hang_up(target)


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@pytest.fixture
def wire(hub: Hub) -> Iterator[Wire]:
    between = Wire(hub.port)
    yield between
    between.close()


@dataclass
class Gateway:
    """One gateway's data folder and its process, which can be ended and started again."""

    data: Path
    arguments: list[str]
    token: str
    process: "subprocess.Popen[str] | None" = None
    port: int = 0
    status: str = ""

    @property
    def errors(self) -> Path:
        return self.data.with_suffix(".stderr")

    def start(self) -> "Gateway":
        command = [sys.executable, "-m", "firstlight.cli", "gateway", *self.arguments, "--data", str(self.data)]
        environ = {**os.environ, "FIRSTLIGHT_TOKEN": self.token}
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                command, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.fullmatch(
            r"Firstlight gateway is ready at (.+)@127\.0\.0\.1:(\d+), status at (http://127\.0\.0\.1:\d+/)\n", line
        )
        assert found, line + self.errors.read_text()
        self.port, self.status = int(found[2]), found[3]
        # Where it listened once, it listens again.
        self.arguments[self.arguments.index("--port") + 1] = str(self.port)
        return self

    def kill(self) -> None:
        """As if the power had gone: every process of it at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """In good order; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def _ended(self) -> int:
        assert self.process is not None and self.process.stdout is not None
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return code

    def get(self, path: str, **headers: str) -> str:
        with urllib.request.urlopen(urllib.request.Request(self.status + path, headers=headers), timeout=30) as answer:
            return str(answer.read().decode())

    def count(self, state: str) -> int:
        found = re.search(rf'firstlight_gateway_files{{state="{state}"}} (\d+)', self.get("metrics"))
        assert found
        return int(found[1])

    def everything(self) -> bytes:
        """What is on its disk and what it said, names of files among it; identified files themselves left out."""
        files = [path for path in self.data.rglob("*") if path.is_file()]
        readable = [path for path in files if path.parent.name not in ("spool", "held")]
        names = "\n".join(str(path.relative_to(self.data)) for path in files).encode()
        return b"\n".join([names, self.errors.read_bytes(), *(path.read_bytes() for path in readable)])


@pytest.fixture
def gateway(hub: Hub, wire: Wire, tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Makes a gateway that sends over the wire; more arguments as they stand on the command line."""
    made: list[Gateway] = []
    secret = tmp_path / "site.key"
    secret.write_bytes(SECRET)

    def make(*more: str, token: str = hub.token, data: Path | None = None, slug: str = SLUG) -> Gateway:
        arguments = [
            "--ae-title", "FL", "--port", "0", "--server", f"http://127.0.0.1:{wire.port}", "--secret-file",
            str(secret), "--outbreak", slug, "--quiet-seconds", "0.5", "--keep-free-mb", "1", *more,
        ]  # fmt: skip
        made.append(Gateway(data or tmp_path / f"gateway-{len(made)}", arguments, token).start())
        return made[-1]

    yield make
    for each in made:
        if each.process is not None:
            each.kill()


@pytest.fixture
def slices(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., list[Path]]:
    """Writes identified slices of a study of its own, the same bytes in every call of one test."""
    study = abs(hash(request.node.nodeid)) % 10**8

    def write(count: int, *, first: int = 1, of: int = 0, **given: Any) -> list[Path]:
        folder = tmp_path / f"from-the-scanner-{of}"
        folder.mkdir(exist_ok=True)
        paths = []
        for number in range(first, first + count):
            path = folder / f"slice-{number}.dcm"
            path.write_bytes(as_bytes(identified_ct(number, study=study + of, **{"size": 32, **given})))
            paths.append(path)
        return paths

    return write
