"""Dates moved by whole days, in the form and the precision they were written in."""

import re
from datetime import date, timedelta
from functools import lru_cache

_DATE = re.compile(r"(\d{4})(\.?)(\d\d)\2(\d\d)(.*)", re.DOTALL)


@lru_cache(maxsize=8192)
def shifted(value: str, days: int) -> str:
    """A DA or DT value `days` later, "" where it is no real date; time of day and offset stay as they are."""
    partial = re.fullmatch(r"(\d{4})(\d\d)?([+-]\d{4})?", value)
    if partial and value[4:6] != "":
        return _shifted_partial(partial.group(1), partial.group(2), partial.group(3) or "", days)
    if partial:
        return _shifted_partial(value[:4], None, "", days)
    found = _DATE.fullmatch(value)
    if not found:
        return ""
    year, dot, month, day, rest = found.groups()
    moved = _moved(year, month, day, days)
    return f"{moved.year:04d}{dot}{moved.month:02d}{dot}{moved.day:02d}{rest}" if moved else ""


def _shifted_partial(year: str, month: str | None, offset: str, days: int) -> str:
    moved = _moved(year, month or "01", "01", days)
    if moved is None:
        return ""
    return f"{moved.year:04d}{f'{moved.month:02d}' if month else ''}{offset}"


def _moved(year: str, month: str, day: str, days: int) -> date | None:
    try:
        return date(int(year), int(month), int(day)) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def pooled_age(value: str) -> str:
    """An AS value with every age over 89 years as "090Y", since the very old are few enough to be known."""
    number, unit = int(value[:3]), value[3:4]
    years = {"D": number / 366, "W": number / 53, "M": number / 12, "Y": number}[unit]
    return "090Y" if years > 89 else value
