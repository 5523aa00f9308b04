"""Kinds of objects: which this program judges, which carry text in their pixels, which it keeps back."""

from functools import cache
from typing import Any

from firstlight.dicom.decisions import Refused
from firstlight.dicom.profile import read_data
from firstlight.dicom.reading import number, pixel_element, text
from firstlight.dicom.structure import Elements, Instance, Unreadable

NOT_LOOKED = "not looked"
WITH_PIXELS = ("judged", "doubtful")


@cache
def objects() -> dict[str, Any]:
    """The kinds of objects by SOP class, as `objects.json` has them."""
    return dict(read_data("objects.json"))


def kind_of(elements: Elements) -> str:
    """The kind of an object: "judged" or "doubtful" images, "derived" from images, "documents", "plain" without pixels.

    Raises:
        Refused: when it is of a kind that is not taken.
    """
    sop_class = text(elements, 0x00080016)
    for reason, classes in objects()["refused"].items():
        if sop_class in classes:
            raise Refused(reason)
    for kind in (*WITH_PIXELS, "derived", "documents", "plain"):
        if sop_class in objects()[kind]:
            return kind
    raise Refused("unknown-sop-class")


def judge(instance: Instance) -> str:
    """Whether the pixels need a look: "" when they need none, "wanted" when one is better, else why they do.

    Raises:
        Refused: when the object is of a kind that is not taken.
        Unreadable: when it is an image without pixels.
    """
    elements, kind = instance.elements, kind_of(instance.elements)
    if kind in WITH_PIXELS and pixel_element(instance) is None:
        raise Unreadable("no-pixel-data")
    if kind == "documents":
        return ""  # a page without anything takes the document's place
    if text(elements, 0x00280301) not in ("", "NO"):
        return "burned-in-annotation"
    if kind == "doubtful" or (kind == "judged" and doubts(elements)) or _stuck_overlay(instance):
        return "doubtful-pixels"
    is_radiograph = text(elements, 0x00080016) in objects()["radiographs"]
    return "wanted" if is_radiograph or (kind == "judged" and _is_secondary(elements)) else ""


def _is_secondary(elements: Elements) -> bool:
    """Whether an image was made of others in a way that its Image Type does not tell, such as by a screen."""
    kinds = {kind.strip() for kind in text(elements, 0x00080008).upper().split("\\")}
    return {"DERIVED", "SECONDARY"} <= kinds and kinds.isdisjoint(objects()["image_type_computed"])


def doubts(elements: Elements) -> bool:
    """Whether the header hints at text in the pixels: a capture, a report, colour."""
    known = objects()
    kinds = {kind.strip() for kind in text(elements, 0x00080008).upper().split("\\")}
    return (
        text(elements, 0x00280302) not in ("", "NO")
        or 0x00080064 in elements
        or text(elements, 0x00280004) not in known["photometric_judged"]
        or any(term in kind for kind in kinds for term in known["image_type_doubtful"])
    )


def embedded_overlays(elements: Elements) -> list[int]:
    """The groups of overlays that lie in unused bits of the pixels (retired, PS3.5-2004 8.1.2)."""
    return [
        tag & 0xFFFF0000
        for tag in elements
        if tag >> 24 == 0x60 and tag & 0xFFFF == 0x0010 and tag & 0xFFFF0000 | 0x3000 not in elements
    ]


def _stuck_overlay(instance: Instance) -> bool:
    """Whether an overlay lies among the pixels' bits where they cannot be cleared without changing the image."""
    pixels = pixel_element(instance)
    if pixels is None or not embedded_overlays(instance.elements):
        return False
    return pixels.encapsulated or number(instance.elements, 0x00280103, instance.encoding) != 0
