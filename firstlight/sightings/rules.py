"""What a field report must not hold, and how long one may wait."""

import re
from datetime import datetime, timedelta

# A free text is refused when it seems to name a person; the list is for the eye of the writer, never kept.
IDENTIFIERS = {
    "resident-number": re.compile(r"(?<!\d)\d{6}\s?-?\s?[0-9]\d{6}(?!\d)"),
    "phone-number": re.compile(r"(?<!\d)(?:\+?82[- .]?)?0?1[016789][- .]?\d{3,4}[- .]?\d{4}(?!\d)"),
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    "chart-number": re.compile(
        r"(?:등록번호|환자번호|병록번호|차트|chart|mrn|hospital\s*(?:no|id)|patient\s*(?:no|id))\.?\s*[:#]?\s*\d{4,}",
        re.IGNORECASE,
    ),
    "date-of-birth": re.compile(r"(?:생년월일|생일|d\.?o\.?b\.?|born(?:\s+on)?)\s*[:.]?\s*\d", re.IGNORECASE),
    "name": re.compile(r"(?:환자명|성명|이름|patient'?s?\s+name|name)\s*[:：]\s*\S", re.IGNORECASE),
    "long-number": re.compile(r"(?<![\d.])\d{8,}(?![\d.])"),
}
LATE = timedelta(hours=6)
TOO_LATE = timedelta(hours=24)


def identifiers_in(text: str) -> list[str]:
    """The kinds of identity that a text seems to hold, by name; never what was found."""
    return [kind for kind, pattern in IDENTIFIERS.items() if pattern.search(text)]


def lateness(reported_at: datetime, *, at: datetime) -> str:
    """How pressing an unanswered report is: 'fresh', 'late' or 'too-late'."""
    age = at - reported_at
    if age >= TOO_LATE:
        return "too-late"
    return "late" if age >= LATE else "fresh"
