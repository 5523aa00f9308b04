"""How Korean names are written in Latin letters: by rule, and as people write their own.

Sources: Revised Romanization of Korean (Ministry of Culture and Tourism notice 2000-8); McCune and Reischauer 1939;
the spellings of surnames in passports as the National Institute of Korean Language lists them.
"""

from functools import lru_cache
from itertools import product

_INITIALS = (
    "g k", "kk gg k", "n", "d t", "tt dd t", "r l n", "m", "b p", "pp bb p", "s sh", "ss s", "",
    "j ch", "jj j tch", "ch", "k kh", "t th", "p ph f", "h",
)  # fmt: skip
_VOWELS = (
    "a ah", "ae ai", "ya", "yae", "eo u o", "e", "yeo yu you yo", "ye", "o oh", "wa", "wae", "oe oi we", "yo",
    "u oo woo ou", "wo weo", "we", "wi wee", "yu yoo you", "eu u", "ui eui ee", "i ee yi",
)  # fmt: skip
_FINALS = (
    "", "k g", "k", "k", "n", "n", "n", "t d", "l r", "k", "m", "l", "l", "l", "l", "l", "m", "p b", "p", "t s", "t",
    "ng", "t", "t", "k", "t", "p", "t",
)  # fmt: skip
_SURNAMES = """
김 kim gim ghim|이 lee yi rhee i ri yee rhie|리 lee ri rhee|박 park pak bak bahk|최 choi choe choy chey
정 jung jeong chung cheong|강 kang gang|조 cho jo joe|윤 yoon yun youn|장 jang chang|임 lim im rim yim leem
한 han hahn|오 oh o|서 seo suh so sur|신 shin sin|권 kwon gwon kwun|황 hwang whang|안 ahn an|송 song
전 jeon jun chun cheon chon|홍 hong|유 yoo yu you ryu|류 ryu yoo yu|고 ko go koh|문 moon mun|양 yang
손 son sohn|배 bae pae bai|백 baek paik back paek|허 hur heo huh her|남 nam nahm|심 shim sim|노 roh noh no nho
로 roh ro|하 ha hah|곽 kwak gwak|성 sung seong song|차 cha|주 joo ju chu|우 woo u wu|구 koo ku goo gu|민 min
진 jin chin|나 na ra rah|라 ra na|지 ji jee chi|엄 eom um uhm|채 chae chai|원 won|천 cheon chun chon
방 bang pang|공 kong gong|현 hyun hyeon|함 ham hahm|변 byun byeon pyun|염 yeom yum youm|여 yeo yuh yu
추 choo chu|도 do doh to|소 so soh|석 seok suk sok|선 sun seon sunwoo|설 seol sul|마 ma mah|길 gil kil
연 yeon yun youn|위 wi wee|표 pyo|명 myung myeong|기 ki gi kee|반 ban pan|왕 wang|금 keum geum kum|옥 ok ock
육 yook yuk|인 in|맹 maeng|제 je jae|모 mo moh|탁 tak|국 kook guk kuk|어 eo uh|은 eun|편 pyeon pyun|용 yong
예 ye|경 kyung kyeong|봉 bong|사 sa|부 boo bu|황보 hwangbo|남궁 namgung namkoong namgoong|제갈 jegal chegal
사공 sagong sakong|선우 sunwoo seonu sonu|서문 seomun suhmoon|독고 dokgo dokko|동방 dongbang|가 ka ga
감 kam gam|갈 kal gal|계 kye gye|목 mok|미 mi|범 bum beom|빈 bin|승 seung|시 si shi|아 ah|온 on|음 eum|이 yi
태 tae|팽 paeng|평 pyung pyeong|피 pi|형 hyung hyeong|호 ho|견 kyun gyeon|단 dan|당 dang|대 dae|묵 mook|복 bok
삼 sam|상 sang|섭 sub seop|순 soon sun|좌 jwa|초 cho|풍 poong|필 pil|해 hae|혁 hyuk
"""
MOST_SPELLINGS = 4000


@lru_cache(maxsize=1)
def surnames() -> dict[str, tuple[str, ...]]:
    """Surnames in hangul and how they are written in Latin letters."""
    spelled: dict[str, tuple[str, ...]] = {}
    for entry in _SURNAMES.strip().replace("\n", "|").split("|"):
        hangul, *latin = entry.split()
        spelled[hangul] = (*spelled.get(hangul, ()), *latin)
    return spelled


def is_hangul(text: str) -> bool:
    """Whether a text is of whole hangul syllables alone."""
    return bool(text) and all("가" <= letter <= "힣" for letter in text)


def parted(name: str) -> tuple[str, str]:
    """Family and given name of a Korean name written as one word."""
    length = 2 if len(name) > 2 and name[:2] in surnames() else 1
    return name[:length], name[length:]


@lru_cache(maxsize=4096)
def syllable(letter: str) -> tuple[str, ...]:
    """How one syllable is written in Latin letters, the Revised Romanization first."""
    number = ord(letter) - 0xAC00
    initial, vowel, final = number // 588, number % 588 // 28, number % 28
    parts = [
        (table[place].split() or [""]) for table, place in ((_INITIALS, initial), (_VOWELS, vowel), (_FINALS, final))
    ]
    if vowel in _ALONE and initial != _SILENT:
        parts[1] = [spelling for spelling in parts[1] if spelling not in ("woo", "yi")]
    return tuple(dict.fromkeys("".join(spelling) for spelling in product(*parts)))


_SILENT, _ALONE = 11, frozenset({13, 20})


@lru_cache(maxsize=256)
def spellings(syllables: str) -> frozenset[str]:
    """How a given name of one to three syllables is written in Latin letters, joined."""
    several = [syllable(letter) for letter in syllables]
    while _number(several) > MOST_SPELLINGS:
        several = [spelling[: max(1, len(spelling) - 1)] for spelling in several]
    return frozenset("".join(spelling) for spelling in product(*several))


def _number(several: list[tuple[str, ...]]) -> int:
    number = 1
    for spelling in several:
        number *= len(spelling)
    return number


@lru_cache(maxsize=64)
def names(family: str, given: str) -> frozenset[str]:
    """A whole Korean name in Latin letters, joined, in both orders."""
    first = surnames().get(family) or tuple(sorted(spellings(family)))
    rest = spellings(given)
    return frozenset({f + g for f in first for g in rest} | {g + f for f in first for g in rest})
