import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from firstlight.audit.actions import record
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.surveillance.files import Complaint, Number, Reading, Refused, read_file
from firstlight.surveillance.models import Delivery, Figure, Panel, Population, Ranking, ReportedRate, Series
from firstlight.surveillance.places import code_written
from firstlight.surveillance.policies import check_can_keep_numbers
from firstlight.surveillance.rules import SEEN_IN_NUMBERS, Mark, Measure
from firstlight.surveillance.sources import Source, sources

BATCH = 5000
# A file that changes most of what is known is more likely the wrong file than a revision.
MOST_CHANGED = 0.5
FEWEST_TO_JUDGE = 20
MICROSECOND = timedelta(microseconds=1)
SAME_MOMENT = timedelta(seconds=1)
Key = tuple[str, Measure]
Tell = Callable[[str, int], None]


class Known(NamedTuple):
    """A number as it is held: when it was known, what it was, and when at the earliest its file was written."""

    known_at: datetime
    value: int
    is_assumed: bool
    seen_at: datetime


class Change(NamedTuple):
    """A row to write."""

    number: Number
    value: int
    known_at: datetime
    is_assumed: bool


@dataclass(frozen=True)
class Outcome:
    """What an import did: numbers new, corrected and unchanged, and how many stay as reported with a mark."""

    new: int = 0
    corrected: int = 0
    unchanged: int = 0
    marked: int = 0
    was_known: bool = False


@dataclass(frozen=True)
class Statement:
    """Numbers that were published for a day, with where they were read.

    `at_least` names the counts given as "more than"; `case_fatality_percent` is a rate stated as such.
    """

    place: str
    day: date
    citation: str
    evidence: str = ""
    known_on: date | None = None
    cases: int | None = None
    deaths: int | None = None
    tests: int | None = None
    case_fatality_percent: Decimal | None = None
    at_least: frozenset[str] = field(default_factory=frozenset)


def import_file(
    path: Path,
    *,
    outbreak: Outbreak,
    source: Source,
    by: Member | str,
    at: datetime,
    known_on: date | None = None,
    measure: Measure | None = None,
    accept_many_corrections: bool = False,
    tell: Tell = lambda _what, _done: None,
) -> Outcome:
    """Take a source's file in, whole or not at all; raises Refused, with lines, for what cannot be used.

    A number seen for the first time counts as known at its source's usual hour, unless the file or `known_on` says
    when; one that differs from what is held is a correction, known from `known_on` or else from now.
    """
    check_can_keep_numbers(by)
    digest = _sha256_of(path)
    stamp = {"sha256": digest, "measure": measure or "", "known_on": known_on}
    if (again := _taken_before(outbreak, source, stamp)) is not None:
        return Outcome(unchanged=again.number_count, was_known=True)
    zone = timezone.get_default_timezone()
    reading = read_file(path, source, measure=measure, zone=zone, tell=lambda line: tell("reading", line))
    told_at = datetime.combine(known_on, time.min, zone) if known_on else None
    return _take(
        reading,
        outbreak=outbreak,
        source=source,
        told_at=told_at,
        by=by,
        at=at,
        accept_many_corrections=accept_many_corrections,
        tell=tell,
        shape=reading.shape,
        **stamp,
    )


def record_numbers(
    outbreak: Outbreak, statements: Iterable[Statement], *, source: str = "published", by: Member | str, at: datetime
) -> Outcome:
    """Keep published single numbers, each with its citation; the same statement again changes nothing.

    Raises ValidationError for a source or place that does not exist.
    """
    check_can_keep_numbers(by)
    found = sources().get(source)
    if found is None:
        raise ValidationError(f"There is no source {source!r}.")
    new = corrected = unchanged = 0
    with transaction.atomic():
        for each in statements:
            outcome = _record_statement(each, outbreak=outbreak, source=found, by=by, at=at)
            new, corrected = new + outcome.new, corrected + outcome.corrected
            unchanged += outcome.unchanged
    return Outcome(new, corrected, unchanged)


@transaction.atomic
def rank_sources(
    outbreak: Outbreak, ranking: Sequence[str], *, by: Member | str, at: datetime, place: str = ""
) -> Ranking:
    """Say which sources count, first to last, from this moment on; raises ValidationError for an unknown one."""
    check_can_keep_numbers(by)
    unknown = [key for key in ranking if key not in sources()]
    if unknown or not ranking or len(set(ranking)) < len(ranking):
        raise ValidationError(f"Name each of these at most once: {', '.join(sources())}.")
    if place and code_written(place) != place:
        raise ValidationError(f"There is no place {place!r}.")
    row = Ranking.objects.create(outbreak=outbreak, place=place, sources=list(ranking), set_at=at)
    record("numbers.sources_ranked", outbreak, by=by, at=at, place=place, sources=list(ranking))
    return row


def set_up_panel(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """Give an outbreak its numbers panel: the place it shows first, and the sources that count."""
    if place := plan.get("place"):
        Panel.objects.update_or_create(outbreak=outbreak, defaults={"place": place})
    ranking = str(plan.get("sources", "")).split()
    if ranking and not outbreak.source_rankings.exists():
        rank_sources(outbreak, ranking, by=by, at=at)


def take_back_panel(outbreak: Outbreak) -> None:
    """Remove an outbreak's panel and its rankings; numbers keep it from being undone at all."""
    Panel.objects.filter(outbreak=outbreak).delete()
    outbreak.source_rankings.all().delete()


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _taken_before(outbreak: Outbreak, source: Source, stamp: dict[str, Any]) -> Delivery | None:
    """The delivery of the very same file, unless a later one of its source corrected something since."""
    own = Delivery.objects.filter(outbreak=outbreak, source=source.key)
    before = own.filter(**stamp).last()
    if before is None or own.filter(pk__gt=before.pk, corrected_count__gt=0).exists():
        return None
    return before


def _record_statement(
    statement: Statement, *, outbreak: Outbreak, source: Source, by: Member | str, at: datetime
) -> Outcome:
    place = code_written(statement.place)
    if place is None:
        raise ValidationError(f"There is no place {statement.place!r}.")
    told_at = datetime.combine(statement.known_on or statement.day, time.min, timezone.get_default_timezone())
    numbers = [
        Number(place, measure, statement.day, statement.day, value, 0, told_at, _at_least(statement, measure))
        for measure in Measure
        if (value := getattr(statement, measure.value)) is not None
    ]
    outcome = _take(
        Reading(numbers, [], "statement"),
        outbreak=outbreak,
        source=source,
        told_at=told_at,
        by=by,
        at=at,
        citation=statement.citation,
        evidence=statement.evidence,
    )
    if statement.case_fatality_percent is not None:
        _record_rate(statement, place, outbreak, source, told_at, at)
    return outcome


def _at_least(statement: Statement, measure: Measure) -> Mark:
    return Mark.AT_LEAST if measure.value in statement.at_least else Mark.NONE


def _record_rate(
    statement: Statement, place: str, outbreak: Outbreak, source: Source, told_at: datetime, at: datetime
) -> None:
    rates = ReportedRate.objects.filter(outbreak=outbreak, place=place, day=statement.day)
    percent = statement.case_fatality_percent
    if percent is None or rates.filter(percent=percent).exists():
        return
    known_at = told_at if not rates.filter(known_at=told_at).exists() else at
    own = Delivery.objects.filter(outbreak=outbreak, source=source.key, citation=statement.citation)
    delivery = own.last() or Delivery.objects.create(
        outbreak=outbreak,
        source=source.key,
        recorded_at=at,
        seen_at=told_at,
        citation=statement.citation,
        evidence=statement.evidence,
        shape="statement",
    )
    rates.create(
        outbreak=outbreak, place=place, day=statement.day, percent=percent, known_at=known_at, delivery=delivery
    )


@transaction.atomic
def _take(
    reading: Reading,
    *,
    outbreak: Outbreak,
    source: Source,
    told_at: datetime | None,
    by: Member | str,
    at: datetime,
    accept_many_corrections: bool = True,
    tell: Tell = lambda _what, _done: None,
    **stamp: Any,
) -> Outcome:
    """Compare a reading with what is held and write only what is new or different."""
    Outbreak.objects.select_for_update().get(pk=outbreak.pk)
    series = _series_for(reading, outbreak, source)
    held = _held(reading, series)
    seen_at = max((_known_at(number, source, told_at) for number in reading.numbers), default=at)
    changes, new, corrected = _compare(reading, series, held, source, told_at=told_at, seen_at=seen_at, at=at)
    unchanged = len(reading.numbers) - new - corrected
    if not accept_many_corrections:
        _refuse_the_wrong_file(reading, series, corrected=corrected, unchanged=unchanged)
    if corrected or new or stamp.get("sha256"):
        delivery = Delivery.objects.create(
            outbreak=outbreak,
            source=source.key,
            recorded_at=at,
            seen_at=seen_at,
            number_count=len(reading.numbers),
            new_count=new,
            corrected_count=corrected,
            **stamp,
        )
        _write(changes, series, delivery, tell)
        _keep_populations(reading, source, at)
        counts = {"new": new, "corrected": corrected}
        record("numbers.imported", outbreak, by=by, at=at, source=source.key, delivery=delivery.pk, **counts)
    return Outcome(new, corrected, unchanged, marked=sum(bool(each.marks) for each in reading.numbers))


def _compare(
    reading: Reading,
    series: dict[Key, Series],
    held: defaultdict[tuple[int, date], list[Known]],
    source: Source,
    *,
    told_at: datetime | None,
    seen_at: datetime,
    at: datetime,
) -> tuple[list[Change], int, int]:
    """The rows that what is held must grow by, how many of the numbers are new, and how many are corrections."""
    changes: list[Change] = []
    new = corrected = 0
    for number in reading.numbers:
        history = held[series[number.place, number.measure].pk, number.day]
        found = _changes_for(number, history, told_at=told_at, assumed_at=_assumed_at(number, source), at=at)
        is_correction = bool(found) and any(each.value != number.value for each in history)
        new, corrected = new + bool(found and not is_correction), corrected + is_correction
        changes += found
        history += [Known(each.known_at, each.value, each.is_assumed, seen_at) for each in found]
        history.sort()
    return changes, new, corrected


def _series_for(reading: Reading, outbreak: Outbreak, source: Source) -> dict[Key, Series]:
    """The series of every number read, made where they are not there yet."""
    keys = {(number.place, number.measure) for number in reading.numbers}
    own = Series.objects.filter(outbreak=outbreak, source=source.key)
    there = {(each.place, Measure(each.measure)) for each in own}
    Series.objects.bulk_create(
        Series(outbreak=outbreak, source=source.key, place=place, measure=measure, unit=source.unit)
        for place, measure in sorted(keys - there)
    )
    return {(each.place, Measure(each.measure)): each for each in own.all()}


def _held(reading: Reading, series: dict[Key, Series]) -> defaultdict[tuple[int, date], list[Known]]:
    """Everything that was ever held about the days of this reading, oldest knowledge first."""
    held: defaultdict[tuple[int, date], list[Known]] = defaultdict(list)
    if not reading.numbers:
        return held
    days = [number.day for number in reading.numbers]
    some = next(iter(series.values()))
    rows = Figure.objects.filter(
        series__outbreak=some.outbreak_id,
        series__source=some.source,
        series__measure__in={number.measure for number in reading.numbers},
        day__range=(min(days), max(days)),
    ).order_by("known_at")
    seen = dict(Delivery.objects.filter(outbreak=some.outbreak_id).values_list("pk", "seen_at"))
    for key, day, known_at, value, assumed, delivery in rows.values_list(
        "series_id", "day", "known_at", "value", "is_assumed", "delivery_id"
    ).iterator(BATCH):
        held[key, day].append(Known(known_at, value, assumed, seen[delivery]))
    return held


def _assumed_at(number: Number, source: Source) -> datetime:
    return datetime.combine(number.label, time.min, UTC) + timedelta(hours=source.known_after_hours)


def _known_at(number: Number, source: Source, told_at: datetime | None) -> datetime:
    """When a number was known: as its file says, as we were told, or at its source's usual hour."""
    return number.known_at or told_at or _assumed_at(number, source)


def _changes_for(
    number: Number, history: list[Known], *, told_at: datetime | None, assumed_at: datetime, at: datetime
) -> list[Change]:
    """The rows by which the history of one number must grow, if it must."""
    known_at = number.known_at or told_at
    if not history:
        return [Change(number, number.value, known_at or assumed_at, known_at is None)]
    if known_at is None:
        return [] if history[-1].value == number.value else [Change(number, number.value, _free(at, history), False)]
    before = [each for each in history if each.known_at < known_at + SAME_MOMENT]
    if before and before[-1].value == number.value:
        return []
    changes = [Change(number, number.value, _free(known_at, history), False)]
    if before and before[-1] is history[-1] and before[-1].is_assumed and before[-1].seen_at > known_at:
        # The assumed number stands in a file written after this one: it is what was believed since.
        changes.append(Change(number, before[-1].value, _free(before[-1].seen_at, history), False))
    return changes


def _free(known_at: datetime, history: list[Known]) -> datetime:
    """The moment itself, or the first one after it at which nothing else became known."""
    taken = {each.known_at for each in history}
    while known_at in taken:
        known_at += MICROSECOND
    return known_at


def _write(changes: list[Change], series: dict[Key, Series], delivery: Delivery, tell: Tell) -> None:
    for start in range(0, len(changes), BATCH):
        Figure.objects.bulk_create(
            Figure(
                series=series[number.place, number.measure],
                day=number.day,
                value=value,
                known_at=known_at,
                is_assumed=is_assumed,
                marks=int(number.marks & ~SEEN_IN_NUMBERS),
                delivery=delivery,
            )
            for number, value, known_at, is_assumed in changes[start : start + BATCH]
        )
        tell("writing", min(start + BATCH, len(changes)))


def _keep_populations(reading: Reading, source: Source, at: datetime) -> None:
    there = set(Population.objects.filter(source=source.key).values_list("place", "year", "people"))
    Population.objects.bulk_create(
        Population(place=each.place, source=source.key, year=each.year, people=each.people, recorded_at=at)
        for each in reading.populations
        if (each.place, each.year, each.people) not in there
    )


def _refuse_the_wrong_file(reading: Reading, series: dict[Key, Series], *, corrected: int, unchanged: int) -> None:
    """Raise Refused for a file that contradicts most of what is held, or counts more deaths than cases."""
    overlap = corrected + unchanged
    if overlap >= FEWEST_TO_JUDGE and corrected > MOST_CHANGED * overlap:
        sentence = (
            f"{corrected:,} of the {overlap:,} numbers that are held already would change. Is it the right file? "
            "If the source did revise them all, say --accept-many-corrections."
        )
        raise Refused([Complaint(0, sentence)])
    pairs = _cases_and_deaths(reading, series)
    upside_down = sum(deaths > cases for cases, deaths in pairs)
    if upside_down >= 5 and upside_down > MOST_CHANGED * len(pairs):
        sentence = f"Deaths exceed cases in {upside_down} of {len(pairs)} comparisons: the two may be swapped."
        raise Refused([Complaint(0, sentence)])


def _cases_and_deaths(reading: Reading, series: dict[Key, Series]) -> list[tuple[int, int]]:
    """Cases and deaths of the same place and day: of this file, or of its last day against what is held."""
    values = {(each.measure, each.place, each.day): each.value for each in reading.numbers}
    measures = {measure for measure, _place, _day in values}
    missing = {Measure.CASES, Measure.DEATHS} - measures
    if len(missing) == 1:
        last = max(each.day for each in reading.numbers)
        other = missing.pop()
        names = {row.pk: place for (place, measure), row in series.items() if measure == other}
        rows = Figure.objects.filter(series__in=names, day=last).order_by("known_at")
        values |= {(other, names[key], last): value for key, value in rows.values_list("series_id", "value")}
    return [
        (value, values[Measure.DEATHS, place, day])
        for (measure, place, day), value in values.items()
        if measure == Measure.CASES and (Measure.DEATHS, place, day) in values
    ]
