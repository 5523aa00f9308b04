"""Where a machine writes the patient's name, known before looking: by its model, or by its own regions."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from firstlight.dicom.pixels import Region
from firstlight.dicom.reading import number, text
from firstlight.dicom.structure import Elements, Encoding, Instance
from firstlight.pixels.frames import layout_of

Mask = dict[str, Any]


@cache
def known_masks() -> tuple[Mask, ...]:
    """The masks that come with Firstlight; each names the source it was taken from."""
    return tuple(json.loads(files("firstlight.pixels").joinpath("masks.json").read_text("utf-8"))["masks"])


def masked(instance: Instance, masks: Iterable[Mask]) -> tuple[Region, ...]:
    """The regions that the masks of this machine cover, cut to the image."""
    layout = layout_of(instance)
    maker, model = (text(instance.elements, tag).upper() for tag in (0x00080070, 0x00081090))
    found = [
        Region(*region)
        for mask in masks
        if any(each in maker for each in mask["maker"])
        and any(each in model for each in mask["model"])
        and layout.rows in mask.get("rows", (layout.rows,))
        and layout.columns in mask.get("columns", (layout.columns,))
        for region in mask["regions"]
    ]
    return tuple(dict.fromkeys(each for each in (cut(one, layout.rows, layout.columns) for one in found) if each))


def cut(region: Region, rows: int, columns: int) -> Region | None:
    """A region cut to the image; None where nothing of it is left."""
    left, top = max(region.left, 0), max(region.top, 0)
    right, bottom = min(region.left + region.width, columns), min(region.top + region.height, rows)
    if right <= left or bottom <= top:
        return None
    return Region(left, top, right - left, bottom - top, region.frame)


def banner(instance: Instance) -> Region | None:
    """The strip above all ultrasound regions (0018,6011), where machines write names; None without regions."""
    layout = layout_of(instance)
    sequence = instance.elements.get(0x00186011)
    tops = [_top(item, instance.encoding) for item in (sequence.items or ())] if sequence else []
    if not tops or min(tops) <= 0:
        return None
    return cut(Region(0, 0, layout.columns, min(tops)), layout.rows, layout.columns)


def _top(item: Elements, encoding: Encoding) -> int:
    element = item.get(0x0018601A)
    if element is None or element.vr != "UL" or len(element.value) < 4:
        return number(item, 0x0018601A, encoding)
    return int.from_bytes(element.value[:4], "little" if encoding.little else "big")
