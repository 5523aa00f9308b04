from enum import StrEnum
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, start_django
from firstlight.cli.watching import end_with_parent, keep_running


class Part(StrEnum):
    """What a worker does."""

    TASKS = "tasks"
    SENDING = "sending"


def worker(
    data: DataFolder = None,
    only: Annotated[Part | None, typer.Option(help="One of its two parts alone, in this process.")] = None,
) -> None:
    """Do background work and send messages until stopped; `serve` starts one by itself.

    Example: firstlight worker --data /srv/firstlight
    """
    end_with_parent()
    if only is None:
        start_django(data)  # A bad setting ends this command, not its children again and again.
        keep_running([["worker", "--only", part.value] for part in Part])
        return
    start_django(data)
    if only is Part.TASKS:
        _work_on_tasks()
    else:
        _send()


def _work_on_tasks() -> None:
    import threading

    from django.core.management import call_command

    from firstlight.imaging.tasks import keep_settling

    threading.Thread(target=keep_settling, args=(threading.Event(),), daemon=True).start()
    call_command("db_worker", queue_name="*", interval=1, startup_delay=False)


def _send() -> None:
    import threading

    from firstlight.delivery.tasks.office import open_office, stop_on_signals

    stop = threading.Event()
    stop_on_signals(stop)
    if not open_office(stop):
        raise typer.Exit(1)
