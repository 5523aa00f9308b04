from firstlight.cli.startup import DataFolder, console, migrate_database, start_django


def migrate(data: DataFolder = None) -> None:
    """Bring the database to this version's shape.

    Example: firstlight migrate --data /srv/firstlight
    """
    start_django(data)
    migrate_database()
    console.print("The database is up to date.")
