"""Which words stand for the same thing: signs from a file, diagnoses from whoever knows their names."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from firstlight.library.hooks import Diagnosis
from firstlight.reading.rules.vocabulary import vocabulary
from firstlight.words import texts_of

SIGNS = Path(__file__).parent / "signs.toml"
Words = tuple[str, ...]


@dataclass(frozen=True)
class Synonyms:
    """For each name, as search compares it, the other names of the same thing."""

    others: Mapping[Words, tuple[Words, ...]]
    longest: int

    def at_start(self, words: Sequence[str]) -> Words:
        """The longest name that these words begin with; empty when they begin with none."""
        lengths = range(min(self.longest, len(words)), 0, -1)
        return next((tuple(words[:length]) for length in lengths if tuple(words[:length]) in self.others), ())


@cache
def shipped_names() -> tuple[tuple[str, ...], ...]:
    """The names of signs, and what the reading vocabulary calls one thing in both languages."""
    signs = tuple(tuple(each) for each in tomllib.loads(SIGNS.read_text(encoding="utf-8"))["same"])
    labels = [(each.label_ko, each.label_en) for each in vocabulary().findings.values() if not each.place]
    return (*signs, *dict.fromkeys(labels))


@lru_cache(maxsize=4)
def synonyms_of(diagnoses: tuple[Diagnosis, ...]) -> Synonyms:
    """The synonyms that readers' searches use; a diagnosis that is not open yet is in none."""
    named = [[words for name in names if (words := texts_of(name))] for names in shipped_names()]
    named += [list(each.words) for each in diagnoses if each.is_open]
    return _synonyms(named)


def _synonyms(named: Iterable[Sequence[Words]]) -> Synonyms:
    others: dict[Words, dict[Words, None]] = {}
    for names in named:
        for name in names:
            others.setdefault(name, {}).update(dict.fromkeys(each for each in names if each != name))
    return Synonyms({name: tuple(each) for name, each in others.items()}, max(map(len, others), default=0))
