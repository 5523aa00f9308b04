from firstlight.cli.startup import DataFolder, console, migrate_database, start_django


def index(data: DataFolder = None) -> None:
    """Make the search in cases anew, from every version that was ever published.

    The index keeps itself; this is for after names of signs or of diagnoses were changed.

    Example: firstlight index --data /srv/firstlight
    """
    start_django(data)
    migrate_database()
    from django.utils import timezone
    from rich.progress import Progress

    from firstlight.library.search.index import rebuild

    with Progress(console=console) as progress:
        task = progress.add_task("Indexing cases", total=None)
        done = rebuild(at=timezone.now(), tell=lambda done, total: progress.update(task, completed=done, total=total))
    console.print(f"{done} versions of cases can be found.")
