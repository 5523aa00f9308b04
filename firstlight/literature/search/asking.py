"""What somebody typed, taken apart: words, "phrases", -what must not be there."""

import re
from dataclasses import dataclass

from firstlight.words import composed, words_of

LONGEST = 400
MOST = 16
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_OR = re.compile(r"^(?:OR|\|)$")


@dataclass(frozen=True, slots=True)
class Clause:
    """What has to be there, or must not be: any of these phrases, each of one word or several."""

    phrases: tuple[tuple[str, ...], ...]
    raw: str
    is_exact: bool = False
    is_excluded: bool = False


def clauses_of(text: str) -> list[Clause]:
    """What was asked for, part by part; parts joined by OR are one clause."""
    clauses: list[Clause] = []
    joins = False
    for part in _PART.finditer(composed(text[:LONGEST])):
        phrase, word = part["phrase"], part["word"]
        if word and _OR.match(word):
            joins = bool(clauses)
            continue
        words = tuple(each.text for each in words_of(phrase if phrase is not None else word))
        if not words:
            continue
        clause = Clause((words,), phrase or word or "", phrase is not None, bool(part["minus"]))
        if joins and not clause.is_excluded and not clauses[-1].is_excluded:
            clause = _joined(clauses.pop(), clause)
        clauses.append(clause)
        joins = False
    return clauses[:MOST]


def _joined(one: Clause, other: Clause) -> Clause:
    return Clause(one.phrases + other.phrases, f"{one.raw} OR {other.raw}", one.is_exact and other.is_exact)


def is_met(clauses: list[Clause], text: str) -> bool:
    """Whether a folded text (words between single blanks) has what was asked for; for questions that are kept."""
    padded = f" {text} "
    if not any(not each.is_excluded for each in clauses):
        return False
    return all(_has(padded, each) != each.is_excluded for each in clauses)


def _has(text: str, clause: Clause) -> bool:
    return any(f" {' '.join(words)} " in text or _inside(text, words) for words in clause.phrases)


def _inside(text: str, words: tuple[str, ...]) -> bool:
    """Hangul writes compounds together: a word stands in another."""
    return len(words) == 1 and len(words[0]) > 1 and "가" <= words[0][0] <= "힣" and words[0] in text
