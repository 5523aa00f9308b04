"""Slabs of finished sections: anatomy, the lungs' own texture, and disease."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from firstlight.phantoms.body import Body, minor_fissure_depth, oblique_fissure_depth
from firstlight.phantoms.geometry import Grid, Image, Slab, Window
from firstlight.phantoms.lesions import Parenchyma, buds, infiltrate, place_foci
from firstlight.phantoms.patients import Lesion
from firstlight.phantoms.pleura import paint_pleural_lesions
from firstlight.phantoms.section import AERATED, paint_section
from firstlight.phantoms.texture import smooth_field
from firstlight.phantoms.trees import lung_trees, stamp

_VESSEL_HU: Final = 40.0
_WALL_HU: Final = -60.0


def paint_slab(body: Body, lesions: Sequence[Lesion], slab: Slab, *, fine: bool = True) -> Image:
    """Sections (depth, y, x) in Hounsfield units without noise; slender bones, vessels and airways only if fine."""
    canvases = [paint_section(body, float(depth), slab.grid, slender_bones=fine) for depth in slab.depths]
    for canvas, depth in zip(canvases, slab.depths, strict=True):
        paint_pleural_lesions(canvas, body, lesions, float(depth))
    hu = np.stack([canvas.hu for canvas in canvases])
    lung = np.stack([canvas.lung for canvas in canvases])
    window = _lung_window(lung)
    if window is not None:
        texture = lung_texture(body, lesions, slab.cut(window), fine=fine)
        hu[:, *window] += lung[:, *window] * (texture - np.float32(AERATED))
    return hu


def _lung_window(lung: Image) -> Window | None:
    rows = np.flatnonzero(lung.max(axis=(0, 2)) > 0)
    columns = np.flatnonzero(lung.max(axis=(0, 1)) > 0)
    if rows.size == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def lung_texture(body: Body, lesions: Sequence[Lesion], slab: Slab, *, fine: bool) -> Image:
    """Lung density (depth, y, x): gravity, lobules, fissures, disease, vessels and airways, in that order."""
    lung = _parenchyma(body, slab)
    foci = place_foci(body, lesions)
    infiltrate(lung, foci)
    if fine:
        _draw_vessels(lung, body)
        _draw_airways(lung, body)
    sprigs = buds(body, foci)
    if sprigs is not None:
        share = np.zeros_like(lung.hu)
        stamp(share, sprigs, slab)
        lung.hu += share * (np.float32(20) - lung.hu)
    return lung.hu


def _parenchyma(body: Body, slab: Slab) -> Parenchyma:
    grid, gravity = slab.grid, 0.0 if body.upright else 0.48
    hu = np.empty(slab.shape, np.float32)
    hu[:] = (np.float32(AERATED - 6) + np.float32(gravity) * grid.ys)[None, :, None]
    hu += 14 * smooth_field(body.seed + 3, 17.0, slab.depths, grid.ys, grid.xs)
    for index, depth in enumerate(slab.depths):
        hu[index] += 95 * _fissures(float(depth), grid)
    return Parenchyma(slab, hu, np.zeros(slab.shape, np.float32), np.zeros(slab.shape, np.float32))


def _fissures(depth: float, grid: Grid) -> Image:
    """Faint lines where the pleura of two lobes meets."""
    x, y = grid.xs[None, :].astype(float), grid.ys[:, None].astype(float)
    oblique = oblique_fissure_depth(x, y) - depth
    line = np.exp(-((oblique / 1.1) ** 2))
    if 90 < depth < 150:
        minor = minor_fissure_depth(x, y) - depth
        line = np.maximum(line, np.exp(-((minor / 1.1) ** 2)) * 0.7 * (x < 0) * (oblique > 0))
    return np.asarray(line, np.float32)


def _draw_vessels(lung: Parenchyma, body: Body) -> None:
    share = np.zeros_like(lung.hu)
    stamp(share, lung_trees(body).vessels, lung.slab)
    share *= 1 - lung.hidden
    lung.hu += share * np.maximum(np.float32(_VESSEL_HU) - lung.hu, 0)


def _draw_airways(lung: Parenchyma, body: Body) -> None:
    tree = lung_trees(body).airways
    visible = tree.where(tree.radii > 1.05)
    wall, lumen = np.zeros_like(lung.hu), np.zeros_like(lung.hu)
    stamp(wall, visible, lung.slab)
    stamp(lumen, visible, lung.slab, grow_mm=-0.62)
    open_ = 1 - lung.hidden
    lung.hu += wall * open_ * np.maximum(np.float32(_WALL_HU) - lung.hu, 0)
    if lung.solid.any():
        small = tree.where((tree.radii > 0.55) & (tree.radii <= 1.05))
        bronchogram = np.zeros_like(lung.hu)
        stamp(bronchogram, small, lung.slab, grow_mm=0.35)
        lumen = np.maximum(lumen, bronchogram * lung.solid)
    lung.hu += lumen * open_ * (np.float32(-960) - lung.hu)
