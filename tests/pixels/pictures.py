"""Pictures with planted text: any font, size, contrast, turn and background; the same in every run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Grey = NDArray[np.uint8]
FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/truetype/dejavu")
HANGUL_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "NotoSerifCJK-Regular.ttc")
LATIN_FONTS = (*HANGUL_FONTS, "DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf")
LATIN = (
    "HONG GILDONG",
    "Kim Yuna F 029Y",
    "ID 19283746",
    "1985-01-01 M",
    "Seo Jaepil MD",
    "GAON HOSPITAL",
    "A20200220777",
)
HANGUL = ("홍길동", "김연아 F/29", "가온누리병원", "생년월일 850101", "판독의 서재필")
SIZES = (8, 9, 10, 12, 16, 24, 36)
CONTRASTS = (40, 80, 140, 220)
BACKGROUNDS = ("black", "grey", "speckle", "chest")


@dataclass(frozen=True)
class Planted:
    """A picture with one text in it and where that stands: left, top, right, bottom."""

    picture: Grey
    box: tuple[int, int, int, int]
    words: str
    size: int
    contrast: int
    background: str
    turned: bool
    inverted: bool


def font(size: int, name: str = "") -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font of this machine, or Pillow's own where there is none of that name."""
    for folder in FOLDERS:
        if name and (path := Path(folder, name)).exists():
            return ImageFont.truetype(str(path), size, index=1 if name.endswith(".ttc") else 0)
    return ImageFont.load_default(size)


def has_hangul() -> bool:
    return any(Path(folder, HANGUL_FONTS[0]).exists() for folder in FOLDERS)


def stamped(words: str, size: int, name: str = "") -> Grey:
    """The text alone, as how much of each pixel is ink."""
    face = font(size, name)
    left, top, right, bottom = face.getbbox(words)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), words, fill=255, font=face)
    return np.asarray(image)


def written(
    picture: Grey, words: str, left: int, top: int, *, size: int = 14, value: int = 255, name: str = ""
) -> Grey:
    """The picture with a text written into it."""
    ink = stamped(words, size, name).astype(np.float32) / 255
    result = picture.copy()
    part = result[top : top + ink.shape[0], left : left + ink.shape[1]]
    ink = ink[: part.shape[0], : part.shape[1]]
    if result.ndim == 3:
        ink = ink[..., None]
    part[:] = (part * (1 - ink) + value * ink).astype(picture.dtype)
    return result


def background(kind: str, rows: int, columns: int, seed: int) -> Grey:
    """What lies behind the text."""
    chance = np.random.default_rng(seed)
    if kind == "black":
        return np.zeros((rows, columns), np.uint8)
    if kind == "grey":
        return np.full((rows, columns), 70, np.uint8)
    if kind == "speckle":
        grain = np.kron(chance.rayleigh(22, (rows // 3 + 1, columns // 4 + 1)), np.ones((3, 4)))
        return np.clip(grain[:rows, :columns], 0, 200).astype(np.uint8)
    down, across = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    lungs = sum(np.exp(-(((across - side) / 0.28) ** 2) - (down / 0.55) ** 2) for side in (-0.42, 0.42))
    ribs = 14 * np.sin(14 * down + 6 * np.abs(across)) * lungs
    return np.clip(150 - 110 * lungs + ribs + chance.normal(0, 5, (rows, columns)), 0, 220).astype(np.uint8)


def plant(number: int, *, rows: int = 480, columns: int = 640) -> Planted:
    """The picture of that number; numbers run through sizes, contrasts and backgrounds before chance does the rest."""
    chance = random.Random(number)
    size = SIZES[number % len(SIZES)]
    contrast = CONTRASTS[number // len(SIZES) % len(CONTRASTS)]
    behind = BACKGROUNDS[number // (len(SIZES) * len(CONTRASTS)) % len(BACKGROUNDS)]
    hangul = chance.random() < 0.5 and has_hangul()
    words = chance.choice(HANGUL if hangul else LATIN)
    ink = stamped(words, size, chance.choice(HANGUL_FONTS if hangul else LATIN_FONTS))
    turned, inverted = chance.random() < 0.15, chance.random() < 0.25
    ink = np.rot90(ink) if turned else ink
    picture = background(behind, rows, columns, number)
    height, width = ink.shape
    left, top = chance.randrange(4, columns - width - 4), chance.randrange(4, rows - height - 4)
    part = picture[top : top + height, left : left + width].astype(np.float32)
    level = float(np.median(part))
    value = level - contrast if inverted and level >= contrast else level + contrast
    inverted = value < level
    part += (np.clip(value, 0, 255) - part) * (ink / 255)
    picture[top : top + height, left : left + width] = np.clip(part, 0, 255).astype(np.uint8)
    return Planted(picture, (left, top, left + width, top + height), words, size, contrast, behind, turned, inverted)
