"""What apps above tell the library when they start."""

from collections.abc import Callable
from datetime import datetime

from firstlight.library.models import Case

Hold = Callable[[Case, datetime], str]
"""Why a case must not be published at that moment, as a sentence for its editors; empty when it may."""

_holds: list[Hold] = []


def register_hold(hold: Hold) -> None:
    """Let an app keep a case from being published for a time."""
    if hold not in _holds:
        _holds.append(hold)


def hold_on(case: Case, *, at: datetime) -> str:
    """The first reason not to publish this case now; empty when there is none."""
    return next((why for hold in _holds if (why := hold(case, at))), "")
