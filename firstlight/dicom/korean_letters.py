"""Writing a finished object in KS X 1001 again, where its source was: a length that fits there may not fit in UTF-8."""

import re

from firstlight.dicom.structure import Element, Elements
from firstlight.dicom.values import TEXT_VRS, character_sets

TERMS = ("", "ISO 2022 IR 149")
SOURCES = (TERMS, ("ISO 2022 IR 6", "ISO 2022 IR 149"), ("ISO 2022 IR 149",))
CHARACTER_SET = 0x00080005
DESIGNATED = b"\x1b$)C"  # PS3.3 Table C.12-4: G1 is KS X 1001
_ENDS = re.compile("([\\\\\r\n\f\t^=])")  # after these nothing is designated any more, PS3.5 6.1.2.5.3


class Unwritable(ValueError):
    """A letter that KS X 1001 has no two bytes for; the message tells nothing of it."""

    def __init__(self) -> None:
        super().__init__("A letter is not in KS X 1001.")


def in_its_own_letters(elements: Elements, source: Elements) -> Elements:
    """The elements in the source's KS X 1001 instead of UTF-8, or as they are where a letter is not in it."""
    if character_sets(source.get(CHARACTER_SET)) not in SOURCES or CHARACTER_SET not in elements:
        return elements
    try:
        written = _written(elements)
    except Unwritable:
        return elements
    return written | {CHARACTER_SET: Element(CHARACTER_SET, "CS", "\\".join(TERMS).encode())}


def _written(elements: Elements) -> Elements:
    return {tag: _one(element) for tag, element in elements.items()}


def _one(element: Element) -> Element:
    if element.items is not None:
        return element._replace(items=tuple(map(_written, element.items)))
    if element.vr not in TEXT_VRS or bytes(element.value).isascii():
        return element
    parts = _ENDS.split(bytes(element.value).decode("utf-8", "surrogateescape"))
    return element._replace(value=b"".join(map(_part, parts)))


def _part(text: str) -> bytes:
    if text.isascii():
        return text.encode("ascii")
    try:
        letters = [letter.encode("euc_kr") for letter in text]
    except UnicodeEncodeError:
        raise Unwritable from None
    if any(len(letter) > 2 for letter in letters):  # a syllable spelled by its parts, which few can read
        raise Unwritable
    return DESIGNATED + b"".join(letters)
