"""The wide shape: one line a place, one column a day."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from firstlight.surveillance.files.cells import NotReadable, read_count, read_date
from firstlight.surveillance.files.numbers import Number, Reading
from firstlight.surveillance.files.refusal import Complaints
from firstlight.surveillance.places import code_named
from firstlight.surveillance.rules import Mark, Measure
from firstlight.surveillance.sources import Shape, Source

Row = tuple[int, list[str]]


def read_wide(rows: Iterator[Row], header: tuple[str, ...], shape: Shape, source: Source, measure: Measure) -> Reading:
    """One series a line; a country that the file gives in parts alone is summed from them, and marked."""
    wrong = Complaints()
    labels = _labels(header, shape, wrong)
    wrong.settle()
    numbers: list[Number] = []
    parts: dict[str, list[list[int | None]]] = defaultdict(list)
    whole: set[str] = set()
    for line, row in rows:
        if len(row) != len(header):
            wrong.add(line, f"{len(row)} cells where the header has {len(header)}")
            continue
        country, place = _place(line, row, header, shape, wrong)
        if place is None or country is None:
            continue
        counts = _counts(line, row[len(shape.columns) :], wrong)
        whole |= {place}
        if place != country:
            parts[country].append(counts)
        numbers += _numbers(place, measure, labels, counts, line, source)
    wrong.settle()
    for country, columns in parts.items():
        if country not in whole:
            sums = [None if None in day else sum(each or 0 for each in day) for day in zip(*columns, strict=True)]
            numbers += _numbers(country, measure, labels, sums, 0, source, Mark.SUMMED)
    return Reading(numbers, [], shape.name)


def _labels(header: tuple[str, ...], shape: Shape, wrong: Complaints) -> list[date]:
    """The days of the columns, which must follow each other without gap or repetition."""
    labels: list[date] = []
    for place, text in enumerate(header[len(shape.columns) :], start=len(shape.columns) + 1):
        try:
            label = read_date(text, shape.dates[0], shape.dates)
        except NotReadable as error:
            wrong.add(1, f"column {place}: {error}")
            continue
        if labels and label != labels[-1] + timedelta(days=1):
            what = "appears twice" if label == labels[-1] else f"does not follow {labels[-1].isoformat()}"
            wrong.add(1, f"column {place}: the day {text!r} {what}")
        labels.append(label)
    return labels


def _place(
    line: int, row: list[str], header: tuple[str, ...], shape: Shape, wrong: Complaints
) -> tuple[str | None, str | None]:
    """The country and the place of a line; a part without a code of ours is refused by its name."""
    name, part = row[header.index(shape.place["name"])], row[header.index(shape.place["part"])]
    country = code_named(name)
    place = code_named(part, within=country) if part and country else country
    if country is None or place is None:
        wrong.add(line, f"the place {name if country is None else f'{part}, {name}'!r} is not known")
    return country, place


def _counts(line: int, cells: list[str], wrong: Complaints) -> list[int | None]:
    counts: list[int | None] = []
    for cell in cells:
        try:
            counts.append(read_count(cell))
        except NotReadable as error:
            wrong.add(line, str(error))
            counts.append(None)
    return counts


def _numbers(
    place: str,
    measure: Measure,
    labels: list[date],
    counts: list[int | None],
    line: int,
    source: Source,
    marks: Mark = Mark.NONE,
) -> Iterator[Number]:
    for label, count in zip(labels, counts, strict=True):
        if count is not None:
            yield Number(place, measure, label, source.day_of(label, place), count, line, None, marks)
