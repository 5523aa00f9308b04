"""A text taken apart into words, numbers and signs, with what is known of each by itself."""

import re
from dataclasses import dataclass

from firstlight.dicom.numerals import GONE, MEASURES, known_code
from firstlight.dicom.vocabulary import Standing, hangul_standing, standing

_TOKEN = re.compile(
    rf"(?P<gone>{GONE}+)|(?P<measure>{MEASURES})|(?P<hangul>[가-힣]+)|(?P<word>(?:(?![가-힣])[^\W\d_])+(?:'[a-zA-Z](?![^\W_]))?)"
    r"(?!(?![가-힣])[^\W_])|(?P<code>(?:(?![가-힣])[^\W_])+)|(?P<sign>[\W_])"
)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+[A-Z]?")
_BODY = re.compile(r".*(?:병원|의원|의료원|대학교|보건소|요양원|클리닉|센터)(?:에서|에|의|으로)?")
_OWN_BODIES = re.compile(
    r"(?:타|외부|본|개인|종합|대학|요양|지역|다른|원외|상급|건강검진|상급종합|대학교)?(?:병원|의원|센터|클리닉)(?:에서|에|의|으로)?|보건소|요양원|입원"
)


@dataclass
class Token:
    kind: str
    text: str
    standing: Standing
    named: bool = False  # taken out as a name: what stands beside it is looked at too
    unheard: bool = False  # no word at all, before anything was decided

    @property
    def lower(self) -> str:
        return self.text.lower().removesuffix("'s")

    @property
    def is_word(self) -> bool:
        return self.kind in ("word", "hangul")

    @property
    def is_lower(self) -> bool:
        return self.text.islower()

    def go(self) -> None:
        self.unheard = self.unheard or self.standing < Standing.FIRM
        self.standing, self.named = Standing.UNKNOWN, True


def tokens_of(text: str) -> list[Token]:
    """The words, numbers and signs of a text, in their order; nothing of it is left out."""
    return [
        Token(kind := found.lastgroup or "", found.group(), _standing(kind, found.group()))
        for found in _TOKEN.finditer(text)
    ]


def _standing(kind: str, text: str) -> Standing:
    if kind in ("sign", "measure"):
        return Standing.FIRM
    if kind == "hangul":
        return _of_hangul(text)
    if kind == "word":
        return _of_word(text)
    return Standing.FIRM if kind == "code" and known_code(text) else Standing.UNKNOWN


def _of_hangul(text: str) -> Standing:
    if _BODY.fullmatch(text) and not _OWN_BODIES.fullmatch(text):
        return Standing.UNKNOWN
    return hangul_standing(text)


def _of_word(text: str) -> Standing:
    found = standing(text.lower().removesuffix("'s"))
    if found == Standing.UNKNOWN and not text.islower() and not text.isupper():
        parts = _CAMEL.findall(text)
        if len(parts) > 1 and "".join(parts) == text:
            return Standing(min(Standing.FIRM if standing(part.lower()) == Standing.FIRM else 0 for part in parts))
    return found


def between(tokens: list[Token], first: int, second: int) -> str:
    """What is written between two tokens."""
    return "".join(token.text for token in tokens[first + 1 : second])


def beside(tokens: list[Token], first: int, second: int) -> bool:
    """Whether two words follow each other as parts of one name would."""
    gap = between(tokens, first, second)
    return gap in (" ", ", ", ",", "-", "^", "_", ". ", ".", "  ", "' ", "'") and not (
        gap.startswith(".") and len(tokens[first].text) > 2
    )
