"""The institution's week."""

from datetime import datetime, timedelta

WEEK = timedelta(days=7)


def next_monday(after: datetime) -> datetime:
    """The first midnight of a Monday after that moment, on the clock that it is given in."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=7 - midnight.weekday())


def year_and_week(moment: datetime) -> tuple[int, int]:
    """The ISO 8601 year and week of that day: a week belongs to one year, the one with its Thursday."""
    calendar = moment.isocalendar()
    return calendar.year, calendar.week
