import csv
from collections.abc import Callable, Iterator
from datetime import datetime, time, tzinfo
from difflib import get_close_matches
from pathlib import Path

from firstlight.surveillance.files.daily import read_daily
from firstlight.surveillance.files.long import read_long
from firstlight.surveillance.files.marking import checked
from firstlight.surveillance.files.numbers import Reading
from firstlight.surveillance.files.refusal import Complaint, Refused, refuse
from firstlight.surveillance.files.wide import read_wide
from firstlight.surveillance.rules import Measure
from firstlight.surveillance.sources import Shape, Source

LARGEST_BYTES = 128 * 1024 * 1024
Row = tuple[int, list[str]]
Tell = Callable[[int], None]


def read_file(
    path: Path, source: Source, *, measure: Measure | None, zone: tzinfo, tell: Tell = lambda _line: None
) -> Reading:
    """Everything a file says, by the source's own rules; raises Refused with the lines that are wrong."""
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise refuse(
            0,
            f"The file has {size / 1e6:,.0f} MB; no file of this source is larger than "
            f"{LARGEST_BYTES / 1e6:,.0f} MB. Nothing was read. Is it the right file?",
        )
    rows = _rows(path, tell)
    try:
        _line, header = next(rows)
    except StopIteration:
        raise refuse(0, "The file is empty.") from None
    shape = shape_of(tuple(header), source)
    return checked(_reader(shape, source, path, tuple(header), measure, zone)(rows), source.unit)


def _reader(
    shape: Shape, source: Source, path: Path, header: tuple[str, ...], measure: Measure | None, zone: tzinfo
) -> Callable[[Iterator[Row]], Reading]:
    if shape.kind == "wide":
        counted = measure_of(shape, path.name, measure)
        return lambda rows: read_wide(rows, header, shape, source, counted)
    if measure is not None:
        raise refuse(0, "This file says itself what its columns count; leave --measure out.")
    if shape.kind == "daily":
        return lambda rows: read_daily(rows, header, shape, source, path.name)
    return lambda rows: read_long(rows, header, shape, source, lambda day: datetime.combine(day, time.min, zone))


def _rows(path: Path, tell: Tell) -> Iterator[Row]:
    """The file's rows with the line each begins on; raises Refused where the text is broken."""
    began = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            for row in reader:
                if row:
                    yield began, row
                began = reader.line_num + 1
                if began % 1000 == 0:
                    tell(began)
    except UnicodeDecodeError as error:
        raise refuse(began, "from here on the text is not UTF-8. Save the file as UTF-8 CSV.") from error
    except csv.Error as error:
        raise refuse(began, f"this is not CSV as programs write it ({error}).") from error


def shape_of(header: tuple[str, ...], source: Source) -> Shape:
    """The source's shape that this header has; raises Refused, saying which columns changed."""
    for shape in source.shapes:
        if shape.fits(header):
            return shape
    nearest = min(source.shapes, key=lambda shape: sum(map(len, _differences(header, shape))), default=None)
    if nearest is None:
        raise refuse(0, f"The source {source.key!r} has no files to import.")
    raise Refused(_changes(header, nearest, source))


def _changes(header: tuple[str, ...], shape: Shape, source: Source) -> list[Complaint]:
    """How a header differs from the declared one."""
    missing, strange = _differences(header, shape)
    said = [f"the column {name!r} is missing{_perhaps(name, header, shape)}" for name in missing]
    said += [f"the column {name[:40]!r} is new" for name in strange[:10]]
    said = said or ["the columns stand in another order than declared: " + ", ".join(shape.columns)]
    head = f"the header is not that of {source.key!r} ({shape.name})"
    return [Complaint(1, head), *(Complaint(1, each) for each in said)]


def _differences(header: tuple[str, ...], shape: Shape) -> tuple[list[str], list[str]]:
    """The columns that a header lacks, and those that it should not have."""
    missing = [name for name in shape.columns if name not in header]
    may_have_more = shape.more_columns or shape.kind == "wide"
    return missing, [] if may_have_more else [name for name in header if name not in shape.columns]


def _perhaps(name: str, header: tuple[str, ...], shape: Shape) -> str:
    others = [each for each in header if each not in shape.columns]
    close = get_close_matches(name, others, n=1, cutoff=0.5)
    return f"; perhaps it is now called {close[0]!r}" if close else ""


def measure_of(shape: Shape, file_name: str, asked: Measure | None) -> Measure:
    """What a wide file counts: its name says so, or the caller; raises Refused when neither does or they disagree."""
    named = shape.measure_of(file_name)
    for word, meaning in shape.other_files.items():
        if f"_{word}" in file_name and asked is None and (named is None or word.isupper()):
            raise refuse(0, f"By its name this file counts {meaning}, which is not imported.")
    if named and asked and named != asked:
        raise refuse(0, f"By its name this file counts {named.value}, but --measure says {asked.value}.")
    if not (counted := named or asked):
        raise refuse(
            0,
            "Its header does not say whether this file counts cases or deaths, and neither does its name. "
            "Say --measure cases or --measure deaths.",
        )
    return counted
