"""Fluid and air in the pleural space: the lung stands away from the chest wall."""

from collections.abc import Sequence

import numpy as np

from firstlight.phantoms.body import BASE_DEPTH_MM, LEFT, Body, lung_contour
from firstlight.phantoms.geometry import Points
from firstlight.phantoms.patients import Lesion
from firstlight.phantoms.section import Canvas


def paint_pleural_lesions(canvas: Canvas, body: Body, lesions: Sequence[Lesion], depth: float) -> None:
    """Effusions and pneumothoraces of every side that the lesions name."""
    for lesion in lesions:
        for side in _sides(lesion):
            if lesion.pattern == "effusion":
                _effusion(canvas, body, depth, side, lesion.diameter_mm)
            elif lesion.pattern == "pneumothorax":
                _pneumothorax(canvas, body, depth, side, lesion.diameter_mm)


def _sides(lesion: Lesion) -> str:
    return "RL" if lesion.zone == "diffuse" else lesion.zone[0]


def _effusion(canvas: Canvas, body: Body, depth: float, side: str, depth_mm: float) -> None:
    gap = _upright_gap(depth, depth_mm) if body.upright else _supine_gap(depth, depth_mm)
    _between(canvas, depth, side, gap, 8.0)
    _between(canvas, depth, side, gap + np.minimum(gap * 0.4, 7.0), 30.0)


def _supine_gap(depth: float, depth_mm: float) -> Points:
    """Fluid lies behind, deepest at the base, and climbs the side as a meniscus."""
    fall = np.clip((depth - 55) / 150, 0, 1) ** 0.8
    behind = np.clip((LEFT - 1.45) / 1.0, 0, 1)
    return np.asarray(depth_mm * fall * behind**1.5)


def _upright_gap(depth: float, depth_mm: float) -> Points:
    """Fluid sinks to the base and climbs the wall as a meniscus."""
    surface = BASE_DEPTH_MM - 28 - 1.1 * depth_mm
    climb = np.clip((depth - surface + 46) / 46, 0, 1)
    return np.asarray(np.full(len(LEFT), 110.0 * climb**3.2) + 4.0 * (climb > 0) * climb)


def _pneumothorax(canvas: Canvas, body: Body, depth: float, side: str, depth_mm: float) -> None:
    if body.upright:
        gap = depth_mm * np.clip((150 - depth) / 130, 0, 1) * np.clip(np.sin(LEFT), 0, 1) ** 0.5
    else:
        gap = depth_mm * np.clip((1.9 - LEFT) / 1.5, 0, 1) * np.clip((250 - depth) / 120, 0, 1)
    _between(canvas, depth, side, gap, -1000.0)
    _between(canvas, depth, side, gap + 1.2 * (gap > 0.5), -200.0)


def _between(canvas: Canvas, depth: float, side: str, gap_mm: Points, hu: float) -> None:
    """Replace lung between the chest wall and a line that far inside it."""
    outer = lung_contour(depth, side)
    if outer is None or not np.any(gap_mm > 0.05):
        return
    centre = np.array([0.0, -6.0])
    ray = outer - centre
    length = np.maximum(np.hypot(ray[:, 0], ray[:, 1]), 1e-6)
    inner = centre + ray * np.clip(1 - gap_mm / length, 0.02, 1)[:, None]
    canvas.replace_lung([np.concatenate([centre + 1.04 * ray, inner[::-1]])], hu)
