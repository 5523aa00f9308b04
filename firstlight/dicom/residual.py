"""The last look at what leaves: is a word of the people and numbers it is about still in any of its texts?"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from firstlight.dicom.documents import EMPTY_PAGE
from firstlight.dicom.identity import Identity
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import terms
from firstlight.dicom.structure import Elements
from firstlight.dicom.values import SIZES, TEXT_VRS

SEARCHED = TEXT_VRS | {"AE", "CS", "UR"}
DUMMY = "REMOVED"
SCHEME = 0x00080102  # a scheme that is not the standard's has gone with its code
BINARY = frozenset({*SIZES, "OB", "UN"})
SHORTEST_RUN = 6
_RUN = re.compile(rb"[\x20-\x7e\x80-\xfe\r\n]{%d,}" % SHORTEST_RUN)
ONE_TEXT = frozenset({"LT", "ST", "UT", "UR"})
# Defined terms that are also people's names: alone in a coded value they tell nobody.
COMMON_CODES = frozenset(["YES", "NO", "ON", "OFF", "IN", "OUT", "NONE"])


def texts_of(elements: Elements, own: frozenset[int] = frozenset()) -> Iterator[str]:
    """Every text of a finished object, but for those that it says itself about its de-identification (`own`)."""
    for tag, element in elements.items():
        if tag in own:
            continue
        for item in element.items or ():
            yield from texts_of(item)
        if element.vr in SEARCHED and element.value and tag != 0x00080005:
            yield from _said(tag, element.vr, bytes(element.value))


def letters_in(elements: Elements) -> Iterator[str]:
    """What reads as text inside numbers, such as a lookup table that swallowed what followed it; pixels are noise."""
    for tag, element in elements.items():
        for item in element.items or ():
            yield from letters_in(item)
        if element.vr in BINARY and len(element.value) >= SHORTEST_RUN and tag >> 16 != 0x7FE0:
            if element.value == EMPTY_PAGE:
                continue
            yield from (run.decode("utf-8", "replace") for run in _RUN.findall(element.value))


@lru_cache(maxsize=1 << 13)
def _said(tag: int, vr: str, value: bytes) -> tuple[str, ...]:
    text = value.decode("utf-8", "replace").strip("\0 ")
    values = [text] if vr in ONE_TEXT else text.split("\\")
    return tuple(said for said in values if said.strip() not in ("", DUMMY) and not is_term(tag, vr, said))


def is_term(tag: int, vr: str, code: str) -> bool:
    """Whether one of an attribute's codes is the standard's own word, which tells nobody."""
    if tag == SCHEME:
        return True
    return vr == "CS" and (code in COMMON_CODES or code in terms().get(tag, COMMON_CODES))


def is_told(texts: Iterable[str], identity: Identity) -> bool:
    """Whether one of the texts has a word of the identity."""
    return any(is_in(text, identity) for text in texts)


@lru_cache(maxsize=1 << 10)  # each entry holds on to an identity, which is large
def is_in(text: str, identity: Identity) -> bool:
    """Whether a text has a word of the identity; our own dummy is none."""
    return identity.found_in(unicodedata.normalize("NFC", text.replace(DUMMY, " ")))


@lru_cache(maxsize=32)
def fingerprint(identity: Identity, key: SiteKey) -> str:
    """The same for the same identity under the same key, and nothing to anybody else."""
    return key.uid("\0".join(" ".join(sorted(words)) for words in (identity.words, identity.joined)))
