"""The index as a process keeps it in memory: versions, when they are in force, facets, the words there are.

Read anew when its mark in the database has changed. It holds nothing of any person, and where words stand stays in
the database.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from firstlight.library.models import CaseVersion, SearchEntry, SearchMark, SearchPlaces, SearchWord
from firstlight.library.search.places import NOWHERE, Places, unpack, versions_of
from firstlight.web.keeping import for_a_moment

Slots = NDArray[np.intp]
Mask = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
_one_at_a_time = Lock()


@dataclass(frozen=True)
class Lexicon:
    """Every word ever indexed. A number of a word is its place in `texts`."""

    keys: tuple[int, ...]
    texts: tuple[str, ...]
    letters: tuple[str, ...]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each word."""
        return {text: number for number, text in enumerate(self.texts)}

    @cached_property
    def _lines(self) -> tuple[str, NDArray[np.int64]]:
        return _lines_of(self.texts)

    @cached_property
    def _letter_lines(self) -> tuple[str, NDArray[np.int64]]:
        return _lines_of(self.letters)

    def containing(self, part: str) -> list[int]:
        """The words with this inside them."""
        return _found_in(self._lines, part)

    def beginning(self, letters: str) -> list[int]:
        """The words whose letters begin so."""
        return _found_in(self._letter_lines, f"\n{letters}")


def _lines_of(words: Sequence[str]) -> tuple[str, NDArray[np.int64]]:
    """All words in one text, each after a line feed, and where each begins: one pass finds a part in all of them."""
    starts = np.cumsum([0, *(len(each) + 1 for each in words)], dtype=np.int64)
    return "".join(f"\n{each}" for each in words), starts


def _found_in(lines: tuple[str, NDArray[np.int64]], part: str) -> list[int]:
    text, starts = lines
    places, at = [], text.find(part)
    while at >= 0:
        places.append(at)
        at = text.find(part, at + 1)
    return np.unique(np.searchsorted(starts, places, side="right") - 1).tolist() if places else []


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Every indexed version in the order of its key; a slot is a version's place in these."""

    versions: NDArray[np.int64]
    cases: NDArray[np.int64]
    numbers: NDArray[np.int64]
    began: NDArray[np.int64]
    ended: NDArray[np.int64]
    facets: dict[str, Slots]
    lexicon: Lexicon

    def in_force(self, at: datetime) -> Mask:
        """Which versions readers see at that moment."""
        moment = microseconds(at)
        return (self.began <= moment) & (self.ended > moment)

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        """The moments at which a version came into force or left it, in order."""
        moments = np.unique(np.concatenate([self.began, self.ended]))
        known: NDArray[np.int64] = moments[moments != NEVER]
        return known

    def slots_of(self, places: Places) -> tuple[Slots, Mask]:
        """The slot of each place's version, and whether there is one."""
        versions = versions_of(places)
        slots = np.searchsorted(self.versions, versions)
        known = slots < len(self.versions)
        known[known] = self.versions[slots[known]] == versions[known]
        return slots, known

    def with_facet(self, facet: str) -> Mask:
        """Which versions have it."""
        mask = np.zeros(len(self.versions), np.bool_)
        mask[self.facets.get(facet, [])] = True
        return mask

    @cached_property
    def facets_of(self) -> list[list[str]]:
        """Each slot's facets."""
        found: list[list[str]] = [[] for _slot in self.versions]
        for facet, slots in self.facets.items():
            for slot in slots.tolist():
                found[slot].append(facet)
        return found


def slot_of(held: Catalogue, version: int) -> int | None:
    """A version's slot, when it is indexed."""
    slot = int(np.searchsorted(held.versions, version))
    return slot if slot < len(held.versions) and held.versions[slot] == version else None


def microseconds(at: datetime) -> int:
    """A moment as a whole number, exactly."""
    return round(at.timestamp() * 1_000_000)


def catalogue() -> Catalogue:
    """The index as it stands in the database."""
    token = for_a_moment("search mark", _mark)
    with _one_at_a_time:
        return _read(token)


def _mark() -> str:
    return next(iter(SearchMark.objects.filter(pk=1).values_list("token", flat=True)), "")


@lru_cache(maxsize=1)
def _read(_token: str) -> Catalogue:
    rows = list(
        SearchEntry.objects.order_by("version_id").values_list(
            "version_id", "version__case_id", "version__case__number", "version__in_force_from",
            "version__in_force_until", "facets",
        )
    )  # fmt: skip
    facets: dict[str, list[int]] = defaultdict(list)
    for slot, row in enumerate(rows):
        for facet in row[5]:
            facets[facet].append(slot)
    return Catalogue(
        versions=_column([row[0] for row in rows]),
        cases=_column([row[1] for row in rows]),
        numbers=_column([row[2] for row in rows]),
        began=_column([microseconds(row[3]) for row in rows]),
        ended=_column([microseconds(row[4]) if row[4] else NEVER for row in rows]),
        facets={facet: np.array(slots, np.intp) for facet, slots in facets.items()},
        lexicon=_lexicon(),
    )


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def _lexicon() -> Lexicon:
    rows = list(SearchWord.objects.order_by("pk").values_list("pk", "text", "letters"))
    keys, texts, letters = zip(*rows, strict=True) if rows else ((), (), ())
    return Lexicon(keys, texts, letters)


def places_of(keys: Sequence[int]) -> dict[int, Places]:
    """Where these words stand, by the key of each."""
    found: dict[int, list[Places]] = defaultdict(list)
    rows = SearchPlaces.objects.filter(word__in=list(keys)).order_by("word", "block")
    for word, block, packed in rows.values_list("word_id", "block", "packed"):
        found[word].append(unpack(block, packed))
    return {key: np.concatenate(found[key]) if key in found else NOWHERE for key in keys}


def versions_at(pks: Sequence[int], at: datetime) -> dict[int, CaseVersion]:
    """These versions, those that are in force at that moment: the database has the last word on what is shown."""
    shown = CaseVersion.objects.in_force(at).filter(pk__in=list(pks)).select_related("case__outbreak", "submitted_by")
    return {each.pk: each for each in shown}
