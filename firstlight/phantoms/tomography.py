"""Chest CT of an imagined patient."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from firstlight.phantoms.body import Body, body_of
from firstlight.phantoms.geometry import Grid, Image, Slab
from firstlight.phantoms.lesions import place_foci
from firstlight.phantoms.patients import Lesion, Patient
from firstlight.phantoms.slabs import paint_slab
from firstlight.phantoms.texture import noise_tiles, stream

START_MM: Final = -6.0
"""Depth of the first slice against the lung apex, downwards."""
CENTRE_Y_MM: Final = 15.0
"""How far the middle of the field lies behind the axis of the chest, so that the table is seen."""
_SLAB: Final = 12
_TILES: Final = 6


def chest_ct(
    patient: Patient,
    lesions: Sequence[Lesion] = (),
    *,
    slices: int = 96,
    slice_thickness_mm: float = 3.0,
    rows: int = 512,
    pixel_spacing_mm: float = 0.7,
) -> npt.NDArray[np.int16]:
    """Hounsfield units of shape (slices, rows, rows), the first slice at the lung apex, supine, arms up."""
    _check(slices, slice_thickness_mm, rows, pixel_spacing_mm)
    body = body_of(patient)
    grid = axial_grid(body, rows, pixel_spacing_mm)
    depths = (START_MM + slice_thickness_mm * np.arange(slices)) / body.height
    tiles = noise_tiles(stream(patient.seed, "noise"), rows, rows, _TILES)
    volume = np.empty((slices, rows, rows), np.int16)
    for first in range(0, slices, _SLAB):
        slab = slice(first, min(first + _SLAB, slices))
        clean = paint_slab(body, lesions, Slab(grid, depths[slab], slice_thickness_mm / body.height))
        for index, image in zip(range(slab.start, slab.stop), clean, strict=True):
            volume[index] = _acquired(image, tiles, stream(patient.seed, "slice", index), depths[index])
    return volume


def slice_showing(
    patient: Patient, lesions: Sequence[Lesion], number: int, *, slices: int, slice_thickness_mm: float = 3.0
) -> int | None:
    """The slice, from 0 at the apex, through the largest focus of a lesion (counted from 1); None for the pleura's."""
    body = body_of(patient)
    foci = place_foci(body, lesions)
    own = [focus for focus in foci if focus.lesion == number - 1]
    if not own:
        return None
    depth_mm = max(own, key=lambda focus: focus.radius_mm).centre[2] * body.height
    return int(np.clip(round((depth_mm - START_MM) / slice_thickness_mm), 0, slices - 1))


def _check(slices: int, slice_thickness_mm: float, rows: int, pixel_spacing_mm: float) -> None:
    if slices < 1 or rows < 16:
        raise ValueError("a chest CT needs at least one slice and sixteen rows")
    if slice_thickness_mm <= 0 or pixel_spacing_mm <= 0:
        raise ValueError("slice_thickness_mm and pixel_spacing_mm must be greater than zero")


def axial_grid(body: Body, rows: int, pixel_spacing_mm: float) -> Grid:
    """The square field of view in the standard adult's millimetres, the body in its middle."""
    half = (rows - 1) / 2 * pixel_spacing_mm
    return Grid(
        -half / body.width, (CENTRE_Y_MM - half) / body.thickness, pixel_spacing_mm / body.width,
        pixel_spacing_mm / body.thickness, rows, rows,
    )  # fmt: skip


def _acquired(image: Image, tiles: Image, generator: np.random.Generator, depth: float) -> npt.NDArray[np.int16]:
    """What the scanner makes of a section: its blur, its noise, streaks through the shoulders, whole numbers."""
    blurred = _blurred(image)
    noise = 11.0 * _rolled(tiles, generator) + 7.0 * _rolled(tiles, generator)
    shoulders = float(np.clip((28 - depth) / 30, 0, 1))
    if shoulders > 0:
        streaks = _rolled(tiles, generator)
        noise = noise * (1 + 0.5 * shoulders) + 26 * shoulders * _smeared(streaks)
    return np.clip(np.rint(blurred + noise), -1024, 3071).astype(np.int16)


def _rolled(tiles: Image, generator: np.random.Generator) -> Image:
    tile = tiles[generator.integers(len(tiles))]
    rows, columns = generator.integers(tile.shape[0]), generator.integers(tile.shape[1])
    return np.asarray(np.roll(tile, (int(rows), int(columns)), (0, 1)) * np.float32(generator.choice((-1.0, 1.0))))


def _smeared(noise: Image) -> Image:
    """Long across the shoulders, thin from front to back."""
    total = np.cumsum(np.pad(noise, ((0, 0), (24, 24)), mode="wrap"), axis=1, dtype=np.float32)
    streaks = (total[:, 48:] - total[:, :-48]) / np.float32(8)
    return np.asarray(streaks[:, : noise.shape[1]])


def _blurred(image: Image) -> Image:
    """The scanner's point spread: a narrow binomial along rows and columns."""
    padded = np.pad(image, 1, mode="edge")
    across = np.float32(0.66) * padded[:, 1:-1] + np.float32(0.17) * (padded[:, :-2] + padded[:, 2:])
    return np.asarray(np.float32(0.66) * across[1:-1] + np.float32(0.17) * (across[:-2] + across[2:]))
