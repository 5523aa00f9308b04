"""Arteries, veins and airways that fill each lobe, tapering as they branch.

Volume-filling branching after Tawhai, Pullan and Hunter, Ann Biomed Eng 2000;28:793; radii by Murray's law.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from firstlight.phantoms.body import Body
from firstlight.phantoms.geometry import Image, Points, Slab
from firstlight.phantoms.lung_map import lung_map
from firstlight.phantoms.patients import LOBES
from firstlight.phantoms.texture import stream

_TERMINALS: Final = {"RUL": 700, "RML": 360, "RLL": 920, "LUL": 860, "LLL": 860}
_ARTERY_ROOTS: Final = {
    "RUL": (-34, 2, 101), "RML": (-43, 10, 132), "RLL": (-42, 20, 136), "LUL": (40, 8, 107), "LLL": (45, 27, 130),
}  # fmt: skip
_VEIN_ROOTS: Final = {
    "RUL": (-36, -6, 125), "RML": (-38, -7, 129), "RLL": (-38, 17, 156), "LUL": (40, -6, 124), "LLL": (40, 22, 153),
}  # fmt: skip
_BRONCHUS_ROOTS: Final = {
    "RUL": (-38, 14, 97), "RML": (-42, 4, 139), "RLL": (-37, 25, 143), "LUL": (46, 10, 110), "LLL": (41, 31, 142),
}  # fmt: skip
_TIP_MM: Final = 0.47
_MURRAY: Final = 1 / 3.0


@dataclass(frozen=True)
class Branches:
    """Centres (n, 3) as x, y, depth of overlapping balls, their radii, steepness (0 in plane, 1 upright), rank."""

    centres: Points
    radii: Points
    upright: Points
    terminals: Points
    tips: Points

    def where(self, chosen: npt.NDArray[Any]) -> "Branches":
        """Only some of the balls."""
        return Branches(
            self.centres[chosen], self.radii[chosen], self.upright[chosen], self.terminals[chosen], self.tips
        )


@dataclass(frozen=True)
class LungTrees:
    """All vessels of both lungs, and all airways outside their main bronchi by the radius of their wall."""

    vessels: Branches
    airways: Branches


@lru_cache(maxsize=8)
def lung_trees(body: Body) -> LungTrees:
    """Grow the trees of a body."""
    arteries = [_tree(body, lobe, "artery", _ARTERY_ROOTS[lobe]) for lobe in LOBES]
    veins = [_tree(body, lobe, "vein", _VEIN_ROOTS[lobe]) for lobe in LOBES]
    airways = [_alongside(tree, lobe) for tree, lobe in zip(arteries, LOBES, strict=True)]
    return LungTrees(_joined([*arteries, *veins]), _joined(airways))


def _joined(trees: list[Branches]) -> Branches:
    fields = ("centres", "radii", "upright", "terminals", "tips")
    return Branches(*(np.concatenate([getattr(tree, field) for tree in trees]) for field in fields))


def _tree(body: Body, lobe: str, kind: str, root: tuple[int, int, int]) -> Branches:
    generator = stream(body.seed, "tree", kind, lobe)
    room = lung_map(body).voxels(lobe, 3.0)
    chosen = generator.choice(len(room), min(_TERMINALS[lobe], len(room)), replace=False)
    targets = room[chosen] + generator.uniform(-2, 2, (len(chosen), 3))
    return _sampled(*_grow(np.array(root, float), targets, generator), targets)


def _grow(root: Points, targets: Points, generator: np.random.Generator) -> tuple[Points, Points, Points, Points]:
    """Segments as start, end, heading at the start, and number of targets they feed."""
    owner = np.zeros(len(targets), np.intp)
    tips, headings = root[None], (targets.mean(axis=0) - root)[None]
    headings = headings / np.linalg.norm(headings)
    alive = np.ones(len(targets), bool)
    found = []
    while alive.any():
        halves = 2 * owner[alive] + _split(targets[alive], owner[alive], len(tips), generator)
        clusters, member, sizes = np.unique(halves, return_inverse=True, return_counts=True)
        centres = np.stack([np.bincount(member, targets[alive][:, i]) / sizes for i in range(3)], axis=1)
        starts, before = tips[clusters // 2], headings[clusters // 2]
        reach = np.where(sizes == 1, 1.0, generator.uniform(0.38, 0.60, len(sizes)))
        ends = starts + reach[:, None] * (centres - starts)
        found.append((starts, ends, before, sizes.astype(float)))
        steps = ends - starts
        headings = steps / np.maximum(np.linalg.norm(steps, axis=1), 1e-6)[:, None]
        tips = ends
        owner[alive] = member
        alive[alive] = sizes[member] > 1
    starts, ends, before, sizes = (np.concatenate(column) for column in zip(*found, strict=True))
    return starts, ends, before, sizes


def _split(
    points: Points, owner: npt.NDArray[np.intp], count: int, generator: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Side of each point, 0 or 1, when every cluster is cut across its longest axis."""
    sizes = np.maximum(np.bincount(owner, minlength=count), 1)
    centres = np.stack([np.bincount(owner, points[:, i], count) / sizes for i in range(3)], axis=1)
    apart = points - centres[owner]
    spread = np.stack(
        [np.bincount(owner, apart[:, i] * apart[:, j], count) for i in range(3) for j in range(3)], axis=1
    )
    axes = np.linalg.eigh(spread.reshape(-1, 3, 3) + 1e-6 * np.eye(3))[1][:, :, 2]
    axes = axes + generator.normal(0, 0.25, axes.shape)
    return np.asarray(np.sum(apart * axes[owner], axis=1) > 0, np.intp)


def _sampled(starts: Points, ends: Points, before: Points, sizes: Points, tips: Points) -> Branches:
    """Balls along gently curved segments."""
    radii = _TIP_MM * sizes**_MURRAY
    lengths = np.linalg.norm(ends - starts, axis=1)
    counts = np.maximum((lengths / np.maximum(0.8 * radii, 0.62)).astype(np.intp), 1)
    which = np.repeat(np.arange(len(starts)), counts)
    t = ((np.arange(which.size) - np.repeat(np.cumsum(counts) - counts, counts)) / counts[which])[:, None]
    leave = before[which] * lengths[which, None] * 0.8
    arrive = (ends - starts)[which]
    h1, h2, h3 = t * (1 - t) ** 2, t * t * (3 - 2 * t), t * t * (t - 1)
    centres = starts[which] * (1 - h2) + ends[which] * h2 + leave * h1 + arrive * h3
    along = leave * (1 - t) ** 2 + arrive * (1 - (1 - t) ** 2)
    upright = np.abs(along[:, 2]) / np.maximum(np.linalg.norm(along, axis=1), 1e-6)
    taper = 1.12 - 0.2 * t[:, 0]
    return Branches(centres, radii[which] * taper, upright, sizes[which], tips)


def _alongside(artery: Branches, lobe: str) -> Branches:
    """The bronchi that run beside an artery's branches, thinner than it and ending sooner."""
    shift = np.array(_BRONCHUS_ROOTS[lobe], float) - np.array(_ARTERY_ROOTS[lobe], float)
    unit = shift / np.linalg.norm(shift)
    share = (artery.radii / artery.radii.max())[:, None]
    shifted = artery.centres + share**2 * shift + (1 - share**2) * 1.9 * artery.radii[:, None] * unit
    return Branches(shifted, artery.radii * 0.92, artery.upright, artery.terminals, artery.tips)


def stamp(volume: Image, branches: Branches, slab: Slab, grow_mm: float = 0.0) -> None:
    """Raise a volume (depth, y, x) to the share of each voxel that balls fill."""
    balls = replace(branches, radii=branches.radii + grow_mm)
    reach = _half_chord(np.maximum(balls.radii, 0), balls.upright) + 0.5 * slab.step_mm
    low, high = balls.centres[:, 2] - reach, balls.centres[:, 2] + reach
    kept = (balls.radii > 0) & (high > slab.depths[0]) & (low < slab.depths[-1])
    sizes = np.ceil(balls.radii / min(slab.grid.dx_mm, slab.grid.dy_mm) + 0.5).astype(np.intp)
    for size in np.unique(sizes[kept]):
        some = np.flatnonzero(kept & (sizes == size))
        for part in np.array_split(some, max(1, len(some) * (2 * size + 1) ** 2 // 2_000_000)):
            _stamp_alike(volume, balls.where(part), int(size), slab)


def _half_chord(radii: Points, upright: Points) -> Points:
    """Half the length along depth that a tube of this radius and steepness fills."""
    across = np.sqrt(np.maximum(1 - upright**2, 0.04))
    return np.asarray(np.minimum(0.85 * radii / across, radii + 1.5))


def _stamp_alike(volume: Image, balls: Branches, size: int, slab: Slab) -> None:
    """Stamp balls that fit into equally large squares of pixels."""
    grid = slab.grid
    ball, layer, share = _layers(balls, slab)
    row = (balls.centres[ball, 1] - grid.y_mm) / grid.dy_mm
    column = (balls.centres[ball, 0] - grid.x_mm) / grid.dx_mm
    window = np.arange(-size, size + 1)
    i = np.round(row).astype(np.intp)[:, None] + window
    j = np.round(column).astype(np.intp)[:, None] + window
    dy = ((i - row[:, None]) * grid.dy_mm).astype(np.float32)
    dx = ((j - column[:, None]) * grid.dx_mm).astype(np.float32)
    away = np.sqrt(dy[:, :, None] ** 2 + dx[:, None, :] ** 2)
    cover = np.clip((balls.radii[ball].astype(np.float32)[:, None, None] - away) / np.float32(grid.dx_mm) + 0.5, 0, 1)
    cover *= share.astype(np.float32)[:, None, None]
    inside = ((i >= 0) & (i < grid.rows))[:, :, None] & ((j >= 0) & (j < grid.columns))[:, None, :] & (cover > 0.01)
    cell = (layer[:, None, None] * grid.rows + i[:, :, None]) * grid.columns + j[:, None, :]
    np.maximum.at(volume.reshape(-1), cell[inside], cover[inside])


def _layers(balls: Branches, slab: Slab) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Points]:
    """Every pair of a ball and a section it reaches, with the share of the section's thickness it fills."""
    half, step, top = _half_chord(balls.radii, balls.upright), slab.step_mm, slab.depths[0]
    first = np.ceil((balls.centres[:, 2] - half - 0.5 * step - top) / step).astype(np.intp)
    last = np.floor((balls.centres[:, 2] + half + 0.5 * step - top) / step).astype(np.intp)
    first, last = np.maximum(first, 0), np.minimum(last, len(slab.depths) - 1)
    counts = np.maximum(last - first + 1, 0)
    ball = np.repeat(np.arange(len(half)), counts)
    layer = first[ball] + np.arange(ball.size) - np.repeat(np.cumsum(counts) - counts, counts)
    offset = np.abs(top + layer * step - balls.centres[ball, 2])
    share = np.clip((half[ball] + 0.5 * step - offset) / step, 0, np.minimum(1, 2 * half[ball] / step))
    return ball, layer, share
