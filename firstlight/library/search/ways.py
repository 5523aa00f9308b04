"""In which ways a part of a question is met: the word itself, another name, a part of a word, a slip of the finger."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import process
from rapidfuzz.distance import OSA

from firstlight.library.search.asking import Clause
from firstlight.library.search.catalogue import Lexicon
from firstlight.library.search.synonyms import Words
from firstlight.words import fold, is_hangul, letters_of, typed_in_hangul

MOST_PARTS = 60
MOST_SLIPS = 20
SHORTEST_SLIP = 5
TWO_SLIPS_FROM = 8


class How(StrEnum):
    """What links what was typed to what was found."""

    WORD = "word"
    NAME = "name"
    COMPOUND = "compound"
    BEGINNING = "beginning"
    PART = "part"
    SLIP = "slip"
    KEYBOARD = "keyboard"


QUALITY = {
    How.WORD: 1.0,
    How.NAME: 0.9,
    How.COMPOUND: 0.85,
    How.BEGINNING: 0.7,
    How.PART: 0.5,
    How.KEYBOARD: 0.5,
    How.SLIP: 0.4,
}


@dataclass(frozen=True)
class Way:
    """Words of the lexicon that stand right behind each other."""

    numbers: tuple[int, ...]
    how: How
    quality: float


def exact_ways(words: Words, how: How, lexicon: Lexicon) -> Iterator[Way]:
    """These words as they are, when the lexicon has them all."""
    numbers = [lexicon.numbers.get(each) for each in words]
    if None not in numbers:
        yield Way(tuple(each for each in numbers if each is not None), how, QUALITY[how])


def phrase_ways(clause: Clause, lexicon: Lexicon) -> Iterator[Way]:
    """The words of a clause, or those of another name of it, one behind another."""
    yield from exact_ways(clause.words, How.WORD, lexicon)
    for each in clause.others:
        yield from exact_ways(each, How.NAME, lexicon)


def word_ways(word: str, lexicon: Lexicon) -> list[Way]:
    """A word itself, words that begin with it or have it inside, and its parts written apart."""
    ways = [*exact_ways((word,), How.WORD, lexicon), *_compound_ways(word, lexicon)]
    known = {each.numbers[0] for each in ways if len(each.numbers) == 1}
    parts = [*_parts(How.BEGINNING, _beginnings(word, lexicon)), *_parts(How.PART, _insides(word, lexicon))]
    shortest = sorted((each for each in parts if each.numbers[0] not in known), key=lambda each: _size(each, lexicon))
    return [*ways, *{each.numbers: each for each in reversed(shortest[:MOST_PARTS])}.values()]


def _size(way: Way, lexicon: Lexicon) -> tuple[float, int]:
    return -way.quality, len(lexicon.texts[way.numbers[0]])


def _parts(how: How, numbers: Iterable[int]) -> Iterator[Way]:
    return (Way((number,), how, QUALITY[how]) for number in numbers)


def _beginnings(word: str, lexicon: Lexicon) -> list[int]:
    letters = letters_of(word)
    return lexicon.beginning(letters) if len(letters) > 1 and not word.isdecimal() else []


def _insides(word: str, lexicon: Lexicon) -> list[int]:
    """Hangul writes compounds together, so that two syllables are enough; words of other scripts need four letters."""
    long_enough = len(word) >= (2 if is_hangul(word) else 4)
    return lexicon.containing(word) if long_enough and not word.isdecimal() else []


def _compound_ways(word: str, lexicon: Lexicon) -> Iterator[Way]:
    least = 2 if is_hangul(word) else 4
    for cut in range(least, len(word) - least + 1):
        yield from exact_ways((word[:cut], word[cut:]), How.COMPOUND, lexicon)


def slip_ways(clause: Clause, lexicon: Lexicon) -> list[Way]:
    """Words that one wrong key makes of what was typed, or two of a long word; never of a number."""
    found: dict[int, float] = {}
    for letters in {letters_of(clause.words[0]), letters_of(fold(clause.raw))}:
        if len(letters) >= SHORTEST_SLIP and not any(each.isdecimal() for each in letters):
            for number, distance in _near(letters, lexicon.letters):
                found[number] = min(distance, found.get(number, distance))
    return [Way((number,), How.SLIP, QUALITY[How.SLIP] / distance) for number, distance in found.items() if distance]


def slip_at_beginning(clause: Clause, lexicon: Lexicon) -> list[Way]:
    """Longer words whose beginning is one wrong key away, for what is still being typed and for compounds."""
    letters = letters_of(clause.words[0])
    if len(letters) < SHORTEST_SLIP or any(each.isdecimal() for each in letters):
        return []
    beginnings = [each[: len(letters)] for each in lexicon.letters]
    near = process.extract(letters, beginnings, scorer=OSA.distance, score_cutoff=1, limit=MOST_SLIPS)
    return [Way((number,), How.SLIP, QUALITY[How.SLIP] / 2) for _beginning, _distance, number in near]


def _near(letters: str, known: Sequence[str]) -> list[tuple[int, float]]:
    most = 2 if len(letters) >= TWO_SLIPS_FROM else 1
    near = process.extract(letters, known, scorer=OSA.distance, score_cutoff=most, limit=MOST_SLIPS)
    return [(number, distance) for _word, distance, number in near]


def keyboard_ways(clause: Clause, lexicon: Lexicon) -> list[Way]:
    """Hangul that was typed with the keyboard left in English."""
    letters = typed_in_hangul(clause.raw)
    return list(_parts(How.KEYBOARD, lexicon.beginning(letters)[:MOST_PARTS])) if len(letters) > 2 else []
