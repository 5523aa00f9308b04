"""De-identification beside dicognito and deid: the same CT series, whole processes, in turns.

    python bench/deidentify.py [--slices 150] [--rounds 5] [--alone]

All have one core, but for Firstlight with two workers, and all have their bytecode compiled, as installing does. Prints
the files a second of each, how many times as fast Firstlight is in each round, and what of the planted identity each
leaves behind. With `--alone` the peers are left out: what two workers gain shows where starting up no longer counts.
"""

import argparse
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.phantoms import HONG, PLANTED, as_bytes, identified_ct

SIZE = 512
DEID = """
import sys
from pathlib import Path
from deid.config import DeidRecipe
from deid.dicom import get_files, get_identifiers, replace_identifiers
source, target = sys.argv[1:]
Path(target).mkdir()
files = list(get_files(source))
replace_identifiers(
    dicom_files=files, ids=get_identifiers(files), deid=DeidRecipe(base=True), save=True, output_folder=target,
    remove_private=True, overwrite=True,
)
"""
OURS, TWO = "firstlight", "two workers"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--slices", type=int, default=150)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--alone", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.slices, given.rounds, alone=given.alone)


def measure(folder: Path, slices: int, rounds: int, *, alone: bool) -> None:
    source, secret = folder / "in", folder / "site.key"
    bytes_written = write(source, slices)
    secret.write_bytes(b"a secret for this measurement")
    print(f"{slices} CT slices, {SIZE}x{SIZE}, 16 bit, {bytes_written / slices / 1000:.0f} kB each")
    machine = f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}; load {os.getloadavg()[0]:.1f} before")
    commands = {
        OURS: [program(), "deidentify", str(source), "OUT", "--secret-file", str(secret)],
        TWO: [program(), "deidentify", str(source), "OUT", "--secret-file", str(secret), "--workers", "2"],
        "dicognito": [sys.executable, "-m", "dicognito", "-o", "OUT", str(source)],
        "deid": [sys.executable, "-c", DEID, str(source), "OUT"],
    }
    if alone:
        commands = {name: command for name, command in commands.items() if name in (OURS, TWO)}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            out = folder / name
            shutil.rmtree(out, ignore_errors=True)
            cores = {*range(os.cpu_count() or 1)} if name == TWO else {0}
            taken = timed([str(out) if part == "OUT" else part for part in command], cores, folder / "bytecode")
            if turn:  # the first one compiles
                seconds[name].append(taken)
    for name, taken in seconds.items():
        wall, processor = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"{name:11} {wall:5.2f} s, {slices / wall:4.0f} files/s; {processor:5.2f} s of processor time")
        print(" " * 11, "rounds", ", ".join(f"{one:.2f} ({two:.2f})" for one, two in taken))
    for other in {*commands} - {OURS, TWO}:
        compare(seconds[OURS], seconds[other], f"{other} / firstlight")
    compare(seconds[TWO], seconds[OURS], "firstlight / firstlight with two workers")
    print(f"load {os.getloadavg()[0]:.1f} after")
    for name in commands:
        print(f"{name} left behind: {', '.join(left_behind(folder / name)) or 'nothing planted'}")


def program() -> str:
    return str(Path(sys.executable).with_name("firstlight"))


def compare(ours: list[tuple[float, float]], others: list[tuple[float, float]], name: str) -> None:
    for column, meaning in enumerate(("wall", "processor")):
        ratios = [other[column] / one[column] for one, other in zip(ours, others, strict=True)]
        print(f"{name}, {meaning}: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


def write(source: Path, slices: int) -> int:
    """The series, with pixels that do not compress; returns how many bytes it takes."""
    chance = random.Random(7)
    source.mkdir()
    total = 0
    for number in range(1, slices + 1):
        dataset = identified_ct(number, size=SIZE, PixelData=chance.randbytes(SIZE * SIZE * 2))
        block = dataset.private_block(0x0029, "GAON PACS 1.0")
        for element in range(0x10, 0x2A):
            block.add_new(element, "LO", f"vendor value {element}")
        total += (source / f"{number:04d}.dcm").write_bytes(as_bytes(dataset))
    return total


def timed(command: list[str], cores: set[int], bytecode: Path) -> tuple[float, float]:
    """Seconds of a whole process: on the wall, and of the processor."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    pinned = partial(os.sched_setaffinity, 0, cores)
    subprocess.run(command, check=True, capture_output=True, preexec_fn=pinned, env=environment)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def left_behind(folder: Path) -> list[str]:
    """Planted words found in any header; the pixels are noise and are not searched."""
    headers = b"".join(path.read_bytes()[: -SIZE * SIZE * 2] for path in folder.rglob("*") if path.is_file())
    words = {*PLANTED, "vendor value", HONG.patient_id}
    return sorted(word for word in words if word.encode() in headers)


if __name__ == "__main__":
    main()
