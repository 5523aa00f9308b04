"""The index as a process keeps it in memory: versions, when they are in force, facets, the words there are.

Read anew when its mark in the database has changed. It holds nothing of any person, and where words stand stays in
the database.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from firstlight.library.models import SearchEntry, SearchMark, SearchPlaces, SearchWord
from firstlight.library.search.places import NOWHERE, Places, unpack, versions_of
from firstlight.rows import moment, rows_of
from firstlight.web.keeping import for_a_moment

Slots = NDArray[np.intp]
Mask = NDArray[np.bool_]
T = TypeVar("T")
MOST_KEPT = 128  # a quarter of a megabyte each, with 10,000 cases
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
    kept: dict[Hashable, Any] = field(default_factory=dict)
    """What was worked out from it alone, see `worked_out`; it goes when this copy goes."""

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

    def edges_before(self, at: datetime) -> int:
        """How many beginnings and ends of versions lie before that moment: between two of them nothing changes."""
        return int(np.searchsorted(self.edges, microseconds(at), side="right"))

    def worked_out(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this key, which holds all that it rests on beside this copy; the last so many."""
        found = self.kept.get(key)
        if found is None:
            found = make()
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[key] = found
        return found

    def slots_of(self, places: Places) -> tuple[Slots, Mask]:
        """The slot of each place's version, and whether there is one."""
        slots = self._slot_of_version[np.minimum(versions_of(places), len(self._slot_of_version) - 1)]
        return slots, slots >= 0

    @cached_property
    def _slot_of_version(self) -> NDArray[np.intp]:
        """By a version's key its slot, -1 where there is none, as after the last."""
        table = np.full(int(self.versions[-1]) + 2 if len(self.versions) else 1, -1, np.intp)
        table[self.versions] = np.arange(len(self.versions))
        return table

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


class Held(NamedTuple):
    """A version as lists of what was found need it."""

    pk: int
    case: int
    case_number: int
    outbreak: int | None
    number: int
    in_force_from: datetime
    document: dict[str, Any]


_HELD = """
SELECT v.id, c.id, c.number, c.outbreak_id, v.number, v.in_force_from, v.document
FROM library_caseversion v JOIN library_case c ON c.id = v.case_id
WHERE v.id IN ({places}) AND v.in_force_from <= %s AND (v.in_force_until IS NULL OR v.in_force_until > %s)
"""


def versions_at(pks: Sequence[int], at: datetime) -> dict[int, Held]:
    """These versions, those that are in force at that moment: the database has the last word on what is shown."""
    return {row[0]: _held(row) for row in rows_of(_HELD, pks, at, at)}


def _held(row: tuple[Any, ...]) -> Held:
    *known, began, document = row
    return Held._make((*known, moment(began), orjson.loads(document)))
