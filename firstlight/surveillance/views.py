import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.surveillance.curves import draw
from firstlight.surveillance.hooks import response_figures
from firstlight.surveillance.places import code_written, place_name
from firstlight.surveillance.queries import (
    KeyFigures,
    Line,
    PlaceNumbers,
    Row,
    disagreements,
    figures_of,
    home_place,
    last_change,
    numbers_of,
    places_of,
    rows_of,
    statements_of,
    sums_of,
    today_of,
)
from firstlight.surveillance.rules import Measure, mark_names, seven_day_mean
from firstlight.surveillance.sources import Source, sources
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest
from firstlight.web.templatetags.firstlight import active_language

SCHEMA = "firstlight.numbers/1"
COLUMNS = ("place", "date", "cases", "deaths", "tests", "known_on")
DEFINITIONS = {
    "date": "the day at whose beginning, the reporting authority's midnight (00:00), the count stood",
    "known_on": "the day on which the latest of the row's numbers became known, on the site's own clock",
    "cases": "confirmed cases, cumulative",
    "deaths": "deaths, cumulative",
    "tests": "tests or people tested as the source counts them, cumulative",
    "marks": "negative, falling: kept as reported; afternoon: counted at 16:00; summed: from its parts; "
    "at_least: stated as 'more than'",
}
CORRECTIONS_SHOWN = 25
SECONDS_FRESH = 300


@require_safe
def numbers(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's numbers for one place, as they were known at the moment asked for."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    try:
        place = asked_place(request) or home_place(outbreak)
    except UnknownPlace as error:
        raise Http404 from error
    context = {
        **frame_of(outbreak, at=request.at, current="numbers"),
        "response": response_figures(outbreak, at=request.at),
        **(place_context(request, outbreak, place) if place else {}),
    }
    return render(request, "surveillance/numbers.html", context)


def place_context(request: TimedRequest, outbreak: Outbreak, place: str) -> dict[str, Any]:
    """Everything the page says about one place."""
    known = numbers_of(outbreak, place, at=request.at)
    today = today_of(outbreak, at=request.at)
    figures = figures_of(known, outbreak, at=request.at, today=today)
    is_log = request.GET.get("scale") == "log"
    language = active_language()
    corrections = known.corrections
    rows = source_rows(known, today=today)
    return {
        "place": place,
        "place_name": place_name(place, language),
        "places": sorted(
            ((code, place_name(code, language)) for code in places_of(outbreak)), key=lambda each: each[1]
        ),
        "figures": figures,
        "growth_percent": f"{100 * figures.growth:+.0f}" if figures and figures.growth is not None else "",
        "population_source": sources()[figures.population.source] if figures and figures.population else None,
        "curve": curve_of(known, is_log=is_log),
        "days": day_rows(known),
        "sources": rows,
        "newer": newer_row(rows, figures),
        "sums": sums_of(known, outbreak, at=request.at),
        "disagreements": disagreements(known),
        "corrections": corrections[:CORRECTIONS_SHOWN],
        "correction_count": len(corrections),
        "statements": statements_of(known, figures.reported_rate if figures else None),
        "query": query_of(request, place),
    }


def query_of(request: TimedRequest, place: str) -> str:
    """The part of an address that keeps the place and the day."""
    return f"?place={place}" + (f"&on={request.on.isoformat()}" if request.on else "")


def curve_of(known: PlaceNumbers, *, is_log: bool) -> Any:
    """The epidemic curve of the cases that count."""
    cases = known.line(Measure.CASES)
    return draw(cases.totals, cases.news, seven_day_mean(cases.news), is_log=is_log) if cases else None


def day_rows(known: PlaceNumbers) -> list[dict[str, Any]]:
    """The curve as a table, latest day first."""
    cases, deaths, tests = (known.line(measure) for measure in Measure)
    if cases is None:
        return []
    means, sentences = seven_day_mean(cases.news), mark_sentences()
    return [
        {
            "day": day,
            "cases": total,
            "new": cases.news.get(day),
            "mean": means.get(day),
            "deaths": deaths.totals.get(day) if deaths else None,
            "tests": tests.totals.get(day) if tests else None,
            "remarks": "; ".join(sentences[name] for name in mark_names(cases.marks[day])),
        }
        for day, total in sorted(cases.totals.items(), reverse=True)
    ]


def source_rows(known: PlaceNumbers, *, today: date) -> list[dict[str, Any]]:
    """Each source with its last numbers and their age; those that do not count come last."""
    counted = known.line(Measure.CASES)
    order = {source.key: place for place, source in enumerate(known.ranking)}
    found: dict[str, Source] = {key: line.source for (key, _measure), line in known.lines.items()}
    rows = [source_row(known, source, counted, today=today) for source in found.values()]
    return sorted(rows, key=lambda row: order.get(row["source"].key, len(order)))


def source_row(known: PlaceNumbers, source: Source, counted: Line | None, *, today: date) -> dict[str, Any]:
    """One source's last numbers; each measure on its own last day."""
    lines = {measure: known.lines.get((source.key, measure)) for measure in Measure}
    there = [line for line in lines.values() if line]
    day = max(line.last_day for line in there)
    return {
        "source": source,
        "day": day,
        "age": max(0, (today - day).days),
        "counts": bool(counted and counted.source.key == source.key),
        "is_ranked": source in known.ranking,
        "is_daily": any(line.unit == "daily" for line in there),
        "assumed": any(line.points[line.last_day].is_assumed for line in there),
        "known_at": max(line.points[line.last_day].known_at for line in there),
        **{measure.value: line.totals[line.last_day] if line else None for measure, line in lines.items()},
    }


def newer_row(rows: list[dict[str, Any]], figures: KeyFigures | None) -> dict[str, Any] | None:
    """The source with the latest cases, if the one that counts fell silent and another did not."""
    if figures is None or not figures.is_stale:
        return None
    newer = [row for row in rows if row["cases"] is not None and row["day"] > figures.day]
    return max(newer, key=lambda row: row["day"], default=None)


def mark_sentences() -> dict[str, str]:
    """What each mark means, for the person."""
    return {
        "negative": _("Negative, as reported"),
        "falling": _("Less than the day before, as reported"),
        "afternoon": _("Counted at 16:00, not at midnight"),
        "summed": _("Summed from the parts that the source lists"),
        "at_least": _("Stated as more than this"),
    }


class UnknownPlace(ValueError):
    """A place that does not exist."""


def asked_place(request: HttpRequest) -> str | None:
    """The place of `?place=`; raises UnknownPlace."""
    text = request.GET.get("place", "")
    if not text:
        return None
    place = code_written(text.upper())
    if place is None:
        raise UnknownPlace
    return place


def _etag(request: HttpRequest, slug: str) -> str | None:
    # Typed by Django as a plain request; the clock's middleware has been here.
    at = request.at  # type: ignore[attr-defined]
    outbreak = Outbreak.objects.known(at).filter(slug=slug).first()
    day = request.GET.get("on") or at.strftime("%Y-%m-%dT%H")
    return (
        f'"{SCHEMA}:{last_change(outbreak)}:{request.path}:{request.GET.get("place", "")}:{day}"' if outbreak else None
    )


@require_safe
@condition(etag_func=_etag)
def table(request: TimedRequest, slug: str) -> HttpResponseBase:
    """The numbers as CSV, one row a place and day."""
    return _open_data(request, slug, lambda outbreak, place: _as_csv(request, outbreak, place))


@require_safe
@condition(etag_func=_etag)
def document(request: TimedRequest, slug: str) -> HttpResponseBase:
    """The numbers as JSON, with the name of its schema."""
    return _open_data(request, slug, lambda outbreak, place: _as_json(request, outbreak, place))


def _open_data(request: TimedRequest, slug: str, answer: Any) -> HttpResponseBase:
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    try:
        response: HttpResponseBase = answer(outbreak, asked_place(request))
    except UnknownPlace:
        return problem(404, "There is no such place", "Use ISO 3166 codes, as in ?place=KR or ?place=KR-11.")
    patch_cache_control(response, public=True, max_age=SECONDS_FRESH)
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _as_csv(request: TimedRequest, outbreak: Outbreak, place: str | None) -> HttpResponseBase:
    lines = _csv_lines(rows_of(outbreak, at=request.at, place=place))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{outbreak.slug}-numbers.csv"'
    return response


def _csv_lines(rows: Iterator[Row]) -> Iterator[str]:
    """The header, then a thousand rows at a time."""
    page = StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, start=1):
        writer.writerow((row.place, row.day, row.cases, row.deaths, row.tests, _known_on(row)))
        if number % 1000 == 0:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def _as_json(request: TimedRequest, outbreak: Outbreak, place: str | None) -> HttpResponse:
    body = {
        "schema": SCHEMA,
        "outbreak": outbreak.slug,
        "as_known_on": timezone.localdate(request.at),
        "definitions": DEFINITIONS,
        "rows": [
            {
                "place": row.place,
                "date": row.day,
                "cases": row.cases,
                "deaths": row.deaths,
                "tests": row.tests,
                "known_on": _known_on(row),
                "marks": mark_names(row.marks),
                "sources": row.sources,
            }
            for row in rows_of(outbreak, at=request.at, place=place)
        ],
    }
    return HttpResponse(orjson.dumps(body), content_type="application/json")


def _known_on(row: Row) -> date | None:
    return timezone.localdate(row.known_at) if row.known_at else None
