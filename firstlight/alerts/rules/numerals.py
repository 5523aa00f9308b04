"""The numbers a Korean or an English text says, however it writes them, so that two texts can be compared."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers in their plainest form, each as often as it is said; one in a name, as in N95, counts once.

    `certain` ones are written as numbers, dates or times; `possible` ones are words that may stand for a number, as in
    "twice". `written` has for each number how the text first writes it, `days` for a fraction such as 2.23 the month
    and day it may be.
    """

    certain: Counter[str] = field(default_factory=Counter)
    possible: Counter[str] = field(default_factory=Counter)
    written: dict[str, str] = field(default_factory=dict)
    days: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_numbers(text: str) -> Numbers:
    """The numbers of a text: "2월 23일", "23 Feb" and "02-23" are all 2 and 23, "오후 6시" and "18:00" are both 6."""
    numbers, named = Numbers(), set[str]()
    for found in _TOKEN.finditer(unicodedata.normalize("NFKC", text)):
        for value in _READERS[found.lastgroup or ""](found[0]):
            is_again = _is_in_name(found) and value in named
            said = numbers.certain if _is_certain(found) and not is_again else numbers.possible
            said[value] += 1
            numbers.written.setdefault(value, found[0].strip())
            if _is_in_name(found):
                named.add(value)
        _keep_day(numbers, found[0])
    return numbers


def find_lacking(said: Numbers, here: Numbers) -> tuple[str, ...]:
    """The numbers that one text says for certain and the other does not say, as they are written."""
    lacking = _settle(said, here) - _settle(here, said) - here.possible
    return tuple(said.written[value] for value in lacking)


def _settle(numbers: Numbers, other: Numbers) -> Counter[str]:
    """The certain numbers, with "2.23" taken for a day where the other text has its halves and no such fraction."""
    settled = Counter(numbers.certain)
    for fraction, halves in numbers.days.items():
        surplus = settled[fraction] - other.certain[fraction]
        if surplus > 0 and all(half in other.certain for half in halves):
            settled[fraction] -= surplus
            settled.update(halves * surplus)
    return settled


def _keep_day(numbers: Numbers, written: str) -> None:
    day = re.fullmatch(r"(0?[1-9]|1[0-2])\.(0?[1-9]|[12]\d|3[01])", written)
    if day:
        halves = (_plainest(day[1]), _plainest(day[2]))
        numbers.days[_plainest(written)] = halves
        for half in halves:
            numbers.written.setdefault(half, written)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    "|Nov(?:ember)?|Dec(?:ember)?"
)
_ENGLISH_WORDS = {
    0: "zero no none",
    1: "one once first single primary daily weekly monthly",
    2: "two twice second secondary both",
    3: "three thrice third tertiary",
    4: "four fourth quaternary",
    5: "five fifth",
    6: "six sixth",
    7: "seven seventh",
    8: "eight eighth",
    9: "nine ninth",
    10: "ten tenth",
    11: "eleven eleventh",
    12: "twelve twelfth noon midnight",
    13: "thirteen",
    14: "fourteen",
    15: "fifteen",
    16: "sixteen",
    17: "seventeen",
    18: "eighteen",
    19: "nineteen",
    25: "quarter",
    50: "half",
    100: "hundred",
    1000: "thousand",
    1_000_000: "million",
}
_ENGLISH = {word: value for value, words in _ENGLISH_WORDS.items() for word in words.split()}
_TENS_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: tens for tens, word in zip(range(20, 100, 10), _TENS_WORDS.split(), strict=True)}
_KOREAN_WORDS = {
    1: "한 첫 하루 하나",
    2: "두 둘 이틀",
    3: "세 셋 사흘",
    4: "네 넷 나흘",
    5: "다섯",
    6: "여섯",
    7: "일곱",
    8: "여덟",
    9: "아홉",
    10: "열 열흘",
}
_KOREAN = {word: value for value, words in _KOREAN_WORDS.items() for word in words.split()}
_MULTIPLES = {
    "백": 100,
    "천": 1000,
    "만": 10_000,
    "억": 100_000_000,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}

_DECIMAL = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_COUNTED = "명번건개차곳가장대쪽살배주달째회"  # what a numeral of one syllable stands before: 한 명, not 한국
_UNIT_OF_TIME = "hour|day|night|week|month|year|minute|second"
# Of 만, 천, 백 and 억 only those that multiply: not 만성, 천식, 백신 or 억제.
_MYRIAD = rf"{_DECIMAL}[백천만억]+(?![성식신제])"
_TOKEN = re.compile(
    rf"""
      (?P<country>\+82(?:\s?\(0\))?)
    | (?P<time>\d{{1,2}}\s?시(?!간)(?:\s?\d{{1,2}}\s?분)?
        | \d{{1,2}}(?:[:.]\d{{2}})?\s?(?i:[ap]\.?m\b) | \d{{1,2}}:\d{{2}}(?!\d))
    | (?P<dotted>\d+(?:\.\d+){{2,}} | \d{{1,2}}\.\d{{1,2}}\.(?=\s?\())
    | (?P<myriad>{_MYRIAD}(?:\s?{_MYRIAD})*(?:\s?\d+)?)
    | (?P<million>{_DECIMAL}\s?(?i:hundred|thousand|million|billion)\b)
    | (?P<digits>{_DECIMAL})
    | (?P<month>\b(?:{_MONTH})\b)
    | (?P<tens>\b(?i:{"|".join(_TENS)})(?:[- ](?i:one|two|three|four|five|six|seven|eight|nine)\b)?)
    | (?P<english>\b(?i:{"|".join(_ENGLISH)})\b)
    | (?P<each>\b(?i:an?|per|each|every)\s+(?i:{_UNIT_OF_TIME})\b)
    | (?P<week>일주일)
    | (?P<noon>정오|자정)
    | (?P<korean>(?<![가-힣])(?:{"|".join(word for word in _KOREAN if len(word) > 1)}
        | (?:{"|".join(word for word in _KOREAN if len(word) == 1)})(?=\s|[{_COUNTED}])))
    """,
    re.VERBOSE | re.ASCII,  # so that a particle may follow: "Feb까지"
)
_CERTAIN = {"time", "dotted", "myriad", "million", "digits"}


def _is_certain(found: re.Match[str]) -> bool:
    return found.lastgroup in _CERTAIN or (found.lastgroup == "month" and _is_beside_digit(found))


def _is_in_name(found: re.Match[str]) -> bool:
    """Whether a number ends a word: N95, KF94, SpO2."""
    return bool(re.search(r"[^\W\d_]-?$", _before(found)))


def _is_beside_digit(found: re.Match[str]) -> bool:
    """Whether a month's name is part of a date: "23 May", "23rd of May", "May 2020", not "May cause"."""
    after = found.string[found.end() : found.end() + 4]
    is_after_day = re.search(r"\d(?:st|nd|rd|th)?[\s.,-]*(?:of\s+)?$", _before(found))
    return bool(is_after_day or re.match(r"[\s.,-]*\d", after))


def _before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - 12) : found.start()]


def _plainest(written: str) -> str:
    whole, _, fraction = written.replace(",", "").partition(".")
    return ".".join(filter(None, (whole.lstrip("0") or "0", fraction.rstrip("0"))))


def _read_digits(written: str) -> Iterator[str]:
    yield _plainest(written)


def _read_each_run(written: str) -> Iterator[str]:
    yield from (_plainest(run) for run in re.findall(r"\d+", written))


def _read_time(written: str) -> Iterator[str]:
    """The hour on a clock's face, since one language counts to 12 and the other to 24; minutes if there are any."""
    hour, *minutes = (int(run) for run in re.findall(r"\d+", written))
    yield str((hour - 1) % 12 + 1)
    yield from (str(minute) for minute in minutes if minute)


def _read_myriad(written: str) -> Iterator[str]:
    """Sums such as 1억 2천만, 3만 5천 or 1만2345: 만 and 억 multiply all that stands since the one before them."""
    total, since, number = Decimal(0), Decimal(0), Decimal(0)
    for part in re.findall(rf"{_DECIMAL}|[백천만억]", written):
        if part in "백천":
            since, number = since + number * _MULTIPLES[part], Decimal(0)
        elif part in "만억":
            total, since, number = total + (since + number) * _MULTIPLES[part], Decimal(0), Decimal(0)
        else:
            number = Decimal(part.replace(",", ""))
    yield _plainest(f"{total + since + number:f}")


def _read_million(written: str) -> Iterator[str]:
    word = written.lstrip("0123456789,. ")
    digits = written.removesuffix(word).strip().replace(",", "")
    yield _plainest(f"{Decimal(digits) * _MULTIPLES[word.lower()]:f}")


def _read_month(written: str) -> Iterator[str]:
    yield str(_MONTHS.index(written[:3]) + 1)


def _read_tens(written: str) -> Iterator[str]:
    tens, *ones = re.split(r"[- ]", written.lower())
    yield str(_TENS[tens] + sum(_ENGLISH[one] for one in ones))


_READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "country": lambda written: iter(()),
    "time": _read_time,
    "dotted": _read_each_run,
    "myriad": _read_myriad,
    "million": _read_million,
    "digits": _read_digits,
    "month": _read_month,
    "english": lambda written: iter((str(_ENGLISH[written.lower()]),)),
    "each": lambda written: iter(("1",)),
    "tens": _read_tens,
    "noon": lambda written: iter(("12",)),
    "week": lambda written: iter(("1", "7")),
    "korean": lambda written: iter((str(_KOREAN[written]),)),
}
