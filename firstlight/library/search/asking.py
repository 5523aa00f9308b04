"""What somebody typed, taken apart: words, names of several words, "phrases", -what must not be there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from firstlight.library.search.synonyms import Synonyms, Words
from firstlight.words import composed, texts_of

LONGEST = 200
MOST = 12
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_CASE_NUMBER = re.compile(r"\b(?:case|증례)\s*(?:no\.?|#|번호)?\s*(?=\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """One thing that has to be there, or must not be; `others` are other names of it, `raw` is what was typed."""

    words: Words
    raw: str
    is_phrase: bool = False
    is_excluded: bool = False
    others: tuple[Words, ...] = ()


@dataclass(frozen=True)
class _Chunk:
    words: Words
    raw: str


def clauses_of(text: str, synonyms: Synonyms) -> list[Clause]:
    """What was asked for, part by part; so many at most."""
    clauses: list[Clause] = []
    waiting: list[_Chunk] = []
    for part in _PART.finditer(_CASE_NUMBER.sub(" ", composed(text[:LONGEST]))):
        phrase, word = part["phrase"], part["word"]
        words = texts_of(phrase if phrase is not None else word)
        if not words:
            continue
        if phrase is None and not part["minus"]:
            waiting.append(_Chunk(words, word))
            continue
        clauses += _named(waiting, synonyms)
        waiting = []
        others = synonyms.others.get(words, ()) if phrase is None else ()
        clauses.append(Clause(words, phrase or word, phrase is not None, bool(part["minus"]), others))
    return [*clauses, *_named(waiting, synonyms)][:MOST]


def _named(chunks: Sequence[_Chunk], synonyms: Synonyms) -> list[Clause]:
    """Chunks typed one after another, those that make a name together."""
    clauses, at = [], 0
    while at < len(chunks):
        words = [word for each in chunks[at:] for word in each.words]
        name = synonyms.at_start(words)
        taken = _chunks_of(name, chunks[at:])
        if taken:
            clauses.append(Clause(name, " ".join(each.raw for each in taken), others=synonyms.others[name]))
        else:
            taken = [chunks[at]]
            clauses.append(Clause(chunks[at].words, chunks[at].raw))
        at += len(taken)
    return clauses


def _chunks_of(name: Words, chunks: Sequence[_Chunk]) -> list[_Chunk]:
    """The chunks that make up the name, when it ends where a chunk ends."""
    taken: list[_Chunk] = []
    for each in chunks:
        if sum(len(chunk.words) for chunk in taken) >= len(name):
            break
        taken.append(each)
    return taken if name and sum(len(each.words) for each in taken) == len(name) else []
