"""Where words stand, packed: a number holds a version, a field of it and the word's place in that field.

In the database a number has 32 bits: 10 for the version inside its block, 4 for the field, 18 for the place.
In memory the block is put back on top, so that numbers of one word are in the order of versions, fields and places.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
PLACE_BITS, FIELD_BITS, VERSION_BITS = 18, 4, 10
WITHIN = PLACE_BITS + FIELD_BITS
BLOCK_BITS = WITHIN + VERSION_BITS
LAST_PLACE = (1 << PLACE_BITS) - 1
NOWHERE: Places = np.empty(0, np.int64)


def place(field: int, at: int) -> int:
    """A word's field and its place in it, as one number; words past the last place stand on it."""
    return field << PLACE_BITS | min(at, LAST_PLACE)


def block_of(version: int) -> int:
    """Which block a version's places are kept in."""
    return version >> VERSION_BITS


def pack(places: Places) -> bytes:
    """The numbers of one block as the database keeps them."""
    return np.sort(places & ((1 << BLOCK_BITS) - 1)).astype("<u4").tobytes()


def unpack(block: int, packed: bytes | memoryview) -> Places:
    """The numbers of one block, with the block on top."""
    return np.frombuffer(packed, "<u4").astype(np.int64) | block << BLOCK_BITS


def in_version(version: int, places: Iterable[int]) -> Places:
    """The places of a word in a version."""
    return np.fromiter(places, np.int64) | version << WITHIN


def versions_of(places: Places) -> Places:
    """The version of each place."""
    return places >> WITHIN


def fields_of(places: Places) -> Places:
    """The field of each place."""
    return places >> PLACE_BITS & ((1 << FIELD_BITS) - 1)


def one_after_another(words: Iterable[Places]) -> Places:
    """Where the first of these words stands with each of the others right behind it."""
    found: Places | None = None
    for distance, each in enumerate(words):
        moved = each - distance
        found = moved if found is None else found[np.isin(found, moved, assume_unique=True)]
    return NOWHERE if found is None else found
