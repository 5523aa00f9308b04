"""The second look: does an instance that claims to be de-identified hold to it?"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from firstlight.dicom import quiet  # noqa: F401 - before pydicom reads anything
from firstlight.dicom.cleaning import CODE, DUMMIES, OWN, foreign_code
from firstlight.dicom.decisions import Refused
from firstlight.dicom.documents import DOCUMENT, EMPTY_PAGE
from firstlight.dicom.kinds import doubts, kind_of
from firstlight.dicom.private import safe_elements
from firstlight.dicom.profile import Level, Profile, Rule
from firstlight.dicom.reading import text
from firstlight.dicom.structure import Element, Elements, dictionary_vr
from firstlight.dicom.values import TEXT_VRS, character_sets, decoded
from firstlight.dicom.words import cleaned

RESIDENT_NUMBER = re.compile(r"(?<!\d)\d{6}-?[0-9]\d{6}(?!\d)")
DOUBTS = {
    "patient-name": "the patient's name is not the pseudonym",
    "patient-id": "the patient ID looks like a resident registration number",
    "birth-date": "it holds a date of birth",
    "person-name": "it names a person",
    "burned-in-annotation": "it says itself that text is written into its pixels",
    "doubtful-pixels": "text may be written into its pixels",
    "unknown-sop-class": "it is a kind of object that is not yet judged",
}
ONE_TEXT = frozenset({"LT", "ST", "UT"})


@dataclass(frozen=True)
class Scan:
    """What a second look found: `strip` are tags to take out, `doubts` are codes of `DOUBTS` for a person."""

    claims_deidentified: bool
    strip: tuple[int, ...]
    doubts: tuple[str, ...]


def scan(dataset: Dataset, *, profile: Profile) -> Scan:
    """Look an instance through for what the profile would not have left in it."""
    elements = _elements(dataset)
    terms = character_sets(elements.get(0x00080005))
    strip = tuple(sorted(set(_stripped(elements, profile.level(text(elements, 0x00080016)), terms))))
    return Scan(_claims(elements), strip, tuple(_doubts(elements, profile)))


def strip(dataset: Dataset, tags: Collection[int], *, profile: Profile | None = None) -> None:
    """Take the tags out of a data set at every depth: free text is cleaned, a standard attribute emptied."""
    _strip(dataset, frozenset(tags) - OWN, profile or Profile.load())
    for tag in dataset.keys() - OWN:
        _strip_items(dataset, int(tag), tags, profile or Profile.load())


def _strip(dataset: Dataset, tags: Collection[int], profile: Profile) -> None:
    for tag in [tag for tag in map(int, dataset.keys()) if tag in tags]:
        _taken_out(dataset, tag, profile)


def _strip_items(dataset: Dataset, tag: int, tags: Collection[int], profile: Profile) -> None:
    if dictionary_vr(tag) != "SQ" or tag not in dataset:
        return
    for item in dataset[tag].value or ():
        _strip(item, tags, profile)
        for inner in [*item.keys()]:
            _strip_items(item, int(inner), tags, profile)


def _taken_out(dataset: Dataset, tag: int, profile: Profile) -> None:
    vr, rule = dictionary_vr(tag), profile.rule(tag)
    if tag & 0x10000 or tag >> 24 in (0x50, 0x60) or vr == "UN":
        del dataset[tag]
    elif vr == "SQ":
        kept = [item for item in dataset[tag].value if rule.action in "KUDC" and not foreign_code(_elements(item))]
        dataset[tag].value = Sequence(kept)
    elif rule.action == "C" and vr in TEXT_VRS:
        dataset[tag].value = _cleaned(_string(dataset[tag]), vr, rule.words)
    else:
        dataset[tag] = DataElement(tag, vr, None)


def _string(element: DataElement) -> str:
    values = element.value if element.VM > 1 else [element.value or ""]
    return "\\".join(map(str, values))


def _cleaned(value: str, vr: str, words: str) -> str:
    parts = [value] if vr in ONE_TEXT else value.split("\\")
    stay = [cleaned(part.strip(), words) for part in parts]
    return "\\".join(stay) if any(stay) else ""


def _elements(dataset: Dataset) -> Elements:
    return {int(tag): _element(dataset, int(tag), element) for tag, element in dataset.items()}


def _element(dataset: Dataset, tag: int, element: RawDataElement | DataElement) -> Element:
    vr = str(element.VR or dictionary_vr(tag))
    if vr == "SQ":
        return Element(tag, vr, b"", tuple(_elements(item) for item in dataset[tag].value or ()))
    if isinstance(element, RawDataElement):
        return Element(tag, vr, element.value or b"")
    if isinstance(element.value, bytes):
        return Element(tag, vr, element.value)
    return Element(tag, vr, b"" if element.is_empty else _string(element).encode())


def _claims(elements: Elements) -> bool:
    codes = elements.get(0x00120064)
    coded = any(text(item, 0x00080100) == "113100" for item in (codes.items or ())) if codes else False
    return text(elements, 0x00120062) == "YES" or coded


def _stripped(elements: Elements, level: Level, terms: tuple[str, ...]) -> Iterator[int]:
    safe = safe_elements(elements, level.profile)
    for tag, element in elements.items():
        if (level.parent == 0 and tag in OWN) or tag == 0x00080005 or tag in safe:
            continue
        if element.items is not None:
            yield from _stripped_items(element, level, terms)
        elif element.value and (_is_stray_code(tag, level) or _against(element, level[tag], terms)):
            yield tag


def _is_stray_code(tag: int, level: Level) -> bool:
    """Whether part of a code stands in the data set itself, where nothing says what it is the code of."""
    return level.parent == 0 and tag in CODE


def _stripped_items(element: Element, level: Level, terms: tuple[str, ...]) -> Iterator[int]:
    items = element.items or ()
    if not items:
        return
    if level[element.tag].action in "XZ" or any(map(foreign_code, items)):
        yield element.tag
        return
    for item in items:
        yield from _stripped(item, level.profile.level(level.sop_class, element.tag), terms)


def _against(element: Element, rule: Rule, terms: tuple[str, ...]) -> bool:
    """Whether a non-empty value is one that the profile would have changed, whatever it is."""
    if rule.action in "XZ":
        return True
    value = bytes(element.value).rstrip(b"\0 ")
    if element.tag == DOCUMENT:
        return value != EMPTY_PAGE
    if rule.action == "D":
        return element.vr in DUMMIES and value != DUMMIES[element.vr]
    if rule.action != "C" or element.vr not in TEXT_VRS:
        return False
    plain = decoded(value, terms) or decoded(value, ("ISO_IR 192",))
    return plain is None or _cleaned(plain, element.vr, rule.words) != "\\".join(
        [plain] if element.vr in ONE_TEXT else [part.strip() for part in plain.split("\\")]
    )


def _doubts(elements: Elements, profile: Profile) -> Iterator[str]:
    name, patient_id = text(elements, 0x00100010), text(elements, 0x00100020)
    if name and name != patient_id:
        yield "patient-name"
    if RESIDENT_NUMBER.search(patient_id):
        yield "patient-id"
    if text(elements, 0x00100030):
        yield "birth-date"
    if any(_persons(elements, profile)):
        yield "person-name"
    if text(elements, 0x00280301) not in ("", "NO"):
        yield "burned-in-annotation"
    try:
        kind = kind_of(elements)
    except Refused:
        yield "unknown-sop-class"
    else:
        if kind == "doubtful" or (kind == "judged" and doubts(elements)):
            yield "doubtful-pixels"


def _persons(elements: Elements, profile: Profile) -> Iterator[bool]:
    for tag, element in elements.items():
        for item in element.items or ():
            yield from _persons(item, profile)
        if element.vr == "PN" and tag != 0x00100010:
            yield bytes(element.value).strip(b"\0 ^=") not in (b"", DUMMIES["PN"])
