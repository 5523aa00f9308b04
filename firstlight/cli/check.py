import json
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, start_django


def check(
    data: DataFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Name every bad setting, and whether the parts can be reached; exit 1 if any is bad.

    Example: firstlight check --data /srv/firstlight
    """
    start_django(data)
    findings = [*_settings(), *_database(), *_folders(), *_carriers()]
    for finding in findings:
        console.print(f"[red]✗[/red] {finding}")
    if as_json:
        typer.echo(json.dumps({"findings": findings}))
    if findings:
        raise typer.Exit(1)
    console.print("[green]✓[/green] All settings can be used.")


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
    import tempfile

    from django.conf import settings

    bad = []
    for name, folder in (("FIRSTLIGHT_DATA", settings.DATA), ("FIRSTLIGHT_STORAGE", settings.STORE)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            bad.append(f"{name}: the folder cannot be written to ({error.strerror}).")
    return bad


def _carriers() -> list[str]:
    from firstlight.delivery.queries.reachability import unreachable_carriers

    return [
        f"FIRSTLIGHT_{channel.upper()}: the carrier {name} cannot be reached ({why})."
        for channel, name, why in unreachable_carriers()
    ]
