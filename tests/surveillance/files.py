"""Files as sources write them, made on the spot."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from firstlight.surveillance.files import Reading, Refused, read_file
from firstlight.surveillance.rules import Measure
from firstlight.surveillance.sources import sources
from tests.cast import DAWN

ECDC_HEADER = (
    "dateRep,day,month,year,cases,deaths,countriesAndTerritories,geoId,countryterritoryCode,popData2019,"
    "continentExp,Cumulative_number_for_14_days_of_COVID-19_cases_per_100000"
)


def wide(folder: Path, rows: dict[str, Sequence[object]], *, first: date, name: str = "a_confirmed_global.csv") -> Path:
    """A wide file: counts by 'Province,Country' from a first day on."""
    length = len(next(iter(rows.values())))
    labels = [first + timedelta(days=each) for each in range(length)]
    lines = ["Province/State,Country/Region,Lat,Long," + ",".join(f"{d.month}/{d.day}/{d:%y}" for d in labels)]
    lines += [f"{place},1.5,2.5," + ",".join(str(count) for count in counts) for place, counts in rows.items()]
    return written(folder / name, *lines)


def plain(folder: Path, *lines: str, known: bool = False) -> Path:
    """A plain table with these lines."""
    return written(folder / "plain.csv", "place,date,cases,deaths,tests" + (",known_on" if known else ""), *lines)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path, key: str, *, measure: Measure | None = None) -> Reading:
    return read_file(path, sources()[key], measure=measure, zone=DAWN.tzinfo)


def complaints(path: Path, key: str, *, measure: Measure | None = None) -> list[tuple[int, str]]:
    """The lines and sentences with which a file is refused; none if it is not."""
    try:
        read(path, key, measure=measure)
    except Refused as error:
        return [(each.line, each.sentence) for each in error.complaints]
    return []
