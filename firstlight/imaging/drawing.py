"""What is drawn over a picture: a presentation state's graphics, and lines of text at its edges."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from firstlight.imaging.rules.presentation import Mark, Presentation, Shutter

FONT = Path(__file__).resolve().parents[1] / "web/static/viewer/fonts/Pretendard-Regular.otf"
Point = tuple[float, float]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
WHITE, BLACK = 255, 0
MARGIN_PX = 6


def masked(pixels: NDArray[np.uint8], shutters: Sequence[Shutter], *, grey: float) -> NDArray[np.uint8]:
    """The picture with everything outside its shutters in one grey."""
    if not shutters:
        return pixels
    rows, columns = pixels.shape[:2]
    inside = Image.new("1", (columns, rows), 1)
    for shutter in shutters:
        one = Image.new("1", (columns, rows), 0)
        _open(ImageDraw.Draw(one), shutter)
        inside = Image.fromarray(np.asarray(inside) & np.asarray(one))
    shown = pixels.copy()
    shown[~np.asarray(inside)] = round(grey * 255)
    return shown


def _open(draw: ImageDraw.ImageDraw, shutter: Shutter) -> None:
    points = [(column - 1, row - 1) for column, row in shutter.points]
    if shutter.kind == "RECTANGULAR":
        draw.rectangle([points[0], points[1]], fill=1)
    elif shutter.kind == "CIRCULAR":
        [(column, row)] = points
        radius = shutter.radius
        draw.ellipse([column - radius, row - radius, column + radius, row + radius], fill=1)
    else:
        draw.polygon(points, fill=1)


def draw_graphics(image: Image.Image, shown: Presentation, *, placed: Callable[[Point, bool], Point]) -> None:
    """Draw a presentation state's figures and texts; `placed` gives a point's place in the picture."""
    draw = ImageDraw.Draw(image)
    for mark in shown.marks:
        _draw_mark(draw, mark, [placed(each, mark.is_in_pixels) for each in mark.points])
    for note in shown.notes:
        _write(draw, placed(note.at, note.is_in_pixels), note.text, _font(image))


def _draw_mark(draw: ImageDraw.ImageDraw, mark: Mark, points: list[Point]) -> None:
    fill = _white(draw)
    if mark.kind == "POINT" and points:
        column, row = points[0]
        draw.line([(column - 4, row), (column + 4, row)], fill=fill)
        draw.line([(column, row - 4), (column, row + 4)], fill=fill)
    elif mark.kind == "CIRCLE" and len(points) == 2:
        radius = float(np.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]))
        _outline(draw, _round(points[0], (radius, 0), (0, radius)), filled=mark.is_filled)
    elif mark.kind == "ELLIPSE" and len(points) == 4:
        _outline(draw, _ellipse(points), filled=mark.is_filled)
    elif len(points) > 1:
        _outline(draw, points, filled=mark.is_filled)


def _outline(draw: ImageDraw.ImageDraw, points: list[Point], *, filled: bool) -> None:
    if filled:
        draw.polygon(points, fill=_white(draw))
    else:
        draw.line(points, fill=_white(draw), width=1)


def _ellipse(points: list[Point]) -> list[Point]:
    """The ends of the major and of the minor axis (PS3.3 C.10.5.1.2) as a closed line."""
    (left, right), (top, bottom) = points[:2], points[2:]
    middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    major = ((right[0] - left[0]) / 2, (right[1] - left[1]) / 2)
    minor = ((bottom[0] - top[0]) / 2, (bottom[1] - top[1]) / 2)
    return _round(middle, major, minor)


def _round(middle: Point, one: Point, other: Point) -> list[Point]:
    angles = np.linspace(0, 2 * np.pi, 73)
    return [
        (
            float(middle[0] + one[0] * np.cos(each) + other[0] * np.sin(each)),
            float(middle[1] + one[1] * np.cos(each) + other[1] * np.sin(each)),
        )
        for each in angles
    ]


def write_lines(image: Image.Image, lines: Sequence[str], *, at_bottom: bool = False) -> None:
    """Burn lines of text into a corner on the left of a picture."""
    draw, text, font = ImageDraw.Draw(image), "\n".join(lines), _font(image)
    height = draw.multiline_textbbox((0, 0), text, font=font)[3]
    top = image.height - height - MARGIN_PX if at_bottom else MARGIN_PX
    _write(draw, (MARGIN_PX, top), text, font)


def _write(draw: ImageDraw.ImageDraw, at: Point, text: str, font: Font) -> None:
    """White on any ground, by a black line around each letter."""
    black = (BLACK, BLACK, BLACK) if draw.mode == "RGB" else BLACK
    draw.multiline_text(at, text, fill=_white(draw), font=font, stroke_width=1, stroke_fill=black)


def _font(image: Image.Image) -> Font:
    size_px = max(min(image.size) // 32, 10)
    try:
        return ImageFont.truetype(FONT, size_px)
    except OSError:  # the viewer is not built: Latin letters alone
        return ImageFont.load_default(size_px)


def _white(draw: ImageDraw.ImageDraw) -> int | tuple[int, int, int]:
    return (WHITE, WHITE, WHITE) if draw.mode == "RGB" else WHITE
