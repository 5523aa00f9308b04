"""Looking at an instance's pixels: every frame, every text, and what is to become of it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firstlight.dicom.identity import Identity
from firstlight.dicom.pixels import PixelReader, PixelVerdict, Region
from firstlight.dicom.reading import text
from firstlight.dicom.structure import PIXEL_DATA, Instance
from firstlight.pixels.cover import Uncoverable, cover, hidden_planes
from firstlight.pixels.frames import Decoder, Layout, Undecodable, can_be_looked_at, layout_of, raw_frames
from firstlight.pixels.masks import Mask, banner, known_masks, masked
from firstlight.pixels.ocr import Box, Line, Picture, find_text, read_text
from firstlight.pixels.wording import LETTER_SHARE, READ, Scene, rule_all

Confirmed = Mapping[str, tuple[Region, ...]]

BODIES = (
    "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.12", "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.13",
)  # fmt: skip
SMALL_PIXELS, LARGE_PIXELS = 250_000, 1_000_000
CORNER_SHARE = 0.22
TILE = 64
UNCHANGED = 6
STANDS = 4.0
PLAIN = 12
MOST_COVERED = 0.35
LARGE_OVER_BODY, TEXTURED = 0.01, 12.0
FEW_STROKES, HARDLY_ANY, FAIRLY_SURE = 0.05, 0.02, 0.6
LINE_SHARE, STROKES, STEEP, FAINT_STROKES = 0.16, 0.08, 0.3, 40.0
HALF_A_LETTER = 0.6
LOOKS = 3


def pixel_reader(*, confirmed: Confirmed | None = None, masks: Iterable[Mask] | None = None) -> PixelReader:
    """Somebody who looks at pixels, to be handed to de-identification; it can be sent to other processes.

    `confirmed` holds, by `look_digest`, the regions that a person has drawn; `masks` replace those known.
    """
    known = known_masks() if masks is None else tuple(masks)
    return partial(look, confirmed=dict(confirmed or {}), masks=known)


def look_digest(instance: Instance) -> str:
    """SHA-256 of what a person who looks at an instance sees: its pixels and how they lie, nothing else of it."""
    digest = hashlib.sha256(instance.transfer_syntax_uid.encode())
    for tag, element in sorted(instance.elements.items()):
        if element.items is None and ((tag >> 16 == 0x0028 and tag != 0x00280301) or tag == PIXEL_DATA):
            digest.update(f"{tag:08X} {len(element.value)} ".encode())
            digest.update(element.value)
    return digest.hexdigest()


def look(instance: Instance, identity: Identity, *, confirmed: Confirmed, masks: tuple[Mask, ...]) -> PixelVerdict:
    """The verdict on an instance; whatever cannot be decoded, read or covered for certain is doubtful."""
    if confirmed:
        regions = confirmed.get(look_digest(instance))
        if regions is not None:
            return _covered(instance, regions, confirmed=True)
    if not can_be_looked_at(instance):
        return PixelVerdict("doubtful", instance)
    try:
        found = _Look(instance, identity, masks).whole()
    except (Undecodable, MemoryError):
        return PixelVerdict("doubtful", instance)
    if found.doubtful:
        return PixelVerdict("doubtful", instance, found.regions)
    return _covered(instance, found.regions)


def _covered(instance: Instance, regions: tuple[Region, ...], *, confirmed: bool = False) -> PixelVerdict:
    if not regions and not hidden_planes(instance):
        return PixelVerdict("clear", instance, confirmed=confirmed)
    try:
        return PixelVerdict("covered", cover(instance, regions), regions, confirmed)
    except Uncoverable:
        return PixelVerdict("doubtful", instance, regions)


@dataclass(frozen=True)
class Findings:
    """The regions to be covered, and whether a person should see them first."""

    regions: tuple[Region, ...]
    doubtful: bool


@dataclass
class _Look:
    """One instance being looked at, frame after frame; what did not change since the last look is not looked at."""

    instance: Instance
    identity: Identity
    masks: tuple[Mask, ...]
    layout: Layout = field(init=False)
    doubtful: bool = False

    def __post_init__(self) -> None:
        self.layout = layout_of(self.instance)
        self.body = text(self.instance.elements, 0x00080016).startswith(BODIES)
        strip = banner(self.instance)
        self.banners = (*masked(self.instance, self.masks), *([strip] if strip else []))
        self.always: dict[Region, None] = {}
        self.remembered: dict[int, Picture] = {}
        self.boxes: dict[int, list[Box]] = {}

    def whole(self) -> Findings:
        """Look at every frame."""
        decoder = Decoder(self.instance)
        known: dict[bytes, int] = {}
        for frame, raw in enumerate(raw_frames(self.instance), 1):
            name = hashlib.sha256(raw).digest() if self.layout.bits_allocated > 1 else str(frame).encode()
            same = known.setdefault(name, frame)
            self.boxes[frame] = self.boxes[same] if same != frame else self.frame(decoder, frame)
        return Findings(self.regions(), self.doubtful)

    def frame(self, decoder: Decoder, frame: int) -> list[Box]:
        """The boxes to be covered in one frame: those of the frame before that still stand there, and new ones."""
        views = decoder.views(frame)
        still = [box for box in self.boxes.get(frame - 1, []) if self.stands(box, views)]
        found: list[Box] = []
        self.always |= dict.fromkeys(each for each in self.banners if any(is_written(view, each) for view in views))
        for index, view in enumerate(views):
            windows = changed_windows(self.remembered.get(index), view)
            for window in windows:
                found += [box for box in self.covered_boxes(view, window, still) if not within(box, found)]
            self.remember(index, view, windows)
        return [*still, *(box for box in found if not within(box, still))]

    def stands(self, box: Box, views: list[Picture]) -> bool:
        """Whether a box of the frame before looks as it did then."""
        return all(
            float(np.abs(part(self.remembered[index], box).astype(np.int16) - part(view, box)).mean()) < STANDS
            for index, view in enumerate(views)
            if index in self.remembered
        )

    def remember(self, index: int, view: Picture, windows: list[Box]) -> None:
        """Keep what was looked at, and only that: a slow drift is seen sooner or later."""
        last = self.remembered.setdefault(index, view.copy())
        for window in windows:
            last[window.top : window.bottom, window.left : window.right] = part(view, window)

    def covered_boxes(self, view: Picture, window: Box, known: list[Box]) -> list[Box]:
        """Look at a part of a view without what is known, cover, and look again until nothing more can be read."""
        picture = part(view, window).copy()
        wipe(picture, [moved(box, -window.left, -window.top) for box in known if overlap(box, window)])
        gone: list[Box] = []
        for again in range(LOOKS):
            lines = [_placed(line, window) for line in lines_in(picture, body=self.body)]
            readable = [line for line in lines if not again or line.confidence >= READ]
            fresh = self.judged(view, readable, [*known, *gone])
            if not fresh:
                return gone
            gone += fresh
            wipe(picture, [moved(box, -window.left, -window.top) for box in fresh])
        self.doubtful = True
        return gone

    def judged(self, view: Picture, lines: list[Line], gone: list[Box]) -> list[Box]:
        """The new boxes to be covered among these lines; large ones over the body are a person's to decide."""
        scene = Scene(self.layout.rows, self.layout.columns, self.body)
        fresh = []
        for line, ruling in rule_all(lines, scene, self.identity):
            if ruling not in ("covered", "doubtful") or within(line.box, gone) or self.is_a_shape(view, line):
                continue
            fresh.append(padded(line.box, self.layout))
            self.doubtful = self.doubtful or ruling == "doubtful" or (self.body and is_in_question(view, line))
        return fresh

    def is_a_shape(self, view: Picture, line: Line) -> bool:
        """Whether a box has too few edges for letters: a body's vessel or rib, or an unread smooth patch."""
        strokes = stroke_share(view, line.box)
        if self.body and not is_as_low_as_a_line(view, line.box, LETTER_SHARE):
            return strokes < FEW_STROKES
        return not line.words and line.box.score < FAIRLY_SURE and strokes < HARDLY_ANY

    def regions(self) -> tuple[Region, ...]:
        """Masks and found boxes as regions; a box in every frame is one region of all frames."""
        frames = range(1, self.layout.frames + 1)
        everywhere = [box for box in self.boxes[1] if all(box in self.boxes[frame] for frame in frames)]
        own = [(box, frame) for frame in frames for box in self.boxes[frame] if box not in everywhere]
        self.doubtful = self.doubtful or any(
            covered_share(self.boxes[frame], self.layout) > MOST_COVERED for frame in {1, *(each for _, each in own)}
        )
        found = [region_of(box) for box in everywhere] + [region_of(box, frame) for box, frame in own]
        return (*self.always, *found)


def lines_in(picture: Picture, *, body: bool) -> list[Line]:
    """Every line of text in a picture; of a large body the whole is looked at smaller, its corners as they are."""
    rows, columns = picture.shape[:2]
    most = LARGE_PIXELS if body else 4 * LARGE_PIXELS
    scale = 2.0 if rows * columns < SMALL_PIXELS else min(1.0, (most / (rows * columns)) ** 0.5)
    boxes = find_text(picture, scale=scale)
    if scale < 0.8:
        boxes += [box for box in corner_boxes(picture) if not within(box, boxes)]
    return read_text(picture, boxes)


def corner_boxes(picture: Picture) -> list[Box]:
    """The text in the four corners, laid side by side to be looked at at once."""
    rows, columns = picture.shape[:2]
    height, width = int(rows * CORNER_SHARE), int(columns * CORNER_SHARE)
    lefts, tops = (0, columns - width), (0, rows - height)
    sheet = np.vstack([np.hstack([picture[top : top + height, left : left + width] for left in lefts]) for top in tops])
    found = []
    for box in find_text(sheet, scale=min(1.0, (LARGE_PIXELS / sheet[..., 0].size) ** 0.5)):
        right, low = box.left + box.right > 2 * width, box.top + box.bottom > 2 * height
        found.append(moved(box, lefts[1] - width if right else 0, tops[1] - height if low else 0))
    return [_inside(box, rows, columns) for box in found]


def changed_windows(last: Picture | None, view: Picture) -> list[Box]:
    """The parts of a view that differ from what was last looked at, with some of what is around them."""
    import cv2

    rows, columns = view.shape[:2]
    if last is None or last.shape != view.shape:
        return [Box(0, 0, columns, rows, 1.0)]
    differs = (cv2.absdiff(last, view).max(axis=2) > UNCHANGED).astype(np.uint8)
    down, across = -(-rows // TILE), -(-columns // TILE)
    tiles = np.pad(differs, ((0, down * TILE - rows), (0, across * TILE - columns)))
    changed = tiles.reshape(down, TILE, across, TILE).any(axis=(1, 3))
    if not changed.any():
        return []
    spread = cv2.dilate(np.asarray(changed, np.uint8), np.ones((3, 3), np.uint8))
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(spread)
    found = [tuple(int(TILE * each) for each in stats[index][:4]) for index in range(1, count)]
    return [
        Box(left, top, min(left + width, columns), min(top + height, rows), 1.0) for left, top, width, height in found
    ]


def is_written(view: Picture, region: Region) -> bool:
    """Whether there is anything but one colour in a region."""
    inside = view[region.top : region.top + region.height, region.left : region.left + region.width]
    return int(np.ptp(inside.reshape(-1, 3), axis=0).max(initial=0)) > PLAIN


def is_in_question(view: Picture, line: Line) -> bool:
    """Whether covering a line would take away so much of a body that a person should say whether it is text."""
    is_text = is_as_low_as_a_line(view, line.box) and (
        line.confidence >= READ or stroke_share(view, line.box) >= STROKES
    )
    return over_body(view, line.box) and not is_text


def is_as_low_as_a_line(view: Picture, box: Box, share: float = LINE_SHARE) -> bool:
    """Whether a box is no higher than lines of text are; vessels, ribs and catheters in a box of theirs are."""
    rows, columns = view.shape[:2]
    return min(box.right - box.left, box.bottom - box.top) <= share * min(int(rows), int(columns))


def stroke_share(view: Picture, box: Box) -> float:
    """How much of a box are the edges of strokes: letters have many, in every script; bodies are smooth."""
    grey = part(view, box).mean(axis=2)
    if grey.size == 0 or float(np.ptp(grey)) < FAINT_STROKES:
        return 0.0
    steep = STEEP * float(np.ptp(grey))
    return max(float((np.abs(np.diff(grey, axis=axis)) > steep).mean()) for axis in (0, 1) if grey.shape[axis] > 1)


def over_body(view: Picture, box: Box) -> bool:
    """Whether covering a box would take away more than a little of an image that is not plain around it."""
    rows, columns = view.shape[:2]
    if (box.right - box.left) * (box.bottom - box.top) <= LARGE_OVER_BODY * rows * columns:
        return False
    wide = _inside(Box(box.left - 4, box.top - 4, box.right + 4, box.bottom + 4, 1.0), rows, columns)
    ring = np.ones((wide.bottom - wide.top, wide.right - wide.left), bool)
    part(ring, moved(box, -wide.left, -wide.top))[:] = False
    edge = part(view, wide)[ring]
    return bool(edge.size) and float(edge.std()) > TEXTURED


def wipe(picture: Picture, boxes: Iterable[Box]) -> None:
    """Fill boxes with the colour around them, so that the next look sees neither text nor a new edge."""
    rows, columns = picture.shape[:2]
    for box in boxes:
        wide = _inside(Box(box.left - 2, box.top - 2, box.right + 2, box.bottom + 2, 1.0), rows, columns)
        around = part(picture, wide)
        edge = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
        part(picture, box)[:] = np.median(edge, axis=0).astype(np.uint8)


def covered_share(boxes: list[Box], layout: Layout) -> float:
    """How much of a frame the boxes cover together."""
    area = np.zeros((layout.rows, layout.columns), bool)
    for box in boxes:
        part(area, box)[:] = True
    return float(area.mean())


def part(picture: NDArray[Any], box: Box) -> NDArray[Any]:
    """What of a picture lies in a box."""
    return picture[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)]


def moved(box: Box, right: int, down: int) -> Box:
    """A box moved."""
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down, box.score)


def overlap(one: Box, other: Box) -> int:
    """How many pixels two boxes share."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(width, 0) * max(height, 0)


def within(box: Box, others: Iterable[Box]) -> bool:
    """Whether most of a box lies in one of the others."""
    area = (box.right - box.left) * (box.bottom - box.top)
    return any(overlap(box, other) > 0.6 * area for other in others)


def padded(box: Box, layout: Layout) -> Box:
    """A box with a little of what is around it, where strokes may stick out."""
    width, height = box.right - box.left, box.bottom - box.top
    around = max(2, round(0.15 * min(width, height)))
    along = max(around, round(HALF_A_LETTER * min(width, height)))  # what a detector misses first is an end
    across, down = (along, around) if width >= height else (around, along)
    wide = Box(box.left - across, box.top - down, box.right + across, box.bottom + down, box.score)
    return _inside(wide, layout.rows, layout.columns)


def _inside(box: Box, rows: int, columns: int) -> Box:
    return Box(max(box.left, 0), max(box.top, 0), min(box.right, columns), min(box.bottom, rows), box.score)


def _placed(line: Line, window: Box) -> Line:
    return line._replace(box=moved(line.box, window.left, window.top))


def region_of(box: Box, frame: int | None = None) -> Region:
    """A box as a region."""
    return Region(box.left, box.top, box.right - box.left, box.bottom - box.top, frame)
