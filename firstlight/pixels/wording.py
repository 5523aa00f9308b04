"""What becomes of a text that was found: it stays, is covered, is no text after all, or a person has to say."""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from firstlight.dicom.identity import Identity
from firstlight.pixels.ocr import SURE, Box, Line

Ruling = Literal["stays", "covered", "nothing", "doubtful"]

LETTER_SHARE = 0.2  # a single sign taller than this share of the picture is a shape of the body
READ = 0.6
CLEARLY = 0.85
BARELY = 0.4
BESIDE, TOUCHING, AS_LARGE = 1.5, 0.5, 1.6
WIDEST_LETTER, WIDEST_POINT, WIDEST_BRACKET, ROOM = 1.0, 0.6, 0.4, 0.9  # of the height of a box


@dataclass(frozen=True)
class Scene:
    """Where a text was found: the picture's size, and whether it shows a body rather than a screen."""

    rows: int
    columns: int
    body: bool


@cache
def _stays() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files("firstlight.pixels").joinpath("stays.json").read_text("utf-8"))
    return data | {"words": frozenset(data["words"]), "pattern": re.compile("|".join(data["patterns"]))}


def may_stay(words: str, identity: Identity) -> bool:
    """Whether a text is a marker, a scale or a technique value, and no word of this patient's."""
    plain = " ".join(unicodedata.normalize("NFKC", words).upper().split())
    said = frozenset(re.findall(r"[^\W_]+", unicodedata.normalize("NFC", words).casefold()))
    if not plain or identity.tells(frozenset(word for word in said if len(word) > 1)):
        return False
    return plain in _stays()["words"] or _stays()["pattern"].fullmatch(plain) is not None


def rule(line: Line, scene: Scene, identity: Identity) -> Ruling:
    """What becomes of one line of text, looked at by itself."""
    signs = [sign for sign in line.words if sign.isalnum()]
    if len(signs) <= 2 and _as_large_as_a_body(line.box, scene):
        return "nothing"
    if line.confidence >= _stays()["confidence"] and not _is_longer(line) and may_stay(line.words, identity):
        return "stays"
    if len(signs) <= 1:
        return _single(line, scene)
    certain = CLEARLY if scene.body and line.box.score < BARELY else READ
    if line.box.score >= SURE or line.confidence >= certain:
        return "covered"
    return _faint(line.box, scene)


def _as_large_as_a_body(box: Box, scene: Scene) -> bool:
    width, height = box.right - box.left, box.bottom - box.top
    return min(width, height) > LETTER_SHARE * min(scene.rows, scene.columns) and max(width, height) < 3 * min(
        width, height
    )


def _is_longer(line: Line) -> bool:
    """Whether a box is longer than what was read in it can be: then something in it was not read, such as hangul."""
    width, height = line.box.right - line.box.left, line.box.bottom - line.box.top
    return max(width, height) > (ROOM + sum(map(_width, line.words or "?"))) * min(width, height)


def _width(sign: str) -> float:
    if sign.isalnum():
        return WIDEST_LETTER
    return WIDEST_BRACKET if sign in "()[]{}" else WIDEST_POINT


def _single(line: Line, scene: Scene) -> Ruling:
    """One sign, or none: a marker, a caliper, the edge of a rib; a box too long for one sign is unread text."""
    if line.box.score < SURE:
        return "nothing"
    if _is_longer(line):
        return "covered"
    is_read = line.words.isascii() and line.confidence >= READ
    if scene.body:
        return "nothing" if line.words.isascii() or line.confidence < SURE else "covered"
    return "nothing" if is_read else "covered"


def _faint(box: Box, scene: Scene) -> Ruling:
    if box.score < BARELY:
        return "nothing" if scene.body else "covered"
    return "doubtful" if scene.body else "covered"


def rule_all(lines: list[Line], scene: Scene, identity: Identity) -> list[tuple[Line, Ruling]]:
    """The rulings of a picture's lines; what stands right beside a covered text goes with it: it may be part of it."""
    ruled = [(line, rule(line, scene, identity)) for line in lines]
    gone = [line.box for line, ruling in ruled if ruling == "covered"]
    count = -1
    while count != len(gone):
        count = len(gone)
        ruled = [(line, "covered" if _is_part_of_one(line, ruling, gone) else ruling) for line, ruling in ruled]
        gone = [line.box for line, ruling in ruled if ruling == "covered"]
    return ruled


def _is_part_of_one(line: Line, ruling: Ruling, gone: list[Box]) -> bool:
    """Whether a number, or a sign that was not made out, stands so near to a covered text that it may be part of it."""
    is_a_number = ruling == "stays" and any(map(str.isdigit, line.words))
    if is_a_number and any(_beside(line.box, box, BESIDE) for box in gone):
        return True
    is_a_sign = ruling == "nothing" or (ruling == "stays" and len(line.words) == 1)
    return is_a_sign and line.box.score >= SURE and any(_alike(line.box, box) for box in gone)


def _alike(one: Box, other: Box) -> bool:
    """Whether two boxes touch in a line or a column and are as large as letters of one text."""
    heights = sorted(min(box.bottom - box.top, box.right - box.left) for box in (one, other))
    if heights[1] > AS_LARGE * heights[0]:
        return False
    return _beside(one, other, TOUCHING) or _beside(_turned(one), _turned(other), TOUCHING)


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right, box.score)


def _beside(one: Box, other: Box, letters: float) -> bool:
    """Whether two boxes stand in one line with less than so many letters between them."""
    height = min(one.bottom - one.top, other.bottom - other.top)
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = max(one.left, other.left) - min(one.right, other.right)
    return overlap > 0.5 * height and gap < letters * height
