import json
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, start_django


def check(
    data: DataFolder = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Verify every stored byte, and repair the index from what is stored.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Name every bad setting, and whether the parts can be reached; exit 1 if any is bad.

    With --deep also the depository: every checksum, and whatever the index lacks is made again from the store alone.

    Example: firstlight check --data /srv/firstlight --deep
    """
    start_django(data)
    findings = [*_settings(), *_database(), *_folders(), *_carriers()]
    if deep and not findings:
        findings = _depository()
    for finding in findings:
        console.print(f"[red]✗[/red] {finding}")
    if as_json:
        typer.echo(json.dumps({"findings": findings}))
    if findings:
        raise typer.Exit(1)
    console.print("[green]✓[/green] All settings can be used." + (" Every stored byte is sound." if deep else ""))


LOSSES = {
    "damaged": "stored objects are damaged: they were set aside. Send the same instances again",
    "missing": "stored objects are missing. Send the same instances again",
}
REPAIRS = {
    "indexed": "instances were put back into the index",
    "held": "instances were put into quarantine instead, as today's rules want it",
    "document": "series' metadata were made again",
    "receipt": "receipts were put back",
    "membership": "studies' memberships were written into the store",
    "quarantined": "files in quarantine were put back into its list",
}


def _depository() -> list[str]:
    """What is lost, one sentence a kind; what was repaired is told on the way."""
    from collections import Counter

    from django.utils import timezone
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from firstlight.imaging.verification import verify

    counts: Counter[str] = Counter()
    columns = (SpinnerColumn(), TextColumn("Verifying"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("verify", total=None)
        for finding in verify(at=timezone.now()):
            progress.advance(task)
            if finding is not None:
                counts[finding.kind] += 1
                if finding.is_loss:
                    console.print(f"[red]{finding.kind}[/red] {finding.about}", soft_wrap=True)
    for kind, sentence in REPAIRS.items():
        if counts[kind]:
            console.print(f"[yellow]repaired[/yellow] {counts[kind]} {sentence}.")
    return [f"{counts[kind]} {sentence}." for kind, sentence in LOSSES.items() if counts[kind]]


def _settings() -> list[str]:
    from django.core.checks import WARNING, run_checks

    return [str(message.msg) for message in run_checks() if message.level >= WARNING]


def _database() -> list[str]:
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except DatabaseError:
        return ["DATABASE_URL: the database cannot be reached."]
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return ["The database has an older shape: run `firstlight migrate`."] if waiting else []


def _folders() -> list[str]:
    from django.conf import settings

    from firstlight.objects.files import FileObjects
    from firstlight.objects.opening import open_objects

    places = {"FIRSTLIGHT_DATA": FileObjects(settings.DATA), "FIRSTLIGHT_STORAGE": open_objects(settings.STORE)}
    found = {name: place.problem() for name, place in places.items()}
    return [f"{name}: {problem}." for name, problem in found.items() if problem]


def _carriers() -> list[str]:
    from firstlight.delivery.queries.reachability import unreachable_carriers

    return [
        f"FIRSTLIGHT_{channel.upper()}: the carrier {name} cannot be reached ({why})."
        for channel, name, why in unreachable_carriers()
    ]
