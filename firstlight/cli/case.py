"""Teaching cases from a table and a folder."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

SOME_REFUSED = 3


def import_cases(
    folder: Annotated[Path, typer.Argument(help="The folder that the table's column `folder` is read in.")],
    csv: Annotated[Path, typer.Option(help="The table, one row a case.")],
    by: Annotated[str, typer.Option(help="E-mail address of the editor in whose name the drafts are made.")],
    outbreak: Annotated[str | None, typer.Option(help="The outbreak's slug.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what becomes of each row, do nothing.")] = False,
    data: DataFolder = None,
) -> None:
    """Make drafts from a table, with images from a folder or the depository. Can be stopped and repeated.

    Exit 0: every row has its draft; 3: some rows were refused, each named with its reason; 2: bad call.

    Example: firstlight case import ./cases --csv cases.csv --outbreak novel-2020 --by editor@example.org
    """
    if not folder.is_dir() or not csv.is_file():
        refuse("There is no such folder, or no such table.")
    start_django(data)
    migrate_database()
    from django.utils import timezone

    from firstlight.library.actions.importing import import_rows
    from firstlight.library.policies import can_edit_cases
    from firstlight.library.queries.sheets import rows_of
    from firstlight.library.rules.sheets import UnreadableSheet, mapping_of, read_sheet
    from firstlight.outbreaks.models import Outbreak
    from firstlight.people.models import Member

    member = Member.objects.filter(email__iexact=by).first()
    if member is None or not can_edit_cases(member):
        refuse("There is no editor with this e-mail address.")
    found = Outbreak.objects.filter(slug=outbreak).first() if outbreak else None
    if outbreak and found is None:
        refuse(f"There is no outbreak {outbreak!r} here.")
    try:
        sheet = read_sheet(csv.read_bytes())
    except UnreadableSheet as error:
        refuse(f"This table cannot be used: {error.reason}.")
    good, bad = rows_of(sheet, mapping_of(sheet.columns), outbreak=found, has_folder=True)
    absent = {row.line for row in good if row.folder and not (folder / row.folder).is_dir()}
    for each in bad:
        faults = ", ".join(f"{fault} ({field})" for fault, field in each.faults)
        console.print(f"[yellow]refused[/yellow] line {each.line}: {faults}", soft_wrap=True)
    for line in sorted(absent):
        console.print(f"[yellow]refused[/yellow] line {line}: no-such-folder (folder)")
    counts = Counter(refused=len(bad) + len(absent))
    rows = [row for row in good if row.line not in absent]
    made = () if dry_run else import_rows(rows, outbreak=found, by=member, at=timezone.now(), folder=folder)
    for done in made:
        counts[done.status] += 1
        if done.status == "refused":
            console.print(f"[yellow]refused[/yellow] line {done.line}: {done.reason}", soft_wrap=True)
    counts["ready"] = len(rows) if dry_run else 0
    typer.echo(json.dumps({name: counts[name] for name in ("made", "there", "ready", "refused")}))
    if counts["refused"]:
        raise typer.Exit(SOME_REFUSED)
