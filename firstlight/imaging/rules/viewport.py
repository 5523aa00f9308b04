"""How a picture is cut and scaled for a viewport (PS3.18 8.3.5.1.3)."""

from typing import NamedTuple


class Region(NamedTuple):
    """A part of the source image, in its columns and rows from 0; a negative width or height turns it over."""

    left: float
    top: float
    width: float | None
    height: float | None


class Viewport(NamedTuple):
    """The size that a picture has to fit into, and the part of the image that it shows."""

    width_px: int
    height_px: int
    region: Region | None = None


class Cut(NamedTuple):
    """A part within an image: left, top, right, bottom; and whether it is turned over."""

    box: tuple[float, float, float, float]
    flips_columns: bool
    flips_rows: bool


def cut_of(region: Region | None, *, columns: int, rows: int) -> Cut:
    """The part of an image that a region means; raises ValueError where it holds none of it."""
    if region is None:
        return Cut((0, 0, columns, rows), flips_columns=False, flips_rows=False)
    width = columns - region.left if region.width is None else region.width
    height = rows - region.top if region.height is None else region.height
    left, top = max(region.left, 0), max(region.top, 0)
    right, bottom = min(region.left + abs(width), columns), min(region.top + abs(height), rows)
    if right - left < 1 or bottom - top < 1:
        raise ValueError("The region lies outside the image.")
    return Cut((left, top, right, bottom), flips_columns=width < 0, flips_rows=height < 0)


def size_in(viewport: Viewport, *, width: float, height: float) -> tuple[int, int]:
    """The largest size of these proportions that fits into the viewport."""
    scale = min(viewport.width_px / width, viewport.height_px / height)
    return max(round(width * scale), 1), max(round(height * scale), 1)
