"""What can be asked about a situation: one closed vocabulary, so that one set of taps answers all guidelines."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

from firstlight.guidance.rules.codes import fault_in

VOCABULARY = Path(__file__).parents[1] / "vocabulary.toml"


@dataclass(frozen=True)
class Words:
    """The same words in both languages."""

    ko: str
    en: str

    @classmethod
    def of(cls, raw: Mapping[str, Any], name: str = "") -> Self:
        """`name_ko` and `name_en` of a table, or its `ko` and `en`; raises KeyError for the one it lacks."""
        stem = f"{name}_" if name else ""
        return cls(str(raw[f"{stem}ko"]).strip(), str(raw[f"{stem}en"]).strip())

    def in_language(self, language: str) -> str:
        """The words in that language."""
        return self.ko if language.startswith("ko") else self.en


@dataclass(frozen=True)
class Code:
    """A concept of a public code system."""

    system: str
    code: str
    display: str


@dataclass(frozen=True)
class Value:
    """One possible answer."""

    name: str
    label: Words
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True)
class Input:
    """One question about a situation: answered by one of its values, or by a whole number from `low` to `high`."""

    name: str
    question: Words
    heading: Words
    values: tuple[Value, ...] = ()
    codes: tuple[Code, ...] = ()
    low: int = 0
    high: int = 0

    @property
    def is_number(self) -> bool:
        """Whether it is answered by a number."""
        return not self.values

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(each.name for each in self.values)

    @property
    def is_flag(self) -> bool:
        """Whether it is answered by yes or no."""
        return self.names == ("yes", "no")

    def value(self, name: str) -> Value | None:
        """The value of that name."""
        return next((each for each in self.values if each.name == name), None)

    def label(self, answer: str) -> Words:
        """An answer in words."""
        value = self.value(answer)
        return value.label if value else Words(answer, answer)

    def accepts(self, answer: str) -> bool:
        """Whether it is an answer to this question."""
        if self.is_number:
            return answer.isascii() and answer.isdigit() and self.low <= int(answer[:9]) <= self.high
        return answer in self.names


@dataclass(frozen=True)
class Term:
    """A word of a closed list: a modality, a verb, a strength."""

    name: str
    label: Words
    codes: tuple[Code, ...] = ()


def read_input(raw: Mapping[str, Any]) -> Input:
    """An input from its table; raises KeyError for what it lacks."""
    low, high = raw.get("between", (0, 0))
    values = [] if "between" in raw else raw["values"]
    return Input(
        name=raw["name"],
        question=Words.of(raw, "question"),
        heading=Words.of(raw),
        values=tuple(Value(each["name"], Words.of(each), read_codes(each)) for each in values),
        codes=read_codes(raw),
        low=low,
        high=high,
    )


def read_codes(raw: Mapping[str, Any]) -> tuple[Code, ...]:
    """The codes of a table; raises ValueError for one that its system cannot have."""
    codes = tuple(Code(each["system"], str(each["code"]), each["display"]) for each in raw.get("codes", ()))
    for each in codes:
        if fault := fault_in(each.system, each.code):
            raise ValueError(fault)
    return codes


@cache
def document() -> Mapping[str, Any]:
    """The vocabulary's file."""
    return tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))


@cache
def shared_inputs() -> Mapping[str, Input]:
    """The inputs that all guidelines share, by name, in the order they are asked."""
    return {raw["name"]: read_input(raw) for raw in document()["inputs"]}


@cache
def terms(kind: str) -> Mapping[str, Term]:
    """A closed list: modalities, purposes, directions, strengths, certainties, verbs, marks."""
    return {name: Term(name, Words.of(raw), read_codes(raw)) for name, raw in document()[kind].items()}
