"""Short signed codes: a number and a purpose that only this server writes, small enough for a text message."""

import hmac
from functools import lru_cache
from hashlib import blake2b, sha256

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
    """A keyed BLAKE2b (RFC 7693): unlike OpenSSL's HMAC it keeps the interpreter, which threads that send fight for."""
    digest = blake2b(f"{purpose}:{number}".encode(), key=_mac_key(key), digest_size=32).digest()
    return _spelled(int.from_bytes(digest) % SIGNATURE_SPACE).rjust(SIGNATURE_CHARACTERS, ALPHABET[0])


@lru_cache(maxsize=8)
def _mac_key(key: str) -> bytes:
    return sha256(key.encode()).digest()
