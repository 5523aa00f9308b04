"""Cases that show the same: structured findings shared with a case, the rare ones counting for more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
import orjson
from numpy.typing import NDArray

from firstlight.library.search.catalogue import Catalogue, Mask, catalogue, slot_of
from firstlight.library.search.facets import Context, finding_labels
from firstlight.rows import rows_of

KIND = "finding:"
MOST = 4
LEAST_PERCENT = 25
_SHOWN = """
SELECT v.id, c.number, v.document FROM library_caseversion v JOIN library_case c ON c.id = v.case_id
WHERE v.id IN ({places}) AND v.in_force_from <= %s AND (v.in_force_until IS NULL OR v.in_force_until > %s)
"""


@dataclass(frozen=True)
class Similar:
    """A case like another one: how like, and what both show."""

    number: int
    title_ko: str
    title_en: str
    percent: int
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Nearest:
    """A version by its key, with how much of what either shows both show."""

    version: int
    percent: int
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Shelf:
    """The versions in force at one time, what each finding weighs among them, and what all of a version's weigh."""

    among: Mask
    weights: Mapping[str, float]
    totals: NDArray[np.float64]


def similar_cases(version: int, *, at: datetime, language: str) -> list[Similar]:
    """The cases in force at that moment that show most of what a version, by its key, shows."""
    held = catalogue()
    nearest = {each.version: each for each in nearest_to(held, version, held.edges_before(at))}
    if not nearest:
        return []
    keys = sorted({key for each in nearest.values() for key in each.shared})
    labels = finding_labels(keys, Context(language, ()))
    found = rows_of(_SHOWN, [*nearest], at, at)
    shown = {pk: (number, orjson.loads(document)) for pk, number, document in found}
    return [
        Similar(number, words["title_ko"], words["title_en"], each.percent, tuple(labels[key] for key in each.shared))
        for pk, each in nearest.items()
        if pk in shown
        for number, words in (shown[pk],)
    ]


@lru_cache(maxsize=8)
def _shelf(held: Catalogue, edges: int) -> Shelf:
    moment = held.edges[edges - 1] if edges else -1
    among = (held.began <= moment) & (held.ended > moment)
    everyone = max(int(np.count_nonzero(among)), 1)
    counts = {each: int(np.count_nonzero(among[slots])) for each, slots in held.facets.items() if each.startswith(KIND)}
    weights = {each: float(np.log1p(everyone / max(count, 1))) for each, count in counts.items()}
    totals = np.zeros(len(among))
    for each, weight in weights.items():
        totals[held.facets[each]] += weight
    return Shelf(among, weights, totals)


@lru_cache(maxsize=4096)
def nearest_to(held: Catalogue, version: int, edges: int, *, most: int = MOST) -> tuple[Nearest, ...]:
    """The versions that share most: the weight of what both show in the weight of what either shows (Jaccard)."""
    slot = slot_of(held, version)
    if slot is None:
        return ()
    shelf = _shelf(held, edges)
    own = [each for each in held.facets_of[slot] if each in shelf.weights]
    shared = np.zeros(len(shelf.among))
    for each in own:
        shared[held.facets[each]] += shelf.weights[each]
    either = shelf.totals + shelf.totals[slot] - shared
    share = np.divide(shared, either, out=np.zeros(len(shared)), where=either > 0)
    share[~shelf.among | (held.cases == held.cases[slot])] = 0
    first = np.argpartition(-share, most)[: most + 1] if len(share) > most else np.arange(len(share))
    best = first[np.lexsort((-held.numbers[first], -share[first]))][:most]
    rare_first = sorted(own, key=lambda each: (-shelf.weights[each], each))
    return tuple(
        Nearest(int(held.versions[each]), round(100 * share[each]), _both(held, rare_first, each))
        for each in best.tolist()
        if round(100 * share[each]) >= LEAST_PERCENT
    )


def _both(held: Catalogue, findings: Sequence[str], other: int) -> tuple[str, ...]:
    there = set(held.facets_of[other])
    return tuple(each.removeprefix(KIND) for each in findings if each in there)
