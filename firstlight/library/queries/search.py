"""What the pages of search show: rows with their reasons, what to narrow by, what to try instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from firstlight.library.hooks import Diagnosis, diagnoses
from firstlight.library.rules import CaseDocument
from firstlight.library.search.asking import Clause, clauses_of
from firstlight.library.search.catalogue import Catalogue, Held, Mask, catalogue, versions_at
from firstlight.library.search.facets import KINDS, Context, labels_of
from firstlight.library.search.fields import NAMES, Field
from firstlight.library.search.matching import Match, Reader, is_a_guess, match, rank
from firstlight.library.search.snippets import Snippet, snippet_of
from firstlight.library.search.synonyms import synonyms_of
from firstlight.library.search.ways import How, Way

A_PAGE = 24
MOST_VALUES = 12
SORTS = ("relevance", "newest", "oldest")


@dataclass(frozen=True)
class Asked:
    """A question: words, what it is narrowed by (KIND:VALUE), the order, the page from 1."""

    words: str = ""
    facets: tuple[str, ...] = ()
    sort: str = "relevance"
    page: int = 1


@dataclass(frozen=True)
class Reason:
    """Why a case was found for one part of the question: the field it weighed most in, and what stood there."""

    typed: str
    found: str
    how: How
    field: Field

    @property
    def field_name(self) -> str:
        """The field in words."""
        return str(NAMES[self.field])


@dataclass(frozen=True)
class Row:
    """A found case."""

    version: Held
    document: CaseDocument
    score: float
    reasons: tuple[Reason, ...]
    snippet: Snippet | None


@dataclass(frozen=True)
class Value:
    """Something that cases can be narrowed by, and how many of those found have it."""

    key: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """A kind of values."""

    kind: str
    label: str
    values: tuple[Value, ...]

    @property
    def chosen(self) -> bool:
        """Whether any of its values is chosen."""
        return any(each.is_chosen for each in self.values)


@dataclass(frozen=True)
class Found:
    """An answer: how many cases in all, one page of them, the facets, what else to try."""

    total: int
    rows: list[Row]
    facets: list[Facet]
    instead: str
    unmet: list[str]
    everything: int


@dataclass
class Search:
    """One question to the index at one moment."""

    asked: Asked
    at: datetime
    language: str
    catalogue: Catalogue = field(default_factory=catalogue)

    @cached_property
    def known(self) -> tuple[Diagnosis, ...]:
        """The diagnoses known at that moment."""
        return diagnoses(self.at)

    @cached_property
    def in_force(self) -> Mask:
        """What readers see at that moment."""
        return self.catalogue.in_force(self.at)

    @cached_property
    def clauses(self) -> list[Clause]:
        """The parts of the question."""
        return clauses_of(self.asked.words, synonyms_of(self.known))

    @cached_property
    def narrowed(self) -> Mask:
        """What has every chosen facet."""
        mask = self.in_force.copy()
        for each in self.asked.facets:
            mask &= self.catalogue.with_facet(each)
        return mask

    @cached_property
    def matches(self) -> list[Match]:
        """How each part is met."""
        reader = Reader(self.catalogue)
        return [self._matched(each, reader) for each in self.clauses]

    def _matched(self, clause: Clause, reader: Reader) -> Match:
        key = (clause, self.catalogue.edges_before(self.at))
        return self.catalogue.worked_out(key, lambda: match(clause, self.in_force, reader))

    @cached_property
    def wanted(self) -> list[Match]:
        """The parts that have to be there."""
        return [each for each in self.matches if not each.clause.is_excluded]

    @cached_property
    def mask(self) -> Mask:
        """What is found."""
        mask = self.narrowed.copy()
        for each in self.matches:
            mask &= ~each.met if each.clause.is_excluded else each.met
        return mask

    def slots(self) -> NDArray[np.intp]:
        """What is found, in the order asked for."""
        found = np.flatnonzero(self.mask)
        numbers = self.catalogue.numbers[found]
        if self.asked.sort == "oldest":
            return found[np.argsort(numbers)]
        if self.asked.sort == "newest" or not self.wanted:
            return found[np.argsort(-numbers)]
        return found[np.lexsort((-numbers, -rank(self.wanted, self.in_force)[found]))]


def find(asked: Asked, *, at: datetime, language: str) -> Found:
    """The cases in force at that moment that answer a question, a page of them."""
    search = Search(asked, at, language)
    slots = search.slots()
    page = slots[(asked.page - 1) * A_PAGE : asked.page * A_PAGE]
    return Found(
        total=len(slots),
        rows=_rows(page, search),
        facets=facets_of(search),
        instead=_instead(search),
        unmet=[each.clause.raw for each in search.wanted if not np.any(each.met & search.in_force)],
        everything=int(np.count_nonzero(search.in_force)),
    )


def _rows(slots: NDArray[np.intp], search: Search) -> list[Row]:
    pks = search.catalogue.versions[slots].tolist()
    shown = versions_at(pks, search.at)
    scores = rank(search.wanted, search.in_force) if search.wanted else np.zeros(len(search.in_force))
    words = hit_words(search)
    return [
        _row(shown[pk], slot, float(scores[slot]), words, search)
        for pk, slot in zip(pks, slots.tolist(), strict=True)
        if pk in shown
    ]


def _row(version: Held, slot: int, score: float, words: frozenset[str], search: Search) -> Row:
    document = CaseDocument.from_json(version.document)
    reasons = tuple(_reason(each, slot, search.catalogue) for each in search.wanted)
    heaviest = next((each.field for each in reasons), None)
    snippet = snippet_of(document, words, field=heaviest, language=search.language) if words else None
    return Row(version, document, score, reasons, snippet)


def _reason(match: Match, slot: int, catalogue: Catalogue) -> Reason:
    way = match.ways[match.chosen[slot]]
    return Reason(match.clause.raw, _shown(way, catalogue), way.how, Field(int(match.fields[slot])))


def _shown(way: Way, catalogue: Catalogue) -> str:
    return " ".join(catalogue.lexicon.texts[number] for number in way.numbers)


def hit_words(search: Search) -> frozenset[str]:
    """Every word that counts as a hit, for marking."""
    numbers = {number for each in search.wanted for way in each.ways for number in way.numbers}
    return frozenset(search.catalogue.lexicon.texts[number] for number in numbers)


def facets_of(search: Search) -> list[Facet]:
    """What the found cases can be narrowed by further, the commonest values first; chosen ones are always there."""
    counts: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
    for facet, slots in search.catalogue.facets.items():
        kind, _colon, value = facet.partition(":")
        number = int(np.count_nonzero(search.mask[slots]))
        if kind in counts and (number or facet in search.asked.facets):
            counts[kind][value] = number
    context = Context(search.language, search.known)
    found = [_facet(kind, each, search.asked.facets, context) for kind, each in counts.items()]
    return [each for each in found if each.chosen or _narrows(each, int(np.count_nonzero(search.mask)))]


def _narrows(facet: Facet, total: int) -> bool:
    """Whether choosing one of its values leaves some of those found out."""
    return any(0 < each.count < total for each in facet.values)


def _facet(kind: str, counts: Mapping[str, int], chosen: Sequence[str], context: Context) -> Facet:
    labels = labels_of(kind, list(counts), context) if counts else {}
    values = [
        Value(key, labels[key], number, f"{kind}:{key}" in chosen) for key, number in counts.items() if key in labels
    ]
    order = (lambda each: (each.key,)) if kind == "year" else (lambda each: (-each.count, each.label))
    ordered = sorted(values, key=order, reverse=kind == "year")
    kept = [each for place, each in enumerate(ordered) if place < MOST_VALUES or each.is_chosen]
    return Facet(kind, str(KINDS[kind]), tuple(kept))


def _instead(search: Search) -> str:
    """The question with what was probably meant in place of what nobody wrote; empty when nothing was guessed."""
    words, changed = [], False
    for each in search.matches:
        guess = _guess(each, search)
        changed = changed or bool(guess)
        quoted = f'"{each.clause.raw}"' if each.clause.is_phrase else each.clause.raw
        words.append(guess or (f"-{quoted}" if each.clause.is_excluded and not quoted.startswith("-") else quoted))
    return " ".join(words) if changed else ""


def _guess(match: Match, search: Search) -> str:
    met = np.flatnonzero(match.met & search.in_force)
    if match.clause.is_excluded or not len(met):
        return ""
    best = met[np.argmax(match.scores[met])]
    way = match.ways[match.chosen[best]]
    return _shown(way, search.catalogue) if is_a_guess(way) else ""
