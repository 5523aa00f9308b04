from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from firstlight.replay.play import Tell


@contextmanager
def shown_on(console: Console) -> Iterator[Tell]:
    """Progress bars on a terminal, one for each kind of thing that is played."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(f"Replaying {what}", total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield tell
