"""The sources we can read, each declared in `sources/KEY.toml`: its columns, its rule for days, its unit."""

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from firstlight.surveillance.rules import Measure, Unit

_FOLDER = Path(__file__).with_name("sources")


@dataclass(frozen=True)
class Shape:
    """One kind of file of a source: which columns it must have, and what they mean."""

    name: str
    kind: str
    columns: tuple[str, ...]
    place: dict[str, str]
    dates: tuple[str, ...] = ()
    date: str = ""
    more_columns: bool = False
    measures: dict[str, str] = field(default_factory=dict)
    known_on: str = ""
    updated: str = ""
    hour: dict[str, str] = field(default_factory=dict)
    date_parts: tuple[str, ...] = ()
    population: dict[str, Any] = field(default_factory=dict)
    skipped_places: str = ""
    kept_places: dict[str, str] = field(default_factory=dict)
    file_names: dict[str, str] = field(default_factory=dict)
    other_files: dict[str, str] = field(default_factory=dict)

    def fits(self, header: tuple[str, ...]) -> bool:
        """Whether a file with these columns is of this shape."""
        if self.kind == "wide":
            return header[: len(self.columns)] == self.columns
        return set(self.columns) <= set(header) if self.more_columns else header == self.columns

    def measure_of(self, file_name: str) -> Measure | None:
        """What a file counts when only its name tells."""
        found = [measure for measure, word in self.file_names.items() if word in file_name.lower()]
        return Measure(found[0]) if len(found) == 1 else None


@dataclass(frozen=True)
class Source:
    """Who counts, and by which rule their day becomes ours: the count at the midnight that begins the day."""

    key: str
    rank: int
    name_ko: str
    name_en: str
    url: str
    licence: str
    unit: Unit
    known_after_hours: int
    label_shift_days: int
    day_label_ko: str
    day_label_en: str
    shapes: tuple[Shape, ...] = ()
    label_exceptions: tuple[dict[str, Any], ...] = ()

    def day_of(self, label: date, place: str) -> date:
        """The day that a number under this label describes."""
        for each in self.label_exceptions:
            if place == each["place"] and label <= each["until"]:
                return label + timedelta(days=each["shift_days"])
        return label + timedelta(days=self.label_shift_days)


@cache
def sources() -> dict[str, Source]:
    """Every source by its key, in the order that counts unless an outbreak's ranking says otherwise."""
    found = [_read(path) for path in _FOLDER.glob("*.toml")]
    return {each.key: each for each in sorted(found, key=lambda each: each.rank)}


def _read(path: Path) -> Source:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    shapes = tuple(_shape(each) for each in raw.pop("shapes", []))
    exceptions = tuple(raw.pop("label_exceptions", []))
    return Source(**{**raw, "unit": Unit(raw["unit"])}, shapes=shapes, label_exceptions=exceptions)


def _shape(raw: dict[str, Any]) -> Shape:
    lists: dict[str, Any] = {name: tuple(raw[name]) for name in ("columns", "dates", "date_parts") if name in raw}
    return Shape(**{**raw, **lists})
