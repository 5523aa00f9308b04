"""Text burned into pictures, at any place, in any frame, in both scripts, and markers that must stay."""

import base64
import io
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

HANGUL_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
    "/System/Library/Fonts/AppleSDGothicNeo.ttc",
)
MARGIN = 3
Grey = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Writing:
    """Ink at a place: coverage from 0 to 1 in a box of one or more frames, and how bright it is."""

    frame: int
    top: int
    left: int
    coverage: npt.NDArray[np.uint8]
    brightness: float
    text: str

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right."""
        rows, columns = self.coverage.shape
        return self.top, self.left, self.top + rows, self.left + columns

    def described(self) -> dict[str, Any]:
        """For the answer key: place and mask, as a picture of one bit a pixel."""
        return {"frame": self.frame, "box": list(self.box), "mask": packed(self.coverage > 127)}


@lru_cache(maxsize=64)
def _font(size: int, hangul: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    path = hangul_font()
    if hangul and path:
        return ImageFont.truetype(path, size, index=0)
    return ImageFont.load_default(size)


@lru_cache(maxsize=1)
def hangul_font() -> str | None:
    """A font with hangul, when this machine has one."""
    return next((path for path in HANGUL_FONTS if Path(path).is_file()), None)


def glyphs(text: str, size: int, *, turned: bool = False) -> npt.NDArray[np.uint8]:
    """Coverage of a text's pixels, as tight as its ink."""
    font = _font(size, any("가" <= letter <= "힣" for letter in text))
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(image).text((2 - left, 2 - top), text, fill=255, font=font)
    cut = image.crop(image.getbbox() or (0, 0, 1, 1))
    return np.asarray(cut.rotate(90, expand=True) if turned else cut)


def place(
    chance: random.Random, text: str, shape: tuple[int, int], taken: list[tuple[int, int, int, int]], frame: int
) -> Writing | None:
    """A text somewhere free in a picture of (rows, columns): in a corner half of the time, else anywhere."""
    rows, columns = shape
    for size in (chance.randint(13, 22), 13, 12):
        coverage = glyphs(text, size, turned=chance.random() < 0.06)
        for _ in range(40):
            spot = _spot(chance, rows - coverage.shape[0], columns - coverage.shape[1])
            if spot is None:
                break
            writing = Writing(frame, *spot, coverage, chance.choice((1.0, 1.0, 0.85, 0.0)), text)
            if not any(_touch(writing.box, other) for other in taken):
                taken.append(writing.box)
                return writing
    return None


def marker(chance: random.Random, shape: tuple[int, int], taken: list[tuple[int, int, int, int]]) -> Writing:
    """A side marker, L or R, alone at a side of the picture."""
    letter, size = chance.choice("LR"), chance.randint(26, 34)
    coverage = glyphs(letter, size)
    rows, columns = shape
    while True:
        top = chance.randint(8, rows // 3)
        left = chance.choice((chance.randint(8, 24), columns - coverage.shape[1] - chance.randint(8, 24)))
        writing = Writing(0, top, left, coverage, 1.0, letter)
        if not any(_touch(writing.box, other) for other in taken):
            taken.append(writing.box)
            return writing


def _spot(chance: random.Random, rows: int, columns: int) -> tuple[int, int] | None:
    if rows < 12 or columns < 12:
        return None
    if chance.random() < 0.5:
        return chance.choice((4, rows - 4)), chance.choice((4, columns - 4))
    return chance.randint(4, rows - 4), chance.randint(4, columns - 4)


def _touch(one: tuple[int, int, int, int], other: tuple[int, int, int, int], gap: int = 30) -> bool:
    return not (
        one[2] + gap <= other[0] or other[2] + gap <= one[0] or one[3] + gap <= other[1] or other[3] + gap <= one[1]
    )


def written(frames: Grey, writing: Writing) -> None:
    """Put the ink on frames of brightness 0 to 1 (frame, row, column[, colour]), in a tone that shows."""
    top, left, bottom, right = writing.box
    area = frames[writing.frame, top:bottom, left:right]
    share = writing.coverage / 255.0
    if area.ndim == 3:
        share = share[..., None]
    brightness = _visible(writing.brightness, float(area.mean()))
    area[...] = area * (1 - share) + brightness * share


def _visible(brightness: float, ground: float) -> float:
    return brightness if abs(brightness - ground) > 0.35 else (0.0 if ground > 0.5 else 1.0)


def packed(mask: npt.NDArray[np.bool_]) -> str:
    """A mask as base64 of a PNG of one bit a pixel."""
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def unpacked(text: str) -> npt.NDArray[np.bool_]:
    """The mask that `packed` packed."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))).astype(bool)
