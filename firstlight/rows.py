"""Rows straight from the database: what a reading request costs must be the rows, not the way to them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_adapted(each) for each in parameters])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def rows_of(sql: str, values: Sequence[Any], *more: Any) -> list[tuple[Any, ...]]:
    """All rows of a query that has `{places}` for these values, and then so many parameters more; none for none."""
    return rows(sql.format(places=", ".join(["%s"] * len(values))), [*values, *more]) if values else []


def moment(value: datetime | str) -> datetime:
    """A moment as a row has it, which SQLite keeps as text without its zone."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
