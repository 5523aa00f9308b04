"""A carrier's words, made fit to be kept: no address, no number, no link; and what its status codes mean."""

import re

LONGEST = 200
_ADDRESS = re.compile(r"""[^\s<>"'(),:;\[\]]+@[^\s<>"'(),:;\[\]]+""")
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
# Dots part a number only in a number's own grouping: status codes have dots too
_NUMBER = re.compile(r"\+?\d(?:[\s()-]{0,2}\d){7,}|\+\d[\d.]{8,}|\b\d{2,4}\.\d{3,4}\.\d{4}\b")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")

# RFC 3463 and the registry it began: mailbox or domain that does not exist, has moved, takes no mail, is disabled
_DEAD = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})


def cleaned(reason: str, *, about: str = "") -> str:
    """A reason without e-mail addresses, telephone numbers and links, on one line, at most 200 characters.

    `about` is the address that the reason is about: it, its local part and its digits are taken out wherever they are.
    """
    text = _UNSEEN.sub(" ", reason)
    for secret in _spellings(about):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "[address]", text, flags=re.IGNORECASE)
    text = _ADDRESS.sub("[address]", _LINK.sub("[link]", text))
    return _NUMBER.sub("[number]", text).strip()[:LONGEST]


def enhanced_status(text: str) -> str:
    """The first enhanced status code in a text, such as 5.1.1 (RFC 3463); empty when there is none."""
    found = _STATUS.search(text)
    return found.group() if found else ""


def is_dead_address(status: str) -> bool:
    """Whether an enhanced status code says that the address itself will never work."""
    return status in _DEAD


def _spellings(address: str) -> list[str]:
    """The forms in which an address may be quoted, longest first."""
    name, at, _ = address.partition("@")
    if at:
        return [address, name] if name else []
    digits = re.sub(r"\D", "", address)
    national = f"0{digits[2:]}" if digits.startswith("82") else digits
    return [each for each in (address, digits, national) if len(each) > 3]
