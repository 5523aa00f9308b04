"""The vocabulary: what can be recorded of a chest image, read from `findings.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "findings.toml"
KINDS = ("presence", "one_of", "several_of", "integer", "percent")
CANNOT_TELL = "cannot_tell"
Raw = Mapping[str, Any]


class BadVocabulary(ValueError):
    """A vocabulary that cannot be used; the message says which entry and why."""


@dataclass(frozen=True)
class Code:
    """A coded concept: coding scheme designator, value and meaning (PS3.3, section 8)."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Named:
    """Whatever has a key and a label in each language."""

    key: str
    label_ko: str
    label_en: str


@dataclass(frozen=True)
class Modality(Named):
    """A kind of image, and the values of Modality (0008,0060) that are this kind."""

    dicom: tuple[str, ...]


@dataclass(frozen=True)
class Group(Named):
    """Findings that stand together on a form; a folded group opens when asked for."""

    folded: bool


@dataclass(frozen=True)
class Place(Named):
    """A part of the lungs."""

    codes: tuple[Code, ...]


@dataclass(frozen=True)
class Option(Named):
    """One answer; an option that stands `alone` goes with no other."""

    codes: tuple[Code, ...]
    modalities: frozenset[str]
    alone: bool


@dataclass(frozen=True)
class Finding(Named):
    """One question to the image; `place` says where, for a finding asked at several places."""

    kind: str
    group: str
    modalities: frozenset[str]
    options: tuple[Option, ...]
    codes: tuple[Code, ...]
    help_ko: str
    help_en: str
    family: str
    place: Place | None
    minimum: int
    maximum: int

    @property
    def full_label_ko(self) -> str:
        """The label with its place."""
        return f"{self.place.label_ko} {self.label_ko}" if self.place else self.label_ko

    @property
    def full_label_en(self) -> str:
        """The label with its place."""
        return f"{self.label_en}: {self.place.label_en.lower()}" if self.place else self.label_en

    def options_for(self, modality: str) -> tuple[Option, ...]:
        """The answers that an image of this kind allows."""
        return tuple(each for each in self.options if modality in each.modalities)

    def option(self, key: str) -> Option | None:
        """The answer of that key."""
        return next((each for each in self.options if each.key == key), None)


@dataclass(frozen=True)
class Vocabulary:
    """Every finding by key, in the order of the form."""

    key: str
    version: int
    modalities: Mapping[str, Modality]
    groups: Mapping[str, Group]
    findings: Mapping[str, Finding]
    families: Mapping[str, tuple[Finding, ...]]
    contradictions: tuple[Raw, ...]

    @property
    def name(self) -> str:
        """What stored findings call it, such as chest/1."""
        return f"{self.key}/{self.version}"

    def findings_for(self, modality: str) -> tuple[Finding, ...]:
        """What can be recorded of an image of this kind, group by group."""
        fitting = [each for each in self.findings.values() if modality in each.modalities]
        return tuple(sorted(fitting, key=lambda each: list(self.groups).index(each.group)))


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships; raises BadVocabulary when its file cannot be used."""
    return read_vocabulary(tomllib.loads(FILE.read_text(encoding="utf-8")))


def read_vocabulary(raw: Raw) -> Vocabulary:
    """A vocabulary from its document; raises BadVocabulary naming the entry that is wrong."""
    try:
        return _vocabulary(raw)
    except KeyError as error:
        raise BadVocabulary(f"The vocabulary lacks {error}.") from error


def _vocabulary(raw: Raw) -> Vocabulary:
    modalities = {each["key"]: Modality(*_names(each), tuple(each["dicom"])) for each in raw["modalities"]}
    groups = {each["key"]: Group(*_names(each), each.get("folded", False)) for each in raw["groups"]}
    places = {
        key: tuple(Place(*_names(each), _codes(each)) for each in each_list) for key, each_list in raw["places"].items()
    }
    listed = [_family(each, places) for each in raw["findings"]]
    findings = {finding.key: finding for family in listed for finding in family}
    built = Vocabulary(
        key=raw["key"],
        version=raw["version"],
        modalities=modalities,
        groups=groups,
        findings=findings,
        families={family[0].family: family for family in listed},
        contradictions=tuple(raw["contradictions"]),
    )
    _check(built, expected=sum(len(family) for family in listed))
    return built


def _check(built: Vocabulary, *, expected: int) -> None:
    if len(built.findings) != expected:
        raise BadVocabulary("Two findings have the same key.")
    for finding in built.findings.values():
        keys = [each.key for each in finding.options]
        faults = {
            "its group is not listed": finding.group not in built.groups,
            "its modality is not listed": not finding.modalities <= set(built.modalities) or not finding.modalities,
            f"its kind is none of {', '.join(KINDS)}": finding.kind not in KINDS,
            "two options have the same key": len(set(keys)) != len(keys),
            "it needs options": finding.kind != "integer" and not keys,
            "its range is empty": finding.kind == "integer" and finding.minimum >= finding.maximum,
        }
        for fault in (each for each, found in faults.items() if found):
            raise BadVocabulary(f"{finding.key}: {fault}.")


def _names(raw: Raw) -> tuple[str, str, str]:
    return raw["key"], raw["ko"], raw["en"]


def _codes(raw: Raw) -> tuple[Code, ...]:
    return tuple(Code(*text.split(" ", 2)) for text in raw.get("codes", ()))


def _family(raw: Raw, places: Mapping[str, tuple[Place, ...]]) -> tuple[Finding, ...]:
    """The finding, or one for each place it is asked at."""
    modalities = frozenset(raw["modalities"])
    options = _options(raw, modalities, places)
    where: tuple[Place | None, ...] = places[raw["at"]] if "at" in raw else (None,)
    return tuple(
        Finding(
            key=f"{raw['key']}_{place.key}" if place else raw["key"],
            label_ko=raw["ko"],
            label_en=raw["en"],
            kind=raw["kind"],
            group=raw["group"],
            modalities=modalities,
            options=options,
            codes=_codes(raw) + (place.codes if place else ()),
            help_ko=raw.get("help_ko", ""),
            help_en=raw.get("help_en", ""),
            family=raw["key"],
            place=place,
            minimum=raw.get("minimum", 0),
            maximum=raw.get("maximum", 0),
        )
        for place in where
    )


def _options(raw: Raw, modalities: frozenset[str], places: Mapping[str, tuple[Place, ...]]) -> tuple[Option, ...]:
    if raw["kind"] == "presence":
        return tuple(Option(*names, (), modalities, alone=True) for names in PRESENCE)
    if "options_at" in raw:
        return tuple(
            Option(place.key, place.label_ko, place.label_en, place.codes, modalities, alone=False)
            for place in places[raw["options_at"]]
        )
    return tuple(
        Option(*_names(each), _codes(each), frozenset(each.get("modalities", modalities)), each.get("alone", False))
        for each in raw.get("options", ())
    )


PRESENCE = (("yes", "있음", "Yes"), ("no", "없음", "No"), (CANNOT_TELL, "판단 불가", "Cannot tell"))
