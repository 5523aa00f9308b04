"""Korean names in a text, in hangul and in Latin letters, by what stands about them and by their syllables."""

import re
from functools import cache
from itertools import pairwise

from firstlight.dicom.romanization import spellings, surnames
from firstlight.dicom.tokens import Token, beside, between
from firstlight.dicom.vocabulary import Standing, clinical

_KOREAN_TITLES = re.compile(
    r"(?:님|씨|교수|과장|원장|선생|의사|간호사|기사|방사선사|전공의|전문의|인턴|레지던트|실장|팀장|환자|환자분|보호자|박사|군|양)(?:님|께|께서|의|이|가|은|는)?"
)
_KOREAN_CUES = clinical()["korean_cues"]
_ONLY_SURNAMES = frozenset(
    "김박최정강조윤임한오서신권황안송홍유류고문손백허남심노곽성민진엄채천공변염여추탁맹"
) - frozenset("고심")
_PAIRS = frozenset({"전후", "좌우", "상하", "내외", "우좌", "후전", "전좌"})


def korean_names(tokens: list[Token], words: list[int]) -> None:
    """Names in hangul: before a title, after a cue, as surname and given name, syllable by syllable."""
    for number, place in enumerate(words):
        token = tokens[place]
        if token.kind != "hangul":
            continue
        if token.standing == Standing.EITHER:
            _korean_context(tokens, words, number)
    _parted_names(tokens, words)
    _spaced_names(tokens, words)


def _parted_names(tokens: list[Token], words: list[int]) -> None:
    """임^연하, 임 연하: a surname that is no word by itself, or any before a caret, and one or two syllables."""
    for first, second in pairwise(words):
        family, given = tokens[first], tokens[second]
        if family.kind != "hangul" or family.text not in surnames() or given.kind != "hangul" or len(given.text) > 2:
            continue
        gap = between(tokens, first, second)
        if gap == "^" or (gap == " " and family.text in _ONLY_SURNAMES and len(given.text) == 2):
            family.go()
            given.go()


def _korean_context(tokens: list[Token], words: list[int], number: int) -> None:
    token, place = tokens[words[number]], words[number]
    if len(token.text) > 1 and number + 1 < len(words) and between(tokens, place, words[number + 1]) in (" ", ""):
        titled = _KOREAN_TITLES.fullmatch(tokens[words[number + 1]].text) is not None
    else:
        titled = False
    cued = number > 0 and tokens[words[number - 1]].text in _KOREAN_CUES and len(token.text) < 4
    if titled or (cued and between(tokens, words[number - 1], place).strip() in ("", ":")):
        token.go()


def _spaced_names(tokens: list[Token], words: list[int]) -> None:
    """홍 길 동: single syllables one after the other, a surname first."""
    run: list[int] = []
    for place in [*words, -1]:
        single = place >= 0 and tokens[place].kind == "hangul" and len(tokens[place].text) == 1
        joined = not run or (place >= 0 and between(tokens, run[-1], place).strip() in ("", ".", "-"))
        if single and joined:
            run.append(place)
            continue
        letters = "".join(tokens[one].text for one in run)
        if len(run) > 2 or (len(run) == 2 and letters not in _PAIRS and letters[0] in surnames()):
            for one in run:
                tokens[one].go()
        run = [place] if single else []


@cache
def _latin_surnames() -> frozenset[str]:
    return frozenset(spelling for several in surnames().values() for spelling in several)


@cache
def _latin_syllables() -> frozenset[str]:
    return frozenset(spelling for letter in clinical()["syllables"] for spelling in spellings(letter))


def romanized(tokens: list[Token], words: list[int]) -> None:
    """An So Min: three words, each also a syllable, the first or last also a surname, all capitalised alike."""
    for number in range(len(words) - 2):
        three = [tokens[place] for place in words[number : number + 3]]
        if not all(token.kind == "word" and token.lower in _latin_syllables() for token in three):
            continue
        ends = {three[0].lower, three[2].lower} & _latin_surnames()
        joined = all(beside(tokens, words[number + step], words[number + step + 1]) for step in (0, 1))
        if ends and joined and all(token.text.istitle() for token in three):
            for token in three:
                token.go()
