"""The `firstlight` command: one short module a command, all of them named in `commands`."""

import sys


def app() -> None:
    """Carry out the command that the program was called with."""
    if sys.argv[1:2] == ["deidentify"]:  # without Typer and all the other commands (ADR 29)
        from firstlight.cli.deidentify import main

        sys.exit(main(sys.argv[2:]))
    from firstlight.cli.commands import app as commands

    commands(prog_name="firstlight")
