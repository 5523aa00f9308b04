"""What every command does first: take the data folder, wake Django, speak to the person on standard error."""

import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

DataFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the embedded parts (else FIRSTLIGHT_DATA, else ./firstlight-data)."),
]

console = Console(stderr=True, highlight=False)

BAD_CALL = 2


def refuse(sentence: str) -> NoReturn:
    """End with exit code 2 and a sentence saying what is wrong with the call."""
    console.print(f"[red]{sentence}[/red]", soft_wrap=True)
    raise typer.Exit(BAD_CALL)


def start_django(data: Path | None) -> None:
    """Read the settings for this data folder; a bad one ends the command with a sentence."""
    import django

    from firstlight.config.environment import BadSetting

    if data is not None:
        os.environ["FIRSTLIGHT_DATA"] = str(data.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firstlight.config.settings")
    try:
        django.setup()
    except BadSetting as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"The data folder cannot be used: {error.strerror}.")


def migrate_database() -> None:
    """Bring the database to this version's shape; does nothing when it is there."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
