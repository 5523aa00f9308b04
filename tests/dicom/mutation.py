"""Files changed at random, as bytes and as trees of elements, and what must hold for every one of them."""

import random
import struct
import zlib
from collections.abc import Iterator
from functools import cache

from firstlight.dicom import siblings
from firstlight.dicom.datasets import read_instance
from firstlight.dicom.deidentify import Refused, _deidentified, deidentify_bytes
from firstlight.dicom.encoding import encoded_file
from firstlight.dicom.identity import NOBODY
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import DEFAULT, Profile
from firstlight.dicom.reading import take_apart
from firstlight.dicom.structure import Element, Elements, Instance, Unreadable
from firstlight.dicom.values import SIZES, TEXT_VRS
from tests.dicom import objects
from tests.phantoms import as_bytes, identified_ct, identified_radiograph

KEY = SiteKey.from_bytes(b"a secret for changed files")
PROFILES = tuple(map(Profile.load, (DEFAULT, ("113100",), (*DEFAULT, "113109", "113112"))))
NAME, NUMBER = "Zwyrbothek^Quiltavan", "ZQ7784KX93"
WORDS = ("zwyrbothek", "quiltavan", "zq7784kx93")
TEXTS = (
    "{0}", "seen by Dr. {0}", "CT chest {0} follow up", "{0}\\{0}", "nodule 5 mm; {0}; 2020-02-20", "{0}\r\n{0}",
    "흉부 {0} 님", "pt name: {0}", "LUNG {0} B70f", "{0}@example.org", "({0})", "{0}/{0}",
)  # fmt: skip
SPELLINGS = (
    NAME, NAME.replace("^", " "), NAME.upper(), NAME.lower(), "Quiltavan Zwyrbothek", "ZWYRBOTHEK",
    "Z w y r b o t h e k", NUMBER, NUMBER.lower(),
)  # fmt: skip
PEOPLE = {0x00100010: ("PN", NAME), 0x00100020: ("LO", NUMBER)}
PIXELS = 0x7FE0


def seeds() -> list[bytes]:
    """Small files of many kinds and encodings."""
    made = [
        identified_ct(1), identified_ct(2, transfer_syntax_uid="1.2.840.10008.1.2"), identified_radiograph(),
        identified_ct(3, character_set=["", "ISO 2022 IR 149"]), objects.report(), objects.presentation_state(),
        objects.structure_set(),
    ]  # fmt: skip
    return [as_bytes(dataset) for dataset in made]


def changed(data: bytes, dice: random.Random) -> bytes:
    """Another file made of this one: some elements changed, a planted patient in some of its texts."""
    try:
        instance = take_apart(data)
    except Unreadable:
        return torn(data, dice)
    elements = grown(instance.elements, dice, 0)
    elements |= {tag: Element(tag, vr, value.encode()) for tag, (vr, value) in PEOPLE.items()}
    uid = bytes(elements[0x00080016].value).decode("latin-1").strip("\0 ") if 0x00080016 in elements else ""
    chunks = encoded_file(elements, instance.transfer_syntax_uid, instance.encoding, uid, "1.2.3")
    whole = b"".join(chunks)
    return torn(whole, dice) if dice.random() < 0.1 else whole


def next_of_a_series(instance: Instance, dice: random.Random) -> bytes:
    """A file like this one but for a few of its elements, mostly such as differ in real series."""
    elements = dict(instance.elements)
    usual = [tag for tag, element in elements.items() if siblings.may_vary(element, elements)]
    tags = usual if usual and dice.random() < 0.8 else [*elements]
    for tag in dice.sample(tags, min(len(tags), dice.choice((0, 1, 1, 2, 3)))):
        if elements[tag].items is None:
            elements[tag] = other(elements[tag], dice)
    chunks = encoded_file(elements, instance.transfer_syntax_uid, instance.encoding, "1.2.3", f"1.2.{dice.random()}")
    return b"".join(chunks)


def torn(data: bytes, dice: random.Random) -> bytes:
    """The bytes with a few of them changed, gone or twice."""
    copy = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(copy) or 1)
        length = dice.randint(1, 16)
        copy[place : place + length] = dice.choice((
            dice.randbytes(length), b"", copy[place : place + length] * 2, b"\xff" * 4, b"\0" * length,
            struct.pack("<L", dice.randint(0, 1 << 20)),
        ))  # fmt: skip
    return bytes(copy)


def grown(elements: Elements, dice: random.Random, depth: int) -> Elements:
    """The elements with some of them changed, gone, or moved below others."""
    result: Elements = {}
    for tag, element in elements.items():
        if element.items is not None:
            items = [grown(item, dice, depth + 1) for item in element.items]
            result[tag] = element._replace(items=tuple(items * dice.choice((1, 1, 1, 2))))
        elif dice.random() < 0.02 and tag >> 16 != PIXELS and tag >> 16 != 0x0028:
            continue
        else:
            result[tag] = element if dice.random() > 0.12 else other(element, dice)
    if depth < 4 and dice.random() < 0.2:
        below = {tag: element for tag, element in result.items() if dice.random() < 0.3 and tag >> 16 != PIXELS}
        tag = dice.choice((0x00081140, 0x0040A730, 0x00400275, 0x00082218, 0x0040A168, 0x00091002, 0x30060020))
        result[tag] = Element(tag, "SQ", b"", (below,))
    return dict(sorted(result.items()))


def other(element: Element, dice: random.Random) -> Element:
    """One element with another value; a planted one where it can hold text."""
    if element.encapsulated or element.tag >> 16 == PIXELS:
        return element
    if element.vr in TEXT_VRS or element.vr in ("CS", "AE"):
        return element._replace(value=planted(dice))
    if element.vr in SIZES:
        return element._replace(value=dice.randbytes(SIZES[element.vr] * dice.randint(0, 3)))
    if element.vr == "UI":
        return element if element.tag in (0x00080016, 0x00080018, 0x0020000D, 0x0020000E) else shuffled(element, dice)
    return dice.choice(
        (shuffled(element, dice), element._replace(value=dice.choice((b"", b"0", b"\\", b"1e400", b"-"))))
    )


def planted(dice: random.Random) -> bytes:
    return dice.choice(TEXTS).format(dice.choice(SPELLINGS)).encode(dice.choice(("utf-8", "utf-8", "cp949")))


def shuffled(element: Element, dice: random.Random) -> Element:
    letters = bytearray(element.value)
    dice.shuffle(letters)
    return element._replace(value=bytes(letters))


def check(data: bytes) -> None:
    """What holds for every input: a named refusal, or a sound output in which no planted text is left.

    Raises:
        AssertionError: when it does not hold.
    """
    try:
        read_instance(data)
    except Unreadable:
        return
    profile = PROFILES[len(data) % len(PROFILES)]
    try:
        chunks, outcome = _deidentified(data, profile, KEY, NOBODY, None)
    except (Unreadable, Refused):
        assert deidentify_bytes(data, profile=profile, key=KEY).status == "refused"
        return
    assert outcome.path is not None
    output = b"".join(chunks)
    instance = take_apart(output)
    said = b"\n".join((output[:132], *texts(instance.meta), *texts(instance.elements), repr(outcome).encode()))
    told = said.decode("utf-8", "replace").lower()
    joined = "".join(filter(str.isalnum, told))
    assert not any(word in joined for word in WORDS), "planted text is left"


def check_series(data: bytes) -> None:
    """What holds for files like this one, or like a seed where this is no file: each leaves as it would have alone.

    Raises:
        AssertionError: when it does not hold.
    """
    dice, profile = random.Random(zlib.crc32(data)), PROFILES[len(data) % len(PROFILES)]
    try:
        instance = take_apart(data)
    except Unreadable:
        instance = dice.choice(_sound())
    if instance.deflated or not instance.encoding.little:
        return
    files = [next_of_a_series(instance, dice) for _ in range(6)]
    siblings.forget()
    one_after_the_other = [deidentify_bytes(file, profile=profile, key=KEY) for file in files]
    for file, outcome in zip(files, one_after_the_other, strict=True):
        siblings.forget()
        assert outcome == deidentify_bytes(file, profile=profile, key=KEY), "done otherwise than alone"


@cache
def _sound() -> list[Instance]:
    return [take_apart(seed) for seed in seeds()[:4]]


def texts(elements: Elements) -> Iterator[bytes]:
    """Every value but the pixels, which are noise to such a search."""
    for element in elements.values():
        if element.tag >> 16 != PIXELS:
            yield bytes(element.value)
        for item in element.items or ():
            yield from texts(item)
