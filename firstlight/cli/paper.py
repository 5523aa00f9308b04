"""Papers from files and from services."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

if TYPE_CHECKING:
    from datetime import date

    from firstlight.literature.actions.importing import Outcome
    from firstlight.outbreaks.models import Outbreak

SOME_UNREADABLE = 3
NOT_ANSWERED = 4
FORMS = "PubMed XML (.xml, .xml.gz), Crossref, medRxiv or CSL JSON, RIS, BibTeX"
OutbreakSlug = Annotated[str | None, typer.Option("--outbreak", help="The outbreak whose editors shall look at them.")]


def import_papers(
    files: Annotated[
        list[Path], typer.Argument(help="PubMed XML (.xml, .xml.gz), Crossref, medRxiv or CSL JSON, RIS, BibTeX.")
    ],
    outbreak: OutbreakSlug = None,
    again: Annotated[bool, typer.Option("--again", help="Read a file anew that is in already.")] = False,
    data: DataFolder = None,
) -> None:
    """Take papers in from files. Can be stopped at any time: the same call goes on where it was.

    Exit 0: every record is in; 3: some could not be read, each named with its number and place; 2: bad call.

    Example: firstlight paper import pubmed26n1501.xml.gz --outbreak novel-2020
    """
    for each in files:
        if not each.is_file():
            refuse(f"There is no file {each.name!r}.")
    start_django(data)
    migrate_database()
    found = _outbreak(outbreak)
    totals = {"read": 0, "new": 0, "added": 0, "changed": 0, "unchanged": 0, "merged": 0, "unreadable": 0}
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]} records"),
                  TimeRemainingColumn(), console=console) as progress:  # fmt: skip
        for each in files:
            outcome = _import(each, found, progress, again=again)
            _report(each, outcome)
            totals["read"] += outcome.read
            totals["unreadable"] += outcome.fault_count
            for name, count in asdict(outcome.counts).items():
                totals[name] += count
    _index()
    typer.echo(json.dumps(totals))
    if totals["unreadable"]:
        raise typer.Exit(SOME_UNREADABLE)


def fetch_papers(
    query: Annotated[str, typer.Option(help="The words, as the service reads them.")],
    source: Annotated[str, typer.Option(help="pubmed, crossref or medrxiv.")] = "pubmed",
    since: Annotated[str | None, typer.Option(help="The first day, as in 2020-01-20; else thirty days back.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day; else yesterday.")] = None,
    outbreak: OutbreakSlug = None,
    server: Annotated[str, typer.Option(help="Another address of the service, such as a mirror.")] = "",
    data: DataFolder = None,
) -> None:
    """Take papers in from a public service, as fast as it allows. Stopped or cut off, the same call goes on.

    Exit 0: everything is in; 2: bad call; 4: the service does not answer, what came is kept.

    Example: firstlight paper fetch --query "novel pneumonia AND tomography" --since 2020-01-20 --outbreak novel-2020
    """
    start_django(data)
    migrate_database()
    from firstlight.literature.transports.services import SERVICES

    if source not in SERVICES:
        refuse(f"There is no source {source!r}. Sources: {', '.join(SERVICES)}.")
    if server and not server.startswith(("http://", "https://")):
        refuse("Write --server as an address that begins with https://.")
    outcome = _fetch(source, query, _days(since, until), _outbreak(outbreak), server)
    if outcome.was_known:
        console.print("This question was asked and answered before.")
    elif outcome.went_on_after:
        console.print(f"Went on after record {outcome.went_on_after:,}.")
    _index()
    typer.echo(json.dumps({"read": outcome.read, **asdict(outcome.counts), "unreadable": outcome.fault_count}))


def _fetch(source: str, query: str, days: "tuple[date, date]", outbreak: "Outbreak | None", server: str) -> "Outcome":
    from django.utils import timezone

    from firstlight.literature.actions.fetching import fetch
    from firstlight.literature.transports.asking import Unreachable
    from firstlight.literature.transports.services import Question, TooMany

    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]} records"),
                  console=console) as progress:  # fmt: skip
        bar = progress.add_task(source, total=None, count="0")

        def tell(done: int, total: int | None) -> None:
            progress.update(bar, completed=done, total=total, count=f"{done:,}")

        try:
            return fetch(
                source, Question(query, *days), outbreak=outbreak, server=server, by="command:paper-fetch",
                at=timezone.now(), tell=tell,
            )  # fmt: skip
        except TooMany as error:
            refuse(f"{error} papers answer this question, more than the service gives at once. Ask for fewer days.")
        except Unreachable as error:
            console.print(
                f"[red]The service does not answer ({escape(str(error))}). What came is kept; call again.[/red]"
            )
            raise typer.Exit(NOT_ANSWERED) from error


def _days(since: str | None, until: str | None) -> "tuple[date, date]":
    from datetime import timedelta

    from django.utils import timezone

    from firstlight.web.clock import BadDay, read_day

    yesterday = timezone.localdate() - timedelta(days=1)
    try:
        last = read_day(until) if until else yesterday
        first = read_day(since) if since else last - timedelta(days=30)
    except BadDay:
        refuse("Write the days as in 2020-01-20.")
    if first > last:
        refuse("The first day comes after the last.")
    return first, last


def _import(file: Path, outbreak: "Outbreak | None", progress: Progress, *, again: bool) -> "Outcome":
    from django.utils import timezone

    from firstlight.literature.actions.importing import UnknownForm, import_file

    bar: TaskID = progress.add_task(escape(file.name), total=file.stat().st_size, count="0")

    def tell(done: int, read: int) -> None:
        progress.update(bar, completed=read, count=f"{done:,}")

    try:
        return import_file(
            file, outbreak=outbreak, again=again, by="command:paper-import", at=timezone.now(), tell=tell
        )
    except UnknownForm:
        refuse(f"{file.name} is in none of the forms that can be read: {FORMS}.")
    except OSError as error:
        refuse(f"{file.name} cannot be read: {error.strerror}.")


def _report(file: Path, outcome: "Outcome") -> None:
    if outcome.was_known:
        console.print(f"{escape(file.name)} is in already. --again reads it anew.", soft_wrap=True)
    elif outcome.went_on_after:
        console.print(f"Went on after record {outcome.went_on_after:,}.")
    for fault in outcome.faults:
        console.print(f"[yellow]not read[/yellow] {escape(str(fault))}", soft_wrap=True)
    if outcome.fault_count > len(outcome.faults):
        console.print(f"and {outcome.fault_count - len(outcome.faults):,} more that could not be read")


def _index() -> None:
    """Let what came in be found, and tell the watches."""
    from django.utils import timezone

    from firstlight.literature.actions.indexing import index_new

    with console.status("Making them findable") as status:
        done = 0
        while count := index_new(timezone.now()):
            done += count
            status.update(f"Making them findable: {done:,}")


def _outbreak(slug: str | None) -> "Outbreak | None":
    from firstlight.outbreaks.models import Outbreak

    if not slug:
        return None
    found = Outbreak.objects.filter(slug=slug).first()
    if found is None:
        refuse(f"There is no outbreak {slug!r} here.")
    return found
