"""Chest radiograph of an imagined patient: X-rays through a volume built by the same anatomy, standing, arms down."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from firstlight.phantoms.body import Body, body_of
from firstlight.phantoms.geometry import Grid, Image, Points, Slab, coverage
from firstlight.phantoms.lung_map import STEP_MM, lung_map
from firstlight.phantoms.patients import Lesion, Patient
from firstlight.phantoms.skeleton import Rib, slender_bones
from firstlight.phantoms.slabs import paint_slab
from firstlight.phantoms.texture import stream
from firstlight.phantoms.trees import lung_trees

FIELD_MM: Final = (428.0, 352.0)
"""Height and width of the detector."""
_TOP_MM: Final = -54.0
_FINEST_ACROSS_MM: Final = 0.8
_THROUGH_MM: Final = 2.5
_FRONT_MM: Final = -132.0
_DEEP_MM: Final = 270.0
_FINEST_DOWN_MM: Final = 1.8
_FINE_MM: Final = 0.4
_FINE_SHAPE: Final = (int(FIELD_MM[0] / _FINE_MM), int(FIELD_MM[1] / _FINE_MM))
_SHELL_MM: Final = 1.25
_SHELL_WEIGHT: Final = 1.9
_MARROW_WEIGHT: Final = 0.3
_WATER_PER_MM: Final = 0.0186
_SLAB: Final = 24
_RAYS: Final = 14
_HARDENED_MM: Final = np.float32(24)
"""Bone's extra weight fades as it hardens the beam."""
_SCATTER: Final = 0.55
_WHITE: Final = 4095


def chest_radiograph(
    patient: Patient, lesions: Sequence[Lesion] = (), *, rows: int = 2140, columns: int = 1760
) -> npt.NDArray[np.uint16]:
    """Twelve-bit grey values of shape (rows, columns), bone white, the patient's right on the viewer's left."""
    if rows < 32 or columns < 32:
        raise ValueError("a chest radiograph needs at least 32 rows and 32 columns")
    body = body_of(patient, upright=True)
    thick = _enlarged(_water_mm(body, lesions, rows, columns), rows, columns)
    thick += _enlarged(_vessel_mm(body) + _slender_bone_mm(body), rows, columns)
    thick += _marker_mm(rows, columns)
    return _developed(_exposed(thick, stream(patient.seed, "exposure")))


def _water_mm(body: Body, lesions: Sequence[Lesion], rows: int, columns: int) -> Image:
    """Millimetres of water that each ray crosses, through voxels no finer than the detector asks for."""
    height, width = FIELD_MM
    down, across = max(_FINEST_DOWN_MM, height / rows), max(_FINEST_ACROSS_MM, width / columns)
    layers, tiers = round(height / down), round(width / across)
    down, across = height / layers, width / tiers
    grid = Grid(
        (across - width) / 2 / body.width, _FRONT_MM / body.thickness, across / body.width,
        _THROUGH_MM / body.thickness, round(_DEEP_MM / _THROUGH_MM), tiers,
    )  # fmt: skip
    depths = (_TOP_MM + (np.arange(layers) + 0.5) * down) / body.height
    slabs = [Slab(grid, depths[i : i + _SLAB], down / body.height) for i in range(0, layers, _SLAB)]
    water = np.concatenate([_ray_sums(paint_slab(body, lesions, slab, fine=False)) for slab in slabs])
    padded = np.pad(water, ((1, 1), (0, 0)), mode="edge")
    return np.asarray(0.6 * water + 0.2 * (padded[:-2] + padded[2:]), np.float32)


def _ray_sums(hu: Image) -> Image:
    """Beer and Lambert's exponent along y in millimetres of water; bone counts more than its Hounsfield units say."""
    water = np.maximum(1 + hu / np.float32(1000), 0).sum(axis=1) * np.float32(_THROUGH_MM)
    bone = np.maximum(hu - 120, 0).sum(axis=1) * np.float32(0.0032 * _THROUGH_MM)
    return np.asarray(water + _HARDENED_MM * (1 - np.exp(-bone / _HARDENED_MM)), np.float32)


@lru_cache(maxsize=4)
def _vessel_mm(body: Body) -> Image:
    """Lung markings at the detector's sharpness: every vessel's volume laid on the pixels behind it."""
    tree = lung_trees(body).vessels
    inside = _within_lungs(body, tree.centres)
    centres, radii = tree.centres[inside] * body.scale, tree.radii[inside]
    chance = stream(body.seed, "markings")
    slim = radii < 1.1
    fine = _softened(_laid_down(centres[slim], radii[slim], chance))
    broad = _laid_down(centres[~slim], radii[~slim], chance)
    for _ in range(5):
        broad = _softened(broad)
    return fine + broad


def _laid_down(centres: Points, radii: Points, chance: np.random.Generator) -> Image:
    """Millimetres of blood along each ray, the volume of every ball spread over its own disc."""
    volume = np.pi * radii**2 * np.maximum(0.8 * radii, 0.62) * 0.93 / _RAYS
    total = np.zeros(_FINE_SHAPE, np.float32)
    for _ in range(_RAYS):
        share, angle = np.sqrt(chance.random(len(radii))) * 0.95, chance.uniform(0, 2 * np.pi, len(radii))
        x = centres[:, 0] + share * radii * np.cos(angle)
        total += _deposited(x, centres[:, 2] + share * radii * np.sin(angle), volume)
    return total


def _deposited(x: Points, depth: Points, volume: Points) -> Image:
    """Millimetres along each ray when volumes (cubic millimetres) fall on the fine pixels behind them."""
    row = ((depth - _TOP_MM) / _FINE_MM).astype(np.intp)
    column = ((x + FIELD_MM[1] / 2) / _FINE_MM).astype(np.intp)
    seen = (row >= 0) & (row < _FINE_SHAPE[0]) & (column >= 0) & (column < _FINE_SHAPE[1])
    cells = row[seen] * _FINE_SHAPE[1] + column[seen]
    total = np.bincount(cells, volume[seen] / _FINE_MM**2, _FINE_SHAPE[0] * _FINE_SHAPE[1])
    return np.asarray(total.reshape(_FINE_SHAPE), np.float32)


@lru_cache(maxsize=4)
def _slender_bone_mm(body: Body) -> Image:
    """Ribs and clavicles at the detector's sharpness: shell and marrow of each cross-section laid on the pixels."""
    total = np.zeros(_FINE_SHAPE, np.float32)
    for bone in slender_bones(body.upright):
        total += _deposited(*_bone_points(bone, body.scale))
    return _softened(_softened(total))


def _bone_points(bone: Rib, scale: Points) -> tuple[Points, Points, Points]:
    """A bone as points: x, depth, and cubic millimetres of water each weighs more than what it displaces."""
    midline, out = _refined(bone.midline), _refined(bone.outwards)
    tall, thick = _refined(bone.half_height[:, None]), _refined(bone.half_thickness[:, None])
    ahead = np.gradient(midline, axis=0)
    length = np.linalg.norm(ahead, axis=1)[:, None]
    up = np.cross(ahead / length, np.column_stack([out, np.zeros(len(out))]))
    v, w = (part.reshape(1, -1) for part in np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 11)))
    inside = np.hypot(v, w)[0] < 1
    v, w = v[:, inside], w[:, inside]
    x = midline[:, :1] + up[:, :1] * tall * v + out[:, :1] * thick * w
    depth = midline[:, 2:] + up[:, 2:] * tall * v
    shell = np.hypot(v * tall / (tall - _SHELL_MM), w * thick / (thick - _SHELL_MM)) > 1
    volume = np.pi * tall * thick * length / inside.sum() * np.where(shell, _SHELL_WEIGHT, _MARROW_WEIGHT)
    return (x * scale[0]).ravel(), (depth * scale[2]).ravel(), volume.ravel()


def _refined(values: Points) -> Points:
    """Four stations for each one, by straight lines between them."""
    index = np.arange(len(values))
    fine = np.linspace(0, len(values) - 1, 4 * len(values))
    return np.stack([np.interp(fine, index, column) for column in values.T], axis=1)


def _within_lungs(body: Body, centres: Points) -> npt.NDArray[np.bool_]:
    lungs = lung_map(body)
    i, j, k = np.round((centres - lungs.origin) / STEP_MM).astype(np.intp).T[::-1]
    shape = lungs.lobe.shape
    inside = (i >= 0) & (i < shape[0]) & (j >= 0) & (j < shape[1]) & (k >= 0) & (k < shape[2])
    inside[inside] = lungs.lobe[i[inside], j[inside], k[inside]] >= 0
    return np.asarray(inside)


def _softened(image: Image) -> Image:
    padded = np.pad(image, 1)
    across = 0.5 * padded[:, 1:-1] + 0.25 * (padded[:, :-2] + padded[:, 2:])
    return np.asarray(0.5 * across[1:-1] + 0.25 * (across[:-2] + across[2:]), np.float32)


def _marker_mm(rows: int, columns: int) -> Image:
    """A lead letter R beside the patient's right shoulder: a side marker, not anybody's identity."""
    height, width = FIELD_MM
    grid = Grid(width / columns / 2, height / rows / 2, width / columns, height / rows, rows, columns)
    left, top = 20.0, 30.0
    turn = np.linspace(-np.pi / 2, np.pi / 2, 16)
    stem = np.array([[0, 0], [2.6, 0], [2.6, 16], [0, 16]], float)
    outer = np.column_stack([5.5 + 4.2 * np.cos(turn), 4.6 + 4.6 * np.sin(turn)])
    inner = np.column_stack([5.3 + 2.0 * np.cos(turn), 4.6 + 2.2 * np.sin(turn)])
    bow = np.concatenate([[[2.4, 0]], outer, [[2.4, 9.2]], [[2.4, 6.8]], inner[::-1], [[2.4, 2.4]]])
    leg = np.array([[4.0, 8.6], [6.8, 8.6], [10.2, 16], [7.2, 16]])
    window, cover = coverage([part + np.array([left, top]) for part in (stem, bow, leg)], grid)
    lead = np.zeros((rows, columns), np.float32)
    lead[window] = 260 * cover
    return lead


def _enlarged(image: Image, rows: int, columns: int) -> Image:
    """Cubic interpolation to the detector's pixels."""
    return np.asarray(_cubic(image.shape[0], rows) @ image @ _cubic(image.shape[1], columns).T, np.float32)


def _cubic(have: int, want: int) -> Image:
    """Catmull and Rom's weights as a matrix (want, have)."""
    at = (np.arange(want) + 0.5) * have / want - 0.5
    base = np.floor(at).astype(np.intp)
    t = at - base
    taps = (
        -0.5 * t + t**2 - 0.5 * t**3,
        1 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2 * t**2 - 1.5 * t**3,
        -0.5 * t**2 + 0.5 * t**3,
    )
    weights = np.zeros((want, have), np.float32)
    for offset, tap in zip((-1, 0, 1, 2), taps, strict=True):
        np.add.at(weights, (np.arange(want), np.clip(base + offset, 0, have - 1)), tap)
    return weights


def _blurred(image: Image, cells: int) -> Image:
    """A broad blur: averages over blocks, enlarged again."""
    height, width = image.shape
    rows, columns = min(cells, height), max(min(int(cells * width / height), width), 4)
    small = _block_means(_block_means(image, rows).T, columns).T
    padded = np.pad(small, 1, mode="edge")
    smooth = sum(padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)) / np.float32(9)
    return _enlarged(np.asarray(smooth, np.float32), height, width)


def _block_means(image: Image, count: int) -> Image:
    starts = np.linspace(0, image.shape[0], count + 1).astype(np.intp)
    return np.asarray(np.add.reduceat(image, starts[:-1], axis=0) / np.diff(starts)[:, None], np.float32)


def _exposed(water_mm: Image, generator: np.random.Generator) -> Image:
    """What the detector counts: primary rays, scatter, and quantum noise."""
    primary = np.exp(np.float32(-_WATER_PER_MM) * water_mm)
    signal = primary + np.float32(_SCATTER) * np.minimum(_blurred(primary, 14), 0.25)
    grain = generator.standard_normal(signal.shape, np.float32)
    return np.asarray(np.maximum(signal + np.float32(0.0036) * np.sqrt(signal) * grain, 1e-4))


def _developed(signal: Image) -> npt.NDArray[np.uint16]:
    """The maker's processing: logarithm, evened-out contrast, and a sigmoid for display."""
    density = -np.log(signal)
    even = density - np.float32(0.42) * _blurred(density, 20)
    sample = even[::16, ::16]
    height, width = sample.shape
    middle = sample[height // 6 : -height // 6, width // 8 : -width // 8]
    low, high = np.percentile(middle, (6, 90))
    tone = (even - (low + high) / 2) / np.float32((high - low) / 2)
    grey = 1 / (1 + np.exp(np.float32(-1.45) * tone))
    return np.asarray(np.rint(np.clip(grey, 0, 1) * _WHITE).astype(np.uint16))
