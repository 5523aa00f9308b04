"""Names in Latin letters in a text: after titles and cues, as initials, letter by letter."""

from firstlight.dicom.eponyms import is_grade_of
from firstlight.dicom.tokens import Token, beside, between
from firstlight.dicom.vocabulary import Standing, clinical

_TITLES = clinical()["titles"]
_MODALITIES = frozenset({"DR", "MR", "MS", "dr", "mr", "ms"})
_DEGREES = frozenset("md phd rn rt frcr dds mbbs frcpc esq jr sr".split())  # noqa: SIM905
_CUES = clinical()["cues"]
_CUED_SHORT = clinical()["cues_of_initials"]
_MEANS = clinical()["modalities"]
_NAMED = frozenset({"name", "named", "initials"})


def _shows(token: Token) -> bool:
    """Whether a word could be part of a name where a name is expected."""
    return token.is_word and (token.standing < Standing.FIRM or len(token.text) == 1)


def _chain(tokens: list[Token], words: list[int], begin: int, most: int = 4) -> None:
    """Take out a name that begins at a place among the words."""
    for number in range(begin, min(begin + most, len(words))):
        token = tokens[words[number]]
        if number > begin and not beside(tokens, words[number - 1], words[number]):
            return
        if not _shows(token):
            return
        token.go()


def titles(tokens: list[Token], words: list[int]) -> None:
    """After "Dr", "Mrs" and their like, and before a degree."""
    for number, place in enumerate(words[:-1]):
        token, following = tokens[place], tokens[words[number + 1]]
        gap = between(tokens, place, words[number + 1])
        if token.lower in _DEGREES and number and beside(tokens, words[number - 1], place):
            _before_degree(tokens[words[number - 1]])
        if token.lower not in _TITLES or gap not in (" ", ". ", ".", "  ", ": ", ".  "):
            continue
        is_modality = token.text in _MODALITIES and "." not in gap
        in_a_sentence = following.is_lower or is_modality or token.lower in ("nurse", "miss", "doctor", "sir")
        if not (in_a_sentence and following.standing == Standing.FIRM and len(following.text) > 1):
            following.go()
            token.standing = Standing.UNKNOWN  # lest it takes the next word on another reading
            _chain(tokens, words, number + 2, 3)
    if len(words) > 1 and tokens[words[-1]].lower in _DEGREES and beside(tokens, words[-2], words[-1]):
        _before_degree(tokens[words[-2]])


def _before_degree(token: Token) -> None:
    if token.is_word and token.standing < Standing.FIRM:
        token.go()


def cues(tokens: list[Token], words: list[int]) -> None:
    """After "by", "tech:" and their like: words that may be names, and initials."""
    for number, place in enumerate(words[:-1]):
        cue, following = tokens[place].lower, tokens[words[number + 1]]
        gap = between(tokens, place, words[number + 1])
        if cue not in _CUES or gap not in (" ", ": ", ":", " - ", "=", " = ", ". ", ", ", "/", " : "):
            continue
        if cue in _NAMED and ":" in gap:
            following.go()
            tokens[place].standing = Standing.UNKNOWN
            _chain(tokens, words, number + 2, 3)
        elif cue in _CUED_SHORT and _are_initials(following):
            following.go()
            tokens[place].standing = Standing.UNKNOWN
        elif following.standing < Standing.FIRM and not (following.is_lower and cue not in _CUED_SHORT):
            _chain(tokens, words, number + 1)


def _are_initials(token: Token) -> bool:
    short = token.is_word and len(token.text) <= 3 and token.lower not in _MEANS
    return short and token.text.isupper() and token.text not in ("THE",)


def spelled_out(tokens: list[Token], words: list[int]) -> None:
    """S M I T H: three single letters or more, one after the other."""
    run: list[int] = []
    for place in [*words, -1]:
        single = place >= 0 and tokens[place].kind == "word" and len(tokens[place].text) == 1
        if single and (not run or between(tokens, run[-1], place) in (" ", ". ", ".", "-", "  ", "_")):
            run.append(place)
            continue
        if len(run) > 2:
            for one in run:
                tokens[one].go()
        run = [place] if single else []


def initials(tokens: list[Token], words: list[int]) -> None:
    """Single letters beside a word that may be a name: J. Long, Long J, J Smith."""
    for number, place in enumerate(words):
        token = tokens[place]
        if not (token.kind == "word" and len(token.text) == 1 and token.text.isupper()):
            continue
        if number and is_grade_of(tokens[words[number - 1]], token):
            continue
        for other in (number - 1, number + 1):
            if not 0 <= other < len(words):
                continue
            first, second = sorted((number, other))
            near = tokens[words[other]]
            dotted = other > number and "." in between(tokens, place, words[other])
            if near.is_word and len(near.text) > 1 and beside(tokens, words[first], words[second]):
                if (near.standing < Standing.EITHER and not near.is_lower) or near.named:
                    token.go()
                elif near.standing == Standing.EITHER and (dotted or token.lower not in "lrabctsp"):
                    token.go()
                    near.go()
