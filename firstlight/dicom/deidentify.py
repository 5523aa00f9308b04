"""De-identification: every element of an instance meets the profile, and what no row keeps, goes."""

import hashlib
import io
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from pydicom import dcmwrite
from pydicom.dataset import FileDataset

from firstlight.dicom.dates import pooled_age, shifted
from firstlight.dicom.encoding import EXPLICIT_LITTLE, encoded_file, uid_bytes
from firstlight.dicom.identity import identity_of
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import OPTION_NAMES, Profile, Rule, read_data
from firstlight.dicom.reading import expected_pixel_bytes, pixel_element, read_instance, take_apart, text
from firstlight.dicom.structure import (
    REASONS,
    Buffer,
    Element,
    Elements,
    Instance,
    Unreadable,
    Value,
    dictionary_vr,
)
from firstlight.dicom.values import SIZES, TEXT_VRS, character_sets, decoded, fits
from firstlight.dicom.words import cleaned

METHOD = "Firstlight PS3.15 Annex E profile {version}"
OWN = frozenset({0x00100010, 0x00100020, 0x00120062, 0x00120063, 0x00120064, 0x00280301, 0x00280303})
CHARACTER_SET = Rule("X", "What text stays is ASCII or UTF-8.")
MAY_BE_EMPTY = frozenset({0x00082218, 0x00400555})
OWN_REASON = "Says that and how this object was de-identified."
BAD_VALUE = "Its value does not fit its kind."
BAD_VR = "Its VR is not the standard's."
BAD_CODE = "A code of no standard scheme."
NAMED = "It holds a word of a name or number found elsewhere in the object."
STANDARD_UIDS = "1.2.840.10008."

REFUSALS = {
    "unknown-sop-class": "it is a kind of object that this program does not yet judge",
    "doubtful-pixels": "text may be written into its pixels, and a person has to look",
    "burned-in-annotation": "it says itself that text is written into its pixels",
    "link": "it is a link to something outside the folder",
    "not-a-file": "it is neither a file nor a folder",
    "conflict": "another file has the same SOP Instance UID and different content",
}
SENTENCES = REASONS | REFUSALS


class Refused(ValueError):
    """An object that is not de-identified but kept back; `reason` is a code of `REFUSALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason

    def __reduce__(self) -> tuple[type["Refused"], tuple[str]]:
        return Refused, (self.reason,)


class Decision(NamedTuple):
    """What was done to one element and why; `path` are the sequences around it. Never a value."""

    tag: int
    action: str
    reason: str
    path: tuple[int, ...] = ()


@dataclass(frozen=True)
class Deidentified:
    """A de-identified data set and every decision that made it."""

    dataset: FileDataset
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one file: "done" with its new bytes and name, or "refused" with a reason; UIDs are new ones."""

    status: str
    reason: str = ""
    content: bytes | None = field(default=None, repr=False)
    path: PurePosixPath | None = None
    decisions: tuple[Decision, ...] = ()
    study_instance_uid: str = ""
    sop_instance_uid: str = ""
    sha256: str = ""


def deidentify(dataset: FileDataset, *, profile: Profile, key: SiteKey) -> Deidentified:
    """A new data set with what the profile lets stay; the given one is left as it is.

    Raises:
        Refused: when the object is of a kind, or in a state, that has to be kept back.
        Unreadable: when it does not make a valid DICOM file.
    """
    file = io.BytesIO()
    try:
        dcmwrite(file, dataset, enforce_file_format=True)
    except Exception:  # noqa: BLE001 - pydicom's own message may quote a value: only the reason may leave
        raise Unreadable("damaged") from None
    chunks, result = _deidentified(file.getvalue(), profile, key)
    return Deidentified(read_instance(b"".join(chunks)), result.decisions)


def deidentify_bytes(data: bytes, *, profile: Profile, key: SiteKey) -> Outcome:
    """De-identify one file held in memory; bad input is an outcome, never an exception."""
    outcome, chunks = deidentify_chunks(data, profile=profile, key=key)
    if outcome.status != "done":
        return outcome
    return Outcome(**{**_fields(outcome), "content": b"".join(chunks)})


def _fields(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in outcome.__dataclass_fields__}


def deidentify_chunks(data: Buffer, *, profile: Profile, key: SiteKey) -> tuple[Outcome, list[Value]]:
    """Like `deidentify_bytes`, with the content as chunks, so that pixel data is never copied."""
    try:
        chunks, outcome = _deidentified(data, profile, key)
    except (Unreadable, Refused) as error:
        return Outcome("refused", error.reason, study_instance_uid=_study(data, key)), []
    except MemoryError:
        return Outcome("refused", "too-large"), []
    except Exception:  # noqa: BLE001 - fail closed: what was not foreseen is kept back, and its message with it
        return Outcome("refused", "damaged"), []
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return Outcome(**{**_fields(outcome), "sha256": digest.hexdigest()}), chunks


def _study(data: Buffer, key: SiteKey) -> str:
    try:
        return key.uid(text(take_apart(data).elements, 0x0020000D))
    except Unreadable:
        return ""


def judge(instance: Instance) -> None:
    """Keep back what cannot be judged by its header.

    Raises:
        Refused: with the reason.
    """
    objects, elements = _objects(), instance.elements
    sop_class = text(elements, 0x00080016)
    if sop_class in objects["doubtful"]:
        raise Refused("doubtful-pixels")
    if sop_class not in objects["judged"]:
        raise Refused("unknown-sop-class")
    if text(elements, 0x00280301) not in ("", "NO"):
        raise Refused("burned-in-annotation")
    if doubts(elements):
        raise Refused("doubtful-pixels")
    if pixel_element(instance) is None:
        raise Unreadable("no-pixel-data")


def doubts(elements: Elements) -> bool:
    """Whether the header hints at text in the pixels: a capture, a report, colour, an overlay among the bits."""
    objects = _objects()
    kinds = {kind.strip() for kind in text(elements, 0x00080008).upper().split("\\")}
    return (
        text(elements, 0x00280302) not in ("", "NO")
        or 0x00080064 in elements
        or text(elements, 0x00280004) not in objects["photometric_judged"]
        or any(term in kind for kind in kinds for term in objects["image_type_doubtful"])
        or any(_embedded_overlay(tag, elements) for tag in elements)
    )


def _embedded_overlay(tag: int, elements: Elements) -> bool:
    return tag >> 24 == 0x60 and tag & 0xFFFF == 0x0010 and tag & 0xFFFF0000 | 0x3000 not in elements


@cache
def _objects() -> dict[str, Any]:
    return dict(read_data("objects.json"))


def _deidentified(data: Buffer, profile: Profile, key: SiteKey) -> tuple[list[Value], Outcome]:
    instance = take_apart(data)
    judge(instance)
    cleaner = _Cleaner(instance, profile, key)
    elements = cleaner.cleaned(instance.elements, (), character_sets(instance.elements.get(0x00080005)))
    cleaner.mark(elements)
    sop_class, sop_instance = (text(elements, tag) for tag in (0x00080016, 0x00080018))
    study, series = (text(elements, tag) for tag in (0x0020000D, 0x0020000E))
    native = instance.deflated or not instance.encoding.little
    syntax = EXPLICIT_LITTLE if native else instance.transfer_syntax_uid
    chunks = encoded_file(elements, syntax, instance.encoding, sop_class, sop_instance)
    path = PurePosixPath(cleaner.pseudonym, study, series, f"{sop_instance}.dcm")
    return chunks, Outcome("done", "", None, path, tuple(cleaner.decisions), study, sop_instance)


class _Cleaner:
    """One instance on its way through the profile."""

    def __init__(self, instance: Instance, profile: Profile, key: SiteKey) -> None:
        self.instance = instance
        self.profile = profile
        self.key = key
        self.pseudonym = _pseudonym(instance.elements, key)
        self.days = key.shift_days(self.pseudonym)
        self.names = identity_of(instance.elements).words
        self.decisions: list[Decision] = []
        self.beyond_ascii = False
        self.actions = {
            "K": self.kept, "C": self.words, "U": self.new_uids, "S": self.shifted, "D": self.dummy, "Z": self.emptied,
        }  # fmt: skip

    def cleaned(self, elements: Elements, path: tuple[int, ...], terms: tuple[str, ...]) -> Elements:
        """The elements of one level that stay, as they stay."""
        result: Elements = {}
        for tag, element in elements.items():
            if not path and tag in OWN:
                continue
            rule = CHARACTER_SET if tag == 0x00080005 else self.profile.rule(tag)
            stays = self.applied(element, rule, path, terms)
            if stays is not None:
                result[tag] = stays
        return result

    def applied(self, element: Element, rule: Rule, path: tuple[int, ...], terms: tuple[str, ...]) -> Element | None:
        problem = self.problem(element, rule, path)
        if problem:
            self.decisions.append(Decision(element.tag, "X", problem, path))
            return None
        place = len(self.decisions)
        stays = self.stays(element, rule, path, terms)
        unchanged = rule.action in "CU" and stays == element
        self.decisions.insert(place, Decision(element.tag, "K" if unchanged else rule.action, rule.reason, path))
        return stays

    def stays(self, element: Element, rule: Rule, path: tuple[int, ...], terms: tuple[str, ...]) -> Element | None:
        if rule.action == "X":
            return None
        if element.items is not None and rule.action != "Z":
            return self.sequence(element, path, terms)
        return self.actions[rule.action](element, rule, terms)

    def problem(self, element: Element, rule: Rule, path: tuple[int, ...]) -> str:
        """Why an element goes although a rule would let something of it stay."""
        if rule.action == "X":
            return ""
        known = dictionary_vr(element.tag)
        if element.vr != known and {element.vr, known} not in _ALIKE:
            return BAD_VR
        if path and element.tag >> 16 == 0x7FE0:
            return "Pixel data of another image."
        if rule.action in "KU" and element.vr != "CS" and not _formed(element):
            return BAD_VALUE
        return ""

    def coded(self, element: Element) -> Element:
        """A coded value without the codes that are none: too long, a long number, a word of the patient's."""
        codes = bytes(element.value).decode("latin-1").strip("\0 ").split("\\")
        return element._replace(value="\\".join("" if self.tells(code) else code for code in codes).encode())

    def tells(self, code: str) -> bool:
        if not fits("CS", code.encode()) or re.search(r"\d{5}", code):
            return True
        return not self.names.isdisjoint(re.findall(r"[a-z0-9]+", code.lower()))

    def sequence(self, element: Element, path: tuple[int, ...], terms: tuple[str, ...]) -> Element | None:
        """The items without codes that are none; a sequence left empty goes, but for those of Type 2."""
        items = []
        for item in element.items or ():
            own = character_sets(item[0x00080005]) if 0x00080005 in item else terms
            if foreign_code(item):
                self.decisions.append(Decision(0x00080100, "X", BAD_CODE, (*path, element.tag)))
                continue
            items.append(self.cleaned(item, (*path, element.tag), own))
        if element.items and not items and element.tag not in MAY_BE_EMPTY:
            return None
        return element._replace(items=tuple(items))

    def kept(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if element.vr == "CS":
            return self.coded(element)
        if element.vr == "AS":
            ages = bytes(element.value).decode("ascii").strip("\0 ")
            return element._replace(
                value="\\".join(pooled_age(age) if age else "" for age in ages.split("\\")).encode()
            )
        if element.vr in TEXT_VRS:
            return self.written(element, decoded(bytes(element.value), terms) or "")
        if element.tag >> 16 == 0x7FE0 and not element.encapsulated:
            return _trimmed(element, self.instance)
        return element

    def words(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if element.vr not in TEXT_VRS and element.vr != "CS":
            return self.emptied(element, rule, terms)
        source = decoded(bytes(element.value), terms) or ""
        vocabulary = rule.words
        values = source.split("\\") if element.vr in ("LO", "SH", "UC", "CS") else [source]
        stay = [cleaned(value, vocabulary, self.names) for value in values]
        if stay == values and source.isascii():
            return element
        dummy = "REMOVED" if rule.needs_value and source.strip() else ""
        return self.written(element, "\\".join(stay) if any(stay) else dummy)

    def written(self, element: Element, value: str) -> Element:
        if not value.isascii():
            self.beyond_ascii = True
        return element._replace(value=value.encode())

    def new_uids(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        uids = bytes(element.value).decode("ascii").strip("\0 ").split("\\")
        new = [self.new_uid(uid) for uid in uids]
        return element if new == uids else element._replace(value=uid_bytes("\\".join(new)))

    def new_uid(self, uid: str) -> str:
        return uid if not uid or uid.startswith(STANDARD_UIDS) else self.key.uid(uid)

    def shifted(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if not fits(element.vr, element.value):
            return element._replace(value=b"")
        dates = bytes(element.value).decode("ascii").strip("\0 ").split("\\")
        return element._replace(value="\\".join(shifted(date.strip(), self.days) for date in dates).encode())

    def dummy(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if element.vr == "UI":
            return (
                self.new_uids(element, rule, terms) if fits("UI", element.value) else self.emptied(element, rule, terms)
            )
        return element._replace(value=DUMMIES.get(element.vr, b"\0" * SIZES.get(element.vr, 2)))

    def emptied(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        return element._replace(value=b"", items=None if element.items is None else ())

    def mark(self, elements: Elements) -> None:
        """Write what the object itself says about its de-identification, PS3.15 E.1.1."""
        method = METHOD.format(version=self.profile.version).encode()
        own = {
            0x00100010: ("PN", self.pseudonym.encode()),
            0x00100020: ("LO", self.pseudonym.encode()),
            0x00120062: ("CS", b"YES"),
            0x00120063: ("LO", method),
            0x00280303: ("CS", self.profile.dates.encode()),
        }
        if text(self.instance.elements, 0x00280301) == "NO":
            own[0x00280301] = ("CS", b"NO")
        if self.beyond_ascii:
            own[0x00080005] = ("CS", b"ISO_IR 192")
        for tag, (vr, value) in own.items():
            elements[tag] = Element(tag, vr, value)
            self.decisions.append(Decision(tag, "D", OWN_REASON))
        codes = tuple(_code(option) for option in self.profile.options)
        elements[0x00120064] = Element(0x00120064, "SQ", b"", codes)
        self.decisions.append(Decision(0x00120064, "D", OWN_REASON))


def _formed(element: Element) -> bool:
    return element.items is not None or element.encapsulated or fits(element.vr, element.value)


_ALIKE = ({"OB", "OW"}, {"US", "SS"}, {"US", "OW"}, {"SS", "OW"}, {"OB", "UN"})
DUMMIES = dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), b"REMOVED") | {
    "DA": b"19000101", "DT": b"19000101", "TM": b"000000", "AS": b"000D", "DS": b"0", "IS": b"0", "UR": b"about:blank",
}  # fmt: skip


def _code(option: str) -> Elements:
    values = {0x00080100: ("SH", option), 0x00080102: ("SH", "DCM"), 0x00080104: ("LO", OPTION_NAMES[option])}
    return {tag: Element(tag, vr, value.encode()) for tag, (vr, value) in values.items()}


def _pseudonym(elements: Elements, key: SiteKey) -> str:
    patient_id = text(elements, 0x00100020)
    if not patient_id:
        return key.pseudonym_of_study(text(elements, 0x0020000D))
    return key.pseudonym(patient_id, text(elements, 0x00100021))


def foreign_code(item: Elements) -> bool:
    """Whether an item is a code, but not one of a scheme whose codes cannot be made up."""
    if 0x00080100 not in item and 0x00080102 not in item:
        return False
    if text(item, 0x00080102) not in _schemes():
        return True
    return not re.fullmatch(r"[A-Za-z0-9.:/%\[\]{}*^()\-]{0,16}", text(item, 0x00080100))


@cache
def _schemes() -> frozenset[str]:
    return frozenset(read_data("words.json")["schemes"])


def _trimmed(element: Element, instance: Instance) -> Element:
    expected = expected_pixel_bytes(instance)
    pixels = pixel_element(instance)
    if expected is None or pixels is None or pixels.tag != element.tag or len(element.value) <= expected:
        return element
    return element._replace(value=memoryview(element.value)[:expected])
