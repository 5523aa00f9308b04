"""Rows straight from the database: what a reading request costs must be the rows, not the way to them."""

from collections.abc import Sequence
from datetime import datetime
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


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
