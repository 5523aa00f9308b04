"""The diagnoses by which answers are known: the shipped file, and what the society added."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from firstlight.weekly.rules.naming import normalised

SHIPPED = Path(__file__).parent / "diagnoses.toml"


class BadVocabulary(ValueError):
    """A vocabulary that cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Term:
    """A diagnosis with all its names; `is_suggested` says whether readers may be shown that it exists."""

    key: str
    label_ko: str
    label_en: str
    synonyms_ko: tuple[str, ...] = ()
    synonyms_en: tuple[str, ...] = ()
    parents: frozenset[str] = frozenset()
    accepted_for: frozenset[str] = frozenset()
    is_suggested: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in either language."""
        return tuple(each for each in (self.label_ko, self.label_en, *self.synonyms_ko, *self.synonyms_en) if each)

    def with_more(self, other: "Term") -> "Term":
        """This term with another's names and relations added; its own labels stay."""
        return Term(
            self.key,
            self.label_ko or other.label_ko,
            self.label_en or other.label_en,
            (*self.synonyms_ko, *other.synonyms_ko, *((other.label_ko,) if self.label_ko else ())),
            (*self.synonyms_en, *other.synonyms_en, *((other.label_en,) if self.label_en else ())),
            self.parents | other.parents,
            self.accepted_for | other.accepted_for,
            self.is_suggested or other.is_suggested,
        )


@dataclass(frozen=True)
class Vocabulary:
    """Terms by key, and the keys behind every normalised name."""

    terms: Mapping[str, Term]
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, terms: Iterable[Term]) -> "Vocabulary":
        """A vocabulary of these; two with one key become one."""
        merged: dict[str, Term] = {}
        for each in terms:
            merged[each.key] = merged[each.key].with_more(each) if each.key in merged else each
        known: dict[str, set[str]] = {}
        for term in merged.values():
            for name in term.names:
                known.setdefault(normalised(name), set()).add(term.key)
        return cls(merged, {name: frozenset(keys) for name, keys in known.items()})

    def right_keys(self, asked: Iterable[str]) -> frozenset[str]:
        """The keys whose naming is right where these are asked: themselves and what is accepted for them."""
        wanted = frozenset(asked)
        return wanted | {term.key for term in self.terms.values() if term.accepted_for & wanted}

    def names_of(self, keys: Iterable[str]) -> list[str]:
        """Every name of these diagnoses."""
        return [name for key in keys if key in self.terms for name in self.terms[key].names]

    def parents_of(self, keys: Iterable[str]) -> frozenset[str]:
        """The kinds that these belong to, but for themselves."""
        wanted = frozenset(keys)
        return frozenset(up for key in wanted if key in self.terms for up in self.terms[key].parents) - wanted

    def suggestions(self) -> list[Term]:
        """What readers may be offered, whatever is asked this week."""
        return sorted((each for each in self.terms.values() if each.is_suggested), key=lambda each: each.label_en)


@lru_cache(maxsize=4)
def vocabulary_of(terms: tuple[Term, ...]) -> Vocabulary:
    """A vocabulary of these, kept: it is the same from page to page."""
    return Vocabulary.of(terms)


@cache
def shipped() -> tuple[Term, ...]:
    """The terms of the shipped file; raises BadVocabulary."""
    return read_terms(tomllib.loads(SHIPPED.read_text()))


def read_terms(document: Mapping[str, Any]) -> tuple[Term, ...]:
    """The terms of a document, checked: keys once, both names, relations that exist. Raises BadVocabulary."""
    terms = tuple(_term(each) for each in document.get("diagnosis", ()))
    keys = [each.key for each in terms]
    for key in keys:
        if keys.count(key) > 1:
            raise BadVocabulary(f"{key}: the key is there twice.")
    for term in terms:
        if lost := (term.parents | term.accepted_for) - set(keys):
            raise BadVocabulary(f"{term.key}: there is no {', '.join(sorted(lost))}.")
    return terms


def _term(raw: Mapping[str, Any]) -> Term:
    key = str(raw.get("key", ""))
    if not key or not raw.get("en") or not raw.get("ko"):
        raise BadVocabulary(f"{key or 'A diagnosis'}: key, en and ko are needed.")
    return Term(
        key,
        str(raw["ko"]),
        str(raw["en"]),
        tuple(raw.get("also_ko", ())),
        tuple(raw.get("also_en", ())),
        frozenset(raw.get("parents", ())),
        frozenset(raw.get("accepted_for", ())),
    )
