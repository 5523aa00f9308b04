"""Bones as contours at a depth: ribs that slope, vertebrae, sternum, clavicles, scapulae."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from firstlight.phantoms.body import Body, around, cage_radius, mirrored, spine_y
from firstlight.phantoms.geometry import Points, Tube, bar, ellipse, profile, sections, shrink, smooth_tube

VERTEBRA_MM: Final = 23.0
FIRST_VERTEBRA_MM: Final = -8.0
_RIB_END_MM: Final = (40, 80, 107, 132, 157, 182, 205, 224, 241, 256, 266, 274)
_RIB_END_ANGLE: Final = (0.50, 0.47, 0.44, 0.44, 0.47, 0.53, 0.62, 0.74, 0.88, 1.02, 1.35, 1.95)


@dataclass(frozen=True)
class Rib:
    """A rib or costal cartilage: its midline (n, 3), the outward normals (n, 2) and half its height and thickness."""

    midline: Points
    outwards: Points
    half_height: Points
    half_thickness: Points

    @cached_property
    def reach(self) -> tuple[float, float]:
        """Depths between which the bone is met."""
        depths = self.midline[:, 2]
        return float((depths - self.half_height).min()), float((depths + self.half_height).max())


@lru_cache(maxsize=1)
def ribs() -> tuple[Rib, ...]:
    """Twelve pairs."""
    left = [_rib(number) for number in range(12)]
    return (*left, *(_mirror(rib) for rib in left))


@lru_cache(maxsize=1)
def cartilages() -> tuple[Rib, ...]:
    """Costal cartilages of the first seven pairs, and of the eighth to tenth that join them."""
    left = [_cartilage(number) for number in range(10)]
    return (*left, *(_mirror(rib) for rib in left))


def _mirror(rib: Rib) -> Rib:
    flip = np.array([-1.0, 1.0, 1.0])
    return Rib(rib.midline * flip, rib.outwards * flip[:2], rib.half_height, rib.half_thickness)


def _rib(number: int) -> Rib:
    head = FIRST_VERTEBRA_MM + VERTEBRA_MM * number
    along = np.linspace(0, 1, 150)
    angle = 2.62 + (_RIB_END_ANGLE[number] - 2.62) * along
    depth = head + 4 + (_RIB_END_MM[number] - head - 4) * (0.25 * along + 0.75 * along**1.7)
    shaft = around(cage_radius(depth, angle) + 4.6, angle)
    back = float(spine_y(head))
    neck = np.array([[17.0, back + 9, head - 2], [26.0, back + 17, head - 1], [37.0, back + 24, head + 1]])
    course = np.concatenate([neck, np.column_stack([shaft, depth])[8:]])
    tube = smooth_tube(np.column_stack([course, np.ones(len(course))]).tolist(), step_mm=1.2)
    taper = np.linspace(0, 1, len(tube.centres))
    height = profile(taper, (0, 0.1, 0.3, 0.8, 1), (4.0, 4.6, 6.0, 6.6, 7.2))
    thickness = profile(taper, (0, 0.1, 0.3, 0.8, 1), (4.2, 4.2, 4.0, 3.3, 3.6))
    return Rib(tube.centres, _outwards(tube.centres), height, thickness)


def _cartilage(number: int) -> Rib:
    depth, angle = float(_RIB_END_MM[number]), _RIB_END_ANGLE[number]
    start = np.array([*around(cage_radius(depth, np.array([angle])) + 4.6, np.array([angle]))[0], depth])
    goal = (46, 80, 100, 120, 138, 154, 168, 190, 208, 224)[number]
    aim = 0.17 if number < 7 else _RIB_END_ANGLE[number] - 0.3
    turn = np.linspace(angle, aim, 12)
    depths = depth + (goal - depth) * np.linspace(0, 1, 12) ** 1.3
    course = np.column_stack([around(cage_radius(depths, turn) + 4.6, turn), depths, np.ones(12)])
    course[0, :3] = start
    tube = smooth_tube(course.tolist(), step_mm=1.2)
    ends = np.ones(len(tube.centres))
    return Rib(tube.centres, _outwards(tube.centres), 6.6 * ends, 3.8 * ends)


def _outwards(midline: Points) -> Points:
    ahead = np.gradient(midline[:, :2], axis=0)
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-6)[:, None]
    return np.asarray(normal * np.sign(np.sum(normal * midline[:, :2], axis=1))[:, None])


def slender_bones(upright: bool) -> tuple[Rib, ...]:
    """Ribs and clavicles alike, for a projection that lays their volume on the detector."""
    collar = (Rib(tube.centres, _outwards(tube.centres), tube.radii, tube.radii) for tube in clavicles(upright))
    return (*ribs(), *collar)


def rib_sections(bones: tuple[Rib, ...], depth: float, shell_mm: float = 0.0) -> list[Points]:
    """The short arcs in which a plane cuts sloping ribs; with a shell, what lies inside it."""
    return [arc for rib in bones if rib.reach[0] < depth < rib.reach[1] for arc in _arcs(rib, depth, shell_mm)]


def _arcs(rib: Rib, depth: float, shell_mm: float) -> list[Points]:
    share = (rib.midline[:, 2] - depth) / (rib.half_height - shell_mm)
    inside = np.abs(share) < 1
    edges = np.flatnonzero(np.diff(np.r_[False, inside, False].astype(np.int8)))
    return [_ribbon(rib, share, slice(a, b), shell_mm) for a, b in edges.reshape(-1, 2) if b - a > 2]


def _ribbon(rib: Rib, share: Points, run: slice, shell_mm: float) -> Points:
    half = (rib.half_thickness[run] - shell_mm) * np.sqrt(1 - share[run] ** 2)
    shift = rib.outwards[run] * half[:, None]
    middle = rib.midline[run, :2]
    return np.concatenate([middle + shift, (middle - shift)[::-1]])


def _level(depth: float) -> float:
    """Where in its vertebra a depth lies: 0 at the upper endplate, 0.78 at the lower, disc below."""
    return ((depth - FIRST_VERTEBRA_MM + 6) / VERTEBRA_MM) % 1.0


@dataclass(frozen=True)
class VertebraSection:
    """Contours of one vertebral level: everything cortical, what is marrow, the canal and the cord."""

    cortex: list[Points]
    marrow: list[Points]
    plate: list[Points]
    disc: list[Points]
    canal: Points
    cord: Points


def vertebra_section(depth: float) -> VertebraSection:
    """What a plane through the spine shows."""
    level, back = _level(depth), float(spine_y(depth))
    grow = float(profile(depth, (-60, 0, 120, 300), (0.72, 0.85, 1.0, 1.25)))
    waist = 1 - 0.07 * np.sin(np.pi * np.clip(level / 0.78, 0, 1))
    trunk = ellipse(0, back, 16 * grow * waist, 13 * grow * waist, power=2.5)
    canal_y = back + 13 * grow + 8
    canal = ellipse(0, canal_y, 9.6, 8.2, power=2.2)
    in_disc = level > 0.78
    near_plate = min(abs(level - 0.03), abs(level - 0.75)) < 0.035
    arch = _arch(level, canal_y, back, grow)
    cortex = arch if in_disc else [trunk, *arch]
    marrow = [shrink(part, 1.6) for part in arch]
    core = [] if in_disc else [shrink(trunk, 1.3)]
    if not near_plate:
        marrow += core
    return VertebraSection(
        cortex,
        marrow,
        core if near_plate else [],
        [trunk] if in_disc else [],
        canal,
        ellipse(0, canal_y - 0.5, 5.6, 4.4),
    )


def _arch(level: float, canal_y: float, back: float, grow: float) -> list[Points]:
    """Pedicles, laminae, facets, transverse and spinous processes, each where its level has it."""
    parts = []
    length = 17 + 13 * level
    parts.append(bar((0, canal_y + 11), (0, canal_y + 11 + length), 4.2, 2.8))
    parts += _pair(bar((0, canal_y + 12.5), (13, canal_y + 2), 3.6, 3.8))
    if 0.05 < level < 0.58:
        parts += _pair(bar((11.5, canal_y + 2), (11.0 * grow, back + 6), 4.0, 4.0))
    if 0.02 < level < 0.5:
        reach = 34 - 12 * abs(level - 0.25) / 0.25
        parts += _pair(bar((12, canal_y + 3), (reach, canal_y + 12), 5.0, 4.6))
    if level >= 0.55:
        parts += _pair(ellipse(13.5, canal_y + 4, 5.5, 4.5))
    return parts


def _pair(contour: Points) -> list[Points]:
    return [contour, mirrored(contour)]


def sternum_section(depth: float) -> list[Points]:
    """Manubrium, body and xiphoid, with the gap of the sternal angle."""
    if not 30 < depth < 200 or 81.5 < depth < 84.5:
        return []
    half = float(profile(depth, (30, 45, 60, 80, 100, 140, 175, 186, 200), (22, 27, 22, 15, 15, 18, 17, 9, 5)))
    thick = float(profile(depth, (30, 50, 80, 100, 170, 186, 200), (5.5, 7.5, 6, 5.5, 5.5, 4, 3)))
    front = -float(cage_radius(depth, np.zeros(1))[0]) - thick - 2.5
    return [ellipse(0, front, half, thick, power=2.8)]


@lru_cache(maxsize=2)
def clavicles(upright: bool) -> tuple[Tube, ...]:
    """Both collar bones, level when standing, raised with the arms when lying."""
    course = (
        [(17, -52, 34, 9), (40, -54, 27, 7), (85, -40, 14, 6), (130, -12, 4, 6.5), (158, 2, 2, 8)]
        if upright
        else [(17, -52, 34, 9), (40, -54, 24, 7), (80, -42, 2, 6), (112, -18, -18, 6.5), (130, 0, -30, 8)]
    )
    left = smooth_tube(course)
    return left, Tube(left.centres * np.array([-1.0, 1, 1]), left.radii)


@lru_cache(maxsize=2)
def _humeri(upright: bool) -> tuple[Tube, ...]:
    course = (
        [(170, 18, 12, 12), (176, 20, 22, 23), (182, 20, 40, 19), (188, 18, 62, 13), (190, 16, 200, 11)]
        if upright
        else [(158, 6, 24, 12), (160, 4, 12, 21), (166, 0, -8, 21), (176, -12, -40, 13)]
    )
    left = smooth_tube(course)
    return left, Tube(left.centres * np.array([-1.0, 1, 1]), left.radii)


def humerus_sections(body: Body, depth: float, shell_mm: float = 0.0) -> list[Points]:
    """The heads of both humeri, as far as the field holds them."""
    return sections(_humeri(body.upright), depth, -shell_mm)


def scapula_sections(body: Body, depth: float) -> list[Points]:
    """Blade, spine and glenoid of both scapulae."""
    if not -14 < depth < 148:
        return []
    fade = float(np.clip((148 - depth) / 25, 0.1, 1))
    start, end = (1.62, 2.08) if body.upright else (1.80, 2.50)
    low = end - (end - start) * float(profile(depth, (-14, 4, 20, 60, 148), (0.15, 0.85, 1.0, 0.8, 0.22)))
    angles = np.linspace(low, end, 30)
    gap = float(profile(depth, (-14, 20, 60, 148), (30, 27, 22, 17)))
    flare = 22 * float(np.clip((75 - depth) / 30, 0, 1))
    bow = 5 * np.sin(np.pi * (angles - low) / (end - low))
    middle = cage_radius(depth, angles) + gap + bow + flare * np.clip((2.0 - angles) / 0.4, 0, 1)
    half = 1.8 * fade + 2.2 * np.exp(-(((angles - low) / 0.07) ** 2)) + 1.0 * np.exp(-(((angles - end) / 0.05) ** 2))
    outer, inner = around(middle + half, angles), around(middle - half, angles)
    parts = [np.concatenate([outer, inner[::-1]])]
    if -10 < depth < 42 and not body.upright:
        root, tip = around(middle[[18, 4]] + np.array([2.0, 26.0]), angles[[18, 4]])
        parts.append(bar((root[0], root[1]), (tip[0], tip[1]), 2.4, 3.4))
    return [contour for part in parts for contour in _pair(part)]
