"""Text in a picture: where it stands and what it says, by PP-OCR's detector and recogniser on ONNX."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

SURE = 0.5
FAINT = 0.3
MOST_READ = 96
ONE_THREAD = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Det.box_thresh": FAINT,
    "Det.max_candidates": 2000,
}


class Box(NamedTuple):
    """A rectangle that holds text: left, top, right, bottom in pixels (right and bottom beyond it), and how surely."""

    left: int
    top: int
    right: int
    bottom: int
    score: float


class Line(NamedTuple):
    """A box with the words read in it, "" where nothing was made out; `confidence` of 0 to 1."""

    box: Box
    words: str
    confidence: float


@cache
def _engine() -> Any:
    """Detector and recogniser, loaded once a process; each uses one thread, so that processes may be many."""
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    return RapidOCR(params=ONE_THREAD)


def find_text(picture: Picture, *, scale: float = 1.0) -> list[Box]:
    """Every stretch of text in a picture of rows, columns and three channels, looked at magnified by `scale`."""
    import cv2

    detector = _engine()._load_det_model()
    rows, columns = picture.shape[:2]
    height, width = (max(32, round(size * scale / 32) * 32) for size in (rows, columns))
    seen = picture if (height, width) == (rows, columns) else cv2.resize(picture, (width, height))
    signal = (seen.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
    corners, scores = detector.postprocess_op(detector.session(np.ascontiguousarray(signal)), (rows, columns))
    return [_box(each, score, rows, columns) for each, score in zip(corners, scores, strict=True)]


def _box(corners: NDArray[Any], score: float, rows: int, columns: int) -> Box:
    left, top = (int(each) for each in corners.min(axis=0))
    right, bottom = (int(each) + 1 for each in corners.max(axis=0))
    return Box(max(left, 0), max(top, 0), min(right, columns), min(bottom, rows), float(score))


def read_text(picture: Picture, boxes: Sequence[Box]) -> list[Line]:
    """What stands in each box; a box that is taller than wide is read turned, in both directions."""
    from rapidocr.ch_ppocr_rec import TextRecInput

    if not boxes:
        return []
    if len(boxes) > MOST_READ:  # a page full of text is covered whether it is read or not
        return [Line(box, "", 0.0) for box in boxes]
    crops = [crop for box in boxes for crop in _crops(picture, box)]
    answer = _engine()._load_rec_model()(TextRecInput(img=crops, return_word_box=False))
    read = iter(zip(answer.txts, answer.scores, strict=True))
    return [_best(box, [next(read) for _ in _turns(box)]) for box in boxes]


def _turns(box: Box) -> tuple[int, ...]:
    return (1, 3) if box.bottom - box.top > 1.5 * (box.right - box.left) else (0,)


def _crops(picture: Picture, box: Box) -> list[Picture]:
    crop = picture[box.top : box.bottom, box.left : box.right]
    return [np.ascontiguousarray(np.rot90(crop, turn)) for turn in _turns(box)]


def _best(box: Box, readings: list[tuple[str, float]]) -> Line:
    words, confidence = max(readings, key=lambda reading: reading[1])
    return Line(box, words.strip(), float(confidence))
