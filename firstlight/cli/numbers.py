"""Bring numbers in, and say which source counts."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from firstlight.cli.startup import BAD_CALL, DataFolder, console, migrate_database, refuse, start_django

if TYPE_CHECKING:
    from firstlight.outbreaks.models import Outbreak
    from firstlight.surveillance.actions import Outcome
    from firstlight.surveillance.files import Refused
    from firstlight.surveillance.sources import Source

OutbreakSlug = Annotated[str, typer.Option("--outbreak", help="The outbreak's slug.")]


def import_numbers(
    file: Annotated[Path, typer.Argument(help="The file as its source published it.")],
    outbreak: OutbreakSlug,
    source: Annotated[str, typer.Option(help="csv, ds4c, jhu, owid or ecdc.")],
    known_on: Annotated[
        str | None, typer.Option(help="The day on which these numbers were known, as in 2020-06-28.")
    ] = None,
    measure: Annotated[
        str | None, typer.Option(help="cases or deaths, for a file that does not say what it counts.")
    ] = None,
    accept_many_corrections: Annotated[
        bool, typer.Option(help="Take a file that changes most of what is held.")
    ] = False,
    data: DataFolder = None,
) -> None:
    """Import a source's file, whole or not at all. Can be repeated: what is held already stays as it is.

    Exit 0: everything is in; 2: bad call, or a file that cannot be used, with its lines.

    Example: firstlight numbers import time_series_confirmed_global.csv --outbreak novel-2020 --source jhu
    """
    if not file.is_file():
        refuse("There is no such file.")
    start_django(data)
    migrate_database()
    from django.utils import timezone

    from firstlight.surveillance.actions import import_file
    from firstlight.surveillance.files import Refused
    from firstlight.surveillance.rules import Measure

    if measure is not None and measure not in {Measure.CASES, Measure.DEATHS}:
        refuse("Write --measure cases or --measure deaths.")
    try:
        with console.status("Reading") as status:
            outcome = import_file(
                file,
                outbreak=_outbreak(outbreak),
                source=_source(source),
                known_on=_day(known_on),
                measure=Measure(measure) if measure else None,
                accept_many_corrections=accept_many_corrections,
                by="command:numbers-import",
                at=timezone.now(),
                tell=lambda what, done: status.update(f"{what.capitalize()} {done:,}"),
            )
    except OSError as error:
        refuse(f"The file cannot be read: {error.strerror}.")
    except Refused as error:
        _name_lines(error)
        raise typer.Exit(BAD_CALL) from error
    _report(outcome)


def rank(
    sources: Annotated[list[str], typer.Argument(help="Sources, the one that counts first.")],
    outbreak: OutbreakSlug,
    place: Annotated[str, typer.Option(help="ISO 3166 code; without it, every place.")] = "",
    data: DataFolder = None,
) -> None:
    """Say which source counts for an outbreak, or for one place in it, from now on.

    Example: firstlight numbers rank ds4c jhu --outbreak novel-2020 --place KR
    """
    start_django(data)
    migrate_database()
    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from firstlight.surveillance.actions import rank_sources

    try:
        ranking = rank_sources(_outbreak(outbreak), sources, place=place, by="command:numbers-rank", at=timezone.now())
    except ValidationError as error:
        refuse(" ".join(error.messages))
    console.print(f"From now on: {ranking}.")


def _name_lines(error: "Refused") -> None:
    for complaint in error.complaints:
        console.print(f"[red]{escape(str(complaint))}[/red]", soft_wrap=True)
    console.print("Nothing was imported.")


def _report(outcome: "Outcome") -> None:
    if outcome.was_known:
        console.print("This very file was imported before.")
    if outcome.marked:
        console.print(f"{outcome.marked:,} numbers carry a mark (falling, negative, summed, afternoon), as reported.")
    typer.echo(json.dumps({"new": outcome.new, "corrected": outcome.corrected, "unchanged": outcome.unchanged}))


def _source(key: str) -> "Source":
    from firstlight.surveillance.sources import sources

    readable = {name: each for name, each in sources().items() if each.shapes}
    if key not in readable:
        refuse(f"There is no source {key!r}. Sources: {', '.join(readable)}.")
    return readable[key]


def _day(text: str | None) -> date | None:
    from firstlight.web.clock import BadDay, read_day

    try:
        return read_day(text) if text else None
    except BadDay:
        refuse("Write the day as in 2020-06-28.")


def _outbreak(slug: str) -> "Outbreak":
    from firstlight.outbreaks.models import Outbreak

    found = Outbreak.objects.filter(slug=slug).first()
    if found is None:
        refuse(f"There is no outbreak {slug!r} here.")
    return found
