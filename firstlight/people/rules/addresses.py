"""Addresses by which people are reached, as they are kept and as a page may show them."""

import re
import unicodedata

from firstlight.people.rules import phones

LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
LONGEST_NAME = 64
_NAME = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class BadEmail(ValueError):
    """A text that is no e-mail address; the sentence never holds it."""


def read_email(text: str) -> str:
    """An e-mail address as it is kept, in small letters with an ASCII domain; raises BadEmail."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    name, at, domain = plain.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        raise BadEmail from None
    labels = domain.split(".")
    is_domain = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    if not at or not is_domain or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise BadEmail
    if len(name) + len(domain) + 1 > LONGEST_ADDRESS:
        raise BadEmail
    return f"{name}@{domain}"


def masked(address: str) -> str:
    """An address as a list may show it: the first letter and the domain, or a number's ends."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}" if at else phones.masked(address)
