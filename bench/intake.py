"""Storing beside Orthanc and beside the disk alone, and searching while six store: ratios of one run.

    python bench/intake.py [--slices 150] [--rounds 3]

Durability: Firstlight syncs each instance's file and the commit of its index (SQLite, synchronous=FULL) before it
answers. Orthanc runs with its own default, `SyncStorageArea: true`: each file is synced, the commit of its SQLite index
is not. The disk's own durable write is the same bytes in a new file of their own, synced, with its folder synced.
"""

import argparse
import io
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.depository import ORTHANC, PORT, answers, ct, orthanc, running

SMALL, LARGE = 64, 512
HEAD = (
    b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\nAccept: application/dicom+json\r\n%s"
    b'Content-Type: multipart/related; type="application/dicom"; boundary=gap\r\n\r\n'
)


def series(study: int, slices: int, size: int) -> list[bytes]:
    """A series' files."""
    seed = np.random.default_rng(study)
    made = []
    for number in range(1, slices + 1):
        file = io.BytesIO()
        ct(study, number, size=size, seed=seed).save_as(file, enforce_file_format=True)
        made.append(file.getvalue())
    return made


def request_of(files: Sequence[bytes], token: str, path: bytes = b"/dicom-web/studies") -> bytes:
    """One STOW-RS request with these files, as its bytes on the wire."""
    parts = b"".join(b"--gap\r\nContent-Type: application/dicom\r\n\r\n" + each + b"\r\n" for each in files)
    body = parts + b"--gap--\r\n"
    return HEAD % (path, len(body), f"Authorization: {token}\r\n".encode() if token else b"") + body


class Line:
    """A kept-alive connection that counts bytes and parses no more than it must."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(self, request: bytes) -> int:
        """The status of the answer, which is read whole."""
        self.socket.sendall(request)
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", b"0"))
        while len(self.rest) < length:
            self._more()
        self.rest = self.rest[length:]
        return int(head.split()[1])

    def _more(self) -> None:
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise SystemExit("the server closed the connection")
        self.rest += piece


def stored_a_second(port: int, requests: Sequence[bytes], connections: int) -> float:
    """Requests a second over that many connections, none refused."""
    lines = [Line(port) for _ in range(connections)]
    shares = [requests[start::connections] for start in range(connections)]

    def send(line: Line, share: Sequence[bytes]) -> None:
        for request in share:
            status = line.ask(request)
            if status != 200:
                raise SystemExit(f"port {port} answered {status}")

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, lines, shares))
    return len(requests) / (time.perf_counter() - began)


def written_a_second(folder: Path, files: Sequence[bytes], at_once: int) -> float:
    """Files a second that the disk itself makes durable."""

    def write(content: bytes) -> None:
        handle = os.open(folder / secrets.token_hex(8), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, content)
        os.fsync(handle)
        os.close(handle)
        above = os.open(folder, os.O_RDONLY)
        os.fsync(above)
        os.close(above)

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(write, files))
    return len(files) / (time.perf_counter() - began)


def cpu_seconds(*words: str) -> float:
    """Processor time so far of the process with these words in its command, and of all below it but workers.

    What a worker does is not in the answer's way; settling took 0.15 ms an instance of a series of 320.
    """
    above, spent, roots = {}, {}, set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(folder.name)
        if "worker" in said:
            continue
        above[number], spent[number] = int(fields[1]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        if all(word in said for word in words):
            roots.add(number)
    return sum(seconds for number, seconds in spent.items() if _is_below(number, roots, above))


def _is_below(number: int, roots: set[int], above: dict[int, int]) -> bool:
    while number and number not in roots:
        number = above.get(number, 0)
    return number in roots


OURS, THEIRS = ("serve", "--port", str(PORT)), ("/usr/sbin/Orthanc",)


def searches(port: int, token: str, seconds: float, every: float = 0.02) -> list[float]:
    """How long each search took, in ms, asked at a steady pace whatever the answers do."""
    line, taken = Line(port), []
    request = f"GET /dicom-web/studies?limit=100 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n\r\n".encode()
    began = time.perf_counter()
    for number in range(int(seconds / every)):
        due = began + number * every
        time.sleep(max(0, due - time.perf_counter()))
        status = line.ask(request)
        if status != 200:
            raise SystemExit(f"a search answered {status}")
        taken.append((time.perf_counter() - due) * 1000)
    return taken


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of searching while six store")
    parser.add_argument("--sizes", type=int, nargs="*", default=[SMALL, LARGE])
    parser.add_argument("--only-storm", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not Path("/usr/sbin/Orthanc").exists():
        raise SystemExit("Not installed: orthanc, orthanc-dicomweb (Debian)")
    if not given.inside:
        script = f'ip link set lo up && exec {sys.executable} "$0" --inside "$@"'
        os.execvp("unshare", ["unshare", "-n", "bash", "-c", script, __file__, *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name, ExitStack() as servers:
        token = started(Path(name), servers)
        print(f"load {os.getloadavg()[0]:.1f}; {given.slices} instances a measure, medians of {given.rounds} rounds")
        for _again in range(2):  # until every thread of each server has done it once
            files = series(next(studies), 40, LARGE)
            stored_a_second(PORT, [request_of([each], token) for each in files], 4)
            stored_a_second(ORTHANC, [request_of([each], "") for each in files], 4)
        if not given.only_storm:
            for size in given.sizes:
                compare(Path(name), given, token, size)
        storm(given, token)


def started(folder: Path, servers: ExitStack) -> str:
    """Both servers, and the token for ours."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FIRSTLIGHT")}
    environ |= {"FIRSTLIGHT_DATA": str(folder / "data"), "TCP_NODELAY": "1"}
    command = [sys.executable, "-m", "firstlight.cli"]
    people = ["member", "add", "--email", "a@example.org", "--name", "Ara", "--role", "administrator"]
    for arguments in (["migrate"], people):
        subprocess.run([*command, *arguments], env=environ, check=True, capture_output=True)
    create = [*command, "token", "create", "--email", "a@example.org", "--name", "bench"]
    made = subprocess.run(create, env=environ, check=True, capture_output=True, text=True)
    ready = answers(f"http://127.0.0.1:{PORT}/healthz")
    servers.enter_context(running([*command, "serve", "--port", str(PORT)], ready, env=environ))
    theirs = answers(f"http://127.0.0.1:{ORTHANC}/system")
    servers.enter_context(running(orthanc(folder), theirs, env=environ))
    return f"Bearer {made.stdout.strip()}"


studies = iter(range(1000, 1_000_000))


def compare(folder: Path, given: argparse.Namespace, token: str, size: int) -> None:
    columns = ("ours/s", "Orthanc/s", "ratio", "disk/s", "ratio", "ours, ms of CPU", "Orthanc", "ratio")
    print(f"{'one instance a request':34}" + "".join(f" {each:>{max(7, len(each))}}" for each in columns))
    for connections in (1, 4):
        kept: dict[str, list[float]] = {"ours": [], "theirs": [], "disk": []}
        cpu = {"ours": 0.0, "theirs": 0.0}
        for _round in range(given.rounds):
            files = series(next(studies), given.slices, size)
            ours = [request_of([each], token) for each in files]
            theirs = [request_of([each], "") for each in files]
            for name, port, requests, words in (("ours", PORT, ours, OURS), ("theirs", ORTHANC, theirs, THEIRS)):
                before = cpu_seconds(*words)
                kept[name].append(stored_a_second(port, requests, connections))
                cpu[name] += (cpu_seconds(*words) - before) * 1000 / given.rounds / given.slices
            kept["disk"].append(written_a_second(folder, files, connections))
        mine, peer, disk = (statistics.median(kept[each]) for each in ("ours", "theirs", "disk"))
        label = f"CT {size}x{size}x16, {connections} connection{'s' * (connections > 1)}"
        spent = f"{cpu['ours']:15.2f} {cpu['theirs']:7.2f} {cpu['theirs'] / cpu['ours']:7.2f}"
        row = f"{mine:7.0f} {peer:9.0f} {mine / peer:7.2f} {disk:7.0f} {mine / disk:7.2f} {spent}"
        print(f"{label:34} {row}", flush=True)


def storm(given: argparse.Namespace, token: str) -> None:
    """Searching alone, and while six connections store as fast as they can."""
    for _study in range(100):
        stored_a_second(PORT, [request_of(series(next(studies), 1, SMALL), token)], 1)
    time.sleep(3)
    searches(PORT, token, 0.5)
    idle = searches(PORT, token, given.seconds)
    stop = threading.Event()
    counted: list[int] = []
    requests = [[request_of([each], token) for each in series(next(studies), 400, LARGE)] for _ in range(6)]

    def send(share: Iterator[bytes]) -> None:
        line = Line(PORT)
        for request in share:
            if stop.is_set():
                return
            status = line.ask(request)
            if status >= 500:
                raise SystemExit(f"a store answered {status}")
            counted.append(status)

    threads = [threading.Thread(target=send, args=(iter(each),)) for each in requests]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    busy = searches(PORT, token, given.seconds)
    stored = len(counted)
    stop.set()
    for thread in threads:
        thread.join()
    for label, taken in (("idle", idle), ("six storing", busy)):
        marks = ", ".join(
            f"p{share:.0%} {quantile(taken, share):.1f} ms".replace("%", "") for share in (0.5, 0.95, 0.99)
        )
        print(f"QIDO studies, 100 answers, {label:12} {marks}")
    print(f"p99 {quantile(busy, 0.99) / quantile(idle, 0.99):.1f} times idle; {stored} stored meanwhile, no 5xx")


if __name__ == "__main__":
    main()
