import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

if TYPE_CHECKING:
    from firstlight.imaging.cohorts import Progress as Step
    from firstlight.imaging.models import Rereading

SOME_FAILED = 3


def reread(
    outbreak: Annotated[str, typer.Option(help="The outbreak's slug.")],
    data: DataFolder = None,
    cleans: Annotated[
        bool, typer.Option("--deidentify", help="Also take out what today's de-identification profile does not keep.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes of this machine.", min=1)] = os.cpu_count() or 1,
    dask: Annotated[str, typer.Option(help="A Dask scheduler's address instead, such as tcp://10.0.0.5:8786.")] = "",
) -> None:
    """Read all of an outbreak's images again with this version's code. Can be stopped, and goes on where it was.

    A Dask worker needs Firstlight, the same DATABASE_URL and the same FIRSTLIGHT_STORAGE.

    Exit 0: all were read; 3: some instances could not be and stay as they are; 2: bad call.

    Example: firstlight reread --outbreak novel-2020 --dask tcp://10.0.0.5:8786
    """
    start_django(data)
    migrate_database()
    from django.utils import timezone

    from firstlight.imaging import cohorts
    from firstlight.imaging.elsewhere import AnotherDepository
    from firstlight.outbreaks.models import Outbreak

    found = Outbreak.objects.filter(slug=outbreak).first()
    if found is None:
        refuse(f"There is no outbreak {outbreak!r} here.")
    rereading = cohorts.begin_rereading(found, cleans=cleans, at=timezone.now())
    try:
        if dask:
            with cohorts.cluster(dask) as (submit, threads):
                failed = _shown(cohorts.reread(rereading, submit, processes=threads, at=timezone.now()), rereading)
        else:
            with cohorts.own_processes(workers) as submit:
                failed = _shown(cohorts.reread(rereading, submit, processes=workers, at=timezone.now()), rereading)
    except AnotherDepository as error:
        refuse(str(error))
    except OSError:
        refuse("The Dask scheduler cannot be reached.")
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on from here.")
        raise typer.Exit(130) from None
    if failed:
        console.print(f"[yellow]{failed} instances could not be read again[/yellow] and stay as they are.")
        raise typer.Exit(SOME_FAILED)


def _shown(steps: "Iterable[Step]", rereading: "Rereading") -> int:
    """Show a bar while it goes on; how many instances failed."""
    from firstlight.imaging.cohorts import left_of

    columns = (TextColumn("Reading again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    failed = 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("reread", total=left_of(rereading).count())
        for step in steps:
            failed += step.failed
            progress.advance(task)
    return failed
