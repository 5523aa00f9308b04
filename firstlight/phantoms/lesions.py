"""Lesions by published pattern, as changes of lung (glossary: Bankier et al., Radiology 2024;310:e232558)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from firstlight.phantoms.body import Body, cage_radius, lobe_share
from firstlight.phantoms.geometry import Image, Points, Slab
from firstlight.phantoms.lung_map import lung_map
from firstlight.phantoms.patients import LOBES, Lesion
from firstlight.phantoms.texture import septal_network, smooth_field, stream
from firstlight.phantoms.trees import Branches, lung_trees

PLEURAL: Final = ("effusion", "pneumothorax")
_LOBE_WEIGHTS: Final = (0.2, 0.1, 0.27, 0.18, 0.25)
_SLACK: Final = 1.45
_USUAL_RADIUS_MM: Final = 15.0
"""Where a focus starts does not depend on how far it has grown, so that a later study shows it in its place."""
_ROUND: Final = ("nodules", "cavity", "reversed_halo", "tree_in_bud")
_HILUM: Final = np.array([42.0, 14.0, 118.0])


@dataclass(frozen=True)
class Focus:
    """One place of disease: whose it is, its centre and half-axes, the direction away from the pleura, its own seed."""

    lesion: int
    pattern: str
    zone: str
    centre: Points
    radius_mm: float
    inwards: Points
    flatness: float
    scale: Points
    seed: int


@dataclass
class Parenchyma:
    """A slab of lung before its vessels are drawn, all of shape (depth, y, x).

    ``hu`` is the lung's own density, ``hidden`` where vessels and airways are gone, ``solid`` where airways show
    as bronchograms.
    """

    slab: Slab
    hu: Image
    hidden: Image
    solid: Image


def place_foci(body: Body, lesions: Sequence[Lesion]) -> list[Focus]:
    """Where every focus of every lesion lies: decided by the patient's seed and the lesion's place in the list.

    The same lesion later, larger or solid by now, stays where it was.
    """
    return [
        _focus(body, i, lesion, lobe, stream(body.seed, "focus", i, k))
        for i, lesion in enumerate(lesions)
        if lesion.pattern not in PLEURAL
        for k, lobe in enumerate(_lobes_of(body, lesion, i))
    ]


def _lobes_of(body: Body, lesion: Lesion, index: int) -> list[str]:
    if lesion.zone != "diffuse":
        return [lesion.zone] * lesion.count
    order = stream(body.seed, "lobes", index).choice(LOBES, max(lesion.count, 6), p=_LOBE_WEIGHTS)
    return ["RLL", "LLL", *map(str, order[2:])]


def _focus(body: Body, index: int, lesion: Lesion, lobe: str, generator: np.random.Generator) -> Focus:
    scale = body.scale
    size = generator.uniform(0.75, 1.15)
    radius = 0.5 * lesion.diameter_mm * (1.0 if lesion.count == 1 else size)
    room = _room(body, lesion, lobe, radius if lesion.pattern in _ROUND else _USUAL_RADIUS_MM)
    behind = np.exp(room[:, 1] / 45) if lesion.location == "peripheral" else np.ones(len(room))
    centre = room[generator.choice(len(room), p=behind / behind.sum())] + generator.uniform(-2, 2, 3)
    flat = lesion.location == "peripheral" and lesion.pattern in {"ground_glass", "crazy_paving", "consolidation"}
    return Focus(
        index, lesion.pattern, lobe, centre, radius, lung_map(body).inwards(centre), 1.5 if flat else 1.0, scale,
        int(generator.integers(2**40)),
    )  # fmt: skip


def _room(body: Body, lesion: Lesion, lobe: str, radius: float) -> Points:
    """Where a focus may be centred: under the ribs when peripheral, towards the hilum when central."""
    everywhere = lung_map(body).voxels(lobe, 1.0, roomy=True)
    off_wall = _costal_mm(everywhere)
    if lesion.location == "peripheral":
        near = float(np.clip(0.8 * radius, 6.0, 14.0)) if lesion.pattern in _ROUND else 1.0
        kept = (off_wall >= near) & (off_wall <= max(6.0 + 0.3 * radius, near + 6))
    else:
        from_hilum = np.linalg.norm((np.abs(everywhere) - _HILUM) * body.scale, axis=1)
        kept = (off_wall > 25) & (from_hilum < max(60.0, float(np.percentile(from_hilum, 25))))
    return everywhere[kept] if kept.any() else everywhere


def _costal_mm(points: Points) -> Points:
    """Distance to the chest wall, the mediastinum and the diaphragm not counted as periphery."""
    radius = cage_radius(points[:, 2], np.arctan2(points[:, 0], -points[:, 1]) % (2 * np.pi))
    return np.asarray(radius - np.hypot(points[:, 0], points[:, 1]))


def infiltrate(lung: Parenchyma, foci: Sequence[Focus]) -> None:
    """Change a slab of lung by the foci that reach into it."""
    for focus in foci:
        window = _window(lung, focus)
        if all(part.stop > part.start for part in window):
            _PATTERNS[focus.pattern](_Site(lung, focus, window))


def _window(lung: Parenchyma, focus: Focus) -> tuple[slice, slice, slice]:
    reach = focus.radius_mm * _SLACK * focus.flatness**0.5 / focus.scale
    spans = []
    axes: tuple[Points, ...] = (lung.slab.depths, lung.slab.grid.ys, lung.slab.grid.xs)
    for axis, centre, span in zip(axes, focus.centre[::-1], reach[::-1], strict=True):
        spans.append(slice(*np.searchsorted(axis, (centre - span, centre + span))))
    return spans[0], spans[1], spans[2]


class _Site:
    """A focus within its window of a slab: distances, textures, and the changes a pattern makes there."""

    def __init__(self, lung: Parenchyma, focus: Focus, window: tuple[slice, slice, slice]) -> None:
        self.lung, self.focus, self.window = lung, focus, window
        self.depths = np.asarray(lung.slab.depths[window[0]], float)
        self.ys, self.xs = lung.slab.grid.ys[window[1]], lung.slab.grid.xs[window[2]]
        self.reach = self._reach()

    def _reach(self) -> Image:
        """Distance from the centre in radii, 1 on the surface; irregular, and flattened against the pleura."""
        focus = self.focus
        dz = ((self.depths - focus.centre[2]) * focus.scale[2]).astype(np.float32)[:, None, None]
        dy = ((self.ys - focus.centre[1]) * focus.scale[1]).astype(np.float32)[None, :, None]
        dx = ((self.xs - focus.centre[0]) * focus.scale[0]).astype(np.float32)[None, None, :]
        a, b, c = focus.inwards.astype(np.float32)
        normal = dx * a + dy * b + dz * c
        squared = dx * dx + dy * dy + dz * dz
        across = np.maximum(squared - normal * normal, 0)
        flat = np.float32(focus.flatness)
        return np.asarray(np.sqrt(across / flat + normal * normal * flat) / np.float32(focus.radius_mm))

    def noise(self, cell_mm: float, salt: int = 0) -> Image:
        """Smooth noise in space around the focus."""
        return smooth_field(self.focus.seed + salt, cell_mm, self.depths, self.ys, self.xs)

    def network(self, cell_mm: float, line_mm: float, salt: int = 0) -> Image:
        """Septal lines around lobules of a size."""
        return septal_network(self.focus.seed + salt, cell_mm, line_mm, (self.depths, self.ys, self.xs))

    def lobe(self) -> Image:
        """Share of the focus's own lobe."""
        x, y = self.xs[None, None, :], self.ys[None, :, None]
        return lobe_share(self.focus.zone, x, y, self.depths[:, None, None]).astype(np.float32)

    def body_of_lesion(self, roughness: float, softness: float) -> Image:
        """1 inside, 0 outside, with an irregular edge of the given softness (in radii)."""
        coarse = max(0.45 * self.focus.radius_mm, 4.0)
        rough = 0.7 * self.noise(coarse) + 0.3 * self.noise(coarse / 2.7, 1)
        edge = (1 - self.reach + np.float32(roughness) * rough) / np.float32(softness) + np.float32(0.5)
        edge = np.clip(edge, 0, 1)
        return np.asarray(edge * edge * (3 - 2 * edge) * self.lobe())

    def mix(self, share: Image, hu: Image | float) -> None:
        """Move the lung's density towards another."""
        area = self.lung.hu[self.window]
        area += share * (np.asarray(hu, np.float32) - area)

    def hide_vessels(self, share: Image) -> None:
        """Take vessels and airways out of sight."""
        area = self.lung.hidden[self.window]
        np.maximum(area, share, out=area)

    def show_bronchograms(self, share: Image) -> None:
        """Let airways show through dense lung."""
        area = self.lung.solid[self.window]
        np.maximum(area, share, out=area)


def _haze(site: _Site, share: Image) -> None:
    density = -520 + 75 * site.noise(9.0, 2) + 35 * site.noise(3.5, 3)
    site.mix(share * 0.92, density)


def _ground_glass(site: _Site) -> None:
    _haze(site, site.body_of_lesion(0.42, 0.38))


def _crazy_paving(site: _Site) -> None:
    share = site.body_of_lesion(0.40, 0.28)
    _haze(site, share)
    coarse = site.network(10.0, 0.75)
    fine = site.network(5.2, 0.50, 5)
    faded = np.clip(0.75 + 0.6 * site.noise(7.0, 8), 0.15, 1)
    site.mix(share * faded * np.maximum(coarse * 0.85, fine * 0.55), -110.0)


def _consolidation(site: _Site) -> None:
    _haze(site, site.body_of_lesion(0.45, 0.55))
    share = site.body_of_lesion(0.42, 0.16)
    patchy = np.clip(1.05 + 0.35 * site.noise(6.0, 4), 0, 1)
    site.mix(share * patchy, 22 + 12 * site.noise(5.0, 5))
    site.show_bronchograms(share)


def _reversed_halo(site: _Site) -> None:
    whole = site.body_of_lesion(0.22, 0.14)
    rough = site.noise(max(0.5 * site.focus.radius_mm, 4.0)) * np.float32(0.2)
    inner = np.clip((0.72 + rough - site.reach) / np.float32(0.14) + np.float32(0.5), 0, 1)
    _haze(site, whole)
    site.mix(whole * (1 - inner) * np.clip(0.95 + 0.4 * site.noise(7.0, 4), 0.35, 1), 5.0)


def _septal_thickening(site: _Site) -> None:
    share = site.body_of_lesion(0.35, 0.45)
    site.mix(share * 0.10, -560.0)
    lines = site.network(15.0, 0.85)
    faded = np.clip(0.7 + 0.8 * site.noise(12.0, 8), 0.1, 1)
    site.mix(share * lines * faded * 0.85, -120.0)


def _nodule(site: _Site) -> None:
    site.mix(site.body_of_lesion(0.10, min(0.9 / site.focus.radius_mm + 0.05, 0.4)), 28.0)


def _cavity(site: _Site) -> None:
    _haze(site, np.clip((1.30 + 0.2 * site.noise(8.0, 6) - site.reach) * 3, 0, 1) * site.lobe() * np.float32(0.6))
    share = site.body_of_lesion(0.16, 0.08)
    rough = site.noise(max(0.4 * site.focus.radius_mm, 3.0), 7) * np.float32(0.16)
    hollow = np.clip((0.60 + rough - site.reach) / np.float32(0.07) + np.float32(0.5), 0, 1)
    site.mix(share, 34.0)
    site.mix(hollow * share, -960.0)
    site.hide_vessels(share)


def _tree_in_bud(site: _Site) -> None:
    site.mix(site.body_of_lesion(0.4, 0.6) * 0.14, -560.0)


_PATTERNS: Final = {
    "ground_glass": _ground_glass,
    "crazy_paving": _crazy_paving,
    "consolidation": _consolidation,
    "reversed_halo": _reversed_halo,
    "septal_thickening": _septal_thickening,
    "nodules": _nodule,
    "cavity": _cavity,
    "tree_in_bud": _tree_in_bud,
}


def buds(body: Body, foci: Sequence[Focus]) -> Branches | None:
    """Swollen ends of the airways within tree-in-bud foci: short stalks with knobs, each its own little tree."""
    sprigs = [_sprig(body, focus) for focus in foci if focus.pattern == "tree_in_bud"]
    if not sprigs:
        return None
    centres, radii = (np.concatenate(column) for column in zip(*sprigs, strict=True))
    return Branches(centres, radii, np.zeros(len(radii)), np.ones(len(radii)), centres)


def _sprig(body: Body, focus: Focus) -> tuple[Points, Points]:
    tips = lung_trees(body).airways.tips
    apart = np.linalg.norm((tips - focus.centre) * focus.scale, axis=1)
    inside = tips[(apart < focus.radius_mm) & (lobe_share(focus.zone, *tips.T) > 0.5)]
    generator = np.random.Generator(np.random.PCG64(focus.seed))
    count = max(len(inside), 4)
    if len(inside) < count:
        inside = focus.centre + generator.normal(0, 0.35 * focus.radius_mm, (count, 3))
    arms = generator.integers(3, 6, len(inside))
    stem = np.repeat(inside, arms, axis=0)
    heading = generator.normal(0, 1, stem.shape) * np.array([1, 1, 0.6])
    heading *= (generator.uniform(3.0, 6.0, len(stem)) / np.linalg.norm(heading, axis=1))[:, None]
    t = np.linspace(0, 1, 8)[None, :, None]
    centres = stem[:, None, :] + heading[:, None, :] * t
    radii = np.where(t[..., 0] > 0.86, generator.uniform(1.5, 2.2, (len(stem), 1)), 0.9)
    return centres.reshape(-1, 3), radii.reshape(-1)
