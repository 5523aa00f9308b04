"""Words as search compares them: one case, one spelling, no particles or plurals; hangul as the keys it is typed by."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Both sides are folded, so that only what collides matters: British and American spelling become one.
_SPELLINGS = (
    (re.compile(r"[ao]+e"), "e"),
    (re.compile(r"is(?=(?:e|ed|es|ing|ation)(?:\W|_|$))"), "iz"),
    (re.compile(r"our(?=s?(?:\W|_|$))"), "or"),
)
_WORD = re.compile(r"[가-힣ㄱ-ㅣ]+|[^\W_가-힣ㄱ-ㅣ]+")
_HANGUL = re.compile(r"[가-힣ㄱ-ㅣ]")
LONGEST = 60
SHORTEST_STEM = 2

# Each kind of particle by what it follows: any syllable, a closed one, an open one, one that is open or ends in ㄹ.
_FOLLOWING = {
    "": "에서는 에서 에는 에도 까지 부터 의 에",
    "closed": "으로는 으로 은 이 을 과",
    "open": "는 가 를 와",
    "liquid": "로",
}
_PARTICLES = sorted(
    ((particle, follows) for follows, each in _FOLLOWING.items() for particle in each.split()),
    key=lambda pair: -len(pair[0]),
)

# The letters of hangul as two-set keyboards have them; a syllable of Unicode is made of three numbers (chapter 3.12).
_FIRST_SYLLABLE = 0xAC00
_CONSONANTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = re.split(" ", "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ")
_FINALS = re.split(
    " ", " ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ"
)
_LIQUID = 8
_DOUBLE = dict(zip("ㅘㅙㅚㅝㅞㅟㅢ", re.split(" ", "ㅗㅏ ㅗㅐ ㅗㅣ ㅜㅓ ㅜㅔ ㅜㅣ ㅡㅣ"), strict=True))
_DOUBLE |= dict(
    zip("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", re.split(" ", "ㄱㅅ ㄴㅈ ㄴㅎ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅂㅅ"), strict=True)
)
_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", strict=True))
_KEYS |= dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))


@dataclass(frozen=True)
class Word:
    """A word of a text as it is compared, as it is written there, and where it stands."""

    text: str
    written: str
    start: int
    end: int

    @property
    def forms(self) -> tuple[str, ...]:
        """What it is found by."""
        return tuple(dict.fromkeys((self.text, self.written)))


def composed(text: str) -> str:
    """The text with hangul in syllables, as places in it are counted."""
    return unicodedata.normalize("NFC", text)


def words_of(text: str) -> list[Word]:
    """The words of a composed text in their order."""
    return list(each_word_of(text))


def each_word_of(text: str) -> Iterator[Word]:
    """The words of a composed text one by one, for who stops at the first that fits."""
    found = ((fold(each[0])[:LONGEST], each.span()) for each in _WORD.finditer(text))
    return (Word(stem(written), written, *span) for written, span in found if written)


def texts_of(text: str) -> tuple[str, ...]:
    """The words of a text, without their places."""
    return tuple(each.text for each in words_of(composed(text)))


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """One case, no accents, one spelling, hangul composed."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = unicodedata.normalize("NFC", "".join(each for each in plain if unicodedata.category(each) != "Mn"))
    for pattern, spelling in _SPELLINGS:
        bare = pattern.sub(spelling, bare)
    return bare


def is_hangul(word: str) -> bool:
    """Whether it is written in hangul."""
    return bool(_HANGUL.match(word))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A folded word without its particle or plural; two syllables at least are left."""
    return _without_particle(word) if is_hangul(word) else _singular(word)


def _without_particle(word: str) -> str:
    for particle, follows in _PARTICLES:
        bare = word.removesuffix(particle)
        if bare != word and len(bare) >= SHORTEST_STEM and _fits(bare[-1], follows):
            return bare
    return word


def _fits(syllable: str, follows: str) -> bool:
    if not "가" <= syllable <= "힣":
        return False
    final = (ord(syllable) - _FIRST_SYLLABLE) % 28
    return {"": True, "closed": final > 0, "open": final == 0, "liquid": final in {0, _LIQUID}}[follows]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def letters_of(word: str) -> str:
    """The keys that a word is typed by: hangul taken apart to single letters, others as they are."""
    return "".join(_letters(each) for each in word)


def _letters(sign: str) -> str:
    if not "가" <= sign <= "힣":
        return _DOUBLE.get(sign, sign)
    first, rest = divmod(ord(sign) - _FIRST_SYLLABLE, 588)
    return _CONSONANTS[first] + _VOWELS[rest // 28] + _FINALS[rest % 28]


def typed_in_hangul(text: str) -> str:
    """The letters that somebody typed with the keyboard left in English; empty when they make no hangul."""
    keys = [_KEYS.get(each) or _KEYS.get(each.lower(), "") for each in text]
    letters = "".join(keys)
    return letters if all(keys) and any(each in letters for each in "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ") else ""
