"""Text cleaned by an allow-list: a vocabulary's words stay, every other word goes.

"imaging" is free text (`free_text`); the others are small vocabularies of makers, models, kernels and units.
"""

import re
import unicodedata
from functools import cache, lru_cache

from firstlight.dicom.free_text import clean
from firstlight.dicom.identity import NOBODY, Identity
from firstlight.dicom.profile import read_data
from firstlight.dicom.vocabulary import Standing, standing

_UNITS = r"mm|cm|kvp?|mas|ma|hu|mgy|kev|sec|s|%|d"
_MEASURE = (
    rf"(?:\d{{1,3}}(?:\.\d{{1,3}})?\s?(?:{_UNITS})|\d\d?(?:\.\d{{1,2}})?x\d\d?(?:\.\d{{1,2}})?"
    r"|0\.\d{1,3}|\d\d?\.0{1,3})(?![^\W_]|\.\d)"
)
_KERNEL = (
    r"(?:[BDHIJTUQ]\d{2}[a-z]|[BHQTDIS][rlvfnbpu]\d{2}[a-z]?|FC\d{2}(?:-H)?)(?![^\W_])"
    r"|\d\d?\.\d{1,3}(?=\s+(?:[BDHIJTUQ]\d{2}[a-z]|[BHQTDIS][rlvfnbpu]\d{2}))"
)
_TOKEN = re.compile(
    rf"(?P<exact>(?<![^\W_])(?<!\d\.)(?:{_KERNEL}|(?i:{_MEASURE})))|(?P<hangul>[가-힣]+)|(?P<word>[^\W_]+(?:[.][^\W_]+)*)|(?P<other>[\W_])"
)
_JOINTS = frozenset(" -_/,+()^.:&*\\")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+[A-Z]?")
_PATTERNS = {
    "models": re.compile(
        r"[A-Za-z]{1,6}\d{1,4}[A-Za-z]{0,3}|\d{1,4}[A-Za-z]{1,3}|\d\d0{0,2}|\d{1,3}|\d{1,2}\.\d[A-Z]?"
    ),
    "kernels": re.compile(r"\d{1,2}|[A-Za-z]{1,2}\d{2}[a-z]{0,2}"),
    "filters": re.compile(r"\d(?:\.\d{1,2})?(?:[A-Za-z]{2})?"),
    "versions": re.compile(
        r"[A-Za-z]{1,4}\d{1,4}(?:\.\d{1,3}){0,3}(?:[A-Za-z]{1,3}\d{0,3})?|\d{1,4}[A-Za-z]{1,3}\d{0,3}"
        r"|\d{1,3}(?:\.\d{1,3}){0,3}|\d{1,2}(?:\.\d{1,2}){2}\.\d{4,5}"
    ),
    "labels": re.compile(r"\d{1,2}"),
    "units": re.compile(r"(?!)"),
}
_OF_EVERYDAY = frozenset({"models", "versions"})  # products are called by words that everybody uses
_CODE = re.compile(r"[A-Za-z0-9.:/%\[\]{}*^()\-]{0,16}")
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4])(?:00|30|45)")


@cache
def _vocabulary(name: str) -> frozenset[str]:
    words = read_data("words.json")["words"]
    beside = {"imaging": "korean", "models": "makers", "versions": "makers"}.get(name)
    return frozenset(f"removed {words[name]} {words[beside] if beside else ''}".split())  # "REMOVED" is our own dummy


@lru_cache(maxsize=1 << 10)  # each entry holds on to an identity, which is large
def cleaned(text: str, vocabulary: str, identity: Identity = NOBODY) -> str:
    """The text with only the vocabulary's words left, and none of the identity's among them."""
    if vocabulary == "offset":
        return text if _OFFSET.fullmatch(text) else ""
    if vocabulary == "code":
        return text if _CODE.fullmatch(text) and not identity.found_in(text) else ""
    once = clean(text, identity) if vocabulary == "imaging" else _cleaned(text, vocabulary, identity)
    return once if once == text else cleaned(once, vocabulary, identity)


def _cleaned(text: str, vocabulary: str, identity: Identity) -> str:
    plain = unicodedata.normalize("NFC", text)
    kept: list[str] = []
    for token in _TOKEN.finditer(plain):
        found = token.group()
        if token.lastgroup == "other":
            kept.append(found if found in _JOINTS else " ")
        elif known(found, token.lastgroup or "", vocabulary) and not identity.tells(_folded(found)):
            kept.append(found)
        else:
            kept.append(" ")
    return text if "".join(kept) == plain else _tidy("".join(kept))


def known(word: str, kind: str, vocabulary: str) -> bool:
    """Whether one word belongs to a vocabulary, whole, in CamelCase or as compounded hangul."""
    words = _vocabulary(vocabulary)
    if word.lower() in words or (vocabulary in _OF_EVERYDAY and standing(word.lower()) == Standing.FIRM):
        return True
    if kind == "exact":
        return vocabulary in ("imaging", "kernels", "labels") or _shaped(word, vocabulary)
    if kind == "hangul":
        return _compounded(word, words)
    if "." in word and re.search(r"[^\W\d]", word):
        return _dotted(word.split("."), vocabulary)
    return _shaped(word, vocabulary) or _in_camel_case(word, words)


def _shaped(word: str, vocabulary: str) -> bool:
    """Whether a word has a form that its vocabulary allows, such as a model's letters and short number."""
    if vocabulary == "models" and word[-1].isdigit():
        name = word.rstrip("0123456789")
        if name.lower() in _vocabulary("models"):
            return len(word) - len(name) <= 4
    return vocabulary in _PATTERNS and _PATTERNS[vocabulary].fullmatch(word) is not None


def _in_camel_case(word: str, words: frozenset[str]) -> bool:
    parts = _CAMEL.findall(word)
    return len(parts) > 1 and "".join(parts) == word and all(part.lower() in words for part in parts)


def _dotted(parts: list[str], vocabulary: str) -> bool:
    short = vocabulary == "versions"
    return all(known(part, "word", vocabulary) or (short and part.isdigit() and len(part) <= 4) for part in parts)


def _folded(word: str) -> frozenset[str]:
    return frozenset({word.casefold(), *(part.casefold() for part in _CAMEL.findall(word))})


def _compounded(word: str, words: frozenset[str]) -> bool:
    """Whether hangul without spaces is made of known words of two syllables or more."""
    reached = {0}
    for end in range(2, len(word) + 1):
        if any(end - start >= 2 and word[start:end] in words for start in reached):
            reached.add(end)
    return len(word) in reached


def _tidy(text: str) -> str:
    if not re.search(r"[^\W_]", text):
        return ""
    joined = re.sub(r"\s+", " ", text)
    joined = re.sub(r"(?:^|(?<= ))[-_/,+()^.:&*\\]+(?= |$)", "", joined)
    return re.sub(r"\s+", " ", joined).strip(" -_/,+^.:&*()\\")
