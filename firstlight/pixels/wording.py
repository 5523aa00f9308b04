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
BESIDE = 1.5
LONGEST_SIGN = 1.8


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
    """Whether a box is longer than what was read in it can be: then something in it was not read."""
    width, height = line.box.right - line.box.left, line.box.bottom - line.box.top
    return max(width, height) > LONGEST_SIGN * min(width, height) * max(len(line.words), 1)


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
    """The rulings of a picture's lines; a number right beside a covered text goes with it: it may be part of it."""
    ruled = [(line, rule(line, scene, identity)) for line in lines]
    gone = [line.box for line, ruling in ruled if ruling == "covered"]
    return [
        (line, "covered" if ruling == "stays" and _is_part_of_one(line, gone) else ruling) for line, ruling in ruled
    ]


def _is_part_of_one(line: Line, gone: list[Box]) -> bool:
    return any(sign.isdigit() for sign in line.words) and any(_beside(line.box, box) for box in gone)


def _beside(one: Box, other: Box) -> bool:
    """Whether two boxes stand in one line with less than a letter or two between them."""
    height = min(one.bottom - one.top, other.bottom - other.top)
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    gap = max(one.left, other.left) - min(one.right, other.right)
    return overlap > 0.5 * height and gap < BESIDE * height
