"""Days as papers have them: sometimes a year, sometimes a month, in many spellings."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from firstlight.literature.rules.record import AHEAD, PREPRINT, PUBLISHED

_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_SEASONS = {"winter": 1, "spring": 3, "summer": 6, "fall": 9, "autumn": 9}
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_ISO = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?/?(?:\D.*)?")


def month_of(text: str) -> int:
    """The number of a month or season; 0 for none."""
    word = text.strip().casefold()
    if word.isdecimal() and word.isascii():
        return int(word) if 1 <= int(word) <= 12 else 0
    return _MONTHS.get(word[:3], 0) or _SEASONS.get(word, 0)


@lru_cache(maxsize=8192)
def written(year: str | int, month: str | int = "", day: str | int = "") -> str:
    """A day as far as its parts are known and make sense: 2020, 2020-04, 2020-04-21; empty without a year."""
    if not (str(year).strip().isdecimal() and 1500 <= int(year) <= 2100):
        return ""
    number = month_of(str(month))
    if not number:
        return f"{int(year):04d}"
    text = str(day).strip()
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= monthrange(int(year), number)[1]):
        return f"{int(year):04d}-{number:02d}"
    return f"{int(year):04d}-{number:02d}-{int(text):02d}"


def read(text: str) -> str:
    """A day from a text such as 2020/04/21, 2020 Apr 21, 2020 Apr-May or Spring 2020."""
    if found := _ISO.fullmatch(text.strip()):
        year, month, day = found.groups(default="")
        if month or not re.search("[a-z]", text, re.IGNORECASE):
            return written(year, month, day)
    year_found = _YEAR.search(text)
    if not year_found:
        return ""
    words = re.findall(r"[^\W\d_]+|\d{1,2}(?!\d)", text.replace(year_found[0], " ", 1))
    month = next((each for each in words if not each.isdecimal() and month_of(each)), "")
    day = next((each for each in words if each.isdecimal()), "")
    return written(year_found[0], month, day if month else "")


def first_day(text: str) -> date | None:
    """The first day that a written day may mean."""
    if not text:
        return None
    year, month, day = (*(int(each) for each in text.split("-")), 1, 1)[:3]
    return date(year, month, day)


def state_on(day: date, state: str, dates: Mapping[str, str]) -> str:
    """What a paper was on a day: what is in print today may have been ahead of print then."""
    online, printed = first_day(dates.get("online", "")), first_day(dates.get("print", ""))
    if state == PUBLISHED and online and printed and online <= day < printed:
        return AHEAD
    return state if state in {PREPRINT, AHEAD} else PUBLISHED
