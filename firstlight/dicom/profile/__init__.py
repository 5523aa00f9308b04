"""The de-identification profile: PS3.15 Annex E as data, and what stays because no row removes it."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from firstlight.dicom.structure import dictionary_vr

VERSION = "2025-1"
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
AVAILABLE = frozenset({"113100", "113105", "113106", "113107", "113108", "113109", "113110", "113112"})
DEFAULT = ("113100", "113105", "113107", "113108")
# Where several options speak about one attribute, the one that keeps least decides.
PRECEDENCE = ("113107", "113105", "113106", "113109", "113110", "113112", "113108")
# Kept text that is Type 1 in an enhanced IOD: where nothing of it may stay, a dummy takes its place.
NEEDS_VALUE = frozenset(
    "00080070 00081020 00081090 00181020 00181210 00189005 00189320 00209056 00281054 00283003 00409210".split()  # noqa: SIM905
)
UNKNOWN = "No row of the profile keeps it."
PRIVATE = "A private attribute: only its maker knows what it holds."


class Rule(NamedTuple):
    """What happens to an attribute: X remove, Z empty, D dummy, K keep, C clean, U new UID, S shift."""

    action: str
    reason: str
    words: str = ""
    needs_value: bool = False


REMOVED = Rule("X", UNKNOWN)


@dataclass(frozen=True)
class Profile:
    """The rules in force: one version of the table under one choice of options."""

    options: tuple[str, ...]
    rules: dict[int, Rule]
    version: str = VERSION

    @classmethod
    def load(cls, options: Collection[str] = DEFAULT) -> "Profile":
        """The profile under PS3.15 option codes; the Basic Profile is always among them.

        Raises:
            ValueError: for a code that is unknown, not available here, or contradicts another.
        """
        chosen = tuple(sorted({"113100", *options}))
        _check(chosen)
        return _loaded(chosen)

    def __reduce__(self) -> tuple[Any, tuple[tuple[str, ...]]]:
        return Profile.load, (self.options,)

    def rule(self, tag: int) -> Rule:
        """What the profile says about a tag; what it does not know, goes."""
        found = self.rules.get(tag)
        if found is not None:
            return found
        if tag & 0x10000:
            return Rule("X", PRIVATE)
        return _repeating(tag)

    @property
    def dates(self) -> str:
        """MODIFIED, UNMODIFIED or REMOVED: Longitudinal Temporal Information Modified."""
        if "113106" in self.options:
            return "UNMODIFIED"
        return "MODIFIED" if "113107" in self.options else "REMOVED"


def _repeating(tag: int) -> Rule:
    if tag >> 24 in (0x50, 0x60):
        return Rule("X", "Graphics that may carry text.")
    return REMOVED


def _check(options: tuple[str, ...]) -> None:
    for code in options:
        if code not in OPTION_NAMES:
            raise ValueError(f"{code!r} is no de-identification option of PS3.15")
        if code not in AVAILABLE:
            raise ValueError(f"the {OPTION_NAMES[code]} ({code}) is not available in this version")
    if {"113106", "113107"} <= {*options}:
        raise ValueError("full dates (113106) and modified dates (113107) exclude each other")


def read_data(name: str) -> Any:
    """One of this package's tables."""
    return json.loads(files(__package__).joinpath(name).read_text("utf-8"))


@lru_cache(maxsize=8)
def _loaded(options: tuple[str, ...]) -> Profile:
    rules = {int(row["tag"], 16): _kept(row) for row in read_data("kept.json")["kept"]}
    for row in read_data("kept_text.json")["kept"]:
        action = "K" if row["words"] == "code" else "C"
        rules[int(row["tag"], 16)] = Rule(action, row["reason"], row["words"], row["tag"] in NEEDS_VALUE)
    for row in read_data("rows.json")["rows"]:
        if "x" not in row["tag"] and row["tag"] != "odd":
            rules[int(row["tag"], 16)] = _decided(row, options)
    return Profile(options, rules)


def _kept(row: dict[str, str]) -> Rule:
    return Rule("U" if row["vr"] == "UI" else "K", row["reason"])


def _decided(row: dict[str, Any], options: tuple[str, ...]) -> Rule:
    vr, reason = dictionary_vr(int(row["tag"], 16)), row["reason"]
    for code in PRECEDENCE:
        if code in options and code in row["options"]:
            return _by_option(code, row["options"][code], vr, reason)
    return Rule(by_type(row["basic"], row["type"]), reason)


def _by_option(code: str, action: str, vr: str, reason: str) -> Rule:
    if code == "113107":
        shifted = {"DA": "S", "DT": "S", "TM": "K", "SH": "C"}
        return Rule(shifted.get(vr, "X"), reason, "offset")
    if action == "C" and vr == "AE":
        return Rule("X", reason)
    if code == "113108" and vr in ("SH", "LO", "LT"):
        return Rule("C", reason, "imaging")
    return Rule(action, reason, "imaging")


def by_type(action: str, kind: int) -> str:
    """One of the alternatives of a combined action: the most thorough that the attribute's Type bears.

    Type 1 needs a value (D, or new UIDs), Type 2 may be empty (Z), Type 3 may go (X). Where the Type is not
    known, a dummy is valid under every one.
    """
    alternatives = action.replace("U*", "U").split("/")
    wanted = {1: "UDZX", 2: "ZDUX", 3: "XZDU"}.get(kind, "UDZX")
    return next(letter for letter in wanted if letter in alternatives)
