import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

SOME_HELD = 3


def ingest(
    path: Annotated[Path, typer.Argument(help="A de-identified folder, or one file.")],
    outbreak: Annotated[str, typer.Option(help="The outbreak's slug.")],
    data: DataFolder = None,
) -> None:
    """Take a de-identified folder into the depository. Can be stopped and repeated: what is there stays.

    Exit 0: everything is in; 3: some files are held, each named with its reason; 2: bad call.

    Example: firstlight ingest ./deidentified --outbreak novel-2020
    """
    if not path.exists():
        refuse("There is no such folder.")
    start_django(data)
    migrate_database()
    from django.utils import timezone

    from firstlight.imaging.actions import receive
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
        outcomes = receive(_contents(files), outbreak=found, by=None, at=timezone.now())
        for file, outcome in zip(files, outcomes, strict=True):
            counts[outcome.status] += 1
            progress.advance(task)
            if outcome.status == "held":
                name = file.relative_to(path) if file != path else file.name
                console.print(f"[yellow]held[/yellow] {name}: {sentence_for(outcome.reason)}", soft_wrap=True)
    typer.echo(json.dumps({status: counts[status] for status in ("stored", "unchanged", "held")}))
    if counts["held"]:
        raise typer.Exit(SOME_HELD)


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


def _contents(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        try:
            yield file.read_bytes()
        except OSError:
            # An unreadable file is judged like an empty one: held, named, nothing lost.
            yield b""
