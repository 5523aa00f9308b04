from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

if TYPE_CHECKING:
    from firstlight.people.rules.lists import BadRow
    from firstlight.people.rules.tallies import Tally

BAD_ROWS_SHOWN = 50
SOME_ROWS_BAD = 1


def add(
    name: Annotated[str, typer.Option(help="Name as others see it.")],
    role: Annotated[
        list[str],
        typer.Option(help="member, editor, reader, coordinator, committee or administrator; may be repeated."),
    ],
    email: Annotated[str | None, typer.Option(help="Address they sign in with.")] = None,
    phone: Annotated[
        str | None, typer.Option(help="Mobile phone; with a phone alone they are written to and have no account.")
    ] = None,
    password: Annotated[
        str | None, typer.Option(help="Without one, they set their own by e-mail.", envvar="FIRSTLIGHT_PASSWORD")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Add a member, or grant more roles to one who is there.

    Example: firstlight member add --email kim@example.org --name "Kim Haneul" --role editor
    """
    start_django(data)
    migrate_database()
    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from firstlight.people.actions import add_member
    from firstlight.people.models import Role

    unknown = [each for each in role if each not in Role.values]
    if unknown:
        refuse(f"There is no role {unknown[0]!r}. Roles: {', '.join(Role.values)}.")
    try:
        member = add_member(
            email=email,
            phone=phone,
            name=name,
            roles=[Role(each) for each in role],
            password=password,
            by="command:member-add",
            at=timezone.now(),
        )
    except ValidationError as error:
        refuse(" ".join(error.messages))
    console.print(
        f"Member {member.pk} has the roles: {', '.join(sorted(member.grants.values_list('role', flat=True)))}."
    )


def import_list(
    file: Annotated[Path, typer.Argument(help="CSV or .xlsx with headings such as name, email, mobile, institution.")],
    vouched: Annotated[
        bool, typer.Option("--vouched", help="The society vouches that the addresses are theirs.")
    ] = False,
    consent: Annotated[
        str,
        typer.Option(help="Version of the wording to which they agreed, as in 2026-11; without it, they are asked."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    data: DataFolder = None,
) -> None:
    """Take a members' list in. Can be repeated: what is known already stays as it is.

    Exit 0: every row is in; 1: every good row is in, bad rows are named by line; 2: bad call, or no members' list.

    Example: firstlight member import members.xlsx --vouched --consent 2026-11 --dry-run
    """
    if not file.is_file():
        refuse("There is no such file.")
    start_django(data)
    migrate_database()
    from django.utils import timezone

    from firstlight.people.actions import import_members
    from firstlight.people.queries import Terms
    from firstlight.people.rules.lists import UnreadableList
    from firstlight.people.sentences import list_sentence

    bad: list[BadRow] = []
    try:
        with console.status("Reading") as status:
            tally = import_members(
                file,
                terms=Terms(vouched, consent),
                by="command:member-import",
                at=timezone.now(),
                is_rehearsal=dry_run,
                tell=lambda tally: status.update(f"Line {tally.line:,}"),
                tell_bad=lambda row: bad.append(row) if len(bad) < BAD_ROWS_SHOWN else None,
            )
    except UnreadableList as error:
        refuse(list_sentence(error.fault, error.detail))
    except OSError as error:
        refuse(f"The file cannot be read: {error.strerror}.")
    _report(tally, bad, is_rehearsal=dry_run)
    raise typer.Exit(SOME_ROWS_BAD if tally.bad else 0)


def _report(tally: "Tally", bad: "list[BadRow]", *, is_rehearsal: bool) -> None:
    from firstlight.people.sentences import row_sentences

    for row in bad:
        said = row_sentences([(each.fault, each.detail) for each in row.complaints])
        console.print(f"Line {row.row.line}: {said}", soft_wrap=True, markup=False)
    if tally.bad > len(bad):
        console.print(f"… and {tally.bad - len(bad):,} bad rows more.")
    roles = ", ".join(f"{role} {count:,}" for role, count in sorted(tally.roles.items()))
    console.print(
        f"{'Would be' if is_rehearsal else 'Taken in:'} {tally.new:,} new, {tally.changed:,} changed, "
        f"{tally.unchanged:,} unchanged; {tally.bad:,} bad; {len(tally.institutions):,} new institutions"
        + (f"; roles beyond member: {roles}." if roles else ".")
    )
