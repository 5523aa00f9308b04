"""Curves, closed contours and tubes, and how much of each pixel they cover."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.floating[Any]]
Image = npt.NDArray[np.floating[Any]]
Window = tuple[slice, slice]

SUBROWS: Final = 4


@dataclass(frozen=True)
class Grid:
    """A raster of pixels: the centre of its first pixel, and spacing, in millimetres."""

    x_mm: float
    y_mm: float
    dx_mm: float
    dy_mm: float
    rows: int
    columns: int

    def cut(self, window: Window) -> "Grid":
        """The part of the raster within a window."""
        rows, columns = window
        x_mm, y_mm = self.x_mm + columns.start * self.dx_mm, self.y_mm + rows.start * self.dy_mm
        return Grid(x_mm, y_mm, self.dx_mm, self.dy_mm, rows.stop - rows.start, columns.stop - columns.start)

    @cached_property
    def xs(self) -> Image:
        """Centre of each column in millimetres."""
        return (self.x_mm + self.dx_mm * np.arange(self.columns)).astype(np.float32)

    @cached_property
    def ys(self) -> Image:
        """Centre of each row in millimetres."""
        return (self.y_mm + self.dy_mm * np.arange(self.rows)).astype(np.float32)


@dataclass(frozen=True)
class Slab:
    """A raster at equally spaced depths, each a section ``step_mm`` thick."""

    grid: Grid
    depths: Points
    step_mm: float

    def cut(self, window: Window) -> "Slab":
        """The part of every section within a window."""
        return Slab(self.grid.cut(window), self.depths, self.step_mm)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Depths, rows, columns."""
        return len(self.depths), self.grid.rows, self.grid.columns


@dataclass(frozen=True)
class Tube:
    """A round vessel or airway: centres of shape (n, 3) as x, y, depth, and a radius at each, in millimetres."""

    centres: Points
    radii: Points

    @cached_property
    def lowest(self) -> float:
        """Least depth of the centres."""
        return float(self.centres[:, 2].min())

    @cached_property
    def highest(self) -> float:
        """Greatest depth of the centres."""
        return float(self.centres[:, 2].max())


def profile(at: float | Points, knots: Sequence[float], values: Sequence[float]) -> Points:
    """Smooth curve through the knots (cubic Hermite with finite differences), flat outside them."""
    x, y, slopes = _knots(tuple(knots), tuple(values))
    t = np.clip(np.asarray(at, float), x[0], x[-1])
    i = np.clip(np.searchsorted(x, t, side="right") - 1, 0, len(x) - 2)
    h = x[i + 1] - x[i]
    u = (t - x[i]) / h
    return np.asarray(
        (1 + 2 * u) * (1 - u) ** 2 * y[i]
        + u * (1 - u) ** 2 * h * slopes[i]
        + u * u * (3 - 2 * u) * y[i + 1]
        + u * u * (u - 1) * h * slopes[i + 1]
    )


@lru_cache(maxsize=512)
def _knots(knots: tuple[float, ...], values: tuple[float, ...]) -> tuple[Points, Points, Points]:
    x, y = np.asarray(knots, float), np.asarray(values, float)
    return x, y, np.asarray(np.gradient(y, x), float)


def smooth_tube(course: Sequence[Sequence[float]], step_mm: float = 1.5) -> Tube:
    """A tube through (x, y, depth, radius) landmarks."""
    marks = np.asarray(course, float)
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(marks[:, :3], axis=0), axis=1))]
    at = np.linspace(0, along[-1], max(int(along[-1] / step_mm), 2))
    columns = [profile(at, along.tolist(), marks[:, i].tolist()) for i in range(4)]
    return Tube(np.stack(columns[:3], axis=1), columns[3])


_CIRCLE: Final = np.stack([np.cos(np.arange(20) * np.pi / 10), np.sin(np.arange(20) * np.pi / 10)], axis=1)


def ellipse(x: float, y: float, a: float, b: float, *, turned: float = 0.0, power: float = 2.0) -> Points:
    """Closed contour of a (super)ellipse with half-axes a and b, turned by an angle in radians."""
    t = np.arange(48) * (2 * np.pi / 48)
    c, s = np.cos(t), np.sin(t)
    u = a * np.sign(c) * np.abs(c) ** (2 / power)
    v = b * np.sign(s) * np.abs(s) ** (2 / power)
    return np.stack([x + u * np.cos(turned) - v * np.sin(turned), y + u * np.sin(turned) + v * np.cos(turned)], 1)


def bar(start: tuple[float, float], end: tuple[float, float], half_start: float, half_end: float) -> Points:
    """Closed contour of a tapering bar with rounded ends."""
    (x0, y0), (x1, y1) = start, end
    heading = np.arctan2(y1 - y0, x1 - x0)
    first = heading + np.linspace(np.pi / 2, 3 * np.pi / 2, 8)
    second = heading + np.linspace(-np.pi / 2, np.pi / 2, 8)
    return np.concatenate(
        [
            np.stack([x0 + half_start * np.cos(first), y0 + half_start * np.sin(first)], 1),
            np.stack([x1 + half_end * np.cos(second), y1 + half_end * np.sin(second)], 1),
        ]
    )


def tube_section(tube: Tube, depth: float, swollen_mm: float = 0.0) -> list[Points]:
    """The discs in which a plane cuts the balls that make up a tube, thicker or thinner by some millimetres."""
    if not tube.lowest - 20 < depth < tube.highest + 20:
        return []
    offset = tube.centres[:, 2] - depth
    swollen = tube.radii + swollen_mm
    near = np.flatnonzero(np.abs(offset) < swollen)
    radii = np.sqrt(swollen[near] ** 2 - offset[near] ** 2)
    discs = tube.centres[near, None, :2] + radii[:, None, None] * _CIRCLE
    return list(discs)


def sections(tubes: Sequence[Tube], depth: float, swollen_mm: float = 0.0) -> list[Points]:
    """The discs in which a plane cuts any of several tubes."""
    return [disc for tube in tubes for disc in tube_section(tube, depth, swollen_mm)]


def shrink(contour: Points, by_mm: float) -> Points:
    """A contour moved inwards along its normals (outwards when negative)."""
    ahead = np.roll(contour, -1, axis=0) - np.roll(contour, 1, axis=0)
    length = np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-6)
    inwards = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / length[:, None]
    return contour + by_mm * _turn(contour) * inwards


def _turn(contour: Points) -> float:
    following = np.roll(contour, -1, axis=0)
    return float(np.sign(np.sum(contour[:, 0] * following[:, 1] - following[:, 0] * contour[:, 1])) or 1.0)


def coverage(contours: Sequence[Points], grid: Grid) -> tuple[Window, Image]:
    """Fraction of each pixel inside the union of closed contours, within the window that holds them.

    Exact along rows, ``SUBROWS`` samples down columns: the accumulation buffer of font rasterisers.
    """
    edges = _edges(contours, grid)
    window = _window(edges, grid)
    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    if height <= 0 or width <= 0:
        return window, np.zeros((max(height, 0), max(width, 0)), np.float32)
    row, x, weight = _crossings(edges, rows)
    x = np.clip(x - columns.start, 0, width)
    column = np.minimum(x.astype(np.intp), width)
    part = x - column
    cell = row * (width + 2) + column
    size = height * (width + 2)
    deposits = np.bincount(cell, weight * (1 - part), size) + np.bincount(cell + 1, weight * part, size)
    filled = np.cumsum(deposits.astype(np.float32).reshape(height, width + 2), axis=1)[:, :width]
    return window, np.clip(filled, 0, 1, out=filled)


def _edges(contours: Sequence[Points], grid: Grid) -> Points:
    """Edges as rows of x0, y0, x1, y1 in pixel units, every contour running the same way round."""
    starts = np.concatenate(contours) if contours else np.zeros((0, 2))
    lengths = np.array([len(c) for c in contours], dtype=np.intp)
    following = np.arange(1, len(starts) + 1)
    following[np.cumsum(lengths) - 1] = np.cumsum(lengths) - lengths
    ends = starts[following]
    twice_areas = starts[:, 0] * ends[:, 1] - ends[:, 0] * starts[:, 1]
    owner = np.repeat(np.arange(len(contours)), lengths)
    backwards = np.repeat(np.bincount(owner, twice_areas, len(contours)) < 0, lengths)[:, None]
    scale = np.array([grid.dx_mm, grid.dy_mm])
    shift = np.array([grid.x_mm - grid.dx_mm / 2, grid.y_mm - grid.dy_mm / 2])
    a, b = (starts - shift) / scale, (ends - shift) / scale
    return np.concatenate([np.where(backwards, b, a), np.where(backwards, a, b)], axis=1)


def _window(edges: Points, grid: Grid) -> Window:
    if len(edges) == 0:
        return slice(0, 0), slice(0, 0)
    low, high = np.floor(edges.min(axis=0)), np.ceil(edges.max(axis=0))
    top, bottom = max(int(low[1]), 0), min(int(high[1]), grid.rows)
    left, right = max(int(low[0]), 0), min(int(high[0]), grid.columns)
    return slice(top, max(bottom, top)), slice(left, max(right, left))


def _crossings(edges: Points, rows: slice) -> tuple[npt.NDArray[np.intp], Points, Points]:
    """Row, x and signed weight wherever an edge crosses the middle of a subrow."""
    x0, y0, x1, y1 = edges.T
    low = np.ceil(np.clip(np.minimum(y0, y1), rows.start, rows.stop) * SUBROWS - 0.5).astype(np.intp)
    high = np.ceil(np.clip(np.maximum(y0, y1), rows.start, rows.stop) * SUBROWS - 0.5).astype(np.intp)
    counts = np.maximum(high - low, 0)
    edge = np.repeat(np.arange(len(edges)), counts)
    subrow = np.arange(edge.size) - np.repeat(np.cumsum(counts) - counts, counts) + low[edge]
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    slope = (x1 - x0) / rise
    x = x0[edge] + ((subrow + 0.5) / SUBROWS - y0[edge]) * slope[edge]
    return subrow // SUBROWS - rows.start, x, np.where(y1 < y0, 1.0, -1.0)[edge] / SUBROWS
