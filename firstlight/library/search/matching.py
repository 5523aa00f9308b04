"""Which versions meet a question, how well, and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstlight.library.search.asking import Clause
from firstlight.library.search.catalogue import Catalogue, Mask, places_of
from firstlight.library.search.fields import WEIGHTS, Field
from firstlight.library.search.places import Places, fields_of, one_after_another
from firstlight.library.search.ways import (
    How,
    Way,
    keyboard_ways,
    phrase_ways,
    slip_at_beginning,
    slip_ways,
    word_ways,
)
from firstlight.words import is_hangul

# Slips of the finger are thought of while fewer cases than this have what was typed.
FEW = 5
APART = 0.6
AGAIN = 0.05
MOST_AGAIN = 10
_WEIGHTS = np.array([WEIGHTS[field] for field in Field])
_NO_FIELD = -1


@dataclass(frozen=True)
class Match:
    """How well each slot meets a clause (0: not at all), and in which way and field it does best."""

    clause: Clause
    scores: NDArray[np.float64]
    chosen: NDArray[np.intp]
    fields: NDArray[np.intp]
    ways: tuple[Way, ...]

    @property
    def met(self) -> Mask:
        """Which slots meet it."""
        return self.scores > 0


class Reader:
    """Reads where words stand, each word once a question."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._places: dict[int, Places] = {}

    def read(self, ways: Iterable[Way]) -> None:
        """Fetch what these ways need, with one query."""
        keys = self.catalogue.lexicon.keys
        wanted = {number for way in ways for number in way.numbers} - self._places.keys()
        if wanted:
            found = places_of([keys[number] for number in wanted])
            self._places |= {number: found[keys[number]] for number in wanted}

    def places(self, way: Way) -> Places:
        """Where its words stand one behind another."""
        return one_after_another(self._places[number] for number in way.numbers)


def match(clause: Clause, within: Mask, reader: Reader) -> Match:
    """Every version that meets the clause; slips count only where what was typed is rare among those within."""
    if len(clause.words) > 1:
        return _match_several(clause, within, reader)
    lexicon = reader.catalogue.lexicon
    ways = [*phrase_ways(clause, lexicon), *word_ways(clause.words[0], lexicon)]
    if clause.is_phrase or clause.is_excluded:
        ways = [each for each in ways if _is_meant(each, clause)]
    found = _best(clause, ways, reader)
    if clause.is_phrase or clause.is_excluded:
        return found
    # Each is tried only while the ones before it brought little.
    further: tuple[tuple[Callable[..., Sequence[Way]], int], ...] = (
        (slip_ways, FEW), (slip_at_beginning, 1), (keyboard_ways, 1),
    )  # fmt: skip
    for more, enough in further:
        if np.count_nonzero(found.met & within) < enough:
            ways = [*ways, *(each for each in more(clause, lexicon) if each.numbers not in {w.numbers for w in ways})]
            found = _best(clause, ways, reader)
    return found


def _is_meant(way: Way, clause: Clause) -> bool:
    """Whether a way stays when somebody was exact: hangul writes compounds together, and those are meant."""
    return way.how in {How.WORD, How.NAME, How.COMPOUND} or (
        way.how in {How.BEGINNING, How.PART} and clause.is_excluded and is_hangul(clause.words[0])
    )


def _match_several(clause: Clause, within: Mask, reader: Reader) -> Match:
    """Words one behind another, or another name; failing that, all of them anywhere."""
    whole = _best(clause, list(phrase_ways(clause, reader.catalogue.lexicon)), reader)
    if clause.is_phrase or clause.is_excluded:
        return whole
    single = [match(Clause((word,), word), within, reader) for word in clause.words]
    weakest = np.minimum.reduce([each.scores for each in single]) * APART
    first = single[0]
    better = weakest > whole.scores
    return Match(
        clause,
        np.where(better, weakest, whole.scores),
        np.where(better, first.chosen + len(whole.ways), whole.chosen),
        np.where(better, first.fields, whole.fields),
        (*whole.ways, *first.ways),
    )


def _best(clause: Clause, ways: Sequence[Way], reader: Reader) -> Match:
    reader.read(ways)
    size = len(reader.catalogue.versions)
    found = Match(clause, np.zeros(size), np.zeros(size, np.intp), np.full(size, _NO_FIELD, np.intp), tuple(ways))
    for number, way in enumerate(ways):
        slots, scores, fields = _scored(reader.places(way), way, reader.catalogue)
        better = scores > found.scores[slots]
        found.scores[slots[better]] = scores[better]
        found.chosen[slots[better]] = number
        found.fields[slots[better]] = fields[better]
    return found


def _scored(
    places: Places, way: Way, catalogue: Catalogue
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """Each slot that has one of these places, its score and the field that weighs most."""
    slots, known = catalogue.slots_of(places)
    slots, fields = slots[known], fields_of(places[known])
    if not len(slots):
        return slots, np.empty(0), fields
    starts = np.flatnonzero(np.concatenate([[True], slots[1:] != slots[:-1]]))
    counts = np.diff(np.append(starts, len(slots)))
    # The field rides along below the weight, so that one pass finds both.
    codes = np.rint(_WEIGHTS[fields] * 100).astype(np.int64) * len(Field) + fields
    best = np.maximum.reduceat(codes, starts)
    weights = best // len(Field) / 100
    return slots[starts], way.quality * weights * (1 + AGAIN * np.minimum(counts - 1, MOST_AGAIN)), best % len(Field)


def rank(matches: Sequence[Match], within: Mask) -> NDArray[np.float64]:
    """The score of each slot within that meets every clause; what few cases have counts for more."""
    total = np.zeros(len(within))
    everyone = max(int(np.count_nonzero(within)), 1)
    for each in matches:
        having = max(int(np.count_nonzero(each.met & within)), 1)
        total += each.scores * np.log1p(everyone / having)
    return total


def is_a_guess(way: Way) -> bool:
    """Whether what was found is not what was typed."""
    return way.how in {How.SLIP, How.KEYBOARD}
