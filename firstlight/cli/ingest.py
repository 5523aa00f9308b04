import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

if TYPE_CHECKING:
    from firstlight.imaging.actions import Outcome

SOME_HELD = 3
AT_ONCE = 32
BYTES_AT_ONCE = 16 << 20


def ingest(
    path: Annotated[Path, typer.Argument(help="A de-identified folder, or one file.")],
    outbreak: Annotated[str, typer.Option(help="The outbreak's slug.")],
    data: DataFolder = None,
    workers: Annotated[int, typer.Option(help="Processes that judge and store.", min=1)] = os.cpu_count() or 1,
) -> None:
    """Take a de-identified folder into the depository. Can be stopped and repeated: what is there stays.

    Exit 0: everything is in; 3: some files are held, each named with its reason; 2: bad call.

    Example: firstlight ingest ./deidentified --outbreak novel-2020
    """
    if not path.exists():
        refuse("There is no such folder.")
    start_django(data)
    migrate_database()
    from firstlight.imaging.reasons import sentence_for
    from firstlight.outbreaks.models import Outbreak

    found = Outbreak.objects.filter(slug=outbreak).first()
    if found is None:
        refuse(f"There is no outbreak {outbreak!r} here.")
    files = sorted(_files(path))
    counts: Counter[str] = Counter()
    columns = (TextColumn("Ingesting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("ingest", total=len(files))
        for file, outcome in _taken(files, outbreak=found.pk, workers=workers):
            counts[outcome.status] += 1
            progress.advance(task)
            if outcome.status == "held":
                name = file.relative_to(path) if file != path else file.name
                console.print(f"[yellow]held[/yellow] {name}: {sentence_for(outcome.reason)}", soft_wrap=True)
    typer.echo(json.dumps({status: counts[status] for status in ("stored", "unchanged", "held")}))
    if counts["held"]:
        raise typer.Exit(SOME_HELD)


def _taken(files: Sequence[Path], *, outbreak: int, workers: int) -> Iterator[tuple[Path, "Outcome"]]:
    """Each file and what became of it, in their order; the series are settled at the end."""
    from firstlight.imaging.settling import settle_study

    batches = list(_batches(files))
    studies: set[str] = set()
    with ExitStack() as stack:
        if workers > 1 and len(batches) > 1:
            from concurrent.futures import ProcessPoolExecutor
            from multiprocessing import get_context

            pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn")))
            done: Any = pool.map(take_in_files, batches, [outbreak] * len(batches))
        else:
            done = map(take_in_files, batches, [outbreak] * len(batches))
        for batch, outcomes in zip(batches, done, strict=True):
            studies |= {each.study_instance_uid for each in outcomes if each.status == "stored"}
            yield from zip(batch, outcomes, strict=True)
    for study in sorted(studies):
        settle_study(study)


def take_in_files(batch: Sequence[Path], outbreak: int) -> "list[Outcome]":
    """Take some files in, in a process that may have to be woken."""
    start_django(None)
    from django.utils import timezone

    from firstlight.dicom.profile import Profile
    from firstlight.imaging.actions import take_in
    from firstlight.imaging.memberships import Terms
    from firstlight.outbreaks.models import Outbreak

    terms = Terms(Outbreak.objects.get(pk=outbreak), None, timezone.now(), False, Profile.load())
    return take_in([_content(file) for file in batch], terms)


def _batches(files: Sequence[Path]) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.stat().st_size
        if len(batch) == AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _files(path: Path) -> Iterator[Path]:
    """Every regular file below; links are not followed out of the folder."""
    if path.is_file():
        yield path
        return
    for folder, _folders, names in os.walk(path, followlinks=False):
        for name in names:
            file = Path(folder) / name
            if file.is_file() and not file.is_symlink():
                yield file


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        # An unreadable file is judged like an empty one: held, named, nothing lost.
        return b""
