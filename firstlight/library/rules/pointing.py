"""What an author shows on the images: marks on one image, and the arrangement that readers begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

LAYOUTS = {"1x1": 1, "1x2": 2, "2x1": 2, "2x2": 4, "1x3": 3}
# Fewest and most points of each kind.
POINTS = {"arrow": (2, 2), "ellipse": (2, 2), "region": (3, 200), "text": (1, 1)}
MOST_MARKS = 60
LONGEST_LABEL = 200
ROTATIONS = (0, 90, 180, 270)


class BadPointing(ValueError):
    """What was sent is no mark or no arrangement; `why` names the part that is wrong."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class MarkView:
    """A mark: points are (column, row) from the top left corner of the image, as in PS3.3 C.18.6."""

    number: int
    sop_instance_uid: str
    frame: int
    kind: str
    points: list[list[float]]
    label_ko: str
    label_en: str

    @property
    def anchor(self) -> str:
        """The address of its image on its case's page."""
        return f"#image={self.sop_instance_uid}/{self.frame}"


def mark_from(raw: Mapping[str, Any], *, columns: int | None, rows: int | None) -> dict[str, Any]:
    """The kind, points and words of a mark as its page sends them; raises BadPointing."""
    kind, points = raw.get("kind"), raw.get("points")
    if kind not in list(POINTS):
        raise BadPointing("kind")
    fewest, most = POINTS[kind]
    if not isinstance(points, list) or not fewest <= len(points) <= most:
        raise BadPointing("points")
    labels = {f"label_{each}": _label(raw.get(f"label{each.capitalize()}", "")) for each in ("ko", "en")}
    if not any(labels.values()):
        raise BadPointing("words")
    return {"kind": kind, "points": [_point(each, columns, rows) for each in points], **labels}


def _point(raw: Any, columns: int | None, rows: int | None) -> list[float]:
    x, y = _pair(raw, "points")
    if not (0 <= x <= (columns or 65535) and 0 <= y <= (rows or 65535)):
        raise BadPointing("points")
    return [round(x, 2), round(y, 2)]


def _pair(raw: Any, part: str) -> tuple[float, float]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise BadPointing(part)
    return _number(raw[0], part), _number(raw[1], part)


def _number(raw: Any, part: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not isfinite(raw):
        raise BadPointing(part)
    return float(raw)


def _label(raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > LONGEST_LABEL:
        raise BadPointing("words")
    return raw.strip()


def arrangement_from(raw: Any, *, series: Sequence[str]) -> dict[str, Any]:
    """Which series stand where and how, as the viewer keeps it; raises BadPointing."""
    if not isinstance(raw, dict) or raw.get("layout") not in list(LAYOUTS):
        raise BadPointing("layout")
    count, cells = LAYOUTS[raw["layout"]], raw.get("cells")
    if not isinstance(cells, list) or not 1 <= len(cells) <= count or not any(cells):
        raise BadPointing("cells")
    active = raw.get("active")
    if isinstance(active, bool) or not isinstance(active, int) or not 0 <= active < count:
        raise BadPointing("active")
    return {
        "layout": raw["layout"],
        "isLinked": raw.get("isLinked") is True,
        "active": active,
        "cells": [_cell(each, series) if each else None for each in cells],
    }


def _cell(raw: Any, series: Sequence[str]) -> dict[str, Any]:
    if not isinstance(raw, dict) or raw.get("series") not in series or raw.get("rotation") not in ROTATIONS:
        raise BadPointing("cells")
    zoom = _number(raw.get("zoom"), "zoom")
    if not 0 < zoom <= 64:
        raise BadPointing("zoom")
    return {
        "series": raw["series"],
        "image": _image(raw.get("image")),
        "window": _window(raw.get("window")),
        "zoom": zoom,
        "centre": list(_pair(raw["centre"], "centre")) if raw.get("centre") else None,
        "rotation": raw["rotation"],
        "isFlipped": raw.get("isFlipped") is True,
        "isInverted": raw.get("isInverted") is True,
    }


def _image(raw: Any) -> dict[str, Any] | None:
    if raw is None:
        return None
    uid, frame = (raw.get("sopInstanceUID"), raw.get("frame")) if isinstance(raw, dict) else (None, None)
    if not isinstance(uid, str) or not 0 < len(uid) <= 64 or set(uid) - set("0123456789."):
        raise BadPointing("image")
    if isinstance(frame, bool) or not isinstance(frame, int) or frame < 1:
        raise BadPointing("image")
    return {"sopInstanceUID": uid, "frame": frame}


def _window(raw: Any) -> dict[str, float] | None:
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise BadPointing("window")
    centre, width = _number(raw.get("centre"), "window"), _number(raw.get("width"), "window")
    if width < 1:
        raise BadPointing("window")
    return {"centre": centre, "width": width}


def marks_for_viewer(marks: Sequence[MarkView], *, language: str) -> list[dict[str, Any]]:
    """The marks as the viewer reads them, with their words in that language where there are any."""
    return [
        {
            "number": each.number,
            "sopInstanceUID": each.sop_instance_uid,
            "frame": each.frame,
            "kind": each.kind,
            "points": each.points,
            "label": getattr(each, f"label_{language}") or each.label_en or each.label_ko,
            "labelKo": each.label_ko,
            "labelEn": each.label_en,
        }
        for each in marks
    ]
