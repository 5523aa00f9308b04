from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from firstlight.rows import rows
from firstlight.visits.models import Day, Tally
from firstlight.visits.rules.counting import MEASURES, WHOLE_SITE


@dataclass(frozen=True)
class Scope:
    """What numbers are asked for: of an item, a group or (neither) the whole site, on which days, real or replayed."""

    until: date
    since: date | None = None
    item: str = ""
    group: str = ""
    is_replayed: bool = False


@dataclass(frozen=True)
class Totals:
    """The numbers of some days: what counts, from how many countries, and what was left out."""

    views: int = 0
    unique_views: int = 0
    visitors: int = 0
    countries: int = 0
    double_clicks: int = 0
    robots: int = 0
    ahead: int = 0
    unmarked: int = 0
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Row:
    """The numbers of one item, group, day or country."""

    key: str | date
    totals: Totals


@dataclass(frozen=True)
class Counts:
    """What a page says of itself: what was counted, and beside it, never added, what a replay shows."""

    counted: Totals
    replayed: Totals


def counts_of(*, until: date, item: str = "", group: str = "") -> Counts:
    """The numbers of an item, of a group or, with neither, of the whole site, for `visits/count.html`."""
    named, names = ("item = %s", [item]) if item else ("item = %s AND {group} = %s", [WHOLE_SITE, group])
    sql = _BOTH.format(named=named.format(group=connection.ops.quote_name("group")))
    found = {bool(is_replayed): sums for is_replayed, *sums in rows(sql, [*names, until.isoformat()])}
    return Counts(_counted(found.get(False)), _counted(found.get(True)))


def _counted(sums: Sequence[Any] | None) -> Totals:
    if sums is None:
        return Totals()
    *numbers, since, last = sums
    return Totals(*numbers, *(date.fromisoformat(str(day)) for day in (since, last)))


def views_of(scope: Scope) -> Totals:
    """Views, visitors and countries on all days of the scope."""
    return _totals(_of_name(scope).filter(is_replayed=scope.is_replayed).aggregate(**_SUMS))


def by_day(scope: Scope) -> list[Row]:
    """The numbers of each day that has any, latest first."""
    return _rows(scope, _of_name(scope), "day", "-day")


def by_country(scope: Scope) -> list[Row]:
    """The numbers of each country that has any, most views first; '' is unknown."""
    return _rows(scope, _of_name(scope), "country", "-sum_of_views", "country")


def by_item(scope: Scope) -> list[Row]:
    """The numbers of each item of the scope's group, or of all, most views first."""
    items = _days(scope).exclude(item=WHOLE_SITE)
    return _rows(scope, items.filter(group=scope.group) if scope.group else items, "item", "-sum_of_views", "item")


def by_group(scope: Scope) -> list[Row]:
    """The numbers of each group, most views first."""
    groups = _days(scope).filter(item=WHOLE_SITE).exclude(group=WHOLE_SITE)
    return _rows(scope, groups, "group", "-sum_of_views", "group")


def tallies(*, until: date, name: str = "") -> QuerySet[Tally]:
    """Every number by day, group, item and country, real and replayed, told apart; of one name alone if given."""
    chosen = Tally.objects.filter(day__lte=until)
    return chosen.filter(Q(item=name) | Q(group=name)) if name else chosen


def is_group(name: str) -> bool:
    """Whether anything was counted under the name as a group."""
    return Tally.objects.filter(item=WHOLE_SITE, group=name).exists()


def late_requests(*, until: date) -> int:
    """How many requests came after their day was closed, and are in no number."""
    return Day.objects.filter(on__lte=until).aggregate(late=Sum("late_requests"))["late"] or 0


_BOTH = """
SELECT is_replayed, SUM(views), SUM(unique_views), SUM(visitors),
       COUNT(DISTINCT CASE WHEN views > 0 AND country <> '' THEN country END),
       SUM(double_clicks), SUM(robots), SUM(ahead), SUM(unmarked), MIN(day), MAX(day)
FROM visits_tally WHERE {named} AND day <= %s GROUP BY is_replayed
"""
# A sum must not be called as the column it sums.
_SUMS: dict[str, Any] = {
    **{f"sum_of_{measure}": Sum(measure) for measure in MEASURES},
    "sum_of_countries": Count("country", distinct=True, filter=Q(views__gt=0) & ~Q(country="")),
    "sum_of_since": Min("day"),
    "sum_of_until": Max("day"),
}


def _of_name(scope: Scope) -> QuerySet[Tally]:
    """The tallies, real and replayed, of one item in whatever group, or else of the group or the site as a whole."""
    chosen = _days(scope).filter(item=scope.item)
    return chosen if scope.item else chosen.filter(group=scope.group)


def _days(scope: Scope) -> QuerySet[Tally]:
    chosen = Tally.objects.filter(day__lte=scope.until).order_by()
    return chosen.filter(day__gte=scope.since) if scope.since else chosen


def _rows(scope: Scope, chosen: QuerySet[Tally], key: str, *order: str) -> list[Row]:
    found = chosen.filter(is_replayed=scope.is_replayed).values(key).annotate(**_SUMS).order_by(*order)
    return [Row(each[key], _totals(each)) for each in found]


def _totals(sums: dict[str, Any]) -> Totals:
    found = {each.name: sums[f"sum_of_{each.name}"] for each in fields(Totals)}
    return Totals(**{name: value for name, value in found.items() if value is not None})
