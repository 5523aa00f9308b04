"""Check guidelines that are kept as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from firstlight.cli.startup import BAD_CALL, console

if TYPE_CHECKING:
    from firstlight.guidance.rules.guideline import Guideline

FAULTY = 1


def check_guidelines(
    files: Annotated[list[Path], typer.Argument(help="Guidelines as TOML files.")],
) -> None:
    """Look through the whole space of situations for gaps, overlaps, contradictions and statements that never apply.

    Each is named with its smallest example on standard output.
    Exit 0: nothing is wrong; 1: something is; 2: bad call, or a file that is no guideline, with the place of the fault.

    Example: firstlight guideline check ksr-kstr-2020.toml
    """
    guidelines = [(path, _read(path)) for path in files]
    found = sum(_report(path, guideline) for path, guideline in guidelines if guideline)
    if not all(guideline for _path, guideline in guidelines):
        raise typer.Exit(BAD_CALL)
    if found:
        raise typer.Exit(FAULTY)


def _read(path: Path) -> "Guideline | None":
    from firstlight.guidance.rules.guideline import GuidelineError, read_guideline

    try:
        return read_guideline(path.read_bytes())
    except OSError as error:
        console.print(f"[red]{escape(str(path))}: cannot be read: {error.strerror}.[/red]", soft_wrap=True)
    except GuidelineError as error:
        console.print(f"[red]{escape(f'{path}: {error}')}.[/red]", soft_wrap=True)
    return None


def _report(path: Path, guideline: "Guideline") -> int:
    """Name a guideline's faults, and count them."""
    from firstlight.guidance.rules.checking import check
    from firstlight.guidance.rules.wording import say_fault

    faults = [f"{each.kind}: {say_fault(each, guideline).en}" for each in check(guideline)]
    faults += _wrong_vignettes(guideline)
    for words in faults:
        typer.echo(f"{path}: {words}")
    console.print(f"{escape(path.name)}: {len(guideline.recommendations)} recommendations, {len(faults)} faults.")
    return len(faults)


def _wrong_vignettes(guideline: "Guideline") -> list[str]:
    from firstlight.guidance.rules.advice import failing_vignettes

    return [
        f"vignette: {each.id} expects {', '.join(each.expected) or 'nothing'}, gets {', '.join(got) or 'nothing'}."
        for each, got in failing_vignettes(guideline)
    ]
