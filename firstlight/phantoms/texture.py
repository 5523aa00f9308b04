"""Seeded randomness: streams by name, smooth fields, septal networks and scanner noise."""

import hashlib

import numpy as np
import numpy.typing as npt

from firstlight.phantoms.geometry import Image, Points

_PRIMES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A PCG64 stream of its own for each name, so that one part never disturbs another."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def smooth_field(seed: int, cell_mm: float, *axes: Points | Image) -> Image:
    """Value noise of unit-sized swings on the lattice spanned by the axes (millimetres), anchored in space."""
    lows = [int(np.floor(axis.min() / cell_mm)) for axis in axes]
    highs = [int(np.floor(axis.max() / cell_mm)) + 2 for axis in axes]
    field = _lattice(seed, [np.arange(low, high) for low, high in zip(lows, highs, strict=True)])
    for i, axis in enumerate(axes):
        field = _between(field, np.asarray(axis, float) / cell_mm - lows[i], i)
    return field


def _lattice(seed: int, indices: list[npt.NDArray[np.int64]]) -> Image:
    """Hashed values in [-1, 1]: the same cell has the same value whichever window asks."""
    total = np.uint64(seed % 2**63) * np.ones((1,) * len(indices), np.uint64)
    for i, (index, prime) in enumerate(zip(indices, _PRIMES, strict=False)):
        shape = [1] * len(indices)
        shape[i] = len(index)
        total = _scramble(total + index.astype(np.int64).view(np.uint64).reshape(shape) * np.uint64(prime))
    return (total >> np.uint64(40)).astype(np.float32) / np.float32(2**23) - np.float32(1)


def _scramble(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _between(field: Image, at: Points, axis: int) -> Image:
    """Values at fractional indices of one axis, eased so that the lattice does not show."""
    base = np.floor(at).astype(np.intp)
    part = (at - base).astype(np.float32)
    part = part * part * (3 - 2 * part)
    shape = [1] * field.ndim
    shape[axis] = len(at)
    low, high = field.take(base, axis), field.take(base + 1, axis)
    high -= low
    high *= part.reshape(shape)
    return np.asarray(low + high)


def septal_network(seed: int, cell_mm: float, line_mm: float, at: tuple[Points, Points, Points]) -> Image:
    """Lines between Voronoi cells, 1 on a line and 0 inside a cell; shape of depths, ys, xs."""
    axes = [np.asarray(a, np.float32) / np.float32(cell_mm) for a in at]
    nearest = np.full(tuple(len(a) for a in axes), 1e9, np.float32)
    second = nearest.copy()
    for corner in np.ndindex(2, 2, 2):
        distance = _distance_to_cell(seed, axes, corner)
        second = np.minimum(second, np.maximum(nearest, distance))
        nearest = np.minimum(nearest, distance)
    gap_mm = (np.sqrt(second) - np.sqrt(nearest)) * np.float32(cell_mm)
    return np.asarray(np.exp(-((gap_mm / np.float32(line_mm)) ** 2)))


def _distance_to_cell(seed: int, axes: list[Image], corner: tuple[int, ...]) -> Image:
    """Squared distance from each voxel to the jittered centre of one of its eight neighbouring cells."""
    cells = [np.floor(a - 0.5).astype(np.int64) + c for a, c in zip(axes, corner, strict=True)]
    uniques = [np.arange(cell.min(), cell.max() + 1) for cell in cells]
    picks = np.ix_(*[cell - unique[0] for cell, unique in zip(cells, uniques, strict=True)])
    distance = np.zeros(tuple(len(a) for a in axes), np.float32)
    for i, (axis, cell) in enumerate(zip(axes, cells, strict=True)):
        shape = [1, 1, 1]
        shape[i] = len(axis)
        jitter = _lattice(seed + 7919 * (i + 1), uniques)[picks] * np.float32(0.42)
        distance += ((axis - cell - np.float32(0.5)).reshape(shape) - jitter) ** 2
    return distance


def noise_tiles(generator: np.random.Generator, rows: int, columns: int, count: int) -> Image:
    """Band-limited noise as filtered back-projection leaves it, standard deviation 1; shape (count, rows, columns)."""
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    gain = np.sqrt(frequency) * np.exp(-((frequency / 0.22) ** 2))
    white = generator.standard_normal((count, rows, columns), np.float32)
    tiles = np.fft.irfft2(np.fft.rfft2(white) * gain, s=(rows, columns)).astype(np.float32)
    return np.asarray(tiles / tiles.std())
