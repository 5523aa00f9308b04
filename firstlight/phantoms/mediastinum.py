"""Heart, great vessels, airways and gullet: tubes through landmarks, and what lies between the lungs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from firstlight.phantoms.body import Body, cage_radius, spine_y
from firstlight.phantoms.geometry import Points, Tube, bar, ellipse, profile, smooth_tube

_VESSELS: Final = (
    # aorta: root, ascending, arch, descending
    [(6, -6, 146, 14), (-6, -12, 128, 15), (-12, -19, 105, 15.5), (-11, -23, 84, 15), (-4, -18, 71, 14),
     (8, -6, 65, 13.5), (18, 9, 67, 13), (24, 24, 75, 12.8), (26, 34, 90, 12.5), (25, 39, 120, 12.2),
     (24, 42, 160, 12), (18, 39, 205, 11.5), (9, 30, 250, 11), (5, 20, 310, 10)],
    # brachiocephalic artery, left common carotid, left subclavian
    [(-8, -18, 68, 6.5), (-13, -16, 45, 6), (-20, -10, 20, 5.8), (-34, -4, -8, 4.5), (-36, -2, -60, 3.8)],
    [(5, -8, 64, 4.2), (12, -9, 40, 3.8), (19, -6, 10, 3.6), (24, -4, -60, 3.6)],
    [(15, 2, 64, 5), (22, 4, 40, 4.8), (30, 3, 15, 4.6), (52, -2, -2, 4.2), (90, -8, 2, 4)],
    # right and left brachiocephalic veins, superior vena cava
    [(-70, -14, -2, 5), (-40, -22, 12, 6.5), (-27, -24, 35, 7.2), (-25, -19, 60, 8.8), (-27, -15, 95, 9.5),
     (-28, -10, 130, 10), (-28, -6, 150, 10)],
    [(70, -14, 0, 5), (36, -24, 18, 6.2), (18, -32, 34, 6.8), (-6, -33, 46, 6.8), (-22, -23, 56, 7.5)],
    # azygos and its arch
    [(-6, 22, 240, 2.6), (-9, 27, 160, 3.6), (-9, 26, 100, 4), (-12, 22, 84, 4.6),
     (-22, 8, 79, 4.8), (-25, -12, 84, 5)],
    # pulmonary trunk with the left, then the right pulmonary artery
    [(12, -36, 148, 13), (16, -30, 128, 13.5), (18, -22, 112, 13.5), (20, -8, 104, 12.5), (30, 6, 102, 11.5),
     (40, 18, 110, 10), (45, 25, 124, 8), (46, 28, 140, 6)],
    [(18, -14, 112, 12), (2, -4, 111, 10.5), (-14, 0, 112, 10.5), (-28, 1, 114, 9.8),
     (-38, 8, 120, 8.4), (-42, 15, 132, 7), (-44, 20, 148, 5.5)],
    # trunk to the right upper lobe
    [(-26, 0, 112, 7), (-34, 1, 106, 5.5), (-40, 2, 100, 4.5)],
    # pulmonary veins
    [(-22, 4, 140, 7), (-32, -5, 130, 6), (-42, -8, 120, 4.5)],
    [(-22, 10, 150, 7), (-32, 14, 153, 6), (-42, 18, 158, 5)],
    [(28, 4, 138, 7), (36, -3, 130, 6), (44, -8, 120, 4.5)],
    [(26, 12, 148, 7), (34, 19, 150, 6), (43, 24, 156, 5)],
    # inferior vena cava
    [(-24, -4, 172, 12), (-24, 0, 190, 12), (-22, 8, 220, 11.5), (-20, 14, 310, 11)],
)  # fmt: skip
_AIRWAYS: Final = (
    # trachea, right main and intermediate bronchus
    [(0, -16, -90, 8.4), (0, -10, -40, 8.4), (-1, 0, 0, 8.6), (-3, 8, 45, 8.8), (-3, 14, 80, 9.2),
     (-12, 18, 93, 7.4), (-24, 20, 104, 6.4), (-30, 21, 118, 5.4), (-34, 22, 132, 5), (-38, 26, 146, 4)],
    [(-3, 14, 82, 8.2), (8, 18, 96, 6.4), (22, 21, 108, 6), (34, 23, 117, 5.6), (40, 27, 128, 4.6), (41, 32, 146, 3.8)],
    [(-20, 19, 100, 5), (-32, 16, 98, 4.4), (-44, 12, 95, 3.6)],
    [(33, 22, 116, 5), (42, 14, 112, 4.4), (50, 6, 108, 3.6)],
    [(-34, 20, 132, 4), (-40, 8, 137, 3.4), (-46, -4, 142, 2.8)],
)  # fmt: skip
_GULLET: Final = [(2, 6, -90, 7), (3, 10, -40, 7), (6, 16, 0, 7), (8, 25, 50, 7), (7, 31, 90, 7), (6, 33, 130, 7),
                  (7, 31, 165, 7.5), (12, 22, 200, 8), (20, 8, 226, 9), (26, -2, 240, 9)]  # fmt: skip


@lru_cache(maxsize=1)
def vessels() -> tuple[Tube, ...]:
    """Aorta and its branches, great veins, pulmonary trunk and arteries, pulmonary veins."""
    return tuple(smooth_tube(course) for course in _VESSELS)


@lru_cache(maxsize=1)
def airways() -> tuple[Tube, ...]:
    """Trachea, main and lobar bronchi: radii of their lumen."""
    return tuple(smooth_tube(course) for course in _AIRWAYS)


@lru_cache(maxsize=1)
def _gullet() -> Tube:
    return smooth_tube(_GULLET)


def gullet_sections(depth: float) -> tuple[list[Points], list[Points]]:
    """The oesophagus and the touch of air inside it."""
    tube = _gullet()
    i = int(np.argmin(np.abs(tube.centres[:, 2] - depth)))
    if abs(tube.centres[i, 2] - depth) > 3:
        return [], []
    x, y = tube.centres[i, :2]
    wall = ellipse(x, y, tube.radii[i] * 1.15, tube.radii[i] * 0.75)
    airy = float(np.sin(depth / 19.0) + np.sin(depth / 7.3))
    return [wall], [ellipse(x + 0.5, y - 0.8, 1.2 + airy, 0.8 + 0.5 * airy)] if airy > 0.3 else []


@dataclass(frozen=True)
class HeartSection:
    """Pericardial outline, fat-free muscle, chambers, and the fatty grooves between them."""

    pericardium: Points
    muscle: Points
    chambers: list[Points]
    grooves: list[Points]


@dataclass(frozen=True)
class Oval:
    """The heart's outline at a depth: middle, half-axes, and how far its long axis turns to the front."""

    x: float
    y: float
    a: float
    b: float
    turned: float = -0.42

    def at(self, u: float, v: float) -> tuple[float, float]:
        """The point at shares of the half-axes."""
        along, across, c, s = u * self.a, v * self.b, float(np.cos(self.turned)), float(np.sin(self.turned))
        return self.x + along * c - across * s, self.y + along * s + across * c

    def contour(self) -> Points:
        """An ellipse a little fuller on the side of the atria."""
        t = np.arange(64) * (2 * np.pi / 64)
        return np.array([self.at(u, v) for u, v in zip(np.cos(t), np.sin(t) * (1 - 0.12 * np.cos(t)), strict=True)])


_HEART_DEPTHS: Final = (116, 122, 135, 150, 165, 180, 195, 206, 214, 221)
_HEART_X: Final = (4, 4, 6, 11, 16, 20, 25, 29, 32, 33)
_HEART_Y: Final = (-20, -20, -18, -17, -18, -21, -27, -34, -40, -43)
_HEART_A: Final = (16, 30, 46, 58, 65, 66, 60, 46, 28, 8)
_HEART_B: Final = (14, 24, 35, 42, 46, 46, 41, 32, 20, 6)


def heart_section(body: Body, depth: float) -> HeartSection | None:
    """What a plane through the heart shows."""
    if not _HEART_DEPTHS[0] < depth < _HEART_DEPTHS[-1]:
        return None
    x, y, a, b = (float(profile(depth, _HEART_DEPTHS, v)) for v in (_HEART_X, _HEART_Y, _HEART_A, _HEART_B))
    a, b = a * body.heart, b * body.heart
    oval = Oval(x, y, a, b)
    muscle = Oval(x + 1.6, y + 2.2, max(a - 4.6, 1), max(b - 4.4, 1))
    return HeartSection(oval.contour(), muscle.contour(), _chambers(oval), _grooves(oval, depth))


def _chambers(oval: Oval) -> list[Points]:
    if oval.a < 25:
        return []
    left = ellipse(*oval.at(0.38, 0.30), 0.40 * oval.a, 0.36 * oval.b, turned=oval.turned)
    right = ellipse(*oval.at(0.22, -0.45), 0.52 * oval.a, 0.24 * oval.b, turned=oval.turned)
    return [left, right]


def _grooves(oval: Oval, depth: float) -> list[Points]:
    """Fat in the atrioventricular and interventricular grooves."""
    if oval.a < 30:
        return []
    wide = 1.0 + 2.0 * abs(float(np.sin(depth / 23)))
    right = bar(oval.at(-0.50, -0.78), oval.at(-0.44, -0.58), wide + 3.4, 1.4)
    front = bar(oval.at(0.62, -0.70), oval.at(0.56, -0.58), wide + 1.0, 0.8)
    return [right, front, ellipse(*oval.at(-0.10, 0.93), 6.0, 2.0, turned=oval.turned)]


def coronary_sections(body: Body, depth: float) -> list[Points]:
    """Right and left coronary arteries, each a dot in its fatty groove."""
    heart = heart_section(body, depth)
    if heart is None or len(heart.grooves) < 2:
        return []
    return [ellipse(float(g[:, 0].mean()), float(g[:, 1].mean()), 1.9, 1.7) for g in heart.grooves[:2]]


def left_atrium(depth: float) -> list[Points]:
    """The chamber behind, between the pulmonary veins."""
    height = 1 - ((depth - 146) / 21) ** 2
    return [ellipse(3, 6, 33 * np.sqrt(height), 17 * np.sqrt(height), power=2.3)] if height > 0 else []


def core_contour(depth: float) -> Points:
    """The space between the lungs that organs and fat fill, from the sternum to the spine."""
    front = -float(cage_radius(depth, np.zeros(1))[0]) - 1
    back = float(spine_y(depth))
    ahead = float(profile(depth, (-60, 20, 45, 65, 90, 120, 150, 180, 220, 262), (40, 34, 24, 13, 6, 4, 8, 18, 26, 30)))
    middle = float(profile(depth, (-60, 20, 60, 100, 140, 200, 262), (34, 26, 17, 15, 18, 18, 20)))
    spine = float(profile(depth, (-60, 0, 120, 262), (22, 19, 19, 23)))
    ys = np.array([front, front + 10, front + 26, back - 32, back - 12, back + 8, back + 30])
    xs = np.array([ahead + 7, ahead + 1, 0.5 * (ahead + middle), middle, spine - 3, spine, spine + 1])
    at = np.linspace(ys[0], ys[-1], 40)
    edge = np.column_stack([profile(at, ys.tolist(), xs.tolist()), at])
    return np.concatenate([edge, (edge * np.array([-1.0, 1.0]))[::-1]])
