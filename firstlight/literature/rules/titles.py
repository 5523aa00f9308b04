"""Titles as they are compared, and the numbers under which papers of like titles are found."""

import re
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_WORD = re.compile(r"[^\W_]+")
_GREEK = {"α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "κ": " kappa ", "λ": " lambda ", "μ": " mu "}
# "Correction of scoliosis" and "Retraction pockets" are papers of their own: what follows the word tells.
_NOTICE = re.compile(
    r"^\W*(?:author\W+|publisher\W+)?(?:(?:erratum|errata|corrigendum|corrigenda|correction|addendum|retraction|withdrawal)"
    r"(?:\s+(?:notice|note|statement))?\s*(?:[:.\[(—–-]|to\b|for\b|$)|(?:notice of retraction|retraction notice"
    r"|expression of concern)\b|정오표|철회\s*[:：])",
    re.IGNORECASE,
)
_MARK = re.compile(r"^\W*(?:retracted(?:\W+article)?|withdrawn(?:\W+article)?)\W+", re.IGNORECASE)
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_COUNTED = {"part", "parts", "phase", "stage", "grade", "type", "volume", "chapter", "edition", "update", "version"}
# Many titles of one disease begin alike: so many letters that few share them.
_START, _END = 32, 24
_LONG_WORDS = 4


def without_tags(text: str) -> str:
    """A title without markup and without doubled blanks."""
    return " ".join(_TAG.sub("", text).split()) if "<" in text or "  " in text or "\n" in text else text.strip()


def is_notice(title: str) -> bool:
    """Whether a title is that of a correction, a retraction or the like, rather than of the paper itself."""
    return bool(_NOTICE.match(title)) and not _MARK.match(title)


def fold(text: str) -> str:
    """One case and no accents; Greek letters by name, since some sources spell them so."""
    if text.isascii():
        return text.casefold()
    for letter, name in _GREEK.items():
        text = text.replace(letter, name)
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", bare)


def words_of(title: str) -> list[str]:
    """The words of a title as they are compared, without a journal's own mark of retraction."""
    return _WORD.findall(fold(_MARK.sub("", without_tags(title))))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Three numbers, one of which two spellings of a title nearly always share: its start, its long words, its end."""

    start: int
    words: int
    end: int


def blocks_of(words: list[str]) -> Blocks:
    """The numbers of a title."""
    letters = "".join(words)
    longest = sorted(sorted(set(words), key=lambda each: (-len(each), each))[:_LONG_WORDS])
    return Blocks(_number(f"s{letters[:_START]}"), _number(f"w{' '.join(longest)}"), _number(f"e{letters[-_END:]}"))


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def counted(words: list[str]) -> list[str]:
    """The words with Roman numbers in digits, where they count something."""
    last = len(words) - 1
    return [
        _ROMAN[word] if word in _ROMAN and (before in _COUNTED or len(word) > 1 or place == last) else word
        for place, (before, word) in enumerate(zip(["", *words], words, strict=False))
    ]


def numbers_in(words: list[str]) -> list[str]:
    """What counted words count by: part 1 and part 2 are two papers."""
    return sorted(word for word in words if not word.isalpha())
