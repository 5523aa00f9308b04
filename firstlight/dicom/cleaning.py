"""One instance on its way through the profile: every element meets its rule, and every decision is written down."""

import re
from functools import cache, lru_cache
from typing import Any, NamedTuple

from firstlight.dicom.dates import pooled_age, shifted
from firstlight.dicom.decisions import Decision
from firstlight.dicom.dictionary import uids
from firstlight.dicom.documents import DOCUMENT, EMPTY_PAGE
from firstlight.dicom.encoding import uid_bytes
from firstlight.dicom.identity import Identity
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.pixel_bytes import pixels_that_leave
from firstlight.dicom.private import SAFE_RULE, safe_elements
from firstlight.dicom.profile import OPTION_NAMES, Level, Profile, Rule, read_data
from firstlight.dicom.reading import text
from firstlight.dicom.residual import DUMMY, is_in, is_term
from firstlight.dicom.structure import Element, Elements, Instance, dictionary_vr
from firstlight.dicom.values import SIZES, TEXT_VRS, character_sets, decoded, fits
from firstlight.dicom.words import cleaned

METHOD = "Firstlight PS3.15 Annex E profile {version}"
OWN = frozenset({0x00100010, 0x00100020, 0x00120062, 0x00120063, 0x00120064, 0x00280301, 0x00280302, 0x00280303})
CHARACTER_SET = Rule("X", "What text stays is ASCII or UTF-8.")
OWN_REASON = "Says that and how this object was de-identified."
BAD_VALUE = "Its value does not fit its kind."
BAD_VR = "Its VR is not the standard's."
BAD_CODE = "A code of no standard scheme."
TOLD = "A content item that says whom the report is about."
CLASSES = "1.2.840.10008.5.1.4."
CLEAN_PIXELS, CLEAN_FACES = "113101", "113102"
TEMPLATE, LAYER = 0x0040DB00, 0x00700002
CODE = frozenset({0x00080100, 0x00080102})  # judged together, as an item of a sequence
MAY_BE_EMPTY = frozenset({0x00082218, 0x00400555})
LONGEST_KNOWN, MOST_KNOWN = 256, 4096  # bytes of a value; values of a place
_ALIKE = ({"OB", "OW"}, {"US", "SS"}, {"US", "OW"}, {"SS", "OW"}, {"OB", "UN"})
DUMMIES = dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), DUMMY.encode()) | {
    "DA": b"19000101", "DT": b"19000101", "TM": b"000000", "AS": b"000D", "DS": b"0", "IS": b"0", "UR": b"about:blank",
}  # fmt: skip
DUMMY_CODE = {0x00080100: ("SH", DUMMY), 0x00080102: ("SH", "99REMOVED"), 0x00080104: ("LO", DUMMY)}


class Decided(NamedTuple):
    """What was decided of a plain value. The headers of a series are nearly alike: it holds for the next file too."""

    stays: Element | None
    as_it_is: bool
    decision: Decision
    beyond_ascii: bool


Known = dict[tuple[int, str, bytes], Decided]


class Cleaner:
    """The decisions about one instance of one patient under one profile, and what they leave of it."""

    def __init__(self, instance: Instance, profile: Profile, key: SiteKey, identity: Identity) -> None:
        self.instance = instance
        self.profile = profile
        self.key = key
        self.identity = identity
        self.sop_class = text(instance.elements, 0x00080016)
        self.pseudonym = pseudonym_of(instance.elements, key)
        self.days = key.shift_days(self.pseudonym)
        self.decisions: list[Decision] = []
        self.beyond_ascii = False
        self.pixel_reason = ""
        self.actions = {
            "K": self.kept, "C": self.words, "U": self.new_uids, "S": self.shifted, "D": self.dummy, "Z": self.emptied,
        }  # fmt: skip

    def cleaned(self, elements: Elements, path: tuple[int, ...], terms: tuple[str, ...]) -> Elements:
        """The elements of one level that stay, as they stay."""
        result: Elements = {}
        level = self.profile.level(self.sop_class, path[-1] if path else 0)
        safe = safe_elements(elements, self.profile)
        known = self.known(path, terms)
        for tag, element in elements.items():
            if not path and tag in OWN:
                continue
            if tag not in safe and _can_be_remembered(element):
                stays = self.remembered(element, level, path, terms, known)
            else:
                stays = self.applied(safe.get(tag, element), self.rule(tag, level, safe), path, terms)
            if stays is not None:
                result[tag] = stays
        return result

    def known(self, path: tuple[int, ...], terms: tuple[str, ...]) -> Known:
        profile = (self.profile.version, self.profile.options)
        return _known(profile, self.key, self.identity, self.days, self.sop_class, path, terms)

    def remembered(
        self, element: Element, level: Level, path: tuple[int, ...], terms: tuple[str, ...], known: Known
    ) -> Element | None:
        """What became of the same element in another file of the series, decided here where it is the first."""
        asked = element.tag, element.vr, bytes(element.value)
        found = known.get(asked)
        if found is None:
            if len(known) >= MOST_KNOWN:
                known.clear()
            found = known[asked] = self.decided(element, level, path, terms)
        self.decisions.append(found.decision)
        self.beyond_ascii = self.beyond_ascii or found.beyond_ascii
        return element if found.as_it_is else found.stays

    def decided(self, element: Element, level: Level, path: tuple[int, ...], terms: tuple[str, ...]) -> Decided:
        before, self.beyond_ascii = self.beyond_ascii, False
        stays = self.applied(element, self.rule(element.tag, level, {}), path, terms)
        beyond_ascii, self.beyond_ascii = self.beyond_ascii, before
        return Decided(stays, stays == element, self.decisions.pop(), beyond_ascii)

    def rule(self, tag: int, level: Level, safe: dict[int, Element]) -> Rule:
        if tag == 0x00080005:
            return CHARACTER_SET
        return SAFE_RULE if tag in safe else level[tag]

    def applied(self, element: Element, rule: Rule, path: tuple[int, ...], terms: tuple[str, ...]) -> Element | None:
        problem = self.problem(element, rule, path)
        if problem:
            rule = Rule({1: "D", 2: "Z"}.get(rule.kind, "X") if problem == BAD_VALUE else "X", problem)
        if rule.action == "X":
            self.decisions.append(Decision(element.tag, "X", rule.reason, path))
            return None
        place = len(self.decisions)
        stays = self.stays(element, rule, path, terms)
        action, reason = self.done(element, stays, rule)
        self.decisions.insert(place, Decision(element.tag, action, reason, path))
        return stays

    def done(self, element: Element, stays: Element | None, rule: Rule) -> tuple[str, str]:
        """The action that was taken in the end, since to clean may change nothing, and to keep may."""
        if stays is None:
            return "X", BAD_CODE if element.items else rule.reason
        if rule.action in "CU" and stays == element:
            return "K", rule.reason
        if rule.action == "K" and element.items is None and element.tag >> 16 == 0x7FE0 and stays is not element:
            return "C", self.pixel_reason
        return rule.action, rule.reason

    def stays(self, element: Element, rule: Rule, path: tuple[int, ...], terms: tuple[str, ...]) -> Element | None:
        if element.items is not None and rule.action != "Z":
            return self.sequence(element, rule, path, terms)
        return self.actions[rule.action](element, rule, terms)

    def problem(self, element: Element, rule: Rule, path: tuple[int, ...]) -> str:
        """Why an element goes although a rule would let something of it stay."""
        if rule.action == "X" or rule is SAFE_RULE:
            return ""
        known = dictionary_vr(element.tag)
        if element.vr != known and {element.vr, known} not in _ALIKE:
            return BAD_VR
        if not path and element.tag in CODE:
            return BAD_CODE
        if path and element.tag >> 16 == 0x7FE0:
            return "Pixel data of another image."
        if rule.action == "K" and element.vr != "CS" and not _formed(element):
            return BAD_VALUE
        return ""

    def sequence(self, element: Element, rule: Rule, path: tuple[int, ...], terms: tuple[str, ...]) -> Element | None:
        """The items that may stay; a sequence left empty goes, but for those of Type 2."""
        inner = (*path, element.tag)
        items = []
        for item in element.items or ():
            own = character_sets(item[0x00080005]) if 0x00080005 in item else terms
            stays = self.item(item, rule, inner, own)
            if stays is not None:
                items.append(stays)
        if element.items and not items and element.tag not in MAY_BE_EMPTY:
            return None
        return element._replace(items=tuple(items))

    def item(self, item: Elements, rule: Rule, path: tuple[int, ...], terms: tuple[str, ...]) -> Elements | None:
        if foreign_code(item) or self.tells(text(item, 0x00080100)):
            self.decisions.append(Decision(0x00080100, "D" if rule.needs_value else "X", BAD_CODE, path))
            return self.dummy_code(item, path, terms) if rule.needs_value else None
        concept = concept_of(item)
        if concept in _content()["removed"]:
            self.decisions.append(Decision(path[-1], "X", TOLD, path))
            return None
        return self.cleaned(_pooled(item) if concept in _content()["ages"] else item, path, terms)

    def dummy_code(self, item: Elements, path: tuple[int, ...], terms: tuple[str, ...]) -> Elements:
        """What stands for a code of a hospital's own where there must be one: its meaning stays as far as it may."""
        code = {tag: Element(tag, vr, value.encode()) for tag, (vr, value) in DUMMY_CODE.items()}
        rule = self.profile.rule(0x00080104, path[-1], self.sop_class)
        meaning = self.words(item[0x00080104], rule, terms) if 0x00080104 in item else None
        return code if meaning is None or not meaning.value else code | {0x00080104: meaning}

    def kept(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if element.vr == "CS":
            return self.coded(element)
        if element.vr == "AS":
            return self.pooled(element)
        if element.vr in TEXT_VRS:
            plain = decoded(bytes(element.value), terms) or ""
            if is_term(element.tag, element.vr, plain) or not self.tells(plain):
                return self.written(element, plain)
            return self.words(element, rule._replace(words="imaging"), terms)
        if element.tag >> 16 == 0x7FE0:
            leaves, self.pixel_reason = pixels_that_leave(element, self.instance)
            return leaves
        return element

    def coded(self, element: Element) -> Element:
        """A coded value without the codes that are none: too long, a long number, a word of the patient's."""
        codes = bytes(element.value).decode("latin-1").strip("\0 ").split("\\")
        if element.tag == LAYER:
            return element._replace(value="\\".join(map(self.layer, codes)).encode())
        longest = r"\d{6}" if element.tag == TEMPLATE else r"\d{5}"
        stay = [code if is_term(element.tag, element.vr, code) or self.is_code(code, longest) else "" for code in codes]
        return element._replace(value="\\".join(stay).encode())

    def is_code(self, code: str, longest: str) -> bool:
        return fits("CS", code.encode()) and not re.search(longest, code) and not self.tells(code)

    def tells(self, code: str) -> bool:
        return bool(code) and is_in(code, self.identity)

    def layer(self, name: str) -> str:
        """A graphic layer's name, or a made-up one where it is not of the vocabulary; references still fit."""
        if name.strip() and cleaned(name.strip(), "imaging", self.identity) == name.strip():
            return name
        number = int(self.key.uid(name.strip()).removeprefix("2.25."))
        return "LAYER_" + "".join(chr(65 + number // 26**place % 26) for place in range(6))

    def pooled(self, element: Element) -> Element:
        ages = bytes(element.value).decode("ascii").strip("\0 ").split("\\")
        return element._replace(value="\\".join(pooled_age(age) if age else "" for age in ages).encode())

    def words(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if element.vr not in TEXT_VRS and element.vr != "CS":
            return self.dummy(element, rule, terms) if rule.needs_value else self.emptied(element, rule, terms)
        source = decoded(bytes(element.value), terms) or ""
        values = source.split("\\") if element.vr in ("LO", "SH", "UC", "CS") else [source]
        stay = [cleaned(value, rule.words or "imaging", self.identity) for value in values]
        if stay == values and source.isascii():
            return element
        dummy = DUMMY if rule.needs_value and source.strip() else ""
        return self.written(element, "\\".join(stay) if any(stay) else dummy)

    def written(self, element: Element, value: str) -> Element:
        if not value.isascii():
            self.beyond_ascii = True
        return element._replace(value=value.encode())

    def new_uids(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        uids = bytes(element.value).decode("latin-1").strip("\0 ").split("\\")
        new = [self.new_uid(uid) for uid in uids]
        return element if new == uids else element._replace(value=uid_bytes("\\".join(new)))

    def new_uid(self, uid: str) -> str:
        return uid if not uid or is_of_the_standard(uid) else self.key.uid(uid)

    def shifted(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if not fits(element.vr, element.value):
            return self.undated(element, rule)
        dates = bytes(element.value).decode("ascii").strip("\0 ").split("\\")
        moved = "\\".join(shifted(date.strip(), self.days) for date in dates)
        return element._replace(value=moved.encode()) if moved.strip("\\") else self.undated(element, rule)

    def undated(self, element: Element, rule: Rule) -> Element:
        """What stands for a date that is none: nothing, or a dummy where the object needs a value."""
        return element._replace(value=DUMMIES[element.vr] if rule.needs_value and element.value else b"")

    def dummy(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        if element.vr == "UI":
            return self.new_uids(element, rule, terms)
        if element.tag == DOCUMENT:
            return element._replace(value=EMPTY_PAGE)
        return element._replace(value=DUMMIES.get(element.vr, b"\0" * SIZES.get(element.vr, 2)))

    def emptied(self, element: Element, rule: Rule, terms: tuple[str, ...]) -> Element:
        return element._replace(value=b"", items=None if element.items is None else ())

    def mark(self, elements: Elements, *, pixels_are_clean: bool, has_pixels: bool) -> None:
        """Write what the object itself says about its de-identification, PS3.15 E.1.1."""
        options = [code for code in self.profile.options if code != CLEAN_PIXELS or pixels_are_clean]
        own = {
            0x00100010: ("PN", self.pseudonym),
            0x00100020: ("LO", self.pseudonym),
            0x00120062: ("CS", "YES"),
            0x00120063: ("LO", METHOD.format(version=self.profile.version)),
            0x00280303: ("CS", self.profile.dates),
        }
        is_clean = CLEAN_PIXELS in options or text(self.instance.elements, 0x00280301) == "NO"
        if DOCUMENT in elements or (has_pixels and is_clean):
            own[0x00280301] = ("CS", "NO")
        if text(self.instance.elements, 0x00280302) in ("YES", "NO"):
            own[0x00280302] = ("CS", text(self.instance.elements, 0x00280302))
        if self.beyond_ascii:
            own[0x00080005] = ("CS", "ISO_IR 192")
        for tag, (vr, value) in own.items():
            elements[tag] = Element(tag, vr, value.encode())
            self.decisions.append(Decision(tag, "D", OWN_REASON))
        elements[0x00120064] = Element(0x00120064, "SQ", b"", tuple(map(_code, options)))
        self.decisions.append(Decision(0x00120064, "D", OWN_REASON))


def _can_be_remembered(element: Element) -> bool:
    return element.items is None and len(element.value) <= LONGEST_KNOWN and element.tag >> 16 != 0x7FE0


@lru_cache(maxsize=64)
def _known(*_circumstances: object) -> Known:
    """What has been decided under the same circumstances: all that a decision about a plain value hangs on."""
    return {}


def pseudonym_of(elements: Elements, key: SiteKey) -> str:
    """What stands for the patient of an object."""
    patient_id = text(elements, 0x00100020)
    if not patient_id:
        return key.pseudonym_of_study(text(elements, 0x0020000D))
    return key.pseudonym(patient_id)  # a site is one issuer, and derived objects often leave it out


def is_of_the_standard(uid: str) -> bool:
    """Whether a UID names something in the standard, not an object of a hospital's."""
    return uid in uids() or uid.startswith(CLASSES)


def foreign_code(item: Elements) -> bool:
    """Whether an item is a code, but not one of a scheme whose codes cannot be made up."""
    if 0x00080100 not in item and 0x00080102 not in item:
        return False
    scheme, code = text(item, 0x00080102), text(item, 0x00080100)
    if (code, scheme) == (DUMMY, DUMMY_CODE[0x00080102][1]):
        return False
    return scheme not in _schemes() or not re.fullmatch(r"[A-Za-z0-9.:/%\[\]{}*^()\-]{0,16}", code)


def concept_of(item: Elements) -> str:
    """The concept name of a content item, as "scheme code", "" where it has none."""
    names = item.get(0x0040A043)
    if names is None or not names.items:
        return ""
    return f"{text(names.items[0], 0x00080102)} {text(names.items[0], 0x00080100)}"


@cache
def _schemes() -> frozenset[str]:
    return frozenset(read_data("words.json")["schemes"])


@cache
def _content() -> dict[str, Any]:
    return dict(read_data("content.json"))


def _pooled(item: Elements) -> Elements:
    """A content item that measures an age, with more than 89 years as 90 (UCUM "a")."""
    values = item.get(0x0040A300)
    if values is None or values.items is None:
        return item
    return item | {0x0040A300: values._replace(items=tuple(map(_pooled_value, values.items)))}


def _pooled_value(value: Elements) -> Elements:
    units, age = value.get(0x004008EA), text(value, 0x0040A30A)
    in_years = units is None or not units.items or text(units.items[0], 0x00080100) == "a"
    if not in_years or not fits("DS", age.encode()) or not age or "\\" in age or float(age) <= 89:
        return value
    only = {tag: element for tag, element in value.items() if tag not in (0x0040A161, 0x0040A162, 0x0040A163)}
    return only | {0x0040A30A: value[0x0040A30A]._replace(value=b"90")}


def _formed(element: Element) -> bool:
    return element.items is not None or element.encapsulated or fits(element.vr, element.value)


def _code(option: str) -> Elements:
    values = {0x00080100: ("SH", option), 0x00080102: ("SH", "DCM"), 0x00080104: ("LO", OPTION_NAMES[option])}
    return {tag: Element(tag, vr, value.encode()) for tag, (vr, value) in values.items()}
