from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest


class TimedRequest(HttpRequest):
    """A request as the views receive it, after `AsOfMiddleware`."""

    if TYPE_CHECKING:
        now: datetime
        at: datetime
        on: date | None
