"""Whether a notice's words are in the language they claim, and whether its two languages say the same numbers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from firstlight.alerts.rules import numerals
from firstlight.delivery.rules.counting import fill, placeholders


class Fault(StrEnum):
    """What may be wrong with a text; all but EMPTY are doubts that a person may overrule after a look."""

    EMPTY = "empty"
    WRONG_LANGUAGE = "wrong-language"
    UNTRANSLATED_LINE = "untranslated-line"
    SAME_IN_BOTH = "same-in-both"
    NUMBERS_MISSING = "numbers-missing"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of the text in one language, of both when `language` is empty.

    `found` holds what it is about: line numbers from 1 for UNTRANSLATED_LINE, for NUMBERS_MISSING the numbers that the
    other language's text has and this one lacks, as they are written there.
    """

    fault: Fault
    language: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Expectation:
    """A text is in its language when this `share` of its words is; fewer words than `fewest` prove nothing."""

    script: str
    share: float
    fewest: int
    fewest_in_line: int


# Korean medical prose borrows Latin words freely and keeps its own particles; English prose never borrows hangul.
_EXPECTED = {
    "ko": _Expectation(script="hangul", share=0.5, fewest=3, fewest_in_line=8),
    "en": _Expectation(script="latin", share=0.7, fewest=1, fewest_in_line=3),
}


def check_language(text: str, language: str) -> list[Problem]:
    """What speaks against a text being Korean ("ko") or English ("en")."""
    if not any(char.isalnum() for char in text):
        return [Problem(Fault.EMPTY, language)]
    expected = _EXPECTED[language]
    scripts = _scripts(_without_citations(text, expected.script)) or _scripts(text)
    if len(scripts) >= expected.fewest and _share(scripts, expected.script) < expected.share:
        return [Problem(Fault.WRONG_LANGUAGE, language)]
    lines = enumerate(text.splitlines(), start=1)
    left = tuple(str(number) for number, line in lines if _is_untranslated(line, expected))
    return [Problem(Fault.UNTRANSLATED_LINE, language, left)] if left else []


def compare_languages(ko: str, en: str) -> list[Problem]:
    """What speaks against two texts saying the same: they are one text, or a number is in one and not in the other."""
    if not ko.strip() or not en.strip():
        return []
    if _folded(ko) == _folded(en) and _scripts(ko):
        return [Problem(Fault.SAME_IN_BOTH, language="")]
    said_ko, said_en = (numerals.read_numbers(_without_addresses(text)) for text in (ko, en))
    return [*_missing(said_en, said_ko, "ko"), *_missing(said_ko, said_en, "en")]


def check_wording(ko: str, en: str) -> list[Problem]:
    """Everything that speaks against a text in two languages."""
    return [*check_language(ko, "ko"), *check_language(en, "en"), *compare_languages(ko, en)]


def _missing(said: numerals.Numbers, here: numerals.Numbers, language: str) -> list[Problem]:
    lacking = numerals.find_lacking(said, here)
    return [Problem(Fault.NUMBERS_MISSING, language, lacking)] if lacking else []


_ADDRESSES = re.compile(r"https?://\S+|www\.\S+|[^\s@]{1,64}@\S+|\bdoi:\s*\S+|\b10\.\d{4,9}/\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_UNIT = re.compile(r"(?<=\d)\s?[a-zµμ]{1,4}(?:/[a-z]{1,3})?\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[A-Za-z-]*[A-Z][a-z-]?[A-Z][A-Za-z-]*")
# Stems of international non-proprietary names: WHO, "The use of stems in the selection of INN".
_DRUG = re.compile(
    r"\w{2,}(?:vir|mab|cept|cillin|mycin|micin|oxacin|cycline|azole|nib|statin|sartan|prazole|parin|quine|sone|solone"
    r"|asone|onide|kinra|mustine|profen|sulfa\w*|fovir|vudine|gliptin|gliflozin)",
    re.IGNORECASE,
)


def _without_addresses(text: str) -> str:
    bare = fill(text, dict.fromkeys(placeholders(text), " "))
    return _ADDRESSES.sub(" ", unicodedata.normalize("NFKC", bare))


def _scripts(text: str) -> list[str]:
    """The script of each word that tells a language: abbreviations, units, drugs and addresses tell none."""
    prose = _UNIT.sub(" ", _without_addresses(text))
    return [_script(word) for word in _WORD.findall(prose) if not _is_neutral(word)]


def _is_neutral(word: str) -> bool:
    return (len(word) == 1 and word.isascii()) or bool(_ABBREVIATION.fullmatch(word) or _DRUG.fullmatch(word))


def _script(word: str) -> str:
    """`hangul` for a word with any hangul, since a particle makes a borrowed word Korean."""
    names = [unicodedata.name(char, "") for char in word if char.isalpha()]
    if any(name.startswith("HANGUL") for name in names):
        return "hangul"
    return "latin" if all(name.startswith("LATIN") for name in names) else "other"


def _share(scripts: Iterable[str], script: str) -> float:
    counts = Counter(scripts)
    return counts[script] / counts.total()


def _is_untranslated(line: str, expected: _Expectation) -> bool:
    scripts = _scripts(line)
    is_foreign = len(scripts) >= expected.fewest_in_line and expected.script not in scripts
    return is_foreign and not _is_citation(line, expected.script)


def _without_citations(text: str, script: str) -> str:
    return "\n".join(line for line in text.splitlines() if not _is_citation(line, script))


def _is_citation(line: str, script: str) -> bool:
    """Whether a line names a work by its address and its title, which stays in its own language."""
    return bool(_ADDRESSES.search(line)) and script not in _scripts(line)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
