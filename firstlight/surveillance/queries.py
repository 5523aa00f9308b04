from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from firstlight.outbreaks.hooks import News
from firstlight.outbreaks.hooks.story import last_day
from firstlight.outbreaks.models import Outbreak
from firstlight.surveillance.models import Delivery, Figure, Panel, Population, Ranking, ReportedRate, Series
from firstlight.surveillance.places import parts_of, place_name
from firstlight.surveillance.rules import (
    Doubling,
    Fatality,
    Mark,
    Measure,
    Unit,
    case_fatality,
    cumulative_from_daily,
    daily_from_cumulative,
    doubling_time,
    incidence_per_million,
    marks_of,
    seven_day_mean,
    weekly_growth,
)
from firstlight.surveillance.sources import Source, sources

# Where the society is when nobody says otherwise, as for its institutions.
HOME = "KR"
STALE_AFTER_DAYS = 3
PLACES_AT_A_TIME = 40


class Point(NamedTuple):
    """A number as it was believed."""

    value: int
    known_at: datetime
    marks: int = 0
    is_assumed: bool = False
    delivery: int = 0


@dataclass(frozen=True)
class Correction:
    """A number that became another."""

    source: Source
    measure: Measure
    day: date
    before: int
    after: int
    known_at: datetime


@dataclass(frozen=True)
class Line:
    """One series as it was known at a moment: by day the last that had been said."""

    source: Source
    measure: Measure
    unit: Unit
    points: dict[date, Point]
    corrections: list[Correction]

    @cached_property
    def totals(self) -> dict[date, int]:
        """Cumulative counts by day."""
        values = {day: point.value for day, point in self.points.items()}
        return cumulative_from_daily(values) if self.unit == Unit.DAILY else values

    @cached_property
    def news(self) -> dict[date, int]:
        """New counts by day."""
        if self.unit == Unit.DAILY:
            return {day: point.value for day, point in self.points.items()}
        return daily_from_cumulative(self.totals)

    @cached_property
    def marks(self) -> dict[date, int]:
        """What must be known of each day's number: what its source said, and what the numbers show."""
        seen = marks_of({day: point.value for day, point in self.points.items()}, self.unit)
        return {day: point.marks | seen.get(day, 0) for day, point in self.points.items()}

    @cached_property
    def last_day(self) -> date:
        return max(self.points)


@dataclass(frozen=True)
class PlaceNumbers:
    """All that was known of a place at a moment, by every source, in the order in which sources count."""

    place: str
    ranking: tuple[Source, ...]
    lines: dict[tuple[str, Measure], Line]

    def line(self, measure: Measure) -> Line | None:
        """The line that counts. Deaths come from the source of the cases, if it has them, so that both fit."""
        keys = [source.key for source in self.ranking]
        if measure == Measure.DEATHS and (cases := self.line(Measure.CASES)):
            keys = [cases.source.key, *keys]
        return next((self.lines[key, measure] for key in keys if (key, measure) in self.lines), None)

    @cached_property
    def fatality(self) -> Fatality | None:
        """Case fatality of the source that counts."""
        cases, deaths = self.line(Measure.CASES), self.line(Measure.DEATHS)
        return case_fatality(cases.totals, deaths.totals) if cases and deaths else None

    @property
    def corrections(self) -> list[Correction]:
        """What was corrected of any number of this place, latest first."""
        found = [each for line in self.lines.values() for each in line.corrections]
        return sorted(found, key=lambda each: (each.known_at, each.day), reverse=True)


@dataclass(frozen=True)
class KeyFigures:
    """What a glance needs: each number with its own day, so that an old one is never taken for today's."""

    place: str
    source: Source
    day: date
    cases: int
    marks: int
    new_cases: int | None
    mean: float | None
    growth: float | None
    doubling: Doubling | None
    deaths: int | None
    deaths_on: date | None
    tests: int | None
    tests_on: date | None
    tests_at_least: bool
    fatality: Fatality | None
    reported_rate: ReportedRate | None
    incidence: float | None
    population: Population | None
    age_days: int

    @property
    def name_ko(self) -> str:
        return place_name(self.place, "ko")

    @property
    def name_en(self) -> str:
        return place_name(self.place, "en")

    @property
    def is_stale(self) -> bool:
        """Whether this is the last good value of a source that fell silent."""
        return self.age_days > STALE_AFTER_DAYS

    @property
    def shows_reported_rate(self) -> bool:
        """Whether somebody stated a rate for a later day than we can compute one for."""
        return self.reported_rate is not None and (self.fatality is None or self.reported_rate.day > self.fatality.day)


@dataclass(frozen=True)
class Sum:
    """A whole beside the sum of its parts, both from one source."""

    source: Source
    measure: Measure
    day: date
    whole: int
    parts: int
    part_count: int

    @property
    def difference(self) -> int:
        return self.whole - self.parts


@dataclass(frozen=True)
class Disagreement:
    """Where another source's number for the same day differs from the one that counts."""

    source: Source
    day: date
    counted: int
    other: int
    days_compared: int
    days_different: int
    worst_day: date
    worst_counted: int
    worst_other: int


@dataclass
class Row:
    """One place and day of the open data."""

    place: str
    day: date
    cases: int | None = None
    deaths: int | None = None
    tests: int | None = None
    known_at: datetime | None = None
    marks: int = 0
    sources: dict[str, str] = field(default_factory=dict)


def ranking_for(outbreak: Outbreak, place: str, *, at: datetime) -> tuple[Source, ...]:
    """The sources in the order in which they counted at that moment; those a ranking leaves out do not count."""
    return _ranked(_rankings(outbreak, at), place)


def _rankings(outbreak: Outbreak, at: datetime) -> dict[str, list[str]]:
    rows = Ranking.objects.filter(outbreak=outbreak, set_at__lte=at)
    return {row.place: row.sources for row in rows}


def _ranked(rankings: dict[str, list[str]], place: str) -> tuple[Source, ...]:
    chosen = rankings.get(place) or rankings.get(place.partition("-")[0]) or rankings.get("")
    return tuple(sources()[key] for key in chosen if key in sources()) if chosen else tuple(sources().values())


def places_of(outbreak: Outbreak) -> list[str]:
    """Every place of which something is counted."""
    found = Series.objects.filter(outbreak=outbreak).order_by("place").values_list("place", flat=True).distinct()
    return list(found)


def home_place(outbreak: Outbreak) -> str | None:
    """The place that a page shows unless asked for another: the panel's, else the society's, else any counted one."""
    own = Series.objects.filter(outbreak=outbreak)
    panel = Panel.objects.filter(outbreak=outbreak).first()
    for place in ([panel.place] if panel else []) + [HOME]:
        if own.filter(place=place).exists():
            return place
    return own.order_by("place").values_list("place", flat=True).first()


def numbers_of(outbreak: Outbreak, place: str, *, at: datetime) -> PlaceNumbers:
    """Everything known of a place at that moment."""
    lines = _lines(Series.objects.filter(outbreak=outbreak, place=place), at=at)
    return PlaceNumbers(place, ranking_for(outbreak, place, at=at), lines.get(place, {}))


def _lines(series: Iterable[Series], *, at: datetime) -> dict[str, dict[tuple[str, Measure], Line]]:
    """Lines by place, with one query for all their figures."""
    held = {each.pk: each for each in series if each.source in sources()}
    rows = (
        Figure.objects.known(at)
        .filter(series__in=held)
        .values_list("series_id", "day", "value", "known_at", "marks", "is_assumed", "delivery_id")
    )
    lines: dict[str, dict[tuple[str, Measure], Line]] = defaultdict(dict)
    for key, group in groupby(rows.iterator(5000), key=itemgetter(0)):
        one = held[key]
        line = _line(one, group)
        lines[one.place][one.source, line.measure] = line
    return lines


def _line(series: Series, rows: Iterator[tuple[int, date, int, datetime, int, bool, int]]) -> Line:
    source, measure = sources()[series.source], Measure(series.measure)
    points: dict[date, Point] = {}
    corrections = []
    for _series, day, value, known_at, marks, is_assumed, delivery in rows:
        before = points.get(day)
        if before is not None and before.value != value:
            corrections.append(Correction(source, measure, day, before.value, value, known_at))
        if before is None or before.value != value:
            points[day] = Point(value, known_at, marks, is_assumed, delivery)
    return Line(source, measure, Unit(series.unit), points, corrections)


def key_figures(outbreak: Outbreak, at: datetime, *, place: str | None = None) -> KeyFigures | None:
    """The numbers for an overview at that moment; None when nothing was known."""
    place = place or home_place(outbreak)
    if place is None:
        return None
    return figures_of(numbers_of(outbreak, place, at=at), outbreak, at=at, today=today_of(outbreak, at=at))


def figures_of(numbers: PlaceNumbers, outbreak: Outbreak, *, at: datetime, today: date) -> KeyFigures | None:
    """The key figures of a place whose numbers are at hand."""
    cases = numbers.line(Measure.CASES)
    if cases is None:
        return None
    deaths, tests = numbers.line(Measure.DEATHS), numbers.line(Measure.TESTS)
    day = cases.last_day
    people = population_of(numbers.place, cases.source)
    return KeyFigures(
        place=numbers.place,
        source=cases.source,
        day=day,
        cases=cases.totals[day],
        marks=cases.marks[day],
        new_cases=cases.news.get(day),
        mean=seven_day_mean(cases.news).get(day),
        growth=weekly_growth(cases.news, day),
        doubling=doubling_time(cases.news, day),
        deaths=deaths.totals[deaths.last_day] if deaths else None,
        deaths_on=deaths.last_day if deaths else None,
        tests=tests.totals[tests.last_day] if tests else None,
        tests_on=tests.last_day if tests else None,
        tests_at_least=bool(tests and tests.points[tests.last_day].marks & Mark.AT_LEAST),
        fatality=numbers.fatality,
        reported_rate=reported_rate(outbreak, numbers.place, at=at),
        incidence=incidence_per_million(cases.totals[day], people.people) if people else None,
        population=people,
        age_days=max(0, (today - day).days),
    )


def numbers_held(outbreak: Outbreak) -> list[str]:
    """What of the numbers hangs on an outbreak, in a sentence."""
    count = Delivery.objects.filter(outbreak=outbreak).count()
    return (
        [
            ngettext("%(count)d import of numbers belongs to it.", "%(count)d imports of numbers belong to it.", count)
            % {"count": count}
        ]
        if count
        else []
    )


def today_of(outbreak: Outbreak, *, at: datetime) -> date:
    """The day from which ages are counted; in a replay the clock stops with its last numbers: nobody fell silent."""
    today = timezone.localdate(at)
    if not outbreak.is_replay:
        return today
    told = Delivery.objects.filter(outbreak=outbreak).aggregate(last=Max("seen_at"))["last"]
    return min(today, timezone.localdate(told) if told else last_day(outbreak))


def number_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every statement of cases that had been published by that moment."""
    # By series, not by delivery: figures are many, and only their series is an index.
    stated = Figure.objects.filter(
        series__outbreak=outbreak,
        series__source__in=[key for key, source in sources().items() if not source.shapes],
        series__measure=Measure.CASES,
        delivery__seen_at__lte=at,
    )
    for value, said_at in stated.values_list("value", "delivery__seen_at"):
        url = reverse("numbers", args=[outbreak.slug])
        yield News(said_at, _("Numbers"), f"누적 확진자 {value:,}명", f"{value:,} confirmed cases", url)


def reported_rate(outbreak: Outbreak, place: str, *, at: datetime) -> ReportedRate | None:
    """The latest case fatality that somebody had stated as such."""
    rates = ReportedRate.objects.filter(outbreak=outbreak, place=place, known_at__lte=at)
    return rates.select_related("delivery").last()


def population_of(place: str, source: Source) -> Population | None:
    """The inhabitants of a place, as the source of its cases states them if it does, else as any does."""
    rows = list(Population.objects.filter(place=place))
    own = [row for row in rows if row.source == source.key]
    return next(iter(own or rows), None)


def sums_of(numbers: PlaceNumbers, outbreak: Outbreak, *, at: datetime) -> list[Sum]:
    """For every source that counts parts of this place: the whole beside their sum, on the last day all have."""
    parts = Series.objects.filter(outbreak=outbreak, place__in=parts_of(numbers.place)).exclude(measure=Measure.TESTS)
    by_line: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for each in parts:
        by_line[each.source, each.measure].append(each)
    wholes = [(line, by_line.get((key, measure.value), [])) for (key, measure), line in numbers.lines.items()]
    return [found for line, some in wholes if some and (found := _sum(line, some, at=at))]


def _sum(line: Line, parts: list[Series], *, at: datetime) -> Sum | None:
    if line.unit == Unit.DAILY or line.points[line.last_day].marks & Mark.SUMMED:
        return None
    rows = Figure.objects.known(at).filter(series__in=parts, day=line.last_day)
    values = dict(rows.values_list("series_id", "value"))
    if not values:
        return None
    return Sum(line.source, line.measure, line.last_day, line.totals[line.last_day], sum(values.values()), len(values))


def disagreements(numbers: PlaceNumbers) -> list[Disagreement]:
    """How other sources' cumulative cases differ from those that count, on the last day both have and over all days."""
    counted = numbers.line(Measure.CASES)
    others = [line for (_key, measure), line in numbers.lines.items() if measure == Measure.CASES and line != counted]
    found = []
    for line in others:
        common = sorted(counted.totals.keys() & line.totals.keys()) if counted else []
        if counted and common:
            found.append(_disagreement(counted.totals, line, common))
    return found


def _disagreement(counted: dict[date, int], line: Line, common: list[date]) -> Disagreement:
    last, worst = common[-1], max(common, key=lambda day: abs(counted[day] - line.totals[day]))
    return Disagreement(
        source=line.source,
        day=last,
        counted=counted[last],
        other=line.totals[last],
        days_compared=len(common),
        days_different=sum(counted[day] != line.totals[day] for day in common),
        worst_day=worst,
        worst_counted=counted[worst],
        worst_other=line.totals[worst],
    )


def statements_of(numbers: PlaceNumbers, rate: ReportedRate | None) -> list[Delivery]:
    """The published statements behind the numbers of a place."""
    keys = {
        point.delivery for line in numbers.lines.values() if not line.source.shapes for point in line.points.values()
    }
    return list(Delivery.objects.filter(pk__in=keys | ({rate.delivery_id} if rate else set())).exclude(citation=""))


def rows_of(outbreak: Outbreak, *, at: datetime, place: str | None = None) -> Iterator[Row]:
    """The open data: for every place and day the numbers of the source that counts, as known at that moment."""
    rankings = _rankings(outbreak, at)
    series = Series.objects.filter(outbreak=outbreak).order_by("place")
    by_place: dict[str, list[Series]] = defaultdict(list)
    for each in series.filter(place=place) if place else series:
        by_place[each.place].append(each)
    names = list(by_place)
    for start in range(0, len(names), PLACES_AT_A_TIME):
        some = names[start : start + PLACES_AT_A_TIME]
        lines = _lines([each for name in some for each in by_place[name]], at=at)
        for name in some:
            yield from _rows(PlaceNumbers(name, _ranked(rankings, name), lines.get(name, {})))


def _rows(numbers: PlaceNumbers) -> Iterator[Row]:
    rows: dict[date, Row] = {}
    for measure in Measure:
        line = numbers.line(measure)
        if line is None:
            continue
        for day, point in line.points.items():
            row = rows.setdefault(day, Row(numbers.place, day))
            setattr(row, measure.value, line.totals[day])
            row.known_at = max(row.known_at or point.known_at, point.known_at)
            row.marks |= line.marks[day]
            row.sources[measure.value] = line.source.key
    return (rows[day] for day in sorted(rows))


def last_change(outbreak: Outbreak) -> str:
    """What a cache needs to know: changes whenever a number or a ranking is added."""
    delivery = Delivery.objects.filter(outbreak=outbreak).values_list("pk", flat=True).last()
    ranking = Ranking.objects.filter(outbreak=outbreak).values_list("pk", flat=True).last()
    return f"{outbreak.pk}-{delivery or 0}-{ranking or 0}"
