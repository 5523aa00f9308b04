"""A carrier's name as it stands in an address."""

import re


def carrier_slug(name: str) -> str:
    """As in kannel-sms.example.org: letters, digits, dots, dashes and underlines alone."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)
