"""C-STORE beside Orthanc in the same run: DCMTK's storescu with one association and with four, in turns.

Both sides answer when an object is durable: Orthanc syncs its files (its default, `SyncStorageArea`), Firstlight the
file of arrival and its name. Firstlight indexes behind its answer, Orthanc before it: a second line gives the time
until the last object can be found. Processor time is that of the servers' processes: it says more on a busy machine.

Run: python -m bench.dimse [--files 120] [--rounds 3]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.depository import ORTHANC, PORT, answers, ct, orthanc, running

DOOR, THEIR_DOOR = 8811, ORTHANC + 100
TICKS = os.sysconf("SC_CLK_TCK")
PREPARE = """
import django
django.setup()
from datetime import datetime, UTC
from firstlight.imaging.peers import save_peer
from firstlight.people.actions import add_member, create_token
from firstlight.people.models import Role
at = datetime(2020, 3, 1, tzinfo=UTC)
admin = add_member(email="a@example.org", name="A", roles=[Role.ADMINISTRATOR], password="x" * 20, language="en",
                   by="command:bench", at=at)
may = dict(may_store=True, decides_by_scan=True)
save_peer(ae_title="STORESCU", networks="127.0.0.1", member=admin, by=admin, at=at, **may)
print(create_token(member=admin, name="bench", by=admin, at=at))
"""


class Measured(NamedTuple):
    """Seconds until the last answer, until the last object is found, and of the servers' processors."""

    answered: float
    found: float
    processor: float


class Server(NamedTuple):
    """Where a server takes objects, the processes that it is, and how many objects of a study it finds."""

    name: str
    port: int
    title: str
    pid: int
    address: str
    token: str

    def count(self, study: int) -> int:
        request = urllib.request.Request(f"{self.address}/dicom-web/instances?StudyInstanceUID=2.25.{study}&limit=5000")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return len(json.loads(answer.read() or b"[]"))


def processor_seconds(pid: int) -> float:
    """What a process and all below it have used so far."""
    seen, parents = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            seen[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(seen.get(each, 0.0) for each in family)


def send(server: Server, folders: list[Path]) -> None:
    """One storescu a folder, all at once."""
    command = ["storescu", "-aec", server.title, "+sd", "127.0.0.1", str(server.port)]
    environ = {**os.environ, "TCP_NODELAY": "1"}
    with ThreadPoolExecutor(len(folders)) as senders:
        list(senders.map(lambda each: subprocess.run([*command, str(each)], check=True, env=environ), folders))


def measure(server: Server, folder: Path, study: int, files: int, associations: int) -> Measured:
    """Send a new study in so many associations."""
    folders = corpus(folder, study, files, associations)
    before, began = processor_seconds(server.pid), time.perf_counter()
    send(server, folders)
    answered = time.perf_counter() - began
    while server.count(study) < files:
        time.sleep(0.02)
    found = time.perf_counter() - began
    used = processor_seconds(server.pid) - before
    for each in folders:
        for file in each.iterdir():
            file.unlink()
        each.rmdir()
    return Measured(answered, found, used)


def corpus(folder: Path, study: int, files: int, parts: int) -> list[Path]:
    """A study of CT slices, 527 KB each, in so many folders."""
    seed = np.random.default_rng(study)
    folders = [folder / f"{study}-{part}" for part in range(parts)]
    for each in folders:
        each.mkdir()
    for number in range(files):
        path = folders[number % parts] / f"{number}.dcm"
        ct(study, number, size=512, seed=seed).save_as(path, enforce_file_format=True)
    return folders


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not Path("/usr/sbin/Orthanc").exists():
        raise SystemExit("Not installed: Orthanc (Debian: orthanc orthanc-dicomweb dcmtk)")
    if not given.inside:
        script = f'ip link set lo up && exec {sys.executable} -m bench.dimse --inside "$@"'
        os.execvp("unshare", ["unshare", "-n", "bash", "-c", script, "bench", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
        compare(Path(name), given)


def compare(folder: Path, given: argparse.Namespace) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("FIRSTLIGHT", "DATABASE"))}
    environ |= {
        "FIRSTLIGHT_DATA": str(folder / "data"), "TCP_NODELAY": "1",
        "DJANGO_SETTINGS_MODULE": "firstlight.config.settings",
    }  # fmt: skip
    command = [sys.executable, "-m", "firstlight.cli"]
    subprocess.run([*command, "migrate"], env=environ, check=True, capture_output=True)
    made = subprocess.run([sys.executable, "-c", PREPARE], env=environ, check=True, capture_output=True, text=True)
    serve = [*command, "serve", "--port", str(PORT), "--dicom-port", str(DOOR), "--ae-title", "FL"]
    with ExitStack() as servers:
        servers.enter_context(running(serve, opened, env=environ))
        servers.enter_context(running(orthanc(folder), answers(f"http://127.0.0.1:{ORTHANC}/system"), env=environ))
        [ours, theirs] = [_child(name) for name in ("firstlight.cli", "Orthanc")]
        both = (
            Server("firstlight", DOOR, "FL", ours, f"http://127.0.0.1:{PORT}", made.stdout.strip()),
            Server("orthanc", THEIR_DOOR, "ORTHANC", theirs, f"http://127.0.0.1:{ORTHANC}", ""),
        )
        for server in both:
            measure(server, folder, 1, 10, 1)
        print(f"{given.files} CT of 527 KB, {given.rounds} rounds in turns; load {os.getloadavg()[0]:.1f}")
        print(f"{'C-STORE':34} {'ours/s':>8} {'Orthanc/s':>10} {'ratio':>6}")
        for associations in (1, 4):
            kept: dict[str, list[Measured]] = {each.name: [] for each in both}
            for round_ in range(given.rounds):
                for server in both:
                    study = 1000 * associations + round_ + 10
                    kept[server.name].append(measure(server, folder, study, given.files, associations))
            report(given.files, associations, kept)


def opened() -> bool:
    """Whether both of Firstlight's doors answer."""
    echo = ["echoscu", "-aet", "STORESCU", "-aec", "FL", "127.0.0.1", str(DOOR)]
    is_open = subprocess.run(echo, check=False, capture_output=True).returncode == 0
    return is_open and answers(f"http://127.0.0.1:{PORT}/healthz")()


def report(files: int, associations: int, kept: dict[str, list[Measured]]) -> None:
    for what, field in (("answered", 0), ("findable", 1), ("processor", 2)):
        ours, theirs = (
            files / statistics.median(each[field] for each in kept[name]) for name in ("firstlight", "orthanc")
        )
        unit = "objects a processor second" if what == "processor" else what
        print(f"{associations} assoc., {unit:24} {ours:8.0f} {theirs:10.0f} {ours / theirs:6.2f}", flush=True)


def _child(name: str) -> int:
    """The process that this one has started under that name."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                command = (entry / "cmdline").read_bytes().decode()
            except OSError:
                continue
            if parent == os.getpid() and name in command:
                return int(entry.name)
    raise SystemExit(f"{name} does not run")


if __name__ == "__main__":
    main()
