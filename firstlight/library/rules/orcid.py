"""ORCID iDs: sixteen digits in four groups, the last one a check (ISO/IEC 7064, MOD 11-2)."""

import re

ADDRESS = "https://orcid.org/"
_GROUPS = re.compile(r"(?:https?://(?:www\.)?orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])/?", re.IGNORECASE)


class BadOrcid(ValueError):
    """A text that is no ORCID iD; the text itself is not repeated."""


def read_orcid(text: str) -> str:
    """The iD as 0000-0002-1825-0097, from that, from sixteen digits or from its address; raises BadOrcid."""
    found = _GROUPS.fullmatch(text.strip())
    if not found:
        raise BadOrcid
    digits = "".join(found.groups()).upper()
    if digits[-1] != check_character(digits[:-1]):
        raise BadOrcid
    return "-".join(found.groups()).upper()


def check_character(digits: str) -> str:
    """The check character that these digits ask for (ISO/IEC 7064, MOD 11-2)."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    left = (12 - total % 11) % 11
    return "X" if left == 10 else str(left)
