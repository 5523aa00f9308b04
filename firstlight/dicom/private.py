"""Private attributes that PS3.15 lists as safe, found by who created their block (PS3.5 7.8.1)."""

import re
from functools import cache

from firstlight.dicom.profile import SAFE, Profile, Rule, read_data, safe_private
from firstlight.dicom.structure import Element, Elements
from firstlight.dicom.values import fits

OPTION = "113111"


def safe_elements(elements: Elements, profile: Profile) -> dict[int, Element]:
    """The private elements of one level that may stay, with the VR of the standard's list, and their creators."""
    if OPTION not in profile.options:
        return {}
    safe: dict[int, Element] = {}
    for tag, element in elements.items():
        block = tag & 0xFFFF0000 | (tag >> 8 & 0xFF)
        creator = elements.get(block) if tag & 0x10000 and tag & 0xFFFF >= 0x1000 else None
        vr, _, form = _listed(tag, creator).partition(": ")
        if (
            creator is not None
            and vr
            and element.vr in (vr, "UN")
            and element.items is None
            and fits(vr, element.value)
            and (not form or _has_form(form, bytes(element.value)))
        ):
            safe[tag], safe[block] = element._replace(vr=vr), creator._replace(vr="LO")
    return safe


def _listed(tag: int, creator: Element | None) -> str:
    if creator is None:
        return ""
    name = bytes(creator.value).decode("latin-1").strip("\0 ")
    return safe_private().get((tag >> 16, name), {}).get(tag & 0xFF, "")


def _has_form(form: str, value: bytes) -> bool:
    """Whether a text is nothing but what its row of the table is for, such as a ratio or a pulse sequence."""
    return value.isascii() and _forms()[form].fullmatch(value.decode("ascii").strip("\0 ")) is not None


@cache
def _forms() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in read_data("safe_private.json")["forms"].items()}


SAFE_RULE = Rule("K", SAFE)
