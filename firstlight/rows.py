"""Rows straight from the database: what a reading request costs must be the rows, not the way to them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    database = connections[DEFAULT_DB_ALIAS]
    values = [_adapted(each, database) if isinstance(each, datetime) else each for each in parameters]
    if database.queries_logged or database.execute_wrappers:
        return _watched(sql, values, database)
    # Straight to the driver: Django's cursor costs more than most of these queries.
    database.validate_no_broken_transaction()
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        query = with_question_marks(sql) if database.vendor == "sqlite" else sql
        found: list[tuple[Any, ...]] = database.connection.execute(query, values).fetchall()
        return found


def _watched(sql: str, values: Sequence[Any], database: BaseDatabaseWrapper) -> list[tuple[Any, ...]]:
    """The same through Django's cursor, for whoever counts queries or stands between."""
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


@lru_cache(1024)
def with_question_marks(sql: str) -> str:
    """A query in SQLite's own style."""
    return sql.replace("%s", "?").replace("%%", "%")


def rows_of(sql: str, values: Sequence[Any], *more: Any) -> list[tuple[Any, ...]]:
    """All rows of a query that has `{places}` for these values, and then so many parameters more; none for none."""
    return rows(sql.format(places=", ".join(["%s"] * len(values))), [*values, *more]) if values else []


def moment(value: datetime | str) -> datetime:
    """A moment as a row has it, which SQLite keeps as text without its zone."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _adapted(value: datetime, database: BaseDatabaseWrapper) -> Any:
    if database.vendor == "sqlite" and value.tzinfo is UTC:
        return str(value.replace(tzinfo=None))
    return database.ops.adapt_datetimefield_value(value)
