"""The long shape: one line a place and day."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from firstlight.surveillance.files.cells import NotReadable, format_of, read_count, read_date
from firstlight.surveillance.files.numbers import Number, Population, Reading
from firstlight.surveillance.files.refusal import Complaints
from firstlight.surveillance.places import code_named, code_written
from firstlight.surveillance.rules import Mark, Measure
from firstlight.surveillance.sources import Shape, Source

Row = tuple[int, list[str]]
Cells = dict[str, str]


def read_long(
    rows: Iterator[Row],
    header: tuple[str, ...],
    shape: Shape,
    source: Source,
    begin_of: Callable[[date], datetime],
) -> Reading:
    """Every number of every line; the first line's way of writing days must hold for all."""
    wrong = Complaints()
    days = Days(shape)
    numbers: list[Number] = []
    people: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(header):
            wrong.add(line, f"{len(row)} cells where the header has {len(header)}")
            continue
        cells = dict(zip(header, row, strict=True))
        try:
            place = place_of(cells, shape)
            if place is None:
                continue
            numbers += _numbers(line, cells, shape, source, place, days, begin_of)
            if shape.population:
                people[place] = read_count(cells[shape.population["column"]].strip()) or people.get(place, 0)
        except NotReadable as error:
            wrong.add(line, str(error))
    wrong.settle()
    if days.may_be_swapped():
        wrong.add(
            0, "No day in this file is later than the 12th, so that day and month may be swapped. Use 2020-03-12."
        )
    wrong.settle()
    year = shape.population.get("year", 0)
    return Reading(numbers, [Population(place, count, year) for place, count in people.items() if count], shape.name)


class Days:
    """How this file writes its days: settled by its first line, held against every other."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._form = ""
        self._read: dict[str, date] = {}

    def read(self, cells: Cells) -> date:
        """A line's day; raises NotReadable."""
        text = cells[self._shape.date]
        self._form = self._form or format_of(text, self._shape.dates) or ""
        if text not in self._read:
            self._read[text] = read_date(text, self._form or self._shape.dates[0], self._shape.dates)
        day = self._read[text]
        parts = [cells[name] for name in self._shape.date_parts]
        if parts and parts != [str(day.year), str(day.month), str(day.day)]:
            raise NotReadable(f"the day {text!r} contradicts the columns {', '.join(self._shape.date_parts)}")
        return day

    def may_be_swapped(self) -> bool:
        """Whether days as in 3/12/2020 could as well be meant the other way round."""
        return self._form == "%m/%d/%Y" and bool(self._read) and all(each.day <= 12 for each in self._read.values())


def place_of(cells: Cells, shape: Shape) -> str | None:
    """The line's place, None for a grouping that is no place; raises NotReadable for a place nobody knows."""
    rule = shape.place
    if "fixed" in rule:
        return rule["fixed"]
    column = rule.get("code") or rule["name"]
    text = cells[column]
    if text in shape.kept_places:
        return shape.kept_places[text]
    if shape.skipped_places and text.startswith(shape.skipped_places):
        return None
    place = code_written(text) if "code" in rule else code_named(text, within=rule.get("within", ""))
    if place is None:
        raise NotReadable(f"the place {text[:60]!r} is not known")
    return place


def _numbers(
    line: int,
    cells: Cells,
    shape: Shape,
    source: Source,
    place: str,
    days: Days,
    begin_of: Callable[[date], datetime],
) -> Iterator[Number]:
    label = days.read(cells)
    day = source.day_of(label, place)
    known_at = _known_at(cells, shape, day, begin_of)
    marks = _hour_mark(cells, shape)
    for measure, column in shape.measures.items():
        count = read_count(cells[column])
        if count is not None:
            yield Number(place, Measure(measure), label, day, count, line, known_at, marks)


def _known_at(cells: Cells, shape: Shape, day: date, begin_of: Callable[[date], datetime]) -> datetime | None:
    text = cells[shape.known_on] if shape.known_on else ""
    if not text:
        return None
    known_on = read_date(text, "%Y-%m-%d", ("%Y-%m-%d",))
    if known_on < day:
        raise NotReadable(f"known_on {text} is before the day it tells of, {day.strftime('%Y-%m-%d')}")
    return begin_of(known_on)


def _hour_mark(cells: Cells, shape: Shape) -> Mark:
    """Whether the count stood in the afternoon rather than at midnight; raises NotReadable for another hour."""
    if not shape.hour:
        return Mark.NONE
    hour = cells[shape.hour["column"]]
    if hour == shape.hour["midnight"]:
        return Mark.NONE
    if hour == shape.hour["afternoon"]:
        return Mark.AFTERNOON
    raise NotReadable(f"the hour {hour[:20]!r} is neither {shape.hour['midnight']} nor {shape.hour['afternoon']}")
