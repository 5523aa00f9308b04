"""Names of hospitals in a text: the words before one, back to the word that says only what kind it is."""

from firstlight.dicom.tokens import Token, beside, between
from firstlight.dicom.vocabulary import Standing, clinical

_BODIES = clinical()["bodies"]
_BODY_KINDS = clinical()["body_kinds"]
_OF_BODY = clinical()["korean_bodies"]


def bodies(tokens: list[Token], words: list[int]) -> None:
    """The name of a hospital: the words before it, back to one that says only what kind it is."""
    for number, place in enumerate(words):
        token = tokens[place]
        if (
            token.kind == "hangul"
            and token.text in _OF_BODY
            and number
            and between(tokens, words[number - 1], place) == " "
        ):
            _korean_body(tokens[words[number - 1]], token)
        if token.lower in _BODIES and not (token.lower == "medical" and not _is_center(tokens, words, number)):
            _name_of_body(tokens, words, number)
        named_after = token.lower in ("university", "institute", "college", "hospital") and number + 2 < len(words)
        if named_after and tokens[words[number + 1]].lower in ("of", "for") and not tokens[words[number + 2]].is_lower:
            _go_on(tokens, words, number + 2)


def _go_on(tokens: list[Token], words: list[int], begin: int) -> None:
    for number in range(begin, min(begin + 3, len(words))):
        token = tokens[words[number]]
        if token.is_lower or (number > begin and not beside(tokens, words[number - 1], words[number])):
            return
        if token.standing == Standing.FIRM and token.lower in clinical()["abbreviations"]:
            return
        token.go()


def _is_center(tokens: list[Token], words: list[int], number: int) -> bool:
    return number + 1 < len(words) and tokens[words[number + 1]].lower in (
        "center",
        "centre",
        "college",
        "school",
        "group",
    )


def _korean_body(token: Token, body: Token) -> None:
    kinds = frozenset("타 외부 다른 개인 대학 종합 요양 지역 원외 본 이전 외래 상급종합 입원 및".split())  # noqa: SIM905
    if token.kind == "hangul" and token.text not in kinds:
        token.go()
        body.standing = Standing.UNKNOWN


def _name_of_body(tokens: list[Token], words: list[int], number: int) -> None:
    body, firm = tokens[words[number]], 0
    for before in range(number - 1, max(-1, number - 5), -1):
        token = tokens[words[before]]
        gap = between(tokens, words[before], words[before + 1])
        if gap not in (" ", "'", "-", ". ", "  ") or token.lower in _BODY_KINDS or token.kind != "word":
            return
        if token.standing == Standing.FIRM:
            firm += 1
            if (
                firm > 2
                or body.lower == "clinic"
                or (token.is_lower and not body.is_lower)
                or _ends_a_name(tokens, words, before)
            ):
                return
        token.go()
        body.standing = Standing.UNKNOWN  # lest it takes more words on another reading


def _ends_a_name(tokens: list[Token], words: list[int], number: int) -> bool:
    """Whether the word after this one was no word of everyday speech: the name began there."""
    return number + 1 < len(words) and tokens[words[number + 1]].unheard
