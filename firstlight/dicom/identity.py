"""Whom an object is about: the words and numbers that must stand nowhere else in its study."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from firstlight.dicom.structure import Elements
from firstlight.dicom.values import character_sets, decoded

SOURCES = frozenset({0x00100020, 0x00101000, 0x00080050, 0x00100021, 0x00200010})


@dataclass(frozen=True)
class Identity:
    """The people and numbers of an object or of a whole study; it shows none of them."""

    words: frozenset[str]

    def __repr__(self) -> str:
        return "Identity(…)"

    def __or__(self, other: "Identity") -> "Identity":
        return self if other.words <= self.words else Identity(self.words | other.words)

    def tells(self, words: frozenset[str]) -> bool:
        """Whether one of these case-folded words is among them."""
        return not self.words.isdisjoint(words)


NOBODY = Identity(frozenset())


def identity_of(elements: Elements) -> Identity:
    """Every person and every number of the patient's, anywhere in the object."""
    return Identity(frozenset(_words(elements, ("",))))


def _words(elements: Elements, terms: tuple[str, ...]) -> Iterator[str]:
    if 0x00080005 in elements:
        terms = character_sets(elements[0x00080005])
    for element in elements.values():
        if element.items is not None:
            for item in element.items:
                yield from _words(item, terms)
        elif element.vr == "PN" or element.tag in SOURCES:
            value = unicodedata.normalize("NFC", decoded(bytes(element.value), terms) or "")
            yield from (word for word in re.findall(r"[^\W_]+", value.casefold()) if len(word) > 1)
