"""Pictures of each modality: brightness from 0 to 1, each unlike every other, so that an output can be told by it."""

import random
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from firstlight.phantoms.patients import Patient
from firstlight.phantoms.radiograph import chest_radiograph

Frames = npt.NDArray[np.float64]


def axial(chance: random.Random, size: int, noise: float = 0.02) -> Frames:
    """A body in cross-section with a few bright and dark organs: CT, MR, PET."""
    rows, columns = np.mgrid[0:size, 0:size] / size - 0.5
    picture = np.zeros((size, size))
    picture[_ellipse(rows, columns, 0, 0, 0.34, 0.43)] = 0.55
    for _ in range(7):
        centre = chance.uniform(-0.2, 0.2), chance.uniform(-0.28, 0.28)
        organ = _ellipse(rows, columns, *centre, chance.uniform(0.03, 0.11), chance.uniform(0.03, 0.12))
        picture[organ] = chance.uniform(0.15, 0.95)
    return _noisy(chance, picture[None], noise)


@lru_cache(maxsize=4)
def _chest(seed: int, rows: int, columns: int) -> Frames:
    grey = chest_radiograph(Patient(seed, "MF"[seed % 2], 40 + seed), rows=rows, columns=columns)
    return np.asarray(grey, dtype=np.float64) / 4095


def radiograph(chance: random.Random, rows: int, columns: int) -> Frames:
    """A chest radiograph of one of three phantoms."""
    return _noisy(chance, _chest(chance.randrange(3), rows, columns)[None].copy() * chance.uniform(0.8, 0.95), 0.01)


def ultrasound(chance: random.Random, frames: int, rows: int, columns: int) -> Frames:
    """A sector of speckle on black, in colour, moving from frame to frame."""
    row, column = np.mgrid[0:rows, 0:columns]
    radius = np.hypot(row - 10, column - columns / 2)
    angle = np.abs(np.arctan2(column - columns / 2, row - 10))
    sector = (radius > rows * 0.15) & (radius < rows * 0.78) & (angle < 0.62)
    noise = np.random.default_rng(chance.getrandbits(63))
    depth = np.clip(1.1 - radius / rows, 0.1, 1) * (0.6 + 0.4 * np.sin(radius / chance.uniform(9, 19)))
    speckle = noise.gamma(2.0, 0.22, (frames, rows, columns)) * depth * sector
    picture: Frames = np.clip(speckle, 0, 0.9)[..., None].repeat(3, axis=-1)
    picture[:, rows - 60 : rows - 40, 20:40, 0] = noise.uniform(0.5, 0.9, (frames, 20, 20))
    return picture


def angiogram(chance: random.Random, frames: int, size: int) -> Frames:
    """Vessels filling from frame to frame on a grey ground."""
    rows, columns = np.mgrid[0:size, 0:size] / size
    ground = 0.62 + 0.18 * np.sin(rows * 3 + chance.uniform(0, 3)) * np.cos(columns * 2)
    pictures = np.repeat(ground[None], frames, axis=0)
    for _ in range(6):
        course = 0.5 + 0.3 * np.sin(rows * chance.uniform(2, 6) + chance.uniform(0, 6))
        for frame in range(frames):
            vessel = (np.abs(columns - course) < 0.008) & (rows < (frame + 1) / frames)
            pictures[frame][vessel] = 0.22
    return _noisy(chance, pictures, 0.012)


def screen(chance: random.Random, rows: int, columns: int) -> Frames:
    """A screenshot: panels, a curve, a small picture."""
    picture = np.full((1, rows, columns, 3), 0.08)
    picture[0, rows // 4 : rows // 4 + rows // 2, columns // 10 : columns // 2] = axial(chance, 64)[
        0, np.arange(rows // 2) * 64 // (rows // 2)
    ][:, np.arange(columns // 2 - columns // 10) * 64 // (columns // 2 - columns // 10), None]
    x = np.arange(columns // 2 + 20, columns - 20)
    y = (rows * (0.5 + 0.2 * np.sin(x / chance.uniform(12, 30)))).astype(int)
    picture[0, y, x] = (0.9, 0.8, 0.2)
    return _noisy(chance, picture, 0.01)


def _ellipse(
    rows: Frames, columns: Frames, row: float, column: float, high: float, wide: float
) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = ((rows - row) / high) ** 2 + ((columns - column) / wide) ** 2 < 1
    return inside


def _noisy(chance: random.Random, picture: Frames, deviation: float) -> Frames:
    noise = np.random.default_rng(chance.getrandbits(63))
    return np.clip(picture + noise.normal(0, deviation, picture.shape), 0, 1)
