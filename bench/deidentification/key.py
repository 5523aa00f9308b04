"""The answer key: one line for each thing that must be true of one output, in MIDI-B's actions and five more."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MIDI_B = (
    "tag_retained", "text_notnull", "text_retained", "text_removed", "date_shifted",
    "uid_changed", "uid_consistent", "patid_consistent", "pixels_hidden", "pixels_retained",
)  # fmt: skip
BEYOND = ("intervals_exact", "file_present", "korean_removed", "header_valid", "references_resolve")
ACTIONS = MIDI_B + BEYOND
BASIC = "not in Table E.1-1"


@dataclass(frozen=True)
class Item:
    """One required action.

    `path` is tags in hexadecimal joined by dots, an index after a sequence ("00400275[0].00400007"); a private
    element is "0019{CREATOR}23". `row` is the row of PS3.15 Table E.1-1 that asks for it. `held_ok` says that keeping
    the whole object back is right as well.
    """

    instance: str
    action: str
    path: str = ""
    values: tuple[str, ...] = ()
    category: str = ""
    row: str = BASIC
    held_ok: bool = False
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """One file of the corpus, and what tells its output from every other's without a name."""

    name: str
    file: str
    patient: int
    sop_class_uid: str
    sop_instance_uid: str
    series_number: int
    instance_number: int
    kind: str
    referenced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planted:
    """A string that tells of someone; it may stand nowhere in what a tool writes."""

    patient: int | None
    category: str
    text: str


@dataclass(frozen=True)
class Key:
    """The whole key of a corpus."""

    instances: tuple[Instance, ...]
    items: tuple[Item, ...]
    planted: tuple[Planted, ...]
    conditions: dict[str, Any]

    def write(self, folder: Path) -> None:
        """As JSON lines, one file a kind."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("instances", "items", "planted"):
            _write_lines(folder / f"{name}.jsonl", getattr(self, name))
        (folder / "conditions.json").write_text(json.dumps(self.conditions, indent=1, ensure_ascii=False))

    @classmethod
    def read(cls, folder: Path) -> "Key":
        """The key that `write` wrote."""
        return cls(
            tuple(Instance(**_tupled(row)) for row in _lines(folder / "instances.jsonl")),
            tuple(Item(**_tupled(row)) for row in _lines(folder / "items.jsonl")),
            tuple(Planted(**row) for row in _lines(folder / "planted.jsonl")),
            json.loads((folder / "conditions.json").read_text()),
        )


def _write_lines(path: Path, rows: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _tupled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
