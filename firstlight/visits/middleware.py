"""Counts the pages that views have marked, and never stands in a page's way."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from firstlight.visits import journal
from firstlight.visits.keys import key_of
from firstlight.visits.rules.lines import Event, line_of
from firstlight.visits.rules.requests import Kind, Visited, asks_to_be_left_alone, is_page, kind_of
from firstlight.visits.rules.visitors import mark_of, origin_of

log = logging.getLogger(__name__)


class VisitsMiddleware:
    """Writes a line for each request whose answer was marked by `hooks.mark`; stands after `AsOfMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        visited: Visited | None = getattr(response, "visited", None)
        content_type = response.get("Content-Type", "")
        if visited and is_page(request.method or "", response.status_code, content_type, request.META):
            _note(visited, request.META, at=request.now)  # type: ignore[attr-defined]
        return response


def _note(visited: Visited, headers: Mapping[str, str], *, at: datetime) -> None:
    try:
        event = event_of(visited, headers, at=at)
        journal.write(settings.VISITS, event.day, line_of(event))
    except (OSError, DatabaseError) as error:
        # A reader's page matters more than its count; the error's kind alone is told, since its text may hold a path.
        log.warning("A view could not be counted (%s)", type(error).__name__)


def event_of(visited: Visited, headers: Mapping[str, str], *, at: datetime) -> Event:
    """What is written of a request: neither its address nor its user agent."""
    day = timezone.localdate(at, timezone.get_default_timezone())
    kind = kind_of(headers)
    origin = origin_of(headers, proxies=settings.PROXIES, country_header=settings.COUNTRY_HEADER)
    may_be_marked = kind is Kind.VIEW and not asks_to_be_left_alone(headers)
    key = key_of(day) if may_be_marked else None
    mark = mark_of(origin, headers.get("HTTP_USER_AGENT", ""), key=key) if key else ""
    return Event(day, int(at.timestamp()), kind, mark, origin.country, *visited)
