"""Names that medicine has made its own: they stay beside what they name."""

from firstlight.dicom.tokens import Token
from firstlight.dicom.vocabulary import Standing, clinical


def eponyms(tokens: list[Token], words: list[int]) -> None:
    """Names that medicine has made its own stay beside what they name: Baker's cyst, Hodgkin lymphoma."""
    names, partners = clinical()["eponyms"], clinical()["partners"]
    for number, place in enumerate(words):
        token = tokens[place]
        if token.named or (token.lower.removesuffix("s") not in names and token.lower not in names):
            continue
        if token.lower in clinical()["eponyms_alone"] or _is_after_partner(tokens, words, number):
            token.standing = Standing.FIRM
            continue
        near = [tokens[later].lower for later in words[number + 1 : number + 4]]
        for count, word in enumerate(near):
            if word in partners or word.removesuffix("s") in partners:
                token.standing = Standing.FIRM
            if word not in names and word not in partners and count:
                break


def _is_after_partner(tokens: list[Token], words: list[int], number: int) -> bool:
    """Circle of Willis, Greulich and Pyle, Deauville 2: what stands about a name says that nobody here is called so."""
    before = [tokens[place].lower for place in words[max(0, number - 2) : number]]
    after = [tokens[place] for place in words[number + 1 : number + 3]]
    if len(before) == 2 and before[1] == "of" and before[0] in clinical()["partners"]:
        return True
    if len(before) == 2 and before[1] == "and" and before[0] in clinical()["eponyms"]:
        return True
    if len(after) == 2 and after[0].lower == "and" and after[1].lower in clinical()["eponyms"]:
        return True
    return bool(after) and tokens[words[number]].lower in clinical()["scales"] and _is_grade(after[0])


def is_grade_of(eponym: Token, token: Token) -> bool:
    """Whether a letter is what a classification says: Weber B."""
    known = eponym.standing == Standing.FIRM and eponym.lower in clinical()["eponyms"]
    return known and token.lower in clinical()["partners"]


def _is_grade(token: Token) -> bool:
    return (token.text.isdigit() and len(token.text) == 1) or token.text.upper() in ("I", "II", "III", "IV", "V", "VI")
