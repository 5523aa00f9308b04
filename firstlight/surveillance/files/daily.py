"""The daily shape: one file a day, one line a place or a part of it; kept by country."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime

from firstlight.surveillance.files.cells import NotReadable, read_count
from firstlight.surveillance.files.numbers import Number, Reading
from firstlight.surveillance.files.refusal import Complaints, refuse
from firstlight.surveillance.places import code_named, territories_of
from firstlight.surveillance.rules import Mark, Measure
from firstlight.surveillance.sources import Shape, Source

Row = tuple[int, list[str]]
_NAMED = re.compile(r"(\d\d)-(\d\d)-(\d{4})\.csv")
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M")


def read_daily(rows: Iterator[Row], header: tuple[str, ...], shape: Shape, source: Source, file_name: str) -> Reading:
    """A day's numbers by country, known when the file's latest line was updated."""
    label = _label(file_name)
    wrong = Complaints()
    sums: Counter[tuple[str, Measure]] = Counter()
    lines: dict[str, list[int]] = {}
    known_at: datetime | None = None
    for line, row in rows:
        if len(row) != len(header):
            wrong.add(line, f"{len(row)} cells where the header has {len(header)}")
            continue
        cells = dict(zip(header, row, strict=True))
        place = code_named(cells[shape.place["name"]])
        updated = _moment(cells[shape.updated])
        if place is None:
            wrong.add(line, f"the place {cells[shape.place['name']]!r} is not known")
        elif updated is None:
            wrong.add(line, f"{cells[shape.updated][:40]!r} is not a moment as in '2020-06-28 04:34:04'")
        else:
            known_at = max(known_at or updated, updated)
            for each in _counted_for(place, cells[shape.place["part"]]):
                lines.setdefault(each, []).append(line)
                _add(sums, each, cells, shape, line, wrong)
    wrong.settle()
    numbers = [
        _number(place, measure, label, value, lines[place], known_at, source)
        for (place, measure), value in sums.items()
    ]
    return Reading(numbers, [], shape.name)


def _label(file_name: str) -> date:
    found = _NAMED.fullmatch(file_name)
    if not found:
        raise refuse(0, "A daily report tells its day by its name alone: name the file as in '06-28-2020.csv'.")
    month, day, year = (int(each) for each in found.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise refuse(0, "The day in the file's name is not one of the calendar (month-day-year).") from error


def _moment(text: str) -> datetime | None:
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _counted_for(country: str, part: str) -> tuple[str, ...]:
    """The places that a line counts for: its country and its part, or a territory alone, as the time series have it."""
    place = code_named(part, within=country) if part.strip() else None
    if place is None or place == country:
        return (country,)
    return (place,) if place in territories_of(country) else (country, place)


def _add(
    sums: Counter[tuple[str, Measure]], place: str, cells: dict[str, str], shape: Shape, line: int, wrong: Complaints
) -> None:
    for measure, column in shape.measures.items():
        try:
            count = read_count(cells[column])
        except NotReadable as error:
            wrong.add(line, f"{column}: {error}")
            continue
        if count is not None:
            sums[place, Measure(measure)] += count


def _number(
    place: str, measure: Measure, label: date, value: int, lines: list[int], known_at: datetime | None, source: Source
) -> Number:
    marks = Mark.SUMMED if len(lines) > 1 else Mark.NONE
    return Number(place, measure, label, source.day_of(label, place), value, lines[0], known_at, marks)
