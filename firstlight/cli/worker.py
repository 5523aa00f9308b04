from firstlight.cli.startup import DataFolder, start_django


def worker(data: DataFolder = None) -> None:
    """Do background work until stopped; `serve` starts one by itself.

    Example: firstlight worker --data /srv/firstlight
    """
    from django.core.management import call_command

    start_django(data)
    call_command("db_worker", queue_name="*", interval=1, startup_delay=False)
