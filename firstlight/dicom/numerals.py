"""Numbers in free text: which are a measure and stay, and which may be somebody's and go.

Dates go in every form; a time of day stays unless it stands with a date, as the header's own times stay. A number stays
when it has at most three digits, or a unit or a clinical form; groups of six digits or more in all go.
"""

import re
from collections.abc import Iterable

from firstlight.dicom.vocabulary import Standing, clinical, standing

GONE = "\ue000"
_UNITS = (
    "mmhg|cmh2o|mm2|mm3|cm2|cm3|mm|cm|um|µm|nm|m2|kvp?|kev|mev|mas|mah?|ma|hu|mgy|cgy|gy|msv|usv|sv|mbq|gbq|kbq|mci|uci"
    "|bq|mg|mcg|ug|ng|pg|kg|g|mls?|dl|ul|fl|l|cc|u|iu|meq|mmol|mol|khz|mhz|hz|ghz|ms|msec|secs?|s|mins?|hrs?|h|bpm|rpm|fps"
    "|deg|degrees|%|t|d|w|wks?|weeks?|mos?|months?|yrs?|years?|yo|y|days?|hours?|minutes?|seconds?|fr|french|ga|gauge|in"
    "|inch(?:es)?|ft|m|lbs?|x|packs?|pack-years?|py|st|nd|rd|th|mmol/l|mg/dl|ng/ml|g/dl|c|f|ppm|mg/kg|ml/s|cc/s|mg/ml|mgi/ml"
)
_DECIMAL = r"\d{1,4}(?:[.,]\d{1,3})?"
_KOREAN_UNITS = (
    r"세|살|개월|주(?!소)|시간|분|초|회|차|번째|기|도|단계|개|명|배|등급|급|점"
    r"|층(?!\s?\d)|미리|센티|갑년|갑|형|엽|구역|번(?=\s?늑)"
)
_SPAN = "전|후|간|째|이내|동안|마다|이상|경과|차"
MEASURES = "|".join((
    r"(?<![^\W_])(?i:window|level|ww|wl|wc|te|tr|ti|hu|value|dlp|temp)(?:\s?[:=]\s?|\s)-?\d{4}(?![^\W_]|[-/.]\d)",
    r"(?<![^\W_])(?<!\d[.,])\d{1,4}(?:\.\d{1,3})?(?:\s?[xX×*]\s?\d{1,4}(?:\.\d{1,3})?){1,2}(?:\s?(?:mm|cm|MM|CM))?(?![^\W_]|\.\d)",
    rf"(?<![^\W_])(?<!\d[.,])[<>~]?{_DECIMAL}\s?-\s?{_DECIMAL}\s?(?i:{_UNITS})(?![^\W_])",
    rf"(?<![^\W_])(?<!\d[.,/-])(?:{_DECIMAL}|0\.\d{{1,8}})\s?(?i:{_UNITS})(?:/(?i:kg|ml|l|dl|s|sec|min|h|hr|day|d|m2|mm2|g|cc))?(?![^\W_])(?!\.\d)",
    r"(?<![^\W_])(?<!\d[.,])0?\.\d{1,8}(?![^\W_]|\.\d)",
    r"(?<![^\W_])(?<!\d[.,])\d{1,3}\.\d{1,3}(?![^\W_]|\.\d)",
    r"(?<![^\W_])(?<!\d[-/.:])\d{1,3}[+]?(?![^\W_]|[-/.:]?\d{4})",
    r"(?<![^\W_])\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?![^\W_]|:)",
    rf"(?<![^\W_])(?<!\d[.,/-])\d{{1,3}}(?:\.\d{{1,2}})?\s?(?:{_KOREAN_UNITS})(?=$|[^가-힣]|[가-힣])",
    rf"(?<![^\W_])(?:\d{{1,2}}\s?(?:년|일)\s?(?:{_SPAN})|\d일)",
))  # fmt: skip
_EVENT = "촬영|검사|내원|시행|입원|퇴원|수술|방문|외래|예약|의뢰|판독|자|생|오전|오후"
_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:'?\d{2}|\d{4})"
_CLOCK = r"(?:[T ,]{1,2}(?:at\s)?\d{1,2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?(?:\s?[ap]\.?m\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_BEFORE, _AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_GROUPS = rf"(?<![\d.])\(?\+?\d+(?![^\W\d_])\)?(?:[-\s./()]{{1,3}}\d+(?!\d|\s?(?:{_UNITS})(?![^\W_])|[^\W_]))*(?!\d)"
_CODED = r"(?<![^\W_])(?=[\w-]*\d[\w-]*)(?=(?:[-_/]*[^\W\d_])*[-_/]*\d)[^\W_]+(?:[-_/][^\W_]+)+(?![^\W_])"
_SPANS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (
    r"\S+@\S+\.\w+|(?:https?|ftp|file|dicomweb)://\S+|\bwww\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|kr|co|io|de|uk|jp|cn)\b(?:/\S*)?|\\\\\S+",
    r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}|(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}|(?<!\d)\d+(?:\.\d+){3,}",
    rf"(?<!\d)\d{{4}}\s?[-/.년]\s?\d{{1,2}}(?:\s?[-/.월]\s?\d{{1,2}}\s?[.일]?)?(?!\d){_CLOCK}",
    rf"(?<![\d.])\d{{1,2}}\s?([-/.])\s?\d{{1,2}}\s?\1\s?'?(?:\d{{4}}|\d{{2}})(?!\d|\.\d){_CLOCK}",
    r"(?<!\d)\d{2}년\s?\d{1,2}월(?:\s?\d{1,2}일)?|(?<!\d)\d{1,2}월\s?(?:\d{1,2}일|초|말|중순)?|(?<!\d)\d{4}년(?:도)?",
    rf"(?<!\d)(?:[12]\d|3[01]|0\d)일(?!\s?(?:{_SPAN}))|(?<!\d)\d일(?=\s?(?:{_EVENT}))|(?<!\d)\d{{2}}년(?!\s?(?:{_SPAN}|흡연))",
    rf"{_BEFORE}(?:{_DAY}(?:\s?of)?[-/. ,]*)?(?:{_MONTHS})\.?"
    rf"[-/. ,]*(?:{_DAY}(?:[-/, ]+{_YEAR})?|{_YEAR}){_AFTER}{_CLOCK}",
    rf"{_BEFORE}{_DAY}(?:\s?of\s?|[-/. ]*)(?:{_MONTHS})(?:[-/., ]*{_YEAR})?{_AFTER}{_CLOCK}",
    rf"(?<!\w)(?:{_MONTHS})\d{{2,4}}(?!\w)",
    rf"{_BEFORE}(?:january|february|april|june|july|august|september|october|november|december){_AFTER}",
    rf"{_BEFORE}(?:mon|tues|wednes|thurs|fri|satur|sun)day{_AFTER}",
    _GROUPS,
    rf"{_BEFORE}(?:0?[1-9]|1[0-2])[/-](?:19|20)\d\d{_AFTER}",
    r"(?<![\w.])(?<!image )(?<!images )(?<!slice )(?<!series )(?<!frame )"
    r"(?:0?[1-9]|1[0-2])/(?:1[3-9]|2\d|3[01])(?![\w/])",
    r"(?:(?<=\bon )|(?<=\bof )|(?<=\bby )|(?<=since )|(?<=from )|(?<=dated )|(?<=dob ))"
    r"\d{1,2}[-/.]\d{1,2}(?![\w/]|\.\d)",
    rf"{_BEFORE}(?:19|20)\d\d(?!\s?(?:ml|mm|mg|cc|ms|hu|mas|cm|g|mbq|mgy|s/mm)\b){_AFTER}|(?<!\w)'\d\d(?!\w)",
    rf"{_BEFORE}\d{{1,6}}[a-z]?\s+(?:[nsew]\.?\s+)?(?:[^\W\d_][\w'.-]*\s+){{1,3}}(?:street|avenue|ave|road|rd|boulevard|blvd|lane|ln|highway|hwy|parkway|pkwy|terrace|suite|str|strasse|straße)\b\.?(?:\s+(?:apt|unit|suite|ste|#)\.?\s*\w+)?",
    r"(?:(?<![가-힣])[가-힣]{1,6}(?:특별자치시|특별자치도|특별시|광역시|도|시|군|구|읍|면)\s*)*(?<![가-힣])[가-힣0-9]{1,8}(?:구|읍|면|동|리|로|길|가)\s*\d{1,5}(?:번길|길|가)?(?:\s*\d{1,5})?(?:-\d{1,4})?(?:번지|호|동)?(?:\s*\d{1,4}(?:동|호|층))*(?![가-힣\d]|\s?(?:mm|cm|㎜))",
    r"(?<![가-힣])(?:[가-힣]{1,6}(?:특별자치시|특별자치도|특별시|광역시)|[가-힣]{2,3}시)\s*[가-힣]{1,4}[구군동](?![가-힣])",
    r"(?<!\d)\d{1,5}(?:-\d{1,4})?\s?(?:번지|호실?|번길|호|병동|병상)(?![가-힣])",
    r"(?<=\bward )(?:[a-z]-?)?\d{1,4}[a-z]?(?!\w)",
    _CODED,
    r"(?<!\w)@\w+|(?<!\d)\d{5,}(?!\.?\d)|(?<=\d)\d{4,}",
))  # fmt: skip
MOST_DIGITS = 6
LABELLED = clinical()["labels"]
_AGE = re.compile(
    r"(?<![\d.])0?(9\d|1[0-3]\d)\+?(?=[\s-]?(?:y(?:ea)?rs?[\s-]?old|years?[\s-]of[\s-]age|y/?o|yrs?|y(?![^\W\d_])|year[\s-]old|세|살)(?![^\W\d_가-힣]))"
    r"|(?<=\bage )0?(9\d|1[0-3]\d)(?!\d)|(?<=\baged )(9\d|1[0-3]\d)(?!\d)|(?<=\bage: )(9\d|1[0-3]\d)(?!\d)",
    re.IGNORECASE,
)
_STAGE = (
    r"[cpyra]{0,2}T(?:[0-4][a-d]?|is|x)(?:\(?[0-9m]+\)?)?(?:N[0-3x][a-c]?)?(?:M[01x][a-d]?)?"
    r"|N[0-3x][a-c]?(?:M[01x][a-d]?)?|M[01x][a-d]?"
)
_KNOWN = re.compile(
    rf"(?:{_STAGE})|[CTLSctls]\d{{1,2}}|[A-Z]\d{{1,2}}|[a-z]\d{{1,4}}|\d{{1,3}}[A-Za-z]{{1,2}}|[Bb]\d{{1,4}}|FC\d{{2}}"
    r"|[BHQTDIS][rlvfnbpu]\d{2}[a-z]?|[BDHIJTUQ]\d{2}[a-z]|[Xx]\d{1,3}|\d{1,3}[xX]|\d[DdTtVv]|#?\d{1,3}|G\d+P\d+(?:A\d+)?|[Ss]\d{1,2}[a-c]"
    r"|Tc99m|(?:I|Ga|F|Lu|In|Tl|Xe|Kr|Ra|Sm|Sr|Cu|Zr|Y)\d{2,3}m?|CA\d{2,3}|CD\d{1,2}|HbA1c|H\d{1,2}N\d|SpO2|FiO2|PaO2|T[12][Ww]?|P\d{1,2}"
)
_SPLIT = re.compile(r"([^\W\d_]+)(\d{1,3})([a-zA-Z]?)")
_COUNTED = re.compile(r"\d{1,3}([a-z]{2,})", re.IGNORECASE)


def blotted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text with each span, and each number, date and address that may be somebody's, made into one sign."""
    letters = list(text)
    for begin, end in spans:
        letters[begin:end] = GONE * (end - begin)
    result = "".join(letters)
    for pattern in _SPANS:
        result = pattern.sub(_blot, result)
    return result


def _blot(found: re.Match[str]) -> str:
    whole = found.group()
    if found.re.pattern == _GROUPS:
        begin = _after_a_code(found)
        if not _may_be_a_number(whole[begin:]):
            return whole
        return whole[:begin] + GONE * (len(whole) - begin)
    if found.re.pattern == _CODED and not _may_be_a_code(whole):
        return whole
    return GONE * len(whole)


def _after_a_code(found: re.Match[str]) -> int:
    """Where a number begins whose first digits are those of a vertebra or the like: L5 1234567."""
    before = re.search(r"[^\W\d_]+$", found.string[: found.start()])
    first = re.match(r"\d+", found.group())
    if before is None or first is None or not known_code(before.group() + first.group()):
        return 0
    return first.end()


def _may_be_a_number(groups: str) -> bool:
    parts = re.findall(r"\d+", groups)
    if len(parts) == 1:
        return len(parts[0]) > MOST_DIGITS - 2
    if re.fullmatch(r"\d{1,3}\.\d{1,8}(?:[ /]+\d{1,3}\.\d{1,3})*", groups):
        return False
    return sum(map(len, parts)) >= MOST_DIGITS and not re.fullmatch(r"\d{2,3}/\d{2,3}", groups)


def _may_be_a_code(code: str) -> bool:
    """Whether words and digits joined by hyphens are no clinical form: letters with five digits or more in all."""
    parts = re.findall(r"[^\W_]+", code)
    if sum(part.isalpha() and len(part) > 2 and standing(part.lower()) == Standing.FIRM for part in parts) > 1:
        return any(sum(map(str.isdigit, part)) > 3 and not known_code(part) for part in parts)
    digits = sum(map(str.isdigit, code))
    if digits > 4:
        if re.fullmatch(r"(?:[a-z]{2,5}[-_])*b\d{1,4}(?:[-_]b?\d{1,4}){0,3}", code, re.IGNORECASE):  # of diffusion
            return False
        return not re.fullmatch(r"(?:\d{1,3}-?[a-z]*[-/]?){1,4}", code, re.IGNORECASE) or digits > MOST_DIGITS
    return any(not _fine(part) for part in parts if any(map(str.isdigit, part)))


def _fine(part: str) -> bool:
    return (part.isdigit() and len(part) < 5) or known_code(part)


def known_code(word: str) -> bool:
    """Whether letters with digits are a clinical form: vertebra, stage, kernel, a word and a short number."""
    if word.lower() in clinical()["abbreviations"] or _KNOWN.fullmatch(word):
        return True
    counted = _COUNTED.fullmatch(word)
    if counted is not None and standing(counted[1].lower()) == Standing.FIRM:
        return True
    split = _SPLIT.fullmatch(word)
    return split is not None and standing(split[1].lower()) == Standing.FIRM and len(split[1]) > 1


def pooled(text: str) -> str:
    """A text with ages over 89 as 90+."""
    return _AGE.sub("90+", text)
