"""Which words everybody uses: clinical words, general English, Korean; how each may be read is `Standing`."""

import re
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

from firstlight.dicom.profile import read_data
from firstlight.dicom.romanization import surnames

_PREFIXES = (
    "non|pre|post|peri|sub|supra|infra|inter|intra|extra|retro|para|trans|anti|hyper|hypo|multi|micro|macro|hemi|semi"
    "|pseudo|poly|endo|ultra|antero|postero|infero|supero|dorso|ventro|latero|medio|thoraco|cardio|hepato"
    "|broncho|tracheo|pleuro|cranio|veno|arterio|costo|sterno|neuro|cerebro|vaso|fibro|osteo|chondro|musculo|naso"
    "|oro|gastro|uretero|nephro|radio|immuno|thrombo|lympho|hydro|chemo|cysto|angio|myo"
)
_PREFIXED = re.compile(rf"(?:{_PREFIXES})([a-z]{{5,}})")
_STEMS = (
    "abdomin|aden|angi|aort|appendic|arteri|arthr|ather|athero|blephar|bronch|burs|cardi|carcin|cephal|cerebr|cervic"
    "|cholangi|chol|chole|choledoch|cholecyst|chondr|col|colp|cost|crani|cyst|dacry|derm|dermat|divert|diverticul|duoden"
    "|electr|encephal|endometr|enter|esophag|oesophag|fibr|gastr|gingiv|gli|glomerul|glyc|gynec|haem|haemat|hem|hemat"
    "|hepat|hist|hydr|hyster|ile|immun|jejun|kerat|lapar|laryng|leuk|leuc|lip|lith|lob|lymph|lymphaden|mamm|mast|mening"
    "|metr|my|myc|myel|myring|nas|necr|nephr|neur|ocul|oophor|ophthalm|orchi|oste|ot|ovari|pachy|pancreat|pancreatic"
    "|path|peritone|pharyng|phleb|pleur|pneum|pneumon|proct|prostat|pyel|pylor|py|rect|retin|rhin|sacr|salping|sarc"
    "|scler|sial|sigmoid|sinus|splen|spondyl|spondyl|stern|stomat|synov|tars|ten|tendin|thorac|thromb|thym|thyr|thyroid"
    "|tonsill|trache|tympan|typhl|ureter|urethr|ur|uter|vagin|valvul|varic|vas|ven|ventricul|vertebr|vesic|viscer"
)
_ENDINGS = (
    "algia|cele|centesis|cyte|cytes|cytosis|cytoma|desis|dynia|ectasis|ectasia|ectatic|ectomy|ectomies|emia|aemia|emic"
    "|gram|grams|graph|graphy|graphic|itis|itic|itides|lith|liths|lithiasis|lithotomy|logy|logic|logical|lysis|lytic|malacia"
    "|megaly|oid|oma|omas|omata|omatous|omatosis|opathy|opathic|opathies|pathy|penia|penic|pexy|philia|plasia|plastic"
    "|plasty|plegia|pnea|pnoea|poiesis|ptosis|rrhage|rrhagia|rrhaphy|rrhea|rrhoea|rrhexis|sclerosis|scope|scopy|scopic"
    "|spasm|stasis|static|stenosis|stenotic|stomy|thorax|tomy|tomies|tome|trophy|trophic|uria|ric|enteric|cutaneous"
    "|pulmonary|vascular|cardial|cardiac|gastric|esophageal|intestinal|peritoneal|duodenal|hepatic|biliary|pleural"
    "|bronchial|muscular|skeletal|lumbar|sacral|cervical|thoracic|cranial|spinal|femoral|iliac|renal|caval|venous|arterial"
)
_COMPOSED = re.compile(rf"(?:(?:{_STEMS})[oia]?)+(?:{_ENDINGS})")
SHORTEST_COMPOSED = 8


class Standing(IntEnum):
    """What a word is: unknown, or a name that is also a word in lower case, or a word and a name, or a word."""

    UNKNOWN = 0
    LOWER = 1
    EITHER = 2
    FIRM = 3


@cache
def clinical() -> dict[str, Any]:
    """Our own lists, by their keys, as sets."""
    tables = read_data("clinical.json")
    return {key: frozenset(value.split()) for key, value in tables.items() if key != "licence"}


@cache
def _firm() -> frozenset[str]:
    own = clinical()
    imaging = read_data("words.json")["words"]["imaging"].split()
    listed = {*own["firm"], *own["abbreviations"], *own["added"], *imaging, "removed"}
    return frozenset((listed - own["either"]) | set("abcdfgilmnopqrstvwx"))


@cache
def _general() -> tuple[dict[str, str], frozenset[str]]:
    tables = read_data("english.json")
    return tables["words"], frozenset(tables["lower"].split())


@cache
def _beginning_with(letter: str) -> frozenset[str]:
    return frozenset(_general()[0].get(letter, "").split())


def _is_general(word: str) -> bool:
    return word in _beginning_with(word[:1])


@lru_cache(maxsize=16384)
def standing(word: str) -> Standing:
    """The standing of one word in lower case, letters alone."""
    own = clinical()
    if word in own["either"]:
        return Standing.EITHER
    if word in _firm():
        return Standing.FIRM
    if word in _general()[1]:
        return Standing.LOWER
    return Standing.FIRM if _is_general(word) or _formed(word) else Standing.UNKNOWN


_OF_MEDICINE = re.compile(
    r".*(?:oma|omas|itis|osis|oses|[ae]mia|uria|pathy|plasia|trophy|gram|scopy|algia|ectasis|rrhea|penia|plasty|tomy|megaly)"
)
LONGEST_NAME_THAT_IS_A_WORD = 8


def is_everyday(word: str) -> bool:
    """Whether a firm word is none of the trade, and short: such words are people's names too, in some country."""
    if len(word) > LONGEST_NAME_THAT_IS_A_WORD or word in _firm() or word in clinical()["eponyms"]:
        return False
    return _is_general(word) and _OF_MEDICINE.fullmatch(word) is None


def _formed(word: str) -> bool:
    """Whether a word is the plural of a known one, or made of a known one, or of Greek and Latin parts."""
    if len(word) < 5 or not word.isascii():
        return False
    firm = _firm()
    if any(_is_general(stem) or (stem in firm and len(stem) > 3) for stem in _singulars(word)):
        return True
    if len(word) >= SHORTEST_COMPOSED and _COMPOSED.fullmatch(word):
        return True
    prefixed = _PREFIXED.fullmatch(word)
    return prefixed is not None and (_is_general(prefixed[1]) or prefixed[1] in firm)


def _singulars(word: str) -> list[str]:
    if not word.endswith("s") or word.endswith("ss"):
        return []
    stems = [word[:-1]]
    if word.endswith("es"):
        stems.append(word[:-2])
    if word.endswith("ies"):
        stems.append(word[:-3] + "y")
    return [stem for stem in stems if len(stem) > 3]


@cache
def korean() -> dict[str, frozenset[str]]:
    """The Korean lists, by their keys, as sets."""
    tables = read_data("korean.json")
    lists = {key: frozenset(value.split()) for key, value in tables.items() if key not in ("licence", "sources")}
    whole = {*lists["words"], *lists["speech"], *lists["everyday"], *read_data("words.json")["words"]["korean"].split()}
    return lists | {"words": frozenset(word for word in whole if len(word) > 1), "whole": frozenset(whole)}


@lru_cache(maxsize=16384)
def hangul_standing(word: str) -> Standing:
    """The standing of one word of hangul: whole, compounded, with endings; names that are words are EITHER."""
    lists = korean()
    if len(word) == 1:
        return Standing.FIRM if word in lists["singles"] or word in lists["whole"] else Standing.UNKNOWN
    if word in lists["either"] or (len(word) == 3 and word[:2] in lists["either"] and word not in lists["words"]):
        stays = word in lists["either"] or (_compounded(word) and not _like_a_name(word))
        return Standing.EITHER if stays else Standing.UNKNOWN
    if word in lists["words"]:
        return Standing.FIRM
    return Standing.FIRM if not _like_a_name(word) and _compounded(word) else Standing.UNKNOWN


def _like_a_name(word: str) -> bool:
    """Whether three syllables that no list has as a word could be a surname with a given name."""
    if len(word) != 3 or word[0] not in surnames():
        return False
    return word[1] in clinical()["syllables"] and word[2] in korean()["name_ends"]


def _compounded(word: str) -> bool:
    """Whether hangul is made of known words of two syllables or more, with the affixes and endings they take."""
    lists = korean()
    reached: dict[int, set[str]] = {0: {"begin"}}
    if word[0] in lists["prefixes"]:
        reached[1] = {"begin"}
    for begin in range(len(word)):
        for state in sorted(reached.get(begin, ())):
            for end in range(begin + 1, len(word) + 1):
                following = _after(word[begin:end], state)
                if following:
                    reached.setdefault(end, set()).add(following)
    return bool(reached.get(len(word), set()) & {"word", "ending"})


def _after(part: str, state: str) -> str:
    lists = korean()
    if state != "ending" and len(part) > 1 and part in lists["words"]:
        return "word"
    if state == "word" and part in lists["suffixes"]:
        return "word"
    return "ending" if state != "begin" and part in lists["endings"] else ""


def is_common(word: str) -> bool:
    """Whether a folded word is one of the trade or of everyday speech, and no name besides."""
    if "가" <= word[:1] <= "힣":
        return hangul_standing(word) == Standing.FIRM
    return standing(word) == Standing.FIRM
