import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from importlib.metadata import version
from io import StringIO
from typing import NamedTuple

from babel import Locale
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from firstlight.visits import queries
from firstlight.visits.actions import DAYS_OPEN, KEY_FORGOTTEN_AFTER, fold_if_due
from firstlight.visits.hooks import Label, labels_of
from firstlight.visits.models import Tally
from firstlight.visits.queries import Row, Scope, Totals
from firstlight.visits.rules.counting import DOUBLE_CLICK_SECONDS, MEASURES
from firstlight.visits.rules.requests import NAME

A_PAGE = 50
DAYS_SHOWN = 60
COLUMNS = ("day", "group", "item", "country", "is_replayed", *MEASURES)


class Named(NamedTuple):
    """A row with the words a page shows for it."""

    name: str
    label: Label
    totals: Totals


@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    """The numbers of the site, of a group or of an item, and the rules they are counted by."""
    fold_if_due(at=request.now)  # type: ignore[attr-defined]  # AsOfMiddleware gives it
    name = _name(request)
    scope = _scope(request, name)
    items = [] if scope.item else queries.by_item(scope)
    page = Paginator(items, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "name": name,
        "label": labels_of([name])[name] if name else None,
        "counts": queries.counts_of(until=scope.until, item=scope.item, group=scope.group),
        "is_replayed": scope.is_replayed,
        "groups": [] if name else _named(queries.by_group(scope)),
        "page": page,
        "items": _named(page.object_list),
        "countries": [(_country(str(row.key)), row.totals) for row in queries.by_country(scope)],
        "days": queries.by_day(scope)[:DAYS_SHOWN],
        "late": queries.late_requests(until=scope.until),
        "csv_query": _csv_query(request, name),
        "rule": RULE,
    }
    return render(request, "visits/visits.html", context)


@require_safe
def visits_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Every number by day, group, item and country; an empty item is a group's total, an empty group the site's."""
    fold_if_due(at=request.now)  # type: ignore[attr-defined]
    rows = queries.tallies(name=_name(request), until=_until(request))
    response = StreamingHttpResponse(_lines(rows.iterator(1000)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="visits.csv"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


RULE = {
    "lists": version("counter-robots"),
    "double_click_seconds": DOUBLE_CLICK_SECONDS,
    "key_minutes": int(KEY_FORGOTTEN_AFTER.total_seconds()) // 60,
    "days_open": DAYS_OPEN,
}


def _scope(request: HttpRequest, name: str) -> Scope:
    is_replayed = request.GET.get("source") == "replay"
    item, group = ("", name) if not name or queries.is_group(name) else (name, "")
    return Scope(_until(request), item=item, group=group, is_replayed=is_replayed)


def _name(request: HttpRequest) -> str:
    name = request.GET.get("of", "")
    if name and not NAME.fullmatch(name):
        raise Http404
    return name


def _until(request: HttpRequest) -> date:
    at: datetime = request.at  # type: ignore[attr-defined]
    return timezone.localdate(at, timezone.get_default_timezone())


def _named(rows: Iterable[Row]) -> list[Named]:
    found = list(rows)
    labels = labels_of(str(row.key) for row in found)
    return [Named(str(row.key), labels[str(row.key)], row.totals) for row in found]


def _country(code: str) -> str:
    territories = Locale((get_language() or "en")[:2]).territories
    return territories.get(code, code) if code else _("Unknown")


def _csv_query(request: HttpRequest, name: str) -> str:
    asked = {"of": name, "on": request.GET.get("on", "")}
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"?{query}" if query else ""


def _lines(rows: Iterable[Tally]) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\n"
    for row in rows:
        line = StringIO()
        numbers = [getattr(row, measure) for measure in MEASURES]
        csv.writer(line, lineterminator="\n").writerow(
            (row.day, row.group, row.item, row.country, int(row.is_replayed), *numbers)
        )
        yield line.getvalue()
