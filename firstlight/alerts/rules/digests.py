"""When a digest is due: at half past seven on the site's clock, every day or every Monday."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DIGEST_TIME = time(7, 30)
DAILY, WEEKLY = "daily", "weekly"
STANDS: dict[str, timedelta] = {DAILY: timedelta(hours=20), WEEKLY: timedelta(days=6)}
"""How long a digest may still leave after a carrier's failure, before the next one makes it old."""


def last_due(rhythm: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment at which a digest of this rhythm was due."""
    local = now.astimezone(zone)
    day = local.date() - timedelta(days=local.time() < DIGEST_TIME)
    if rhythm == WEEKLY:
        day -= timedelta(days=day.weekday())
    return datetime.combine(day, DIGEST_TIME, zone).astimezone(now.tzinfo)
