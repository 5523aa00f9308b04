"""The files of a series are nearly alike: what was read and decided of one holds for the next, but for what differs.

A header is compared as bytes with the header of a file before. Where all is the same but for elements that nothing
else hangs on (`may_vary`), these alone are read, decided and written anew. In every other case, and whenever something
is not as expected, the file is done from its beginning: nothing is refused here, and nothing is guessed (ADR 29).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING, NamedTuple

from firstlight.dicom.cleaning import OWN, Cleaner
from firstlight.dicom.decisions import Decision
from firstlight.dicom.encoding import encoded_elements, joined, opening
from firstlight.dicom.identity import NOBODY, SOURCES, Identity, identity_of
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile, safe_private
from firstlight.dicom.reading import check, text
from firstlight.dicom.residual import SEARCHED, is_told, letters_in, texts_of
from firstlight.dicom.structure import (
    COPIED_BYTES,
    EXPLICIT,
    PIXEL_DATA,
    Buffer,
    Element,
    Elements,
    Instance,
    Unreadable,
    Value,
    dictionary_vr,
    element_at,
    elements_from,
)
from firstlight.dicom.values import character_sets

if TYPE_CHECKING:
    from firstlight.dicom.deidentify import Outcome

SOP_CLASS, SOP_INSTANCE, SERIES = 0x00080016, 0x00080018, 0x0020000E
VARYING_VRS = frozenset(["DA", "DS", "DT", "FD", "FL", "IS", "SL", "SS", "TM", "UL", "US"]) - SEARCHED
# Group length and Media Storage SOP Instance UID: the file meta information is never copied.
VARYING_META = frozenset({0x00020000, 0x00020003})
# Of the group that describes the pixels: extremes, window and rescaling, which no rule asks for.
VARYING_OF_PIXELS = frozenset({0x00280106, 0x00280107, 0x00281050, 0x00281051, 0x00281052, 0x00281053})
FIXED_GROUPS = frozenset({0x0002, 0x0010, 0x0028})
MOST_SIBLINGS = 8  # an export may mix the series of a study
BEGIN = 132  # of the file meta information

Done = tuple[list[Value], "Outcome"]
Owned = tuple[int, tuple[Decision, ...]]  # decisions about an element of the data set and what lies in it


class Circumstances(NamedTuple):
    """Under what a decision was made: it holds under the very same alone."""

    version: str
    options: tuple[str, ...]
    key: SiteKey
    identity: Identity


@dataclass(frozen=True, repr=False)
class Stretch:
    """Elements side by side and the bytes of all of them, b"" where it is one that varies."""

    tags: tuple[int, ...]
    raw: bytes


@dataclass(frozen=True, repr=False)
class Sibling:
    """A file that was done: its header as it lay there, what was decided of it, and how its elements left.

    `identity` is all that was looked for in it; `varying` are the elements known to differ from file to file.
    """

    circumstances: Circumstances
    identity: Identity
    instance: Instance
    raw: dict[int, bytes]
    decided: tuple[Owned, ...]
    written: dict[int, bytes]
    outcome: "Outcome"
    sop_class_uid: str
    varying: frozenset[int]
    stretches: tuple[Stretch, ...]
    pieces: tuple[bytes | int, ...]


_SIBLINGS: list[Sibling] = []


def forget() -> None:
    """Remember no file any more."""
    _SIBLINGS[:] = []


def done_like_a_sibling(data: Buffer, profile: Profile, key: SiteKey, identity: Identity) -> Done | None:
    """A file done by what was decided of one that it is like; None where it is like none."""
    circumstances = Circumstances(profile.version, profile.options, key, identity)
    for sibling in _SIBLINGS:
        if sibling.circumstances != circumstances:
            continue
        try:
            found = _done_like(sibling, data, profile, key)
        except (Unreadable, struct.error, IndexError):
            continue  # done from its beginning, it is refused for its true reason
        if found is not None:
            return found
    return None


def remember(
    data: Buffer, instance: Instance, cleaner: Cleaner, stays: Elements, identity: Identity, outcome: "Outcome"
) -> None:
    """Keep what was decided of a file for those that are like it; `identity` is what was given with it."""
    if not _is_plain(instance) or _is_of_a_mixed_series(instance):
        return
    circumstances = Circumstances(cleaner.profile.version, cleaner.profile.options, cleaner.key, identity)
    written = _written(stays, instance)
    raw = {tag: data[start:stop] for tag, start, stop in _places(instance)}
    varying = VARYING_META & raw.keys()
    known = Sibling(
        circumstances, cleaner.identity, _without_pixels(instance), raw, (*_by_owner(cleaner.decisions),), written,
        outcome, text(stays, SOP_CLASS), varying, _stretches(raw, varying), _pieces(written, varying),
    )  # fmt: skip
    _keep(known)


def _keep(sibling: Sibling, former: Sibling | None = None) -> None:
    """Put a file first among those remembered, which are few."""
    _SIBLINGS[:] = [sibling, *(each for each in _SIBLINGS if each is not former)][:MOST_SIBLINGS]


def _is_plain(instance: Instance) -> bool:
    """Whether a header of moderate length stands before native or encapsulated pixels, and nothing after them."""
    elements, starts = instance.elements, instance.starts
    return (
        instance.encoding.little
        and len(starts) == len(instance.meta) + len(elements)
        and min(elements) >> 16 > 0x0002
        and max(elements) == PIXEL_DATA == [*elements][-1]
        and sum(tag >> 16 == PIXEL_DATA >> 16 for tag in elements) == 1
        and starts[-1] < COPIED_BYTES
    )


def _is_of_a_mixed_series(instance: Instance) -> bool:
    """Whether all that is remembered is of this series, and no file was ever like any of it."""
    series = text(instance.elements, SERIES)
    return len(_SIBLINGS) == MOST_SIBLINGS and all(
        SOP_INSTANCE not in each.varying and text(each.instance.elements, SERIES) == series for each in _SIBLINGS
    )


def _places(instance: Instance) -> Iterator[tuple[int, int, int]]:
    """Where each element of the header lies in the file."""
    return zip((*instance.meta, *instance.elements), instance.starts, instance.starts[1:], strict=False)


def _without_pixels(instance: Instance) -> Instance:
    """The instance as it is remembered: nothing in it holds on to the file's bytes."""
    pixels = instance.elements[PIXEL_DATA]._replace(value=b"")
    return replace(instance, elements={**instance.elements, PIXEL_DATA: pixels}, starts=())


def _by_owner(decisions: Iterable[Decision]) -> Iterator[Owned]:
    for tag, group in groupby(decisions, lambda decision: decision.path[0] if decision.path else decision.tag):
        yield tag, tuple(group)


def _written(stays: Elements, instance: Instance) -> dict[int, bytes]:
    """Each element but the pixels as it leaves."""
    header = ((tag, element) for tag, element in stays.items() if tag != PIXEL_DATA)
    return {tag: b"".join(encoded_elements({tag: element}, instance.encoding)) for tag, element in header}


def _stretches(raw: dict[int, bytes], varying: frozenset[int]) -> tuple[Stretch, ...]:
    runs = groupby(raw, lambda tag: tag if tag in varying else 0)
    return tuple(Stretch(tags := tuple(run), b"" if one else b"".join(map(raw.__getitem__, tags))) for one, run in runs)


def _pieces(written: dict[int, bytes], varying: frozenset[int]) -> tuple[bytes | int, ...]:
    """What leaves in its order: bytes that are always the same, and tags of what is written anew."""
    anew = {tag for tag in varying if tag >> 16 != 0x0002} | {PIXEL_DATA}
    pieces: list[bytes | int] = []
    for one, run in groupby(sorted(written.keys() | anew), lambda tag: tag if tag in anew else 0):
        pieces.append(one or b"".join(map(written.__getitem__, run)))
    return tuple(pieces)


def may_vary(element: Element, elements: Elements) -> bool:
    """Whether what is decided of an element hangs on nothing else that varies, and nothing else hangs on it."""
    tag, vr = element.tag, element.vr
    if tag & 0x10000:
        return _goes_anyhow(element, elements)
    if tag in (SOP_INSTANCE, *VARYING_OF_PIXELS):
        return vr in VARYING_VRS or (tag, vr) == (SOP_INSTANCE, "UI")
    if tag >> 16 in FIXED_GROUPS or tag in OWN or tag in SOURCES or tag >> 24 in (0x50, 0x60, 0x7F):
        return False
    return vr in VARYING_VRS and vr == dictionary_vr(tag)


def _goes_anyhow(element: Element, elements: Elements) -> bool:
    """Whether this is a value in a private block of which the standard lists nothing as safe."""
    creator = elements.get(element.tag & 0xFFFF0000 | (element.tag >> 8 & 0xFF))
    if element.items is not None or element.vr == "PN" or element.tag & 0xFFFF < 0x1000 or creator is None:
        return False
    name = bytes(creator.value).decode("latin-1").strip("\0 ")
    return (element.tag >> 16, name) not in safe_private()


def _done_like(sibling: Sibling, data: Buffer, profile: Profile, key: SiteKey) -> Done | None:
    read = _read_like(sibling, data)
    if read is None:
        return None
    instance, changed = read
    if not sibling.varying >= changed.keys():
        learned = _learned(sibling, changed)
        if learned is None:
            return None
        sibling = learned
    elif sibling is not _SIBLINGS[0]:
        _keep(sibling, sibling)
    cleaner = Cleaner(instance, profile, key, sibling.identity)
    terms = character_sets(instance.elements.get(0x00080005))
    stays = cleaner.cleaned({**changed, PIXEL_DATA: instance.elements[PIXEL_DATA]}, (), terms)
    if cleaner.beyond_ascii or _says_anything(changed, stays, sibling.identity):
        return None
    outcome = _outcome(sibling, cleaner, text(stays, SOP_INSTANCE))
    return _encoded(sibling, stays, outcome.sop_instance_uid), outcome


def _learned(sibling: Sibling, changed: Elements) -> Sibling | None:
    """The sibling with more elements that vary; None where one of them tells of somebody, which none should."""
    if identity_of({tag: sibling.instance.elements[tag] for tag in changed}) != NOBODY:
        return None
    varying = sibling.varying | changed.keys()
    learned = replace(
        sibling, varying=varying, stretches=_stretches(sibling.raw, varying), pieces=_pieces(sibling.written, varying)
    )
    _keep(learned, sibling)
    return learned


def _says_anything(changed: Elements, stays: Elements, identity: Identity) -> bool:
    """Whether one of the elements tells of somebody, which no number, date and time should."""
    return identity_of(changed) != NOBODY or any(texts_of(stays, OWN)) or is_told(letters_in(stays), identity)


def _read_like(sibling: Sibling, data: Buffer) -> tuple[Instance, Elements] | None:
    """A file whose header is the sibling's but for elements that may vary, checked as any file is; and those.

    Raises:
        Unreadable, struct.error, IndexError: when it is no sound file.
    """
    if data[BEGIN - 4 : BEGIN] != b"DICM":
        return None
    changed: Elements = {}
    position = BEGIN
    for stretch in sibling.stretches:
        stop = position + len(stretch.raw)
        if stretch.raw and data[position:stop] == stretch.raw:
            position = stop
            continue
        found = _one_by_one(sibling, stretch, data, position)
        if found is None:
            return None
        position = found[1]
        changed |= found[0]
    return _put_together(sibling, data, position, changed)


def _one_by_one(sibling: Sibling, stretch: Stretch, data: Buffer, position: int) -> tuple[Elements, int] | None:
    """The elements of a stretch that differ, and where it ends; None where one differs that may not."""
    changed: Elements = {}
    for tag in stretch.tags:
        stop = position + len(sibling.raw[tag])
        if stretch.raw and data[position:stop] == sibling.raw[tag]:
            position = stop
            continue
        was = sibling.instance.meta[tag] if tag in VARYING_META else sibling.instance.elements.get(tag)
        if was is None or not (tag in sibling.varying or may_vary(was, sibling.instance.elements)):
            return None
        element, position = element_at(data, position, EXPLICIT if tag in VARYING_META else sibling.instance.encoding)
        if (element.tag, element.vr, element.items) != (tag, was.vr, None):
            return None
        changed[tag] = element
    return changed, position


def _put_together(sibling: Sibling, data: Buffer, position: int, changed: Elements) -> tuple[Instance, Elements] | None:
    """The whole instance: what is the sibling's, what differs, and its own pixels."""
    was, rest = sibling.instance.elements[PIXEL_DATA], elements_from(data, position, sibling.instance.encoding)
    pixels = rest.get(PIXEL_DATA)
    if pixels is None or len(rest) > 1 or pixels._replace(value=b"", offset=was.offset) != was:
        return None
    own = {tag: element for tag, element in changed.items() if tag not in VARYING_META}
    instance = replace(sibling.instance, elements={**sibling.instance.elements, **own, PIXEL_DATA: pixels})
    check(instance, {**own, PIXEL_DATA: pixels})
    return instance, own


def _outcome(sibling: Sibling, cleaner: Cleaner, sop_instance_uid: str) -> "Outcome":
    if not sop_instance_uid:
        sop_instance_uid = sibling.outcome.sop_instance_uid
    path = sibling.outcome.path and sibling.outcome.path.with_name(f"{sop_instance_uid}.dcm")
    anew = dict(_by_owner(cleaner.decisions))
    decisions = sibling.outcome.decisions
    if not anew.items() <= dict(sibling.decided).items():
        decisions = (*chain.from_iterable(anew.get(tag, decided) for tag, decided in sibling.decided),)
    return replace(sibling.outcome, path=path, sop_instance_uid=sop_instance_uid, decisions=decisions)


def _encoded(sibling: Sibling, stays: Elements, sop_instance_uid: str) -> list[Value]:
    uid, encoding = sibling.instance.transfer_syntax_uid, sibling.instance.encoding
    chunks: list[Value] = [opening(uid, sibling.sop_class_uid, sop_instance_uid)]
    for piece in sibling.pieces:
        if isinstance(piece, bytes):
            chunks.append(piece)
        elif piece in stays:
            chunks += encoded_elements({piece: stays[piece]}, encoding)
    return joined(chunks)
