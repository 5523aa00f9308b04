"""How a picture is asked for (PS3.18 8.3.5): window, viewport, quality, annotation, colour profile."""

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from firstlight.imaging.dicomweb.exchange import Asked, Refusal
from firstlight.imaging.rendering import LINEAR, LINEAR_EXACT, SIGMOID, Look, Window
from firstlight.imaging.rules.viewport import Region, Viewport

QUALITY = 88
LARGEST_PX = 4096
FUNCTIONS = {"linear": LINEAR, "linear-exact": LINEAR_EXACT, "sigmoid": SIGMOID}
ANNOTATIONS = frozenset({"patient", "technique"})
PROFILES = frozenset({"no", "yes", "srgb"})
NUMBER = r"[+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})"
PICTURES = ("image/jpeg", "image/png", "image/gif")
Value = TypeVar("Value")


def look_asked(asked: Asked, *, media_types: tuple[str, ...] = PICTURES) -> Look:
    """How the query wants its pictures; raises Refusal for what none of them can be."""
    return Look(
        window=_read(asked, "window", _window, "window is CENTER,WIDTH,FUNCTION: linear, linear-exact or sigmoid."),
        viewport=_read(asked, "viewport", _viewport, "viewport is WIDTH,HEIGHT or WIDTH,HEIGHT,X,Y,WIDTH,HEIGHT."),
        icc_profile=_read(asked, "iccprofile", _profile, "iccprofile is no, yes or srgb.") or "",
        quality=_read(asked, "quality", _quality, "quality is 1 to 100.") or QUALITY,
        media_type=_media_type(asked, media_types),
    )


def annotations_asked(asked: Asked) -> frozenset[str]:
    """What shall be burned in; nothing where nothing is said."""
    return _read(asked, "annotation", _annotations, "annotation is patient, technique or both.") or frozenset()


def _media_type(asked: Asked, media_types: tuple[str, ...]) -> str:
    for wish in asked.wishes:
        for each in media_types:
            if wish.takes(each):
                return each
    raise Refusal(406, "This picture cannot be made", f"Pictures come as {', '.join(media_types)}.")


def _read(asked: Asked, name: str, read: Callable[[str], Value], help_: str) -> Value | None:
    said = asked.value(name)
    if not said:
        return None
    try:
        return read(said)
    except (ValueError, OverflowError):
        raise Refusal(400, "This picture cannot be made", help_) from None


def _window(said: str) -> Window:
    center, width, function = said.split(",")
    window = Window(_number(center), _number(width), FUNCTIONS[function] if function in FUNCTIONS else _refuse())
    if window.width < (1 if window.function == LINEAR else 1e-6):
        raise ValueError
    return window


def _viewport(said: str) -> Viewport:
    values = [each.strip() for each in said.split(",")]
    if len(values) not in range(2, 7):
        raise ValueError
    width, height = (round(_number(each)) for each in values[:2])
    if not (1 <= width <= LARGEST_PX and 1 <= height <= LARGEST_PX):
        raise ValueError
    return Viewport(width, height, _region(values[2:]))


def _region(values: list[str]) -> Region | None:
    """The source region; what is left out begins at the corner and ends at the edges."""
    if not any(values):
        return None
    left, top, width, height = (_number(each) if each else None for each in [*values, "", "", "", ""][:4])
    if width == 0 or height == 0:
        raise ValueError
    return Region(left or 0, top or 0, width, height)


def _quality(said: str) -> int:
    if not re.fullmatch(r"\d{1,3}", said) or not 1 <= int(said) <= 100:
        raise ValueError
    return int(said)


def _annotations(said: str) -> frozenset[str]:
    words = frozenset(each.strip() for each in said.split(","))
    return words if words <= ANNOTATIONS else _refuse()


def _profile(said: str) -> str:
    return said if said in PROFILES else _refuse()


def _number(said: str) -> float:
    if not re.fullmatch(NUMBER, said.strip()):
        raise ValueError
    return float(said)


def _refuse() -> NoReturn:
    raise ValueError
