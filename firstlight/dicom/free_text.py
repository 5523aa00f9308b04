"""Free text cleaned word by word: clinical words stay; names, numbers that could be somebody's, dates and places go.

Nothing is looked for and taken out: what no list and no pattern knows, goes. Words that are also names ("Long", "Rose",
이상) stay only where nothing beside them looks like a name.
"""

import re
import unicodedata
from itertools import pairwise

from firstlight.dicom.bodies import bodies
from firstlight.dicom.eponyms import eponyms
from firstlight.dicom.identity import Identity
from firstlight.dicom.korean_names import korean_names, romanized
from firstlight.dicom.neighbours import neighbours, strangers
from firstlight.dicom.numerals import LABELLED, blotted, pooled
from firstlight.dicom.tokens import Token, between, tokens_of
from firstlight.dicom.vocabulary import Standing
from firstlight.dicom.western_names import cues, initials, spelled_out, titles

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20, 0x2019: 0x27, 0x2018: 0x27}
_WIDE |= dict.fromkeys((8208, 8209, 8210, 8211, 8212, 8722), 45)
_JOINTS = frozenset(" -_/,+()^.:&*\\%;?!=<>[]#~'\"\n\r\t@°±≥≤→")


def clean(text: str, identity: Identity) -> str:
    """One reading of a text; what is left may need another one, since neighbours have gone."""
    plain = pooled(plainly(text))
    tokens = tokens_of(blotted(plain, identity.spans(plain)))
    _judge(tokens)
    kept = "".join(_written(token) for token in tokens)
    return text if kept == text else tidy(kept)


def plainly(text: str) -> str:
    """A text with hangul composed, full-width signs narrow, and nothing invisible between the letters."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text).translate(_WIDE)
    return "".join(letter for letter in composed if unicodedata.category(letter) not in ("Cf", "Co"))


def _written(token: Token) -> str:
    if token.kind == "sign":
        return token.text if token.text in _JOINTS else " "
    return token.text if token.standing == Standing.FIRM else " "


def _judge(tokens: list[Token]) -> None:
    words = [place for place, token in enumerate(tokens) if token.kind not in ("sign", "gone")]
    for before, place in pairwise(words):
        if tokens[before].lower == "x" and tokens[place].lower in ("ray", "rays"):
            tokens[place].standing = Standing.FIRM
    for rule in (titles, cues, bodies, eponyms, spelled_out, initials, korean_names, romanized, _labels):
        rule(tokens, words)
    neighbours(tokens, words)
    strangers(tokens, words)
    _undecided(tokens, words)


def _labels(tokens: list[Token], words: list[int]) -> None:
    """What follows "MRN", "ID", "chart no." and their like, where it holds a digit."""
    for number, place in enumerate(words[:-1]):
        if tokens[place].lower not in LABELLED:
            continue
        before = place
        for later in words[number + 1 : number + 4]:
            gap = between(tokens, before, later)
            if len(gap) > 4 or "\n" in gap:
                break
            if any(map(str.isdigit, tokens[later].text)):
                tokens[later].standing = Standing.UNKNOWN
            elif tokens[later].lower not in LABELLED and tokens[later].standing == Standing.FIRM:
                break
            before = later


def _undecided(tokens: list[Token], words: list[int]) -> None:
    for place in words:
        token = tokens[place]
        if token.standing == Standing.EITHER or (token.standing == Standing.LOWER and token.is_lower):
            token.standing = Standing.FIRM


def tidy(text: str) -> str:
    """A text without the gaps and loose signs that its words have left."""
    if not re.search(r"[^\W_]", text):
        return ""
    lines = (_tidy_line(line) for line in re.split(r"\r?\n|\r", text))
    return "\r\n".join(line for line in lines if line)


def _tidy_line(line: str) -> str:
    joined = re.sub(r"\s+", " ", line)
    joined = re.sub(r"\(\s*[-,;:./]*\s*\)|\[\s*\]", " ", joined)
    joined = re.sub(r"(?:^|(?<= ))[-_/,+.:^&*\\;=#@'\"]+(?= |$)", "", joined)
    joined = re.sub(r"\s+", " ", joined).strip(" -_/,^:&*\\;=#@'\"")
    if joined.count("(") != joined.count(")"):
        joined = joined.replace("(", " ").replace(")", " ").strip()
    return joined if re.search(r"[^\W_]", joined) else ""
