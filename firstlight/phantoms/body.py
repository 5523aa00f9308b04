"""The build of a chest: its envelope, pleural cavity, lobes and diaphragm as curves of angle and depth.

All lengths are millimetres of a standard adult: x to the patient's left, y backwards, depth downwards from the
lung apex. Angles run from the front (0) over the patient's left (pi/2) to the back (pi).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from firstlight.phantoms.geometry import Points, profile
from firstlight.phantoms.patients import Patient
from firstlight.phantoms.texture import stream

ANGLES: Final = np.linspace(0, 2 * np.pi, 192, endpoint=False)
LEFT: Final = np.linspace(0.03, np.pi - 0.03, 110)
BASE_DEPTH_MM: Final = 262.0
_INSPIRED: Final = 1.27
"""How much taller the lungs stand in an upright, deep breath than lying in the scanner."""
_DOME_TOP_MM: Final = {"R": 174.0, "L": 190.0}


@dataclass(frozen=True)
class Body:
    """One person's build: scales against the standard adult, and what varies beside size."""

    seed: int
    width: float
    thickness: float
    height: float
    fat_mm: float
    breast_mm: float
    heart: float
    upright: bool = False

    @property
    def scale(self) -> Points:
        """Millimetres of this person per millimetre of the standard adult, along x, y and depth."""
        return np.array([self.width, self.thickness, self.height])


@lru_cache(maxsize=64)
def body_of(patient: Patient, *, upright: bool = False) -> Body:
    """The build that a patient's seed, sex and age lead to."""
    chance = stream(patient.seed, "body").uniform(-1, 1, 6)
    female = patient.sex == "F"
    ageing = (patient.age_years - 55) / 35
    size = (0.925 if female else 1.0) + 0.03 * chance[0]
    return Body(
        seed=patient.seed,
        width=size * (1 + 0.02 * chance[1]),
        thickness=size * (1 + 0.03 * chance[2] + 0.03 * ageing),
        height=((0.95 if female else 1.0) + 0.025 * chance[3]) * (_INSPIRED if upright else 1.0),
        fat_mm=(12.0 if female else 9.0) + 4.0 * chance[4],
        breast_mm=18.0 + 7.0 * chance[4] if female else 0.0,
        heart=1.0 + 0.05 * chance[5] + 0.05 * ageing,
        upright=upright,
    )


def _rounded(angles: Points, side: Points, front: Points, back: Points, power: float) -> Points:
    """Radius of a rounded outline with its own extents to the side, front and back."""
    ahead = np.cos(angles)
    reach = np.where(ahead > 0, front, back)
    return np.asarray((np.abs(np.sin(angles) / side) ** power + np.abs(ahead / reach) ** power) ** (-1 / power))


_CAGE_DEPTHS: Final = (-60, -15, 10, 30, 60, 90, 130, 170, 210, 250, 300, 380)
_CAGE_SIDE: Final = (56, 62, 84, 98, 110, 118, 124, 127, 128, 126, 121, 116)
_CAGE_FRONT: Final = (12, 20, 32, 44, 58, 67, 75, 81, 85, 86, 84, 80)
_CAGE_BACK: Final = (40, 48, 58, 66, 72, 76, 78, 78, 75, 71, 65, 60)


def cage_radius(depth: float | Points, angles: Points) -> Points:
    """Distance from the axis of the chest to the inner face of its wall."""
    side, front, back = (profile(depth, _CAGE_DEPTHS, v) for v in (_CAGE_SIDE, _CAGE_FRONT, _CAGE_BACK))
    radius = _rounded(angles, side, front, back, 2.35)
    off_back = np.abs((angles % (2 * np.pi)) - np.pi)
    off_front = np.minimum(angles % (2 * np.pi), 2 * np.pi - angles % (2 * np.pi))
    keel = 9 * np.exp(-((off_back / 0.2) ** 2)) + 4 * np.exp(-((off_front / 0.25) ** 2))
    gutters = 5 * np.exp(-(((off_back - 0.62) / 0.25) ** 2)) * np.clip(depth / 60, 0, 1)
    shoulder = 4 * np.exp(-(((off_front - 0.85) / 0.3) ** 2))
    return np.asarray(radius - keel + gutters - shoulder)


_SKIN_DEPTHS: Final = (-90, -60, -35, -15, 5, 30, 60, 90, 130, 170, 210, 250, 300, 380)
_SKIN_SIDE: Final = (60, 66, 118, 165, 177, 175, 170, 165, 160, 156, 152, 149, 147, 146)
_SKIN_FRONT: Final = (48, 46, 48, 56, 68, 80, 91, 97, 101, 104, 106, 107, 106, 104)
_SKIN_BACK: Final = (58, 60, 72, 88, 98, 104, 108, 109, 109, 107, 103, 99, 95, 92)
_SHOULDER_SIDE: Final = (62, 70, 130, 186, 205, 205, 186, 170, 160, 155, 152, 149, 147, 146)


def skin_radius(body: Body, depth: float, angles: Points) -> Points:
    """Distance from the axis of the chest to the skin."""
    side = profile(depth, _SKIN_DEPTHS, _SHOULDER_SIDE if body.upright else _SKIN_SIDE)
    front, back = profile(depth, _SKIN_DEPTHS, _SKIN_FRONT), profile(depth, _SKIN_DEPTHS, _SKIN_BACK)
    radius = _rounded(angles, side, front, back, 2.5) + (body.fat_mm - 9)
    off_back = np.abs(angles - np.pi)
    groove = 6 * np.exp(-((off_back / 0.09) ** 2))
    off_front = np.minimum(angles, 2 * np.pi - angles)
    breast = body.breast_mm * np.exp(-(((off_front - 0.75) / 0.33) ** 2)) * np.exp(-(((depth - 135) / 38) ** 2))
    pectoral = 5 * np.exp(-(((off_front - 0.6) / 0.4) ** 2)) * np.exp(-(((depth - 75) / 40) ** 2))
    paraspinal = 3.5 * np.exp(-(((off_back - 0.55) / 0.3) ** 2))
    return np.asarray(radius - groove + breast + pectoral + paraspinal)


def around(radius: Points, angles: Points) -> Points:
    """Contour points at a radius about the axis."""
    return np.stack([radius * np.sin(angles), -radius * np.cos(angles)], axis=1)


def spine_y(depth: float | Points) -> Points:
    """How far back the middle of the vertebral bodies lies: the kyphosis."""
    return profile(depth, (-90, -40, 0, 40, 90, 150, 210, 280, 380), (10, 14, 28, 39, 47, 50, 46, 36, 24))


def mirrored(contour: Points) -> Points:
    """The same contour on the other side."""
    return np.asarray(contour * np.array([-1.0, 1.0]))


def lung_contour(depth: float, side: str) -> Points | None:
    """The pleural cavity of one side, the mediastinum and the diaphragm not yet taken out; None above the apex."""
    if depth <= 0 or depth > BASE_DEPTH_MM:
        return None
    outer = around(cage_radius(depth, LEFT), LEFT)
    rise = np.clip((58 - depth) / 58, 0, 1)
    grown = np.sqrt(1 - rise**2)
    centre = np.array([44.0, float(spine_y(depth)) - 16])
    contour = centre + grown * (outer - centre)
    return contour if side == "L" else mirrored(contour)


def dome_contour(depth: float, side: str, within: float = 1.0, lift: float = 0.0) -> Points | None:
    """What the diaphragm's dome fills of one side: from a spot at its top to all of it in the recess."""
    top = _DOME_TOP_MM[side] + lift
    if depth <= top:
        return None
    outer = around(cage_radius(depth, LEFT) + 0.6, LEFT)
    foot = 236 - 27 * np.cos(LEFT) + lift * 0.3
    t = np.clip((depth - top) / (foot - top), 0, 1)
    centre = np.array([60.0, -6.0])
    contour = centre + within * np.sqrt(1 - (1 - t) ** 2)[:, None] * (outer - centre)
    return contour if side == "L" else mirrored(contour)


def oblique_fissure_depth(x: Points, y: Points) -> Points:
    """Depth of the major fissures: from the fourth vertebra behind to the diaphragm in front."""
    return np.asarray(124 - 0.98 * y + 0.0011 * (np.abs(x) - 60) ** 2 + 3 * np.sin(y / 21))


def minor_fissure_depth(x: Points, y: Points) -> Points:
    """Depth of the right lung's minor fissure, gently domed."""
    return np.asarray(118 + 0.10 * (y + 40) + 0.0022 * (np.abs(x) - 70) ** 2)


def lobe_share(zone: str, x: Points, y: Points, depth: float | Points, soft_mm: float = 3.0) -> Points:
    """How far a point belongs to a lobe, 0 to 1, softly across the fissure; 1 everywhere for ``diffuse``."""
    if zone == "diffuse":
        return np.ones(np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(depth)))
    below = np.clip(0.5 + (depth - oblique_fissure_depth(x, y)) / soft_mm, 0, 1)
    lower = np.clip(0.5 + (depth - minor_fissure_depth(x, y)) / soft_mm, 0, 1)
    right = np.clip(0.5 - np.asarray(x) / soft_mm, 0, 1)
    share = {
        "RUL": right * (1 - below) * (1 - lower),
        "RML": right * (1 - below) * lower,
        "RLL": right * below,
        "LUL": (1 - right) * (1 - below),
        "LLL": (1 - right) * below,
    }
    return np.asarray(share[zone])
