"""Whom an object is about: the words and numbers that must stand nowhere else in its study."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from firstlight.dicom.romanization import is_hangul, names, parted, spellings, surnames
from firstlight.dicom.structure import Elements
from firstlight.dicom.values import character_sets, decoded
from firstlight.dicom.vocabulary import Standing, hangul_standing, is_common

# Patient ID, its issuer, other IDs, accession, study ID, phone, insurance, serial and case numbers.
NUMBERS = frozenset({
    0x00100020, 0x00100021, 0x00101000, 0x00080050, 0x00200010, 0x00102154, 0x00101050, 0x00101090, 0x00380010,
    0x00401001, 0x00402016, 0x00402017, 0x00400253, 0x00181000, 0x00102155, 0x00321066, 0x00380060,
})  # fmt: skip
# Institution, address, department, station, the patient's address and region.
PLACES = frozenset({
    0x00080080, 0x00080081, 0x00081040, 0x00081010, 0x00101040, 0x00102152, 0x00380300, 0x00400241, 0x00400242,
    0x00400243, 0x00081041, 0x00321021, 0x00380400,
})  # fmt: skip
SOURCES = NUMBERS | PLACES
TITLES = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "prof",
        "professor",
        "md",
        "phd",
        "sir",
        "jr",
        "sr",
        "ii",
        "iii",
        "rn",
        "rt",
        "bsn",
        "do",
        "np",
        "님",
        "씨",
        "교수",
        "과장",
        "환자",
    ]
)
# Particles and titles that are written on to a name in hangul.
_ON_TO = re.compile(
    r"(?:님|씨|교수|과장|환자|선생|원장|간호사|기사|의사|양|군|은|는|이|가|을|를|의|에게|께|와|과|도|만|께서)*"
)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[가-힣]+|(?:(?![A-Za-z가-힣])[^\W\d_])+|\d+")
_WORD = re.compile(r"[^\W\d_]+|\d+")
SHORTEST_NUMBER, SHORTEST_INSIDE, SHORTEST_SPACED = 5, 8, 3
MOST_TOKENS = 24


@dataclass(frozen=True)
class Identity:
    """The people, numbers and places of an object or of a whole study; it shows none of them.

    `words` stand for themselves; `joined` are whole names and numbers without the spaces and signs between.
    """

    words: frozenset[str]
    joined: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "Identity(…)"

    def __or__(self, other: "Identity") -> "Identity":
        if other.words <= self.words and other.joined <= self.joined:
            return self
        return Identity(self.words | other.words, self.joined | other.joined)

    def tells(self, words: frozenset[str]) -> bool:
        """Whether one of these case-folded words is among them."""
        return not self.words.isdisjoint(words) or not self.joined.isdisjoint(words)

    def found_in(self, text: str) -> bool:
        """Whether a text holds any of them: spaced, joined, hyphenated, turned round, in hangul or Latin letters.

        Words and whole names are compared from word to word, over spaces and signs and without case or accents;
        whole names of three syllables or eight letters and numbers of five digits also inside a word.
        """
        return next(self._spans(text), None) is not None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where a text, NFC, holds any of them: begin and end of each place; places may overlap."""
        return list(self._spans(text))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        if not self.words and not self.joined:
            return
        tokens = [(found.start(), found.end(), folded(found.group())) for found in _PART.finditer(text)]
        for place, (start, _, _) in enumerate(tokens):
            yield from ((start, end) for end in self._ends(tokens, place))
        for start, end, word in _runs(text):
            if self._inside(word):
                yield start, end

    def _ends(self, tokens: list[tuple[int, int, str]], place: int) -> Iterator[int]:
        """Where whatever begins at a token ends."""
        written = ""
        for count, (_, end, word) in enumerate(tokens[place : place + MOST_TOKENS]):
            written += word
            if len(written) > self._longest:
                return
            if self._is_whole(written) if count else self._tells_word(word):
                yield end

    def _is_whole(self, written: str) -> bool:
        return (len(written) >= SHORTEST_SPACED and written in self.words) or self._is(written)

    def _tells_word(self, word: str) -> bool:
        if word in self.words or self._is(word):
            return True
        return is_hangul(word) and any(_ON_TO.fullmatch(word, length) for length in self._beginnings(word))

    def _beginnings(self, word: str) -> Iterator[int]:
        return (length for length in range(2, len(word)) if word[:length] in self.words or self._is(word[:length]))

    def _is(self, written: str) -> bool:
        if written in self.joined:
            return True
        if not self._latin or not is_hangul(written) or not 2 <= len(written) <= 5:
            return False
        if (
            len(written) == 2 and hangul_standing(written) != Standing.UNKNOWN
        ):  # 노출 is a word, whomever it sounds like
            return False
        family, given = parted(written)
        return family in surnames() and bool(given) and not names(family, given).isdisjoint(self._latin)

    def _inside(self, run: str) -> bool:
        """Whether a word, or a number with signs in it, holds a whole name or number somewhere."""
        return any(whole in run for whole in self._insides)

    @cached_property
    def _longest(self) -> int:
        return max((len(word) for word in self.words | self.joined), default=0)

    @cached_property
    def _latin(self) -> frozenset[str]:
        return frozenset(name for name in self.joined if name.isascii() and name.isalpha() and len(name) > 3)

    @cached_property
    def _insides(self) -> tuple[str, ...]:
        whole = (name for name in self._likely | self.words if _long_enough(name))
        return tuple(whole)

    @cached_property
    def _likely(self) -> frozenset[str]:
        """Names as they stand, without the many ways in which they could be spelled."""
        return frozenset(name for name in self.joined if not (name.isascii() and name.isalpha()))


def _long_enough(name: str) -> bool:
    if name.isdigit():
        return len(name) >= SHORTEST_NUMBER
    if is_hangul(name):
        return len(name) >= 3
    return len(name) >= SHORTEST_INSIDE or (len(name) >= SHORTEST_NUMBER and any(map(str.isdigit, name)))


NOBODY = Identity(frozenset())


def identity_of(elements: Elements) -> Identity:
    """Every person, every number and every place of the patient's, anywhere in the object."""
    return _identity(frozenset(_values(elements, ("",))))


@lru_cache(maxsize=32)
def _identity(values: frozenset[tuple[str, str]]) -> Identity:
    words: set[str] = set()
    joined: set[str] = set()
    for kind, value in values:
        of_one = _KINDS[kind](value)
        words |= of_one.words
        joined |= of_one.joined
    return Identity(frozenset(words), frozenset(joined))


def _values(elements: Elements, terms: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if 0x00080005 in elements:
        terms = character_sets(elements[0x00080005])
    for element in elements.values():
        if element.items is not None:
            for item in element.items:
                yield from _values(item, terms)
        elif element.value and (element.vr == "PN" or element.tag in SOURCES):
            kind = _kind(element.tag, element.vr)
            value = unicodedata.normalize("NFC", decoded(bytes(element.value), terms) or "")
            yield from ((kind, part) for part in value.split("\\") if part.strip())


def _kind(tag: int, vr: str) -> str:
    if vr == "PN":
        return "person"
    return "number" if tag in NUMBERS else "place" if tag in PLACES else ""


def _runs(text: str) -> Iterator[tuple[int, int, str]]:
    """The words of a text, and its numbers with the signs in them, folded and without the signs."""
    for found in re.finditer(r"[^\W_]+|\d[\d\W_]*\d", text):
        yield found.start(), found.end(), "".join(_WORD.findall(folded(found.group())))


def folded(text: str) -> str:
    """A text without case, width and accents, hangul composed."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", plain)


_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss", "æ": "ae", "œ": "oe", "ł": "l"}
)


def _ways(word: str) -> set[str]:
    """A word without its accents, and with its umlauts written out."""
    composed = unicodedata.normalize("NFC", word.casefold())
    return {folded(composed), folded(composed.translate(_WRITTEN_OUT))}


@lru_cache(maxsize=128)
def _person(value: str) -> Identity:
    """A Person Name, PS3.5 6.2.1: groups parted by =, components by ^."""
    found = NOBODY
    for group in value.split("="):
        family, *rest = [_parts(component) for component in group.split("^")[:3]] or [[]]
        found |= _named(family, [part for component in rest for part in component])
    return found


def _parts(component: str) -> list[str]:
    return [part for part in re.findall(r"[^\W\d_]+|\d+", component) if folded(part) not in TITLES]


def _named(family: list[str], given: list[str]) -> Identity:
    whole = "".join((*family, *given))
    if is_hangul(whole):
        return _korean("".join(family), "".join(given))
    words = {way for part in (*family, *given) for way in _ways(part) if len(part) > 1}
    joined = _orders(family, given)
    return Identity(frozenset(words), frozenset(name for name in joined if len(name) > 2))


def _korean(family: str, given: str) -> Identity:
    if not given:
        family, given = parted(family)
    whole, rest = family + given, [given] if len(given) > 1 else []
    if not given:
        return Identity(frozenset({whole} if len(whole) > 1 else ()))
    latin = frozenset(name for name in spellings(given) if len(name) > 4) if rest else frozenset()
    return Identity(frozenset({whole, *rest, *latin}), names(family, given) | {whole, given + family})


def _orders(family: list[str], given: list[str]) -> set[str]:
    """Whole names in any order, and initials with the surname."""
    joined: set[str] = set()
    for last in _ways("".join(family)) | {way for part in family for way in _ways(part)}:
        for first in _ways("".join(given)) | {way for part in given for way in _ways(part)}:
            joined |= {last + first, first + last, last + first[0], first[0] + last} if last and first else set()
        initials = folded("".join(part[0] for part in given))
        joined |= {last + initials, initials + last} if last and initials else set()
    return joined


@lru_cache(maxsize=256)
def _number(value: str) -> Identity:
    """A number as a whole, without the signs in it, without its leading zeros; and its parts of some length."""
    whole = "".join(_WORD.findall(folded(value)))
    words = {word for word in re.findall(r"[^\W_]+", folded(value)) if _telling(word)}
    digits = {"".join(re.findall(r"\d+", whole)), "".join(re.findall(r"\d+", whole)).lstrip("0"), whole.lstrip("0")}
    joined = {whole} if _telling(whole) else set()
    joined |= {number for number in digits if len(number) >= SHORTEST_NUMBER}
    return Identity(frozenset(words), frozenset(joined))


def _telling(word: str) -> bool:
    """Whether part of a number could tell: three letters or four digits, and not a word that everybody uses."""
    return len(word) > (3 if word.isdigit() else 2) and not is_common(word)


@lru_cache(maxsize=256)
def _place(value: str) -> Identity:
    """A body or place: its distinctive words, and the whole of it; words of the trade stay."""
    parts = [folded(part) for part in _WORD.findall(value)]
    words = {part for part in parts if len(part) > 2 - is_hangul(part) and not part.isdigit() and not is_common(part)}
    whole = "".join(parts)
    several = len(parts) > 1 and (len(whole) >= SHORTEST_INSIDE or (is_hangul(whole) and len(whole) > 3))
    return Identity(frozenset(words), frozenset({whole}) if several else frozenset())


_KINDS = {"person": _person, "number": _number, "place": _place}
