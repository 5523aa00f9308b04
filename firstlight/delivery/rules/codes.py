"""Short signed codes: a number and a purpose that only this server writes, small enough for a text message."""

import hmac
from hashlib import sha256

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
SIGNATURE_CHARACTERS = 9
SIGNATURE_SPACE = len(ALPHABET) ** SIGNATURE_CHARACTERS


class BadCode(ValueError):
    """A code that this server did not write for this purpose."""


def write_code(number: int, *, purpose: str, key: str) -> str:
    """The code for a row's number; some twelve characters, without signs that look alike."""
    return _spelled(number) + _signature(number, purpose, key)


def read_code(code: str, *, purpose: str, key: str) -> int:
    """The number in a code; raises BadCode for one that was changed, cut or written for something else."""
    spelled, signature = code[:-SIGNATURE_CHARACTERS], code[-SIGNATURE_CHARACTERS:]
    if not spelled or len(spelled) > 11 or any(each not in ALPHABET for each in code):
        raise BadCode
    number = 0
    for each in spelled:
        number = number * len(ALPHABET) + ALPHABET.index(each)
    if spelled != _spelled(number) or not hmac.compare_digest(_signature(number, purpose, key), signature):
        raise BadCode
    return number


def _spelled(number: int) -> str:
    letters = ""
    while number:
        number, place = divmod(number, len(ALPHABET))
        letters = ALPHABET[place] + letters
    return letters or ALPHABET[0]


def _signature(number: int, purpose: str, key: str) -> str:
    digest = hmac.digest(key.encode(), f"{purpose}:{number}".encode(), sha256)
    return _spelled(int.from_bytes(digest) % SIGNATURE_SPACE).rjust(SIGNATURE_CHARACTERS, ALPHABET[0])
