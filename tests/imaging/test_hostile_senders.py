"""A real server under senders who mean no good: a clear status each, bounded memory, other clients undisturbed."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.shipments import ct

HEAD = (
    "POST /dicom-web/studies HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    "Content-Length: {length}\r\n"
    'Content-Type: multipart/related; type="application/dicom"; boundary=gap\r\n\r\n'
)
PART = b"--gap\r\nContent-Type: application/dicom\r\n\r\n"


class Server(NamedTuple):
    port: int
    token: str
    pid: int

    def connect(self, length: int) -> socket.socket:
        """A connection on which a request has begun that announces so many bytes."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        line.sendall(HEAD.format(token=self.token, length=length).encode())
        return line

    def ask(self, path: str = "/dicom-web/studies") -> tuple[int, float]:
        """The status of a search, and how long it took."""
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            status = status_of(line)
        return status, time.perf_counter() - began

    def store(self, body: bytes) -> int:
        with self.connect(len(body)) as line:
            line.sendall(body)
            return status_of(line)

    def memory_mb(self) -> float:
        """The most that any of its processes has had in memory."""
        every = [self.pid, *map(int, subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, check=False,
                                                    text=True).stdout.split())]  # fmt: skip
        peaks = [Path(f"/proc/{each}/status").read_text().partition("VmHWM:")[2].split()[0] for each in every]
        return max(map(int, peaks)) / 1024


def status_of(line: socket.socket) -> int:
    head = b""
    while b"\r\n" not in head:
        piece = line.recv(4096)
        if not piece:
            return 0
        head += piece
    return int(head.split()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is read from /proc")
    data = tmp_path_factory.mktemp("hostile")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**os.environ, "FIRSTLIGHT_DATA": str(data), "FIRSTLIGHT_UPLOAD_SECONDS": "3"}
    environ.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "firstlight.cli"]
    add = ["member", "add", "--email", "a@example.org", "--name", "Ara", "--role", "administrator"]
    for arguments in (["migrate"], add):
        subprocess.run([*command, *arguments], env=environ, check=True, capture_output=True)
    create = [*command, "token", "create", "--email", "a@example.org", "--name", "test"]
    token = subprocess.run(create, env=environ, check=True, capture_output=True, text=True).stdout.strip()
    process = subprocess.Popen(
        [*command, "serve", "--port", str(port), "--workers", "1"], env=environ, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert "ready" in process.stdout.readline()
    yield Server(port, token, process.pid)
    process.terminate()
    process.wait(60)
    process.stdout.close()


def test_stalled_senders_hold_nobody_up_and_are_told_to_hurry(server: Server) -> None:
    stalled = [server.connect(1 << 20) for _ in range(6)]
    try:
        for line in stalled:
            line.sendall(PART + b"and then nothing")
        time.sleep(0.5)
        for _ in range(5):
            status, seconds = server.ask()
            assert status == 204
            assert seconds < 2
        assert server.store(PART + ct(1)[0] + b"\r\n--gap--") == 503, "six of one sender are enough"
        assert [status_of(line) for line in stalled] == [408] * 6
    finally:
        for line in stalled:
            line.close()
    assert server.store(PART + ct(1)[0] + b"\r\n--gap--") == 200, "and then there is room again"


def test_a_part_of_gigabytes_is_refused_in_little_memory(server: Server) -> None:
    before = server.memory_mb()
    block, count = b"\0" * (1 << 20), 1200
    with server.connect(len(PART) + count * len(block) + len(b"\r\n--gap--")) as line:
        line.sendall(PART)
        for _ in range(count):
            line.sendall(block)
        line.sendall(b"\r\n--gap--")
        assert status_of(line) == 409
    assert server.memory_mb() - before < 120
    assert server.ask()[0] == 200 or server.ask()[0] == 204


@pytest.mark.parametrize("announced", [10, 1 << 42])
def test_a_length_that_lies_harms_nobody(server: Server, announced: int) -> None:
    with server.connect(announced) as line:
        line.sendall(PART + b"more than ten bytes\r\n--gap--")
        assert status_of(line) == (400 if announced == 10 else 413)
    assert server.ask()[0] in (200, 204)


def test_who_hangs_up_leaves_nothing_behind(server: Server) -> None:
    content = ct(2)[0]
    for cut in (10, 200, 1000):
        line = server.connect(1 << 20)
        line.sendall((PART + content)[:cut])
        line.close()
    for _ in range(100):
        if server.store(PART + content + b"\r\n--gap--") == 200:
            break
        time.sleep(0.1)
    else:
        pytest.fail("their places were not given back")
