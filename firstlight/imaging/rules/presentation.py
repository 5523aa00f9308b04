"""Presentation states (PS3.3 A.33): which images one is for, and how it wants each of them shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydicom import Dataset

GRAYSCALE, COLOR, PSEUDO_COLOR, BLENDING = (f"1.2.840.10008.5.1.4.1.1.11.{each}" for each in (1, 2, 3, 4))
SHOWN = frozenset({GRAYSCALE, COLOR})
BLACK = 0.0
EDGES = ("LeftVertical", "UpperHorizontal", "RightVertical", "LowerHorizontal")


class NotShowable(ValueError):
    """A presentation state that cannot be shown here; the message carries no value from the file."""


class Reference(NamedTuple):
    """An image that a presentation state is for; no frames are all of them."""

    series_instance_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...]


class Area(NamedTuple):
    """What of an image is displayed, as columns and rows from 1 (PS3.3 C.10.4); it may reach beyond the image."""

    left: int
    top: int
    right: int
    bottom: int


class Mark(NamedTuple):
    """A drawn figure: points are columns and rows of the image from 1, or shares of the displayed area."""

    kind: str
    points: tuple[tuple[float, float], ...]
    is_filled: bool
    is_in_pixels: bool


class Note(NamedTuple):
    """A text at a place, in the same units."""

    text: str
    at: tuple[float, float]
    is_in_pixels: bool


class Shutter(NamedTuple):
    """What lies outside is not shown (PS3.3 C.7.6.11): a rectangle, a circle or a polygon, columns and rows from 1."""

    kind: str
    points: tuple[tuple[float, float], ...]
    radius: float = 0


@dataclass(frozen=True)
class Presentation:
    """How one image, or one frame of it, is shown."""

    state: Dataset
    voi: Dataset | None = None
    area: Area | None = None
    rotation: int = 0
    flips: bool = False
    is_inverse: bool = False
    shutters: tuple[Shutter, ...] = ()
    shutter_grey: float = BLACK
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()


def references_of(state: Dataset) -> list[Reference]:
    """The images that a presentation state is for, in its order."""
    return [
        Reference(str(series.SeriesInstanceUID), str(image.ReferencedSOPInstanceUID), _frames(image))
        for series in state.get("ReferencedSeriesSequence") or ()
        for image in series.get("ReferencedImageSequence") or ()
    ]


def presentation_of(state: Dataset, *, sop_instance_uid: str, frame: int) -> Presentation:
    """How a presentation state shows one frame of an image; raises NotShowable for a kind that is not shown here."""
    if state.get("SOPClassUID") not in SHOWN:
        raise NotShowable("Only grayscale and color softcopy presentation states are shown.")
    graphics = list(_applying(state, "GraphicAnnotationSequence", sop_instance_uid, frame))
    return Presentation(
        state=state,
        voi=next(_applying(state, "SoftcopyVOILUTSequence", sop_instance_uid, frame), None),
        area=next(map(_area, _applying(state, "DisplayedAreaSelectionSequence", sop_instance_uid, frame)), None),
        rotation=int(state.get("ImageRotation") or 0) % 360,
        flips=state.get("ImageHorizontalFlip") == "Y",
        is_inverse=state.get("PresentationLUTShape") == "INVERSE",
        shutters=tuple(_shutters(state)),
        shutter_grey=float(state.get("ShutterPresentationValue") or 0) / 65535,
        marks=tuple(mark for each in graphics for mark in _marks(each)),
        notes=tuple(note for each in graphics for note in _notes(each)),
    )


def _frames(image: Dataset) -> tuple[int, ...]:
    value = image.get("ReferencedFrameNumber")
    if value is None or value == "":
        return ()
    return tuple(int(each) for each in (value if hasattr(value, "__iter__") else (value,)))


def _applying(state: Dataset, sequence: str, sop_instance_uid: str, frame: int) -> Iterator[Dataset]:
    """The items of a sequence that are about this frame; an item that names no images is about all."""
    for item in state.get(sequence) or ():
        images = item.get("ReferencedImageSequence") or ()
        named = [each for each in images if each.get("ReferencedSOPInstanceUID") == sop_instance_uid]
        if not images or any(not _frames(each) or frame in _frames(each) for each in named):
            yield item


def _area(item: Dataset) -> Area:
    left, top = item.DisplayedAreaTopLeftHandCorner
    right, bottom = item.DisplayedAreaBottomRightHandCorner
    return Area(int(left), int(top), int(right), int(bottom))


def _pairs(values: Any, *, turned: bool = False) -> tuple[tuple[float, float], ...]:
    numbers = [float(each) for each in values or ()]
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    return tuple((second, first) if turned else (first, second) for first, second in pairs)


def _shutters(state: Dataset) -> Iterator[Shutter]:
    kinds = state.get("ShutterShape") or ()
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind == "RECTANGULAR":
            left, top, right, bottom = (float(state[f"Shutter{each}Edge"].value) for each in EDGES)
            yield Shutter(kind, ((left, top), (right, bottom)))
        elif kind == "CIRCULAR":
            middle = _pairs(state.CenterOfCircularShutter, turned=True)
            yield Shutter(kind, middle, float(state.RadiusOfCircularShutter))
        elif kind == "POLYGONAL":
            yield Shutter(kind, _pairs(state.VerticesOfThePolygonalShutter, turned=True))


def _marks(item: Dataset) -> Iterator[Mark]:
    for each in item.get("GraphicObjectSequence") or ():
        in_pixels = each.get("GraphicAnnotationUnits") == "PIXEL"
        yield Mark(str(each.GraphicType), _pairs(each.GraphicData), each.get("GraphicFilled") == "Y", in_pixels)


def _notes(item: Dataset) -> Iterator[Note]:
    for each in item.get("TextObjectSequence") or ():
        boxed = "BoundingBoxTopLeftHandCorner" in each
        corner = each.get("BoundingBoxTopLeftHandCorner") if boxed else each.get("AnchorPoint")
        units = each.get("BoundingBoxAnnotationUnits" if boxed else "AnchorPointAnnotationUnits")
        if corner:
            yield Note(str(each.UnformattedTextValue), _pairs(corner)[0], units == "PIXEL")
