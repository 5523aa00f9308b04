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
