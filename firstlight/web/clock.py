"""The moment a page is about: now, or the end of the day that `?on=YYYY-MM-DD` names."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils import timezone
from django.utils.translation import gettext as _


class BadDay(ValueError):
    """A day that the calendar does not have."""


def end_of_day(day: date) -> datetime:
    """The last moment of a day on the site's own clock."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, timezone.get_default_timezone())
    return midnight - timedelta(microseconds=1)


def read_day(text: str) -> date:
    """A day as in 2020-03-12; raises BadDay for anything else."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 — a day has no zone
    except ValueError as error:
        raise BadDay from error
    if not 1900 <= day.year <= 2999:
        raise BadDay
    return day


class AsOfMiddleware:
    """Gives each request `now`, `on` (a day, or None) and `at` (the moment to show)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        asked = request.GET.get("on", "")
        try:
            day = read_day(asked) if asked else None
        except BadDay:
            return HttpResponseBadRequest(_("Write the day as in ?on=2020-03-12."), content_type="text/plain")
        request.now, request.on = now, day  # type: ignore[attr-defined]
        request.at = min(end_of_day(day), now) if day else now  # type: ignore[attr-defined]
        return self.get_response(request)
