"""Sets an element and says in the same breath what must become of it: the key is made where identity is planted."""

import json
import random
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from bench.deidentification.key import BASIC, Item
from bench.deidentification.people import Patient
from bench.deidentification.phrases import KOREAN, Moment, Text, filled
from bench.deidentification.vendors import SAFE_ROW, UNSAFE_ROW, Private

KEPT_SEQUENCES = ("0040A730", "0040A073", "300600")  # content, verifying observers, structures and regions
LONGEST = {"SH": 16, "LO": 64, "ST": 1024, "LT": 10240, "UT": 100000, "UC": 100000}


@lru_cache(maxsize=1)
def rows() -> dict[str, str]:
    """What PS3.15 Table E.1-1 says of each keyword used here, and of no other."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "rows.json").read_text(encoding="utf-8"))
    return found


@dataclass
class Story:
    """Whom and what an object is about."""

    chance: random.Random
    patient: Patient
    moment: Moment
    korean: bool
    encodable: str  # a Python codec that every text of the object must fit

    def text(self, most: int = 10240, *, korean: bool | None = None) -> Text:
        """A phrase that the object's character set can hold."""
        while True:
            wanted = self.korean if korean is None else korean
            text = filled(self.chance, self.patient, self.moment, korean=wanted, most=most)
            if self.fits(text.text):
                return text

    def fits(self, text: str) -> bool:
        """Whether the character set has every letter."""
        try:
            text.encode(self.encodable)
        except UnicodeEncodeError:
            return False
        return True


@dataclass
class Planter:
    """An object, or an item of a sequence in it, being written."""

    instance: str
    dataset: Dataset
    story: Story
    items: list[Item]
    prefix: str = ""
    moments: list[dict[str, str]] = field(default_factory=list)

    def ask(self, action: str, keyword: str, *values: str, category: str, **more: Any) -> None:
        """Write a line of the answer key."""
        row = more.pop("row", None) or rows().get(keyword, BASIC)
        path = self.prefix + (f"{tag_for_keyword(keyword):08X}" if keyword else "")
        self.items.append(Item(self.instance, action, path, values, category, row, more.pop("held_ok", False), more))

    def keep(self, keyword: str, value: Any, category: str = "acquisition") -> None:
        """An attribute that the profile with its options retains, with its value."""
        setattr(self.dataset, keyword, value)
        shown = value if isinstance(value, (list, tuple)) else [value]
        self.ask("text_retained", keyword, *map(str, shown), category=category)

    def filled(self, *keywords: str) -> None:
        """Attributes that stand already, and must go on standing with some value."""
        for keyword in keywords:
            self.ask("tag_retained", keyword, category="image")
            self.ask("text_notnull", keyword, category="image")

    def put(self, **values: Any) -> None:
        """Attributes that nothing is asked of."""
        for keyword, value in values.items():
            setattr(self.dataset, keyword, value)

    def remove(self, keyword: str, value: Any, category: str, *strings: str, **more: Any) -> None:
        """An identifying attribute; none of the strings (or the value) may be in what is left of it."""
        setattr(self.dataset, keyword, value)
        texts = strings or ((value,) if isinstance(value, str) else tuple(map(str, value)))
        self.forbid(keyword, category, [part for text in texts for part in _parts(text)], **more)
        stays = not self.prefix or self.prefix.startswith(KEPT_SEQUENCES)
        action = rows().get(keyword, "").split(";")[0] if stays else "X"
        if action in {"Z", "D"}:  # emptied, or a dummy: PS3.15 Table E.1-1a lets neither of them remove it
            self.ask("tag_retained", keyword, category="emptied or replaced")
        if action == "D":
            self.ask("text_notnull", keyword, category="emptied or replaced")

    def forbid(self, keyword: str, category: str, strings: list[str], **more: Any) -> None:
        """Ask for the absence of strings, the Korean ones under their own action."""
        latin = [text for text in strings if not KOREAN.search(text)]
        korean = [text for text in strings if KOREAN.search(text)]
        if latin:
            self.ask("text_removed", keyword, *latin, category=category, **more)
        if korean:
            self.ask("korean_removed", keyword, *korean, category=category, **more)

    def clean(self, keyword: str, *, most: int | None = None) -> None:
        """Free text: identity goes, clinical words stay (the attribute is C under an option chosen)."""
        longest = most or LONGEST[dictionary_VR(tag_for_keyword(keyword) or 0)]
        text = self.story.text(longest)
        setattr(self.dataset, keyword, text.text)
        self.cleaned(keyword, text)

    def cleaned(self, keyword: str, text: Text) -> None:
        """The lines of the key for a phrase."""
        language = "free text, ko" if KOREAN.search(text.text) else "free text, en"
        for kept in text.kept:
            self.ask("text_retained", keyword, kept, category=language)
        for removed in text.removed:
            self.forbid(keyword, language, [removed])

    def new_uid(self, keyword: str, uid: str, category: str = "UID") -> None:
        """A UID that must be replaced by the same other one everywhere."""
        setattr(self.dataset, keyword, uid)
        self.ask("uid_changed", keyword, uid, category=category)
        self.ask("uid_consistent", keyword, uid, category=category)

    def moment(self, at: datetime, date_keyword: str, time_keyword: str) -> None:
        """A date with its time in two elements."""
        self.put(**{date_keyword: f"{at:%Y%m%d}", time_keyword: f"{at:%H%M%S}"})
        self.ask("date_shifted", date_keyword, f"{at:%Y%m%d}", category="date")
        self.moments.append({"date": self._path(date_keyword), "time": self._path(time_keyword)})

    def date_time(self, at: datetime, keyword: str) -> None:
        """A DT element, with fractions and an offset in some."""
        fraction = self.story.chance.choice(("", ".25", ".000000", ".5+0900"))
        setattr(self.dataset, keyword, f"{at:%Y%m%d%H%M%S}{fraction}")
        self.ask("date_shifted", keyword, f"{at:%Y%m%d%H%M%S}", category="date and time")
        self.moments.append({"moment": self._path(keyword)})

    def day(self, at: datetime, keyword: str) -> None:
        """A date that has no time beside it."""
        setattr(self.dataset, keyword, f"{at:%Y%m%d}")
        self.ask("date_shifted", keyword, f"{at:%Y%m%d}", category="date")
        self.moments.append({"day": self._path(keyword)})

    def item(self, keyword: str) -> "Planter":
        """A new item at the end of a sequence."""
        if keyword not in self.dataset:
            setattr(self.dataset, keyword, Sequence([]))
        sequence = self.dataset[keyword].value
        sequence.append(Dataset())
        prefix = f"{self._path(keyword)}[{len(sequence) - 1}]."
        return Planter(self.instance, sequence[-1], self.story, self.items, prefix, self.moments)

    def refer(self, keyword: str, sop_class_uid: str, uid: str, target: str, *, must: bool = True) -> None:
        """A reference to another instance of the corpus, which must lead to its output."""
        item = self.item(keyword)
        item.keep("ReferencedSOPClassUID", sop_class_uid, "class UID") if must else item.put(
            ReferencedSOPClassUID=sop_class_uid
        )
        item.put(ReferencedSOPInstanceUID=uid)
        item.ask("references_resolve", "ReferencedSOPInstanceUID", uid, category="reference", target=target, must=must)

    def private(self, element: Private, blanks: dict[str, str], *, safe: bool, block: int) -> None:
        """A private element in its creator's block, wherever the block stands."""
        value = element.value
        planted = [blanks[name] for name in re.findall(r"\{(\w+)\}", value)] if isinstance(value, str) else []
        if isinstance(value, str) and planted:
            value = value.format(**blanks)[: LONGEST.get(element.vr, 4096)]
            planted = [text for text in planted if text in value] or [value]
        _set_private(self.dataset, element, value, block, self.story.encodable)
        path = f"{self.prefix}{element.group:04X}{{{element.creator}}}{element.element:02X}"
        path += "[0].00081048" if element.vr == "SQ" else ""
        shown = value if isinstance(value, list) else [value]
        action = "text_retained" if safe else "text_removed"
        values = tuple(map(str, shown)) if safe else (tuple(planted) or tuple(map(str, shown)))
        category, row = ("safe private", SAFE_ROW) if safe else ("private", UNSAFE_ROW)
        self.items.append(Item(self.instance, action, path, values, category, row))

    def _path(self, keyword: str) -> str:
        return self.prefix + f"{tag_for_keyword(keyword):08X}"


def _set_private(dataset: Dataset, element: Private, value: Any, block: int, codec: str) -> None:
    held = [each for each in dataset.group_dataset(element.group) if 0 < each.tag.element < 256]
    creators = {each.value: each.tag & 0xFF for each in held}
    if element.creator not in creators:
        while block in creators.values():
            block += 1
        dataset.add_new((element.group, block), "LO", element.creator)
        creators[element.creator] = block
    if element.vr == "SQ":
        nested = Dataset()
        nested.PhysiciansOfRecord = value
        value = Sequence([nested])
    if element.vr in {"OB", "UN"}:
        value = str(value).encode(codec, "replace")
        value += b"\0" * (len(value) % 2)
    dataset.add_new((element.group, creators[element.creator] << 8 | element.element), element.vr, value)


def _parts(text: str) -> list[str]:
    """A value and the parts of it that tell as much: the groups and the longer components of a name."""
    groups = set(re.split(r"[=\\]", text))
    pieces = groups | {part for group in groups if "^" in group for part in group.split("^") if len(part) > 3}
    return sorted({unicodedata.normalize("NFC", piece) for piece in pieces if len(piece.strip("^ ")) > 1})


def later(at: datetime, seconds: float) -> datetime:
    """A moment some seconds on."""
    return at + timedelta(seconds=seconds)
