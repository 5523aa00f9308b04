"""The order in which a radiologist expects slices: by position along their normal, not by file name."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

ALIKE = 1e-3  # direction cosines of one stack differ by rounding only


class Slice(NamedTuple):
    """What ordering needs to know of one image; lengths in mm, `item` is whatever the caller orders."""

    item: Hashable
    orientation: Sequence[float] | None
    position: Sequence[float] | None
    instance_number: int | None
    sop_instance_uid: str
    localizer: bool = False


def slice_position(orientation: Sequence[float] | None, position: Sequence[float] | None) -> float | None:
    """How far a slice lies along its own normal in mm, None where it is not placed in space (PS3.3 C.7.6.2)."""
    normal = _normal(orientation)
    if normal is None or position is None or len(position) != 3 or not all(map(math.isfinite, position)):
        return None
    return sum(one * other for one, other in zip(normal, position, strict=True))


def _normal(orientation: Sequence[float] | None) -> tuple[float, float, float] | None:
    if orientation is None or len(orientation) != 6 or not all(map(math.isfinite, orientation)):
        return None
    a, b, c, d, e, f = orientation
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return normal if math.hypot(*normal) > 0.5 else None


def order_slices(slices: Iterable[Slice]) -> list[Slice]:
    """Slices in reading order: the largest stack of one direction first, other directions and localizers apart."""
    stacks: dict[tuple[bool, Sequence[float] | None], list[Slice]] = {}
    for one in sorted(slices, key=_identity):
        stacks.setdefault(_stack(one, stacks), []).append(one)
    ordered = sorted(stacks.items(), key=lambda entry: (entry[0][0], entry[0][1] is None, -len(entry[1])))
    return [one for (_, direction), stack in ordered for one in sorted(stack, key=_place(direction))]


def _identity(one: Slice) -> tuple[float, str]:
    return (math.inf if one.instance_number is None else one.instance_number, one.sop_instance_uid)


def _stack(one: Slice, stacks: Iterable[tuple[bool, Sequence[float] | None]]) -> tuple[bool, Sequence[float] | None]:
    if slice_position(one.orientation, one.position) is None or one.orientation is None:
        return one.localizer, None
    for localizer, direction in stacks:
        if localizer == one.localizer and direction is not None and _alike(direction, one.orientation):
            return localizer, direction
    return one.localizer, tuple(one.orientation)


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) <= ALIKE for a, b in zip(one, other, strict=True))


# From the head to the feet, from front to back, from right to left: x grows to the patient's left, y to the back,
# z to the head (PS3.3 C.7.6.2.1.1).
READING_DIRECTION = (1.0, 1.0, -1.0)


def _place(direction: Sequence[float] | None) -> Callable[[Slice], tuple[float, float, str]]:
    sign = _reading_sign(_normal(direction))

    def place(one: Slice) -> tuple[float, float, str]:
        position = slice_position(direction, one.position)
        return (0.0 if position is None else sign * round(position, 3), *_identity(one))

    return place


def _reading_sign(normal: tuple[float, float, float] | None) -> float:
    if normal is None:
        return 1.0
    axis = max(range(3), key=lambda each: abs(normal[each]))
    return math.copysign(READING_DIRECTION[axis], READING_DIRECTION[axis] * normal[axis])
