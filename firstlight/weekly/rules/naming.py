"""When two people write the same diagnosis: spelling, spacing and punctuation do not count, the words do."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

# Both sides are folded, so that only what collides matters: British and American spelling become one.
_SPELLINGS = (
    (re.compile(r"[ao]+e"), "e"),
    (re.compile(r"is(?=(?:e|ed|es|ing|ation)(?:\W|_|$))"), "iz"),
    (re.compile(r"our(?=s?(?:\W|_|$))"), "or"),
)
_APART = re.compile(r"[\W_]+")
SUSPECT = 0.75
SHORTEST_PART = 4


def normalised(text: str) -> str:
    """The text as it is compared: one case, no accents, spaces or punctuation, hangul composed."""
    folded = _folded(text)
    while folded != (again := _folded(folded)):
        folded = again
    return folded


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = unicodedata.normalize("NFC", "".join(each for each in plain if unicodedata.category(each) != "Mn"))
    for pattern, spelling in _SPELLINGS:
        bare = pattern.sub(spelling, bare)
    return _APART.sub("", bare)


def closeness(one: str, other: str) -> float:
    """How alike two normalised names are, from 0 to 1; hangul is compared letter by letter, not by syllable."""
    if not one or not other:
        return 0.0
    a, b = (unicodedata.normalize("NFD", each) for each in (one, other))
    letters = SequenceMatcher(a=a, b=b, autojunk=False)
    part = SUSPECT if _is_part(one, other) else 0.0
    return part if letters.quick_ratio() < SUSPECT else max(letters.ratio(), part)


def _is_part(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    long_enough = len(unicodedata.normalize("NFD", shorter)) >= SHORTEST_PART
    return long_enough and shorter in longer


def suspicion(text: str, names: Iterable[str]) -> float:
    """How much a text looks like one of these names, 0 when not worth a look; never enough to count as right."""
    written = normalised(text)
    best = max((closeness(written, normalised(each)) for each in names), default=0.0)
    return best if best >= SUSPECT else 0.0


def distinct_answers(lines: Iterable[str], *, at_most: int) -> list[str]:
    """Ranked answers as they count: without blanks and repetitions, in their order, no more than allowed."""
    kept: dict[str, str] = {}
    for line in lines:
        text = " ".join(line.split())
        if normalised(text):
            kept.setdefault(normalised(text), text)
    return list(kept.values())[:at_most]
