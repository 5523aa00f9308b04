"""Write many rows at once: what a hundred thousand records cost should be the rows, not the way to them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, models


def give_room() -> None:
    """Let SQLite hold more of its indexes in memory while much is written: their pages are hit everywhere."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -131072")  # in KiB
            cursor.execute("PRAGMA wal_autocheckpoint = 16384")  # in pages of 4 KiB


def next_keys(model: type[models.Model], count: int) -> list[int]:
    """Keys for so many new rows of a table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [model._meta.db_table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        # The sequence, not the highest key: a key that was given once is never given again.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        row = cursor.fetchone()
    last = row[0] if row else 0
    return list(range(last + 1, last + count + 1))


def insert(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of these columns; a row that is there already, by any of the table's constraints, stays."""
    if not rows:
        return
    places = ", ".join(["%s"] * len(names))
    sql = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 — names of our own
        " ON CONFLICT DO NOTHING"
    )
    moments = [place for place, name in enumerate(names) if name.strip('"').endswith(("_at", "on"))]
    with connection.cursor() as cursor:
        cursor.executemany(sql, [_adapted(list(row), moments) for row in rows])


def _adapted(row: list[Any], moments: Sequence[int]) -> list[Any]:
    """The row with its moments and days as this database takes them."""
    for place in moments:
        value = row[place]
        if isinstance(value, datetime):
            row[place] = connection.ops.adapt_datetimefield_value(value)
        elif isinstance(value, date):
            row[place] = value.isoformat()
    return row
