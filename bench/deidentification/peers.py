"""Firstlight and its peers on the same corpus: what each leaves, what each loses, how long each takes.

    python -m bench.deidentification.peers [--seed 1] [--patients 60] [--rounds 3] [--slices 150] [--page FILE]

Every tool is run as its users run it, a whole process from start to end; the CT series for the time is done by all of
them in turns, so that each round compares them within one minute of the machine.
"""

import argparse
import json
import os
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from bench.deidentification.corpus import build, write_series
from bench.deidentification.page import page
from bench.deidentification.score import Score, score, show

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ("113101", "113103", "113104", "113105", "113107", "113108", "113111")


@dataclass(frozen=True)
class Tool:
    """One de-identifier: how it is called on a folder, and in which words that is told."""

    name: str
    version: str
    how: str
    command: Callable[[Path, Path, Path], list[str]]
    scoring: tuple[str, ...] = ()  # more arguments on the corpus, where only the result counts
    own_names: bool = False  # fed files whose names and folders tell the patient, as exports do


@dataclass
class Run:
    """What came of one tool on the corpus, and its times on the series."""

    tool: Tool
    score: Score
    seconds: float
    code: int
    rounds: list[float] = field(default_factory=list)


def tools() -> list[Tool]:
    """Those that are installed here, Firstlight first."""
    how = "`firstlight deidentify FROM TO --receipts …`, two workers on the corpus"
    found = [Tool("Firstlight", _version("firstlight"), how, _firstlight, ("--workers", "2"), own_names=True)]
    if find_spec("dicognito"):
        how = "`python -m dicognito -o TO FROM`, its defaults (it has no options of PS3.15)"
        found.append(Tool("dicognito", _version("dicognito"), how, _dicognito))
    if find_spec("deid"):
        how = "`recipes.with_deid`: header recipe made from Table E.1-1, jitter, stable UIDs, its own pixel recipe"
        found.append(Tool("deid", _version("deid"), how, _recipe("deid")))
    if find_spec("dicomanonymizer"):
        how = "`recipes.with_dicom_anonymizer`: its default profile, file by file"
        found.append(Tool("dicom-anonymizer", _version("dicom-anonymizer"), how, _recipe("dicom-anonymizer")))
    if shutil.which("dcmodify"):
        how = "`recipes.with_dcmodify`: erase or empty by Table E.1-1, `-ep`, new UIDs a series"
        found.append(Tool("dcmodify", _dcmtk_version(), how, _recipe("dcmodify")))
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _dcmtk_version() -> str:
    said = subprocess.run(["dcmodify", "--version"], capture_output=True, text=True, check=False).stdout
    return said.split("v", 1)[1].split()[0] if "v" in said else "unknown"


def _firstlight(source: Path, target: Path, beside: Path) -> list[str]:
    secret = beside / "site.key"
    if not secret.exists():
        secret.write_bytes(secrets.token_bytes(32))
    command = [str(Path(sys.executable).with_name("firstlight")), "deidentify", str(source), str(target)]
    return [*command, "--secret-file", str(secret), "--receipts", str(beside / "receipts"), *_options()]


def _options() -> list[str]:
    """The options scored, where the command takes them; else its own defaults."""
    command = [str(Path(sys.executable).with_name("firstlight")), "deidentify", "--help"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    if "--option " not in said.stdout:
        return []
    return [part for code in OPTIONS for part in ("--option", code)]


def _dicognito(source: Path, target: Path, beside: Path) -> list[str]:
    return [sys.executable, "-m", "dicognito", "--seed", secrets.token_hex(8), "-o", str(target), str(source)]


def _recipe(name: str) -> Callable[[Path, Path, Path], list[str]]:
    def command(source: Path, target: Path, beside: Path) -> list[str]:
        return [sys.executable, "-m", "bench.deidentification.recipes", name, str(source), str(target)]

    return command


def scored(tool: Tool, corpus: Path, folder: Path) -> Run:
    """One tool on the whole corpus, judged."""
    beside = folder / tool.name
    beside.mkdir(parents=True)
    source = corpus / "files" if tool.own_names else neutral(corpus, folder / "neutral")
    seconds, code, said = timed([*tool.command(source, beside / "out", beside), *tool.scoring])
    papers = {"receipts": _receipts(beside / "receipts"), "messages": said}
    return Run(tool, score(corpus, beside / "out", said=papers), seconds, code)


def neutral(corpus: Path, folder: Path) -> Path:
    """The same objects in one folder under names that tell nothing: some peers keep names and none recurses alike."""
    if not folder.exists():
        folder.mkdir()
        for number, path in enumerate(sorted((corpus / "files").rglob("*.dcm"))):
            shutil.copy(path, folder / f"{number:05d}.dcm")
    return folder


def timed(command: list[str]) -> tuple[float, int, str]:
    """Seconds on the wall, exit code, and everything it said."""
    paths = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "400"}
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **paths}, cwd=ROOT)
    seconds = time.perf_counter() - begun
    return seconds, done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def _receipts(folder: Path) -> str:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.is_dir() else []
    return "\n".join(path.name + "\n" + path.read_text("utf-8", "replace") for path in files)


def time_in_turns(runs: list[Run], folder: Path, slices: int, rounds: int) -> None:
    """All tools on one CT series, in turns."""
    source = folder / "series"
    write_series(source, slices=slices)
    for _ in range(rounds):
        for run in runs:
            beside = folder / "turn"
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            run.rounds.append(timed(run.tool.command(source, beside / "out", beside))[0])


def machine() -> dict[str, str]:
    """What it ran on."""
    return {
        "on": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    }


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--patients", type=int, default=60)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--slices", type=int, default=150)
    arguments.add_argument("--page", type=Path, help="where to write the score as a page")
    arguments.add_argument("--only", action="append", help="one tool's name; may be repeated")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    """Build, run, judge, tell."""
    key = build(folder / "corpus", seed=given.seed, patients=given.patients)
    print(f"{len(key.instances)} objects of {given.patients} patients, {len(key.items)} required actions", flush=True)
    runs = []
    for tool in tools():
        if given.only and tool.name not in given.only:
            continue
        runs.append(scored(tool, folder / "corpus", folder))
        print(f"\n== {tool.name} {tool.version}: {runs[-1].seconds:.1f} s, exit code {runs[-1].code}", flush=True)
        show(runs[-1].score)
    time_in_turns(runs, folder, given.slices, given.rounds)
    for run in runs:
        ratios = [mine / first for mine, first in zip(run.rounds, runs[0].rounds, strict=True)]
        print(
            f"{run.tool.name:18} {statistics.median(run.rounds):6.2f} s, {statistics.median(ratios):5.2f} of the first"
        )
    if given.page:
        conditions = {**key.conditions, **machine(), "slices": given.slices, "rounds": given.rounds}
        given.page.write_text(page(runs, key, conditions), encoding="utf-8")
    print(json.dumps({run.tool.name: run.score.counted() for run in runs}))


if __name__ == "__main__":
    main()
