"""Whether ink is gone and the picture is not: judged on pixels, with no reader of text that could be wrong."""

from typing import Any

import numpy as np

from bench.deidentification.ink import unpacked
from bench.deidentification.outputs import Pixels

GONE = 0.9  # share of a glyph's (or of its surround's) pixels that must have changed
ALIKE = 0.005  # share of a picture's pixels that may differ far from any text
MARGIN = 24  # how far a cover may reach beyond the ink, in pixels


def hidden(before: Pixels, after: Pixels, place: dict[str, Any]) -> bool:
    """Whether no letter-wide piece of a text can still be told from its surround."""
    if after.shape != before.shape:
        return False
    top, left, bottom, right = place["box"]
    mask = unpacked(place["mask"])
    was = _grey(before[place["frame"], top:bottom, left:right], before)
    now = _grey(after[place["frame"], top:bottom, left:right], before)
    faint = 0.06 * float(np.ptp(before))
    return all(_piece_hidden(was[part], now[part], mask[part], faint) for part in _pieces(mask))


def overlay_hidden(bits: bytes, columns: int, place: dict[str, Any]) -> bool:
    """Whether the letters drawn into an overlay plane are gone, with the plane or out of it."""
    top, left, bottom, right = place["box"]
    plane = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
    now = plane[: len(plane) // columns * columns].reshape(-1, columns)[top:bottom, left:right].astype(np.float32)
    mask = unpacked(place["mask"])
    return now.shape != mask.shape or not _told_apart(now, mask)


def _pieces(mask: Pixels) -> list[tuple[slice, slice]]:
    """The box in pieces as long as it is high, or as high as it is wide where it stands upright."""
    rows, columns = mask.shape
    length = max(8, min(rows, columns))
    if columns >= rows:
        return [(slice(0, rows), slice(at, at + length)) for at in range(0, columns, length)]
    return [(slice(at, at + length), slice(0, columns)) for at in range(0, rows, length)]


def _piece_hidden(was: Pixels, now: Pixels, mask: Pixels, faint: float) -> bool:
    if mask.sum() < 6 or (~mask).sum() < 6:
        return True
    contrast = abs(float(np.median(was[mask])) - float(np.median(was[~mask])))
    if contrast <= faint:  # nobody could read it before
        return True
    changed = np.abs(now - was) > 0.25 * contrast
    if changed[mask].mean() < GONE and changed[~mask].mean() < GONE:
        return False
    return not _told_apart(now, mask)


def _told_apart(now: Pixels, mask: Pixels) -> bool:
    if now.std() == 0:
        return False
    return abs(float(np.corrcoef(now.ravel(), mask.ravel())[0, 1])) > 0.6


def retained(before: Pixels, after: Pixels, place: dict[str, Any], *, lossy: bool) -> bool:
    """Whether a side marker, or everything away from the burned-in texts, is as it was."""
    if after.shape != before.shape:
        return False
    differs = np.abs(_grey(after, before) - _grey(before, before)) > _tolerance(before, lossy)
    if "box" in place:
        top, left, bottom, right = place["box"]
        return float(differs[:, top:bottom, left:right].mean()) < 0.02
    for top, left, bottom, right in place["boxes"]:
        differs[:, max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN] = False
    return float(differs.mean()) <= ALIKE


def _tolerance(before: Pixels, lossy: bool) -> float:
    return float(np.ptp(before)) * 0.08 if lossy else 0.0


def _grey(pixels: Pixels, whole: Pixels) -> Pixels:
    return pixels.mean(axis=-1) if whole.ndim == 4 else pixels
