"""How long a notice stands when its author says nothing else."""

from datetime import datetime, timedelta

_DAYS_BY_TIER = {1: 30, 2: 14, 3: 7, 4: 2}
CANCELLATION_DAYS = 2


def proposed_expiry(severity: int, *, kind: str, at: datetime) -> datetime:
    """The end that is proposed: the more a notice presses, the sooner it has to be looked at again. On a full hour."""
    days = CANCELLATION_DAYS if kind == "cancel" else _DAYS_BY_TIER[severity]
    return (at + timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
