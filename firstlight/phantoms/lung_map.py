"""A coarse map of both lungs: what is lung, which lobe, and how far the pleura is."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from firstlight.phantoms.body import BASE_DEPTH_MM, Body, lobe_share
from firstlight.phantoms.geometry import Grid, Image, Points
from firstlight.phantoms.patients import LOBES
from firstlight.phantoms.section import Canvas, paint_pleural_spaces

STEP_MM: Final = 4.0
_REACH: Final = 14


@dataclass(frozen=True)
class LungMap:
    """Voxels of ``STEP_MM`` in order depth, y, x.

    Lobe number (-1 outside), millimetres from the pleura, and whether thick lung is near (not so in a recess).
    """

    origin: Points
    lobe: npt.NDArray[np.int8]
    pleura_mm: Image
    roomy: npt.NDArray[np.bool_]

    def voxels(self, lobe: str, nearest_mm: float, *, roomy: bool = False) -> Points:
        """Centres (n, 3) as x, y, depth of a lobe's voxels at least so far from the pleura."""
        found = np.argwhere(
            (self.lobe == LOBES.index(lobe)) & (self.pleura_mm >= nearest_mm) & (self.roomy | (not roomy))
        )
        return np.asarray(self.origin + found[:, ::-1] * STEP_MM)

    def inwards(self, point: Points) -> Points:
        """Unit vector away from the nearest pleura, as x, y, depth."""
        i, j, k = np.round((point - self.origin) / STEP_MM).astype(int)[::-1]
        block = self.pleura_mm[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3, max(k - 2, 0) : k + 3]
        slopes = np.array([float(np.mean(np.diff(block, axis=axis))) for axis in (2, 1, 0)])
        return slopes / max(float(np.linalg.norm(slopes)), 1e-6)


@lru_cache(maxsize=8)
def lung_map(body: Body) -> LungMap:
    """Survey the lungs of a body."""
    grid = Grid(-140.0, -108.0, STEP_MM, STEP_MM, 56, 71)
    depths = np.arange(0.0, BASE_DEPTH_MM + 12, STEP_MM)
    lungs = np.stack([_lung_at(body, float(depth), grid) for depth in depths]) > 0.5
    x, y = np.meshgrid(grid.xs, grid.ys)
    shares = np.stack([lobe_share(lobe, x[None], y[None], depths[:, None, None]) for lobe in LOBES])
    lobe = np.where(lungs, np.argmax(shares, axis=0), -1).astype(np.int8)
    pleura_mm = _distance_inside(lungs)
    near_thick_lung = ~_eroded(_eroded(_eroded(pleura_mm < 13, diagonal=False), diagonal=True), diagonal=False)
    return LungMap(np.array([grid.x_mm, grid.y_mm, depths[0]]), lobe, pleura_mm, near_thick_lung)


def _lung_at(body: Body, depth: float, grid: Grid) -> Image:
    canvas = Canvas(grid)
    paint_pleural_spaces(canvas, body, depth)
    return canvas.lung


def _distance_inside(inside: npt.NDArray[np.bool_]) -> Image:
    """Millimetres to the nearest voxel outside, by repeated erosion."""
    distance = inside.astype(np.float32) * np.float32(0.5)
    core = inside
    for round_number in range(_REACH):
        core = _eroded(core, diagonal=round_number % 2 == 1)
        distance += core
    return distance * np.float32(STEP_MM)


def _eroded(inside: npt.NDArray[np.bool_], *, diagonal: bool) -> npt.NDArray[np.bool_]:
    """One erosion by a cross, every other time by a square in plane, so that distance grows nearly round."""
    shrunk = inside.copy()
    for axis in range(3):
        shrunk &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    if diagonal:
        for shift in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            shrunk &= np.roll(inside, shift, (1, 2))
    return shrunk
