"""What somebody may be about to type: names, words and cases that readers can see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from firstlight.library.queries.search import Asked, Search
from firstlight.library.search.catalogue import Mask, places_of, versions_at
from firstlight.library.search.matching import Reader
from firstlight.library.search.synonyms import Words, shipped_names
from firstlight.library.search.ways import How, exact_ways
from firstlight.words import fold, letters_of, stem, texts_of

MOST_NAMES, MOST_WORDS, MOST_CASES = 4, 4, 4
MOST_TRIED = 24


@dataclass(frozen=True)
class Suggestion:
    """Something to search for, with how many cases have it; or, with a number, a case to go to."""

    text: str
    count: int = 0
    number: int | None = None


def suggestions(words: str, *, at: datetime, language: str) -> list[Suggestion]:
    """Names and words that begin so, then cases; only what versions in force at that moment hold."""
    search = Search(Asked(words), at, language)
    typed = words.strip()
    if not typed:
        return []
    names = [*_names(typed, search)][:MOST_NAMES]
    known = {letters_of(fold(each.text)) for each in names}
    more = [each for each in _words(typed, search) if letters_of(fold(each.text)) not in known][:MOST_WORDS]
    return [*names, *more, *_cases(search)]


def _names(typed: str, search: Search) -> Iterator[Suggestion]:
    """Signs and diagnoses one of whose names begins so, that some case has."""
    wanted = letters_of(fold(typed))
    reader = Reader(search.catalogue)
    fitting = (each for each in _known_names(search) if letters_of(fold(each)).startswith(wanted))
    for name in sorted(dict.fromkeys(fitting), key=len)[:MOST_TRIED]:
        if count := _count(texts_of(name), reader, search.in_force):
            yield Suggestion(name, count)


def _known_names(search: Search) -> Iterable[str]:
    yield from (name for names in shipped_names() for name in names)
    yield from (name for each in search.known if each.is_open for name in each.names)


def _count(words: Words, reader: Reader, in_force: Mask) -> int:
    for way in exact_ways(words, How.WORD, reader.catalogue.lexicon):
        reader.read([way])
        slots, known = reader.catalogue.slots_of(reader.places(way))
        return int(np.count_nonzero(in_force[np.unique(slots[known])]))
    return 0


def _words(typed: str, search: Search) -> list[Suggestion]:
    """Words that begin as the last one typed does, commonest first, after the words before it."""
    *before, last = typed.split()
    lexicon, letters = search.catalogue.lexicon, letters_of(fold(last))
    stems = (each for each in lexicon.beginning(letters) if stem(lexicon.texts[each]) == lexicon.texts[each])
    numbers = sorted(stems, key=lambda each: len(lexicon.texts[each]))[:MOST_TRIED]
    places = places_of([lexicon.keys[each] for each in numbers])
    found = []
    for number in numbers:
        slots, known = search.catalogue.slots_of(places[lexicon.keys[number]])
        count = int(np.count_nonzero(search.in_force[np.unique(slots[known])]))
        if count and not lexicon.texts[number].isdecimal():
            found.append(Suggestion(" ".join([*before, lexicon.texts[number]]), count))
    return sorted(found, key=lambda each: -each.count)


def _cases(search: Search) -> list[Suggestion]:
    pks = search.catalogue.versions[search.slots()[:MOST_CASES]].tolist()
    shown = versions_at(pks, search.at)
    found = [shown[pk] for pk in pks if pk in shown]
    return [Suggestion(_title(each.document, search.language), number=each.case_number) for each in found]


def _title(document: dict[str, str], language: str) -> str:
    other = "en" if language == "ko" else "ko"
    return document[f"title_{language}"] or document[f"title_{other}"]
