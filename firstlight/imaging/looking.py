"""The server's own look at pixels, and a person's: no database and no disk; what looks is loaded when first needed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from firstlight.dicom.identity import NOBODY
from firstlight.dicom.pixels import Region
from firstlight.dicom.reading import Unreadable, take_apart, text
from firstlight.dicom.structure import Element, Elements, Instance

CODES, BURNED_IN = 0x00120064, 0x00280301
CLEAN_PIXELS = ((0x00080100, "SH", "113101"), (0x00080102, "SH", "DCM"), (0x00080104, "LO", "Clean Pixel Data Option"))


@dataclass(frozen=True)
class Sight:
    """What a page needs to show a held image: its size, its frames, and the proposed boxes as JSON."""

    rows: int
    columns: int
    frames: int
    proposed: str


def own_look(instance: Instance) -> str:
    """The server's own verdict on pixels: "clear", "covered" when there is something to cover, "doubtful"."""
    from firstlight.pixels.look import pixel_reader

    return pixel_reader()(instance, NOBODY).word


def sight_of(content: bytes) -> Sight | None:
    """What there is to see in a held file; None where its frames cannot be shown."""
    from firstlight.pixels.frames import can_be_looked_at, layout_of
    from firstlight.pixels.look import pixel_reader

    instance = _readable(content)
    if instance is None or not can_be_looked_at(instance):
        return None
    layout = layout_of(instance)
    proposed = pixel_reader()(instance, NOBODY).regions
    return Sight(layout.rows, layout.columns, layout.frames, json.dumps([list(each) for each in proposed]))


def frame_picture(content: bytes, frame: int) -> bytes | None:
    """One frame of a held file as PNG; None where there is none to show."""
    from firstlight.pixels.frames import Undecodable
    from firstlight.pixels.pictures import frame_as_png

    instance = _readable(content)
    try:
        return frame_as_png(instance, frame) if instance else None
    except Undecodable:
        return None


def posted_regions(posted: str) -> tuple[Region, ...]:
    """The boxes that a page sends.

    Raises:
        ValidationError: when they are none.
    """
    from firstlight.pixels.confirmations import regions_of

    try:
        return regions_of(json.loads(posted))
    except ValueError:
        raise ValidationError(_("The boxes could not be read. Try again.")) from None


def covered_content(content: bytes, regions: Sequence[Region]) -> bytes | None:
    """The file with these boxes black, said to be clean by somebody who looked; None where that cannot be done."""
    from firstlight.pixels.cover import Uncoverable, cover, file_of

    instance = _readable(content)
    if instance is None:
        return None
    try:
        covered = cover(instance, regions) if regions else instance
    except Uncoverable:
        return None
    return file_of(replace(covered, elements=said_clean(covered.elements)))


def said_clean(elements: Elements) -> Elements:
    """The header with Burned In Annotation NO and the code of the Clean Pixel Data Option, PS3.15 E.3.1."""
    codes = elements[CODES].items or () if CODES in elements else ()
    own = {tag: Element(tag, vr, value.encode()) for tag, vr, value in CLEAN_PIXELS}
    if not any(text(item, 0x00080100) == "113101" for item in codes):
        codes = (*codes, own)
    return elements | {BURNED_IN: Element(BURNED_IN, "CS", b"NO"), CODES: Element(CODES, "SQ", b"", codes)}


def _readable(content: bytes) -> Instance | None:
    try:
        return take_apart(content)
    except Unreadable:
        return None
