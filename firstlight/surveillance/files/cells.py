"""Days and counts as text, and what spreadsheets make of them."""

import re
from datetime import date, datetime

_COUNT = re.compile(r"-?\d{1,12}(\.0+)?")
_SERIAL = re.compile(r"4[2-9]\d{3}(\.\d+)?")
MOST = 10**10
_PATTERNS = {
    "%Y-%m-%d": re.compile(r"\d{4}-\d\d-\d\d"),
    "%m/%d/%Y": re.compile(r"\d{1,2}/\d{1,2}/\d{4}"),
    "%d/%m/%Y": re.compile(r"\d{1,2}/\d{1,2}/\d{4}"),
    "%m/%d/%y": re.compile(r"\d{1,2}/\d{1,2}/\d{2}"),
}
EXAMPLES = {"%Y-%m-%d": "2020-03-12", "%m/%d/%Y": "3/12/2020", "%d/%m/%Y": "12/03/2020", "%m/%d/%y": "3/12/20"}


class NotReadable(ValueError):
    """A cell that cannot be meant; its message is a sentence for the person."""


def format_of(text: str, allowed: tuple[str, ...]) -> str | None:
    """The one of the allowed formats in which this day is written."""
    return next((each for each in allowed if _PATTERNS[each].fullmatch(text)), None)


def read_date(text: str, form: str, allowed: tuple[str, ...]) -> date:
    """A day in the file's own format; raises NotReadable and says what a spreadsheet may have done."""
    if not _PATTERNS[form].fullmatch(text):
        raise NotReadable(why_no_date(text, form, allowed))
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 — a day has no zone
    except ValueError as error:
        raise NotReadable(
            f"{text!r} is not a day of the calendar when read as {EXAMPLES[form]!r} is written"
        ) from error
    if not 1900 <= day.year <= 2999:
        raise NotReadable(f"{text!r} lies outside the years 1900 to 2999")
    return day


def why_no_date(text: str, form: str, allowed: tuple[str, ...]) -> str:
    """What is wrong with a day that is not written as the file's others are."""
    other = format_of(text, tuple(each for each in allowed if each != form))
    if other:
        return (
            f"the day {text!r} is written as in {EXAMPLES[other]!r}, while the file began with days as in "
            f"{EXAMPLES[form]!r}: one file, one way of writing days"
        )
    if not text:
        return "the day is missing"
    if _SERIAL.fullmatch(text) or set(text) == {"#"} or re.search(r"[A-Za-z]", text) or " " in text:
        return (
            f"{text[:40]!r} is what a spreadsheet makes of a day, and it cannot be turned back with certainty. "
            f"Use the file as the source published it; days are written as in {EXAMPLES[form]!r}"
        )
    return f"{text[:40]!r} is not a day as in {EXAMPLES[form]!r}"


def read_count(text: str) -> int | None:
    """A whole number, None for an empty cell; raises NotReadable for anything else."""
    if text.isdigit() and len(text) < 10:
        return int(text)
    text = text.strip()
    if not text:
        return None
    if not _COUNT.fullmatch(text) or abs(value := int(text.partition(".")[0])) > MOST:
        raise NotReadable(f"{text[:40]!r} is not a count: write whole numbers without separators")
    return value
