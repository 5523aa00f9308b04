"""Words that may be names, decided by the word beside them."""

from itertools import pairwise

from firstlight.dicom.tokens import Token, beside, between
from firstlight.dicom.vocabulary import Standing, clinical, is_everyday


def neighbours(tokens: list[Token], words: list[int]) -> None:
    """A word that may be a name goes where an unknown word stands beside it, and again beside what went so."""
    capitals = any(not tokens[place].is_lower for place in words if tokens[place].kind == "word")
    for order in (range(1, len(words)), range(len(words) - 1, 0, -1)):
        for number in order:
            if not beside(tokens, words[number - 1], words[number]):
                continue
            _one_beside(tokens[words[number - 1]], tokens[words[number]], capitals)
            _one_beside(tokens[words[number]], tokens[words[number - 1]], capitals)


def _one_beside(near: Token, token: Token, capitals: bool) -> None:
    like_a_name = near.kind == "word" and (near.named or (near.standing == Standing.UNKNOWN and len(near.text) > 1))
    if not like_a_name or token.kind != "word" or token.standing not in (Standing.LOWER, Standing.EITHER):
        return
    if token.standing == Standing.EITHER and token.is_lower and (not near.is_lower or capitals):
        return
    token.go()


def strangers(tokens: list[Token], words: list[int]) -> None:
    """Trust Chuma, Daniela Ho: words that are no names with us go beside an unknown one that is written as they are."""
    if len(words) > 1 and between(tokens, words[0], words[1]) == ", ":
        _one_stranger(tokens[words[1]], tokens[words[0]])  # WALL, Chuma: how headers write a name
    for first, second in pairwise(words):
        lone = tokens[second].text.istitle() and tokens[first].is_lower and is_everyday(tokens[second].lower)
        if lone and tokens[first].kind == "word" and between(tokens, first, second) == " ":
            tokens[second].go()
    for order in (pairwise(words), pairwise(reversed(words))):
        for first, second in order:
            near, token = tokens[first], tokens[second]
            if (
                near.kind == "word"
                and token.kind == "word"
                and between(tokens, *sorted((first, second))) in (" ", "^", "_")
            ):
                _one_stranger(near, token)


def _one_stranger(near: Token, token: Token) -> None:
    unheard = near.named or (near.standing == Standing.UNKNOWN and len(near.text) > 2)
    if not unheard or token.standing != Standing.FIRM or len(token.text) < 2:
        return
    if near.text.istitle() and token.text.istitle():
        if is_everyday(token.lower) or (len(token.text) <= 3 and token.lower in clinical()["abbreviations"]):
            token.go()
    elif near.text.isupper() and token.text.isupper() and is_everyday(token.lower):
        token.go()
