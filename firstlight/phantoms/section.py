"""One axial section of the body, painted from the skin inwards in Hounsfield units."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from firstlight.phantoms import mediastinum, skeleton
from firstlight.phantoms.body import (
    ANGLES,
    BASE_DEPTH_MM,
    Body,
    around,
    cage_radius,
    dome_contour,
    lung_contour,
    mirrored,
    skin_radius,
    spine_y,
)
from firstlight.phantoms.geometry import Grid, Image, Points, coverage, ellipse, profile, sections, shrink
from firstlight.phantoms.texture import smooth_field

AIR: Final = -1000.0
AERATED: Final = -860.0
FAT: Final = -102.0
MUSCLE: Final = 52.0
BLOOD: Final = 42.0
CORTEX: Final = 620.0
MARROW: Final = 170.0


class Canvas:
    """A section being painted: Hounsfield units, and how much of each pixel is still lung."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.hu: Image = np.full((grid.rows, grid.columns), AIR, np.float32)
        self.lung: Image = np.zeros((grid.rows, grid.columns), np.float32)

    def paint(self, contours: Sequence[Points], value: float | Image) -> None:
        """Lay tissue over what is there, in proportion to the pixel it covers."""
        window, cover = coverage(contours, self.grid)
        if cover.size == 0:
            return
        area = self.hu[window]
        area += cover * ((value if isinstance(value, float) else value[window]) - area)
        self.lung[window] *= 1 - cover

    def replace_lung(self, contours: Sequence[Points], value: float) -> None:
        """Lay tissue over lung only; mediastinum, diaphragm and chest wall stay."""
        window, cover = coverage(contours, self.grid)
        share = cover * self.lung[window]
        self.hu[window] += share * (value - AERATED)
        self.lung[window] -= share

    def aerate(self, contours: Sequence[Points]) -> None:
        """Lay lung over what is there."""
        window, cover = coverage(contours, self.grid)
        self.hu[window] += cover * (np.float32(AERATED) - self.hu[window])
        self.lung[window] = np.maximum(self.lung[window], cover)


def paint_section(body: Body, depth: float, grid: Grid, *, slender_bones: bool = True) -> Canvas:
    """Everything but the lungs' own texture at a depth; ribs and clavicles may be left to the caller."""
    canvas = Canvas(grid)
    if not body.upright:
        _table(canvas)
    _envelope(canvas, body, depth)
    _muscles(canvas, body, depth)
    _chest_wall(canvas, depth)
    paint_pleural_spaces(canvas, body, depth)
    _abdominal_organs(canvas, body, depth)
    _heart(canvas, body, depth)
    _great_vessels(canvas, depth)
    _bones(canvas, body, depth)
    if slender_bones:
        _ribs_and_clavicles(canvas, body, depth)
    return canvas


def _table(canvas: Canvas) -> None:
    x = np.linspace(-205, 205, 60)
    top = 119 - x**2 / 950
    shell = np.concatenate([np.column_stack([x, top]), np.column_stack([x, top + 3.0])[::-1]])
    pad = np.concatenate([np.column_stack([x, top - 4.5]), np.column_stack([x, top])[::-1]])
    rail = np.column_stack([np.r_[x * 0.75, x[::-1] * 0.75], np.r_[top + 26, (top + 30)[::-1]]])
    canvas.paint([pad], -930.0)
    canvas.paint([shell], -150.0)
    canvas.paint([rail], -420.0)


def _envelope(canvas: Canvas, body: Body, depth: float) -> None:
    ripple = 1.2 * np.sin(3 * ANGLES + depth / 31) + 0.8 * np.sin(7 * ANGLES - depth / 23)
    radius = skin_radius(body, depth, ANGLES) + ripple
    canvas.paint([around(radius, ANGLES)], 5.0)
    inner = around(radius - 2.0, ANGLES)
    strands = smooth_field(body.seed, 9.0, np.array([depth]), canvas.grid.ys, canvas.grid.xs)[0]
    fat = np.float32(FAT) + 9 * strands
    if body.breast_mm > 0:
        fat = fat + _glands(canvas.grid, depth, strands)
    canvas.paint([inner], fat.astype(np.float32))


def _glands(grid: Grid, depth: float, strands: Image) -> Image:
    """Fibroglandular tissue in wisps behind the nipple."""
    x, y = np.abs(grid.xs)[None, :], grid.ys[:, None]
    near = np.exp(-(((x - 84) / 30) ** 2) - (((y + 92) / 18) ** 2) - ((depth - 132) / 30) ** 2)
    return np.asarray(130 * near * np.clip(strands * 2.2 + 0.25, 0, 1))


class Muscle(NamedTuple):
    """A sheet of muscle: its angles, its place in the wall (0 at the ribs, 1 at the fascia), and the depths where it
    begins, is full, still is, and ends."""

    first: float
    last: float
    low: float
    high: float
    reach: tuple[float, float, float, float]


_MUSCLES: Final = (
    Muscle(0.22, 1.35, 0.50, 0.98, (-12, 22, 100, 160)),  # pectoralis major
    Muscle(0.42, 1.15, 0.10, 0.40, (8, 35, 70, 100)),  # pectoralis minor
    Muscle(1.05, 2.15, 0.06, 0.34, (38, 80, 180, 225)),  # serratus anterior
    Muscle(1.45, 2.75, 0.56, 0.95, (60, 120, 230, 300)),  # latissimus dorsi
    Muscle(1.75, 2.55, 0.04, 0.42, (-25, 5, 100, 150)),  # subscapularis
    Muscle(1.80, 2.60, 0.56, 0.93, (-25, 0, 90, 150)),  # infraspinatus
    Muscle(2.55, 3.05, 0.80, 0.99, (-60, -30, 120, 190)),  # trapezius
    Muscle(2.40, 2.85, 0.30, 0.68, (-40, 0, 80, 130)),  # rhomboids
    Muscle(1.10, 1.72, 0.30, 0.97, (-60, -30, 12, 40)),  # deltoid and rotator cuff
    Muscle(0.35, 2.45, 0.05, 0.80, (190, 232, 380, 400)),  # abdominal obliques
    Muscle(0.04, 0.33, 0.15, 0.85, (180, 215, 380, 400)),  # rectus abdominis
)


def _muscles(canvas: Canvas, body: Body, depth: float) -> None:
    bands = [contour for muscle in _MUSCLES for contour in _muscle(body, depth, muscle)]
    back = float(spine_y(depth))
    spinal = ellipse(25, back + 33, 21, 12.5, turned=0.12, power=2.4)
    fade = float(np.clip((14 - depth) / 24, 0, 1)) ** 0.5
    neck = [ellipse(34, float(spine_y(depth)) - 4, 20 * fade, 13 * fade, turned=-0.3)] if fade > 0 else []
    every = [*bands, *(mirrored(band) for band in bands), spinal, mirrored(spinal), *neck, *map(mirrored, neck)]
    marbling = smooth_field(body.seed + 1, 5.0, np.array([depth / 2]), canvas.grid.ys, canvas.grid.xs)[0]
    tissue = np.float32(MUSCLE) - 60 * np.clip(marbling - 0.45, 0, 1) + 4 * marbling
    canvas.paint(every, tissue.astype(np.float32))


def _muscle(body: Body, depth: float, muscle: Muscle) -> list[Points]:
    full = float(profile(depth, muscle.reach, (0, 1, 1, 0)))
    if full < 0.08:
        return []
    angles = np.linspace(muscle.first, muscle.last, 40)
    inner = cage_radius(depth, angles) + 10.5
    wall = skin_radius(body, depth, angles) - 3 - _subcutaneous_mm(body, depth, angles) - inner
    wave = 1 + 0.16 * np.sin(9 * angles + depth / 9 + muscle.low * 40) + 0.10 * np.sin(17 * angles - depth / 13)
    swell = np.sin(np.pi * np.linspace(0.015, 0.985, 40)) ** 0.55 * full * wave
    middle, half = 0.5 * (muscle.low + muscle.high), 0.5 * (muscle.high - muscle.low) * swell
    wall = np.maximum(wall, 2)
    outer = around(inner + wall * (middle + half), angles)
    return [np.concatenate([outer, around(inner + wall * (middle - half), angles)[::-1]])]


def _subcutaneous_mm(body: Body, depth: float, angles: Points) -> Points:
    breast = body.breast_mm * np.exp(-(((angles - 0.75) / 0.36) ** 2)) * np.exp(-(((depth - 135) / 42) ** 2))
    return np.asarray(body.fat_mm * (0.75 + 0.35 * np.sin(angles) ** 2 * (depth > 60)) + breast)


def _chest_wall(canvas: Canvas, depth: float) -> None:
    """Intercostal muscle between the ribs, a film of fat inside, then what fills the thorax above the lungs."""
    radius = cage_radius(depth, ANGLES)
    canvas.paint([around(radius + 8.5, ANGLES)], 34.0)
    canvas.paint([around(radius + 1.2, ANGLES)], -40.0)
    canvas.paint([around(radius, ANGLES)], -80.0)
    if depth < 24:
        _thoracic_inlet(canvas, depth)


def _thoracic_inlet(canvas: Canvas, depth: float) -> None:
    """Scalene and long muscles about the spine, muscles of the neck in front, thyroid beside the trachea."""
    back, fade = float(spine_y(depth)), min(1.0, (24 - depth) / 16) ** 0.5
    muscles = [
        ellipse(44, back - 8, 17 * fade, 11 * fade, turned=-0.5),
        ellipse(62, back + 6, 12 * fade, 8 * fade, turned=-0.3),
        ellipse(11, back - 17, 8 * fade, 4 * fade),
        ellipse(24, -28, 15 * fade, 5.5 * fade, turned=0.5),
        ellipse(11, -20, 8 * fade, 3.2 * fade, turned=0.2),
    ]
    canvas.paint([*muscles, *map(mirrored, muscles)], MUSCLE)
    if -52 < depth < 6:
        round_ = float(np.clip((6 - depth) / 14, 0, 1) * np.clip((depth + 52) / 14, 0, 1)) ** 0.5
        lobe = ellipse(14, back - 32, 6.5 * round_, 9 * round_, turned=0.3)
        canvas.paint([lobe, mirrored(lobe)], 95.0)


def paint_pleural_spaces(canvas: Canvas, body: Body, depth: float) -> None:
    """Lungs as far as the mediastinum and the diaphragm leave room for them."""
    sides = [(side, lung_contour(depth, side)) for side in ("R", "L")]
    canvas.aerate([contour for _, contour in sides if contour is not None])
    domes = [contour for side in ("R", "L") if (contour := dome_contour(depth, side, lift=_lift(body))) is not None]
    canvas.paint(domes, MUSCLE)
    canvas.paint(_between_lungs(body, depth), -88.0)


def _lift(body: Body) -> float:
    """A breath taken standing brings the diaphragm lower."""
    return 10.0 if body.upright else 0.0


def _between_lungs(body: Body, depth: float) -> list[Points]:
    """Core, organs with their fat, and spine: everything that pushes the lungs aside."""
    spine = ellipse(0, float(spine_y(depth)) + 3, 23, 19, power=2.4)
    parts = [mediastinum.core_contour(depth), spine]
    if depth <= BASE_DEPTH_MM:
        parts += sections(mediastinum.vessels(), depth, 2.2)
        parts += sections(mediastinum.airways(), depth, 3.2)
    heart = mediastinum.heart_section(body, depth)
    if heart is not None:
        parts.append(shrink(heart.pericardium, -1.0))
    return parts


def _abdominal_organs(canvas: Canvas, body: Body, depth: float) -> None:
    lift = _lift(body)
    if depth > 214 + lift:
        central = ellipse(6, -30, 70, min(52.0, (depth - 206 - lift) * 2.4), power=2.4)
        canvas.paint([central], -90.0)
    inner = {side: dome_contour(depth, side, within=0.975, lift=lift) for side in ("R", "L")}
    if inner["L"] is not None:
        bowel = float(profile(depth, (240, 280), (-92, 20))) if body.upright else -92.0
        canvas.paint([inner["L"]], bowel)
        _left_upper_quadrant(canvas, inner["L"], depth - lift, upright=body.upright)
    if inner["R"] is not None:
        canvas.paint([inner["R"], *_left_liver_lobe(depth - lift)], 60.0)
        canvas.paint(_hepatic_veins(depth - lift), 44.0)
        canvas.paint(_retrocrural_fat(depth - lift), -88.0)
        canvas.paint(_crura(depth - lift), 50.0)


def _left_liver_lobe(depth: float) -> list[Points]:
    if depth < 206:
        return []
    size = float(profile(depth, (206, 236, 262, 300, 330), (0.02, 1, 0.95, 0.6, 0.3)))
    waist = ellipse(-10, -22, 30 * size, 44 * size, turned=0.25)
    return [waist, ellipse(6, -44, 66 * size, 27 * size, turned=-0.16, power=2.4)]


def _retrocrural_fat(depth: float) -> list[Points]:
    """Fat about the aorta and in front of the spine, the liver's bare edge curving round it."""
    if depth < 204:
        return []
    back = float(spine_y(depth))
    falciform = ellipse(5, -67, 17, 15, turned=0.5)
    return [
        falciform,
        ellipse(3, back - 10, 27, 17),
        ellipse(-2, back + 6, 34, 15),
        ellipse(22, back - 32, 22, 17, turned=0.5),
    ]


def _crura(depth: float) -> list[Points]:
    """The diaphragm's legs beside the aorta."""
    if depth < 222:
        return []
    back = float(spine_y(depth))
    return [ellipse(-11, back - 20, 4.2, 13, turned=0.35), ellipse(21, back - 16, 3.6, 13, turned=-0.35)]


def _hepatic_veins(depth: float) -> list[Points]:
    if depth < 200:
        return []
    return [ellipse(-52 - (depth - 200) * 0.25, -14, 13, 3.2, turned=0.5), ellipse(-48, 14, 10, 3.0, turned=-0.6)]


def _left_upper_quadrant(canvas: Canvas, dome: Points, depth: float, *, upright: bool) -> None:
    """Spleen behind, stomach in front with its bubble uppermost."""
    centre = np.array([60.0, -6.0])
    full = float(profile(depth, (188, 196, 215, 240, 275, 310, 330), (0.2, 0.5, 0.85, 1.0, 0.9, 0.5, 0.1)))
    low = float(profile(depth, (188, 200, 250, 300, 318), (0.80, 0.70, 0.58, 0.72, 0.93)))
    behind = slice(58, 104)
    spleen = np.concatenate(
        [(centre + 0.965 * (dome - centre))[behind], (centre + low * (dome - centre))[behind][::-1]]
    )
    stomach = ellipse(56, -22, 40 * full, 31 * full, turned=-0.25, power=2.3)
    if depth < 318:
        canvas.paint([spleen], 52.0)
    canvas.paint([stomach], 44.0)
    inside = shrink(stomach, 3.2)
    canvas.paint([inside], 14.0)
    if not upright:
        canvas.paint([_above(inside, -14.0)], -985.0)
    elif depth < 222:
        canvas.paint([inside], -985.0)


def _above(contour: Points, level: float) -> Points:
    """The part of a contour in front of a fluid level."""
    return np.column_stack([contour[:, 0], np.minimum(contour[:, 1], level)])


def _heart(canvas: Canvas, body: Body, depth: float) -> None:
    heart = mediastinum.heart_section(body, depth)
    if heart is None:
        return
    canvas.paint([heart.pericardium], 25.0)
    canvas.paint([shrink(heart.pericardium, 1.3)], -85.0)
    canvas.paint([heart.muscle], 50.0)
    canvas.paint(heart.chambers, 40.0)
    canvas.paint(heart.grooves, -70.0)
    canvas.paint(mediastinum.coronary_sections(body, depth), BLOOD)


def _great_vessels(canvas: Canvas, depth: float) -> None:
    canvas.paint(mediastinum.left_atrium(depth), 41.0)
    canvas.paint(sections(mediastinum.vessels(), depth), BLOOD)
    wall, air = mediastinum.gullet_sections(depth)
    canvas.paint(wall, 40.0)
    canvas.paint(air, -700.0)
    canvas.paint(sections(mediastinum.airways(), depth, 1.5), 38.0)
    canvas.paint(sections(mediastinum.airways(), depth, 0.0), -990.0)


def _bones(canvas: Canvas, body: Body, depth: float) -> None:
    spongy = smooth_field(body.seed + 2, 2.6, np.array([depth / 2]), canvas.grid.ys, canvas.grid.xs)[0]
    marrow = (np.float32(MARROW) + 45 * spongy).astype(np.float32)
    spine = skeleton.vertebra_section(depth)
    canvas.paint(skeleton.rib_sections(skeleton.cartilages(), depth), 95.0)
    canvas.paint(spine.disc, 85.0)
    canvas.paint(_cortical(body, depth, spine), CORTEX)
    canvas.paint(_spongy(body, depth, spine), marrow)
    canvas.paint(spine.plate, 380.0)
    canvas.paint([spine.canal], 0.0)
    canvas.paint([spine.cord], 38.0)


def _ribs_and_clavicles(canvas: Canvas, body: Body, depth: float) -> None:
    clavicles = skeleton.clavicles(body.upright)
    canvas.paint([*skeleton.rib_sections(skeleton.ribs(), depth), *sections(clavicles, depth)], CORTEX)
    canvas.paint([*skeleton.rib_sections(skeleton.ribs(), depth, 1.25), *sections(clavicles, depth, -1.8)], MARROW)


def _cortical(body: Body, depth: float, spine: skeleton.VertebraSection) -> list[Points]:
    return [
        *spine.cortex,
        *skeleton.sternum_section(depth),
        *skeleton.scapula_sections(body, depth),
        *skeleton.humerus_sections(body, depth),
    ]


def _spongy(body: Body, depth: float, spine: skeleton.VertebraSection) -> list[Points]:
    return [
        *spine.marrow,
        *(shrink(part, 1.3) for part in skeleton.sternum_section(depth)),
        *skeleton.humerus_sections(body, depth, 2.2),
    ]
