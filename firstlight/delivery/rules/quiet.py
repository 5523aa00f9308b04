"""Hours in which a member's phone stays silent."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

BREAKS_THROUGH = 4
"""The tier that silence does not hold back: an emergency."""


def not_before(
    now: datetime, quiet_from: time | None, quiet_until: time | None, zone: ZoneInfo, severity: int
) -> datetime:
    """The first moment at which something of this tier may arrive: now, or when this silence ends on the zone's clock.

    Silence may reach over midnight; from an hour to the same hour is none.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until or severity >= BREAKS_THROUGH:
        return now
    local = now.astimezone(zone)
    clock = local.time()
    over_midnight = quiet_from > quiet_until
    is_quiet = (clock >= quiet_from or clock < quiet_until) if over_midnight else quiet_from <= clock < quiet_until
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1 if over_midnight and clock >= quiet_from else 0)
    ends_at = datetime.combine(day, quiet_until, zone).astimezone(now.tzinfo)
    # On the night when clocks go back, the end may name an hour that has passed once already.
    return max(now, ends_at)
