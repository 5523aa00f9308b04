"""The de-identification profile: PS3.15 Annex E as data, and what stays because no row removes it."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from firstlight.dicom.structure import dictionary_vr

VERSION = "2025-2"
OPTION_NAMES = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113102": "Clean Recognizable Visual Features Option",
    "113103": "Clean Graphics Option",
    "113104": "Clean Structured Content Option",
    "113105": "Clean Descriptors Option",
    "113106": "Retain Longitudinal Temporal Information Full Dates Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113109": "Retain Device Identity Option",
    "113110": "Retain UIDs Option",
    "113111": "Retain Safe Private Option",
    "113112": "Retain Institution Identity Option",
}
DEFAULT = ("113100", "113101", "113103", "113104", "113105", "113107", "113108", "113111")
# Where several options speak about one attribute, the one that keeps least decides.
PRECEDENCE = (
    "113107", "113103", "113104", "113105", "113106", "113109", "113110", "113112", "113108",
)  # fmt: skip
# Cleaned text that is Type 1 under a condition PS3.3 states in words: a dummy takes its place where nothing stays.
NEEDS_VALUE = frozenset(
    "00080070 00081020 00081090 00181020 00181210 00189005 00189320 00209056 00281054 00283003 00409210".split()  # noqa: SIM905
)
# What stands for graphics and for content where the options that clean them are off.
DUMMIES_WITHOUT = {"113103": 0x00700006, "113104": 0x0040A160}
CLASSES = "1.2.840.10008.5.1.4.1.1."
UNKNOWN = "No row of the profile keeps it."
PRIVATE = "A private attribute: only its maker knows what it holds."
SAFE = "A private attribute that PS3.15 lists as safe."
LABELLED = "Free text: it may name anybody."


class Rule(NamedTuple):
    """What happens to an attribute of Type `kind`: X remove, Z empty, D dummy, K keep, C clean, U new UID, S shift."""

    action: str
    reason: str
    words: str = ""
    kind: int = 0

    @property
    def needs_value(self) -> bool:
        """Whether the attribute is of Type 1 where it stands."""
        return self.kind == 1


class Entry(NamedTuple):
    """A row before the object is known: `action` may name several, of which the attribute's Type chooses."""

    action: str
    reason: str
    words: str = ""
    needs_value: bool = False

    def rule(self, kind: int) -> Rule:
        """The rule for an attribute of a Type: 1, 2, 3, or 0 where it is not known."""
        action = by_type(self.action, kind) if "/" in self.action else self.action
        return Rule(action, self.reason, self.words, 1 if self.needs_value else kind)


REMOVED = Rule("X", UNKNOWN)


class Level(dict[int, Rule]):
    """The rules under one sequence of one kind of object, each decided when it is first asked for."""

    def __init__(self, profile: "Profile", sop_class: str, parent: int) -> None:
        super().__init__()
        self.profile, self.sop_class, self.parent = profile, sop_class, parent

    def __missing__(self, tag: int) -> Rule:
        entry = self.profile.entries.get(tag)
        rule = _unlisted(tag) if entry is None else entry.rule(type_of(tag, self.parent, self.sop_class))
        self[tag] = rule
        return rule


@dataclass(frozen=True)
class Profile:
    """The rules in force: one version of the table under one choice of options."""

    options: tuple[str, ...]
    entries: dict[int, Entry]
    version: str = VERSION
    levels: dict[tuple[str, int], Level] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, options: Collection[str] = DEFAULT) -> "Profile":
        """The profile under PS3.15 option codes; the Basic Profile is always among them.

        Raises:
            ValueError: for a code that is unknown or contradicts another.
        """
        chosen = tuple(sorted({"113100", *options}))
        _check(chosen)
        return _loaded(chosen)

    def __reduce__(self) -> tuple[Any, tuple[tuple[str, ...]]]:
        return Profile.load, (self.options,)

    def level(self, sop_class: str = "", parent: int = 0) -> Level:
        """The rules for the attributes that stand under a sequence (0: in the data set itself) of a kind of object."""
        found = self.levels.get((sop_class, parent))
        if found is None:
            found = self.levels[sop_class, parent] = Level(self, sop_class, parent)
        return found

    def rule(self, tag: int, parent: int = 0, sop_class: str = "") -> Rule:
        """What the profile says about a tag; what it does not know, goes."""
        return self.level(sop_class, parent)[tag]

    @property
    def rules(self) -> dict[int, Rule]:
        """The rules of the attributes it names, in the data set itself, of no particular kind of object."""
        return {tag: self.rule(tag) for tag in self.entries}

    @property
    def dates(self) -> str:
        """MODIFIED, UNMODIFIED or REMOVED: Longitudinal Temporal Information Modified."""
        if "113106" in self.options:
            return "UNMODIFIED"
        return "MODIFIED" if "113107" in self.options else "REMOVED"


def _unlisted(tag: int) -> Rule:
    if tag & 0x10000:
        return Rule("X", PRIVATE)
    if tag >> 24 in (0x50, 0x60):
        return Rule("X", "Graphics that may carry text.")
    return REMOVED


def _check(options: tuple[str, ...]) -> None:
    for code in options:
        if code not in OPTION_NAMES:
            raise ValueError(f"{code!r} is no de-identification option of PS3.15")
    if {"113106", "113107"} <= {*options}:
        raise ValueError("full dates (113106) and modified dates (113107) exclude each other")


@cache
def read_data(name: str) -> Any:
    """One of this package's tables; it is not to be changed."""
    return json.loads(Path(__file__).with_name(name).read_text("utf-8"))


@lru_cache(maxsize=8)
def _loaded(options: tuple[str, ...]) -> Profile:
    entries = {**_unlisted_but_kept()}
    for code, tag in DUMMIES_WITHOUT.items():
        if code not in options:
            entries[tag] = entries[tag]._replace(action="D")
    for row in read_data("rows.json")["rows"]:
        if "x" not in row["tag"] and row["tag"] != "odd":
            entries[int(row["tag"], 16)] = _decided(row, options)
    return Profile(options, entries)


def _unlisted_but_kept() -> dict[int, Entry]:
    """What no row speaks of: numbers and codes stay, text is cleaned by a vocabulary."""
    entries: dict[int, Entry] = {}
    data = read_data("kept.json")
    for reason, tags in data["kept"].items():
        kept, renewed = Entry("K", reason), Entry("U", reason)
        entries |= {tag: renewed if dictionary_vr(tag) == "UI" else kept for tag in _tags(tags)}
    for tags in data["cleaned"].values():
        entries |= dict.fromkeys(_tags(tags), Entry("C", LABELLED, "imaging"))
    for row in read_data("kept_text.json")["kept"]:
        action = "K" if row["words"] == "code" else "C"
        entries[int(row["tag"], 16)] = Entry(action, row["reason"], row["words"], row["tag"] in NEEDS_VALUE)
    return entries


def _tags(tags: Iterable[str]) -> Iterator[int]:
    return (int(tag, 16) for tag in tags)


def _decided(row: dict[str, Any], options: tuple[str, ...]) -> Entry:
    vr, reason = dictionary_vr(int(row["tag"], 16)), row["reason"]
    for code in PRECEDENCE:
        if code in options and code in row["options"]:
            return _by_option(code, row["options"][code], vr, row["basic"], reason)
    # Of a sequence of references the new UIDs stay whatever its Type: without its localizer a slice lies nowhere.
    return Entry("U" if "U*" in row["basic"] else row["basic"], reason)


def _by_option(code: str, action: str, vr: str, basic: str, reason: str) -> Entry:
    if code == "113107":
        shifted = {"DA": "S", "DT": "S", "TM": "K", "SH": "C"}
        return Entry(shifted.get(vr, basic), reason, "offset")
    if action == "C" and vr == "AE":
        return Entry("X", reason)
    if code == "113108" and vr in ("SH", "LO", "LT"):
        return Entry("C", reason, "imaging")
    return Entry(action, reason, "imaging")


def type_of(tag: int, parent: int, sop_class: str) -> int:
    """The Type of an attribute where it stands, by PS3.3: 1, 2, 3, or 0 where it is not known."""
    kinds = _types().get(tag, {}).get(parent)
    if isinstance(kinds, dict):
        return int(kinds.get(sop_class.removeprefix(CLASSES), kinds[""]))
    return kinds or 0


@cache
def _types() -> dict[int, dict[int, int | dict[str, int]]]:
    return {
        int(tag, 16): {int(parent, 16): _by_class(kinds) for parent, kinds in places.items()}
        for tag, places in read_data("types.json")["types"].items()
    }


def _by_class(kinds: int | dict[str, Any]) -> int | dict[str, int]:
    if isinstance(kinds, int):
        return kinds
    others = {end: int(kind) for kind, ends in kinds.items() if kind for end in ends.split()}
    return {"": int(kinds[""])} | others


@cache
def terms() -> dict[int, frozenset[str]]:
    """Terms of coded attributes that stay although somebody may be called so."""
    return {int(tag, 16): frozenset(words.split("|")) for tag, words in read_data("terms.json")["terms"].items()}


@cache
def safe_private() -> dict[tuple[int, str], dict[int, str]]:
    """The private attributes of PS3.15 Table E.3.10-1: {(group, creator): {last byte of the element: VR}}."""
    blocks = read_data("safe_private.json")["blocks"]
    return {
        (int(name[:4], 16), name[5:]): {int(number, 16): vr for number, vr in rows.items()}
        for name, rows in blocks.items()
    }


def by_type(action: str, kind: int) -> str:
    """One of the alternatives of a combined action: the most thorough that the attribute's Type bears.

    Type 1 needs a value (D, or new UIDs), Type 2 may be empty (Z), Type 3 may go (X). Where the Type is not
    known, a dummy is valid under every one.
    """
    alternatives = action.replace("U*", "U").split("/")
    wanted = {1: "UDZX", 2: "ZDUX", 3: "XZDU"}.get(kind, "UDZX")
    return next(letter for letter in wanted if letter in alternatives)
