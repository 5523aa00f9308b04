"""Free text cleaned word by word: clinical words stay; names, numbers that could be somebody's, dates and places go.

Nothing is looked for and taken out: what no list and no pattern knows, goes. Words that are also names ("Long", "Rose",
이상) stay only where nothing beside them looks like a name.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from firstlight.dicom.identity import Identity
from firstlight.dicom.numerals import GONE, LABELLED, MEASURES, blotted, known_code, pooled
from firstlight.dicom.romanization import spellings, surnames
from firstlight.dicom.vocabulary import Standing, clinical, hangul_standing, standing

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20, 0x2019: 0x27, 0x2018: 0x27}
_WIDE |= dict.fromkeys((8208, 8209, 8210, 8211, 8212, 8722), 45)
_TOKEN = re.compile(
    rf"(?P<gone>{GONE}+)|(?P<measure>{MEASURES})|(?P<hangul>[가-힣]+)|(?P<word>(?:(?![가-힣])[^\W\d_])+(?:'[a-zA-Z](?![^\W_]))?)"
    r"(?!(?![가-힣])[^\W_])|(?P<code>(?:(?![가-힣])[^\W_])+)|(?P<sign>[\W_])"
)
_JOINTS = frozenset(" -_/,+()^.:&*\\%;?!=<>[]#~'\"\n\r\t@°±≥≤→")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+[A-Z]?")
_TITLES = clinical()["titles"]
_MODALITIES = frozenset({"DR", "MR", "MS", "dr", "mr", "ms"})
_DEGREES = frozenset("md phd rn rt frcr dds mbbs frcpc esq jr sr".split())  # noqa: SIM905
_CUES = clinical()["cues"]
_CUED_SHORT = clinical()["cues_of_initials"]
_MEANS = clinical()["modalities"]
_NAMED = frozenset({"name", "named", "initials"})
_BODIES = clinical()["bodies"]
_BODY_KINDS = clinical()["body_kinds"]
_OF_BODY = clinical()["korean_bodies"]
_BODY = re.compile(r".*(?:병원|의원|의료원|대학교|보건소|요양원|클리닉|센터)(?:에서|에|의|으로)?")
_OWN_BODIES = re.compile(
    r"(?:타|외부|본|개인|종합|대학|요양|지역|다른|원외|상급|건강검진|상급종합|대학교)?(?:병원|의원|센터|클리닉)(?:에서|에|의|으로)?|보건소|요양원|입원"
)
_KOREAN_TITLES = re.compile(
    r"(?:님|씨|교수|과장|원장|선생|의사|간호사|기사|방사선사|전공의|전문의|인턴|레지던트|실장|팀장|환자|환자분|보호자|박사|군|양)(?:님|께|께서|의|이|가|은|는)?"
)
_KOREAN_CUES = clinical()["korean_cues"]
_PAIRS = frozenset({"전후", "좌우", "상하", "내외", "우좌", "후전", "전좌"})


@dataclass
class _Token:
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


def clean(text: str, identity: Identity) -> str:
    """One reading of a text; what is left may need another one, since neighbours have gone."""
    plain = pooled(plainly(text))
    tokens = _tokens(blotted(plain, identity.spans(plain)))
    _judge(tokens)
    kept = "".join(_written(token) for token in tokens)
    return text if kept == text else tidy(kept)


def plainly(text: str) -> str:
    """A text with hangul composed, full-width signs narrow, and nothing invisible between the letters."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text).translate(_WIDE)
    return "".join(letter for letter in composed if unicodedata.category(letter) not in ("Cf", "Co"))


def _written(token: _Token) -> str:
    if token.kind == "sign":
        return token.text if token.text in _JOINTS else " "
    return token.text if token.standing == Standing.FIRM else " "


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(kind := found.lastgroup or "", found.group(), _standing(kind, found.group()))
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


def _judge(tokens: list[_Token]) -> None:
    words = [place for place, token in enumerate(tokens) if token.kind not in ("sign", "gone")]
    for before, place in pairwise(words):
        if tokens[before].lower == "x" and tokens[place].lower in ("ray", "rays"):
            tokens[place].standing = Standing.FIRM
    for rule in (_titles, _cues, _bodies, _eponyms, _spelled_out, _initials, _korean_names, _romanized, _labels):
        rule(tokens, words)
    _neighbours(tokens, words)
    _undecided(tokens, words)


def _between(tokens: list[_Token], first: int, second: int) -> str:
    return "".join(token.text for token in tokens[first + 1 : second])


def _beside(tokens: list[_Token], first: int, second: int) -> bool:
    """Whether two words follow each other as parts of one name would."""
    gap = _between(tokens, first, second)
    return gap in (" ", ", ", ",", "-", "^", "_", ". ", ".", "  ", "' ", "'") and not (
        gap.startswith(".") and len(tokens[first].text) > 2
    )


def _shows(token: _Token) -> bool:
    """Whether a word could be part of a name where a name is expected."""
    return token.is_word and (token.standing < Standing.FIRM or len(token.text) == 1)


def _chain(tokens: list[_Token], words: list[int], begin: int, most: int = 4) -> None:
    """Take out a name that begins at a place among the words."""
    for number in range(begin, min(begin + most, len(words))):
        token = tokens[words[number]]
        if number > begin and not _beside(tokens, words[number - 1], words[number]):
            return
        if not _shows(token):
            return
        token.go()


def _titles(tokens: list[_Token], words: list[int]) -> None:
    for number, place in enumerate(words[:-1]):
        token, following = tokens[place], tokens[words[number + 1]]
        gap = _between(tokens, place, words[number + 1])
        if token.lower in _DEGREES and number and _beside(tokens, words[number - 1], place):
            _before_degree(tokens[words[number - 1]])
        if token.lower not in _TITLES or gap not in (" ", ". ", ".", "  ", ": ", ".  "):
            continue
        is_modality = token.text in _MODALITIES and "." not in gap
        in_a_sentence = following.is_lower or is_modality or token.lower in ("nurse", "miss", "doctor", "sir")
        if not (in_a_sentence and following.standing == Standing.FIRM and len(following.text) > 1):
            following.go()
            token.standing = Standing.UNKNOWN  # lest it takes the next word on another reading
            _chain(tokens, words, number + 2, 3)
    if len(words) > 1 and tokens[words[-1]].lower in _DEGREES and _beside(tokens, words[-2], words[-1]):
        _before_degree(tokens[words[-2]])


def _before_degree(token: _Token) -> None:
    if token.is_word and token.standing < Standing.FIRM:
        token.go()


def _cues(tokens: list[_Token], words: list[int]) -> None:
    """After "by", "tech:" and their like: words that may be names, and initials."""
    for number, place in enumerate(words[:-1]):
        cue, following = tokens[place].lower, tokens[words[number + 1]]
        gap = _between(tokens, place, words[number + 1])
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


def _are_initials(token: _Token) -> bool:
    short = token.is_word and len(token.text) <= 3 and token.lower not in _MEANS
    return short and token.text.isupper() and token.text not in ("THE",)


def _bodies(tokens: list[_Token], words: list[int]) -> None:
    """The name of a hospital: the words before it, back to one that says only what kind it is."""
    for number, place in enumerate(words):
        token = tokens[place]
        if token.kind == "hangul" and token.text in _OF_BODY and number and _beside(tokens, words[number - 1], place):
            _korean_body(tokens[words[number - 1]], token)
        if token.lower in _BODIES and not (token.lower == "medical" and not _is_center(tokens, words, number)):
            _name_of_body(tokens, words, number)
        named_after = token.lower in ("university", "institute", "college", "hospital") and number + 2 < len(words)
        if named_after and tokens[words[number + 1]].lower in ("of", "for") and not tokens[words[number + 2]].is_lower:
            _go_on(tokens, words, number + 2)


def _go_on(tokens: list[_Token], words: list[int], begin: int) -> None:
    for number in range(begin, min(begin + 3, len(words))):
        token = tokens[words[number]]
        if token.is_lower or (number > begin and not _beside(tokens, words[number - 1], words[number])):
            return
        if token.standing == Standing.FIRM and token.lower in clinical()["abbreviations"]:
            return
        token.go()


def _is_center(tokens: list[_Token], words: list[int], number: int) -> bool:
    return number + 1 < len(words) and tokens[words[number + 1]].lower in (
        "center",
        "centre",
        "college",
        "school",
        "group",
    )


def _korean_body(token: _Token, body: _Token) -> None:
    kinds = frozenset("타 외부 다른 개인 대학 종합 요양 지역 원외 본 이전 외래 상급종합 입원 및".split())  # noqa: SIM905
    if token.kind == "hangul" and token.text not in kinds:
        token.go()
        body.standing = Standing.UNKNOWN


def _name_of_body(tokens: list[_Token], words: list[int], number: int) -> None:
    body, firm = tokens[words[number]], 0
    for before in range(number - 1, max(-1, number - 5), -1):
        token = tokens[words[before]]
        gap = _between(tokens, words[before], words[before + 1])
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


def _ends_a_name(tokens: list[_Token], words: list[int], number: int) -> bool:
    """Whether the word after this one was no word of everyday speech: the name began there."""
    return number + 1 < len(words) and tokens[words[number + 1]].unheard


def _eponyms(tokens: list[_Token], words: list[int]) -> None:
    """Names that medicine has made its own stay beside what they name: Baker's cyst, Hodgkin lymphoma."""
    names, partners = clinical()["eponyms"], clinical()["partners"]
    for number, place in enumerate(words):
        token = tokens[place]
        if token.named or (token.lower.removesuffix("s") not in names and token.lower not in names):
            continue
        if token.lower in clinical()["eponyms_alone"]:
            token.standing = Standing.FIRM
            continue
        near = [tokens[later].lower for later in words[number + 1 : number + 4]]
        for count, word in enumerate(near):
            if word in partners or word.removesuffix("s") in partners:
                token.standing = Standing.FIRM
            if word not in names and word not in partners and count:
                break


def _spelled_out(tokens: list[_Token], words: list[int]) -> None:
    """S M I T H: three single letters or more, one after the other."""
    run: list[int] = []
    for place in [*words, -1]:
        single = place >= 0 and tokens[place].kind == "word" and len(tokens[place].text) == 1
        if single and (not run or _between(tokens, run[-1], place) in (" ", ". ", ".", "-", "  ", "_")):
            run.append(place)
            continue
        if len(run) > 2:
            for one in run:
                tokens[one].go()
        run = [place] if single else []


def _initials(tokens: list[_Token], words: list[int]) -> None:
    """Single letters beside a word that may be a name: J. Long, Long J, J Smith."""
    for number, place in enumerate(words):
        token = tokens[place]
        if not (token.kind == "word" and len(token.text) == 1 and token.text.isupper()):
            continue
        for other in (number - 1, number + 1):
            if not 0 <= other < len(words):
                continue
            first, second = sorted((number, other))
            near = tokens[words[other]]
            dotted = other > number and "." in _between(tokens, place, words[other])
            if near.is_word and len(near.text) > 1 and _beside(tokens, words[first], words[second]):
                if (near.standing < Standing.EITHER and not near.is_lower) or near.named:
                    token.go()
                elif near.standing == Standing.EITHER and (dotted or token.lower not in "lrabctsp"):
                    token.go()
                    near.go()


def _korean_names(tokens: list[_Token], words: list[int]) -> None:
    for number, place in enumerate(words):
        token = tokens[place]
        if token.kind != "hangul":
            continue
        if token.standing == Standing.EITHER:
            _korean_context(tokens, words, number)
    _spaced_names(tokens, words)


def _korean_context(tokens: list[_Token], words: list[int], number: int) -> None:
    token, place = tokens[words[number]], words[number]
    if len(token.text) > 1 and number + 1 < len(words) and _between(tokens, place, words[number + 1]) in (" ", ""):
        titled = _KOREAN_TITLES.fullmatch(tokens[words[number + 1]].text) is not None
    else:
        titled = False
    cued = number > 0 and tokens[words[number - 1]].text in _KOREAN_CUES and len(token.text) < 4
    if titled or (cued and _between(tokens, words[number - 1], place).strip() in ("", ":")):
        token.go()


def _spaced_names(tokens: list[_Token], words: list[int]) -> None:
    """홍 길 동: single syllables one after the other, a surname first."""
    run: list[int] = []
    for place in [*words, -1]:
        single = place >= 0 and tokens[place].kind == "hangul" and len(tokens[place].text) == 1
        joined = not run or (place >= 0 and _between(tokens, run[-1], place).strip() in ("", ".", "-"))
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


def _romanized(tokens: list[_Token], words: list[int]) -> None:
    """An So Min: three words, each also a syllable, the first or last also a surname, all capitalised alike."""
    for number in range(len(words) - 2):
        three = [tokens[place] for place in words[number : number + 3]]
        if not all(token.kind == "word" and token.lower in _latin_syllables() for token in three):
            continue
        ends = {three[0].lower, three[2].lower} & _latin_surnames()
        joined = all(_beside(tokens, words[number + step], words[number + step + 1]) for step in (0, 1))
        if ends and joined and all(token.text.istitle() for token in three):
            for token in three:
                token.go()


def _labels(tokens: list[_Token], words: list[int]) -> None:
    """What follows "MRN", "ID", "chart no." and their like, where it holds a digit."""
    for number, place in enumerate(words[:-1]):
        if tokens[place].lower not in LABELLED:
            continue
        before = place
        for later in words[number + 1 : number + 4]:
            gap = _between(tokens, before, later)
            if len(gap) > 4 or "\n" in gap:
                break
            if any(map(str.isdigit, tokens[later].text)):
                tokens[later].standing = Standing.UNKNOWN
            elif tokens[later].lower not in LABELLED and tokens[later].standing == Standing.FIRM:
                break
            before = later


def _neighbours(tokens: list[_Token], words: list[int]) -> None:
    """A word that may be a name goes where an unknown word stands beside it, and again beside what went so."""
    capitals = any(not tokens[place].is_lower for place in words if tokens[place].kind == "word")
    for order in (range(1, len(words)), range(len(words) - 1, 0, -1)):
        for number in order:
            if not _beside(tokens, words[number - 1], words[number]):
                continue
            _one_beside(tokens[words[number - 1]], tokens[words[number]], capitals)
            _one_beside(tokens[words[number]], tokens[words[number - 1]], capitals)


def _one_beside(near: _Token, token: _Token, capitals: bool) -> None:
    like_a_name = near.kind == "word" and (near.named or (near.standing == Standing.UNKNOWN and len(near.text) > 1))
    if not like_a_name or token.kind != "word" or token.standing not in (Standing.LOWER, Standing.EITHER):
        return
    if token.standing == Standing.EITHER and token.is_lower and (not near.is_lower or capitals):
        return
    token.go()


def _undecided(tokens: list[_Token], words: list[int]) -> None:
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
