"""Rendered frames and thumbnails (PS3.18 8.3.5): what a list shows is made once and kept."""

from functools import lru_cache, partial
from typing import NamedTuple

from firstlight.imaging import store
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Refusal
from firstlight.imaging.dicomweb.retrieve import Stored, named, stored
from firstlight.imaging.rendering import NotRenderable, Window, render

THUMBNAIL_PX = 320
QUALITY = 88
REMEMBERED_PICTURES = 256
LARGEST_PX = 8192


class Wish(NamedTuple):
    """Which picture of which frame; the same wish is the same picture for ever."""

    stored_object: str
    frame: int
    window: Window | None
    longest_px: int | None
    media_type: str
    quality: int


def rendered(
    asked: Asked, study: str, series: str, sop: str, frame: str = "1", longest_px: int | None = None
) -> Answer:
    """A picture of a frame; `window=CENTER,WIDTH,linear`, `viewport=W,H` and `quality` as in PS3.18 8.3.5."""
    [found] = stored(asked, study, series, sop)
    return picture(asked, found, frame=int(frame), longest_px=longest_px)


def picture(asked: Asked, found: Stored, *, frame: int, longest_px: int | None) -> Answer:
    """One frame as JPEG or PNG."""
    if frame > found.frame_count:
        raise Refusal(404, "There is no such frame", f"This instance has {found.frame_count}.")
    window, viewport_px, quality = rendering_asked(asked)
    media_type = "image/png" if "image/png" in asked.accept else "image/jpeg"
    wish = Wish(found.stored_object, frame, window, longest_px or viewport_px, media_type, quality)
    ranges = tuple(found.ranges(frame))
    try:
        kept = longest_px == THUMBNAIL_PX and window is None
        content = (
            store.remembered(" ".join(map(str, wish)), partial(_made, wish, ranges)) if kept else _made(wish, ranges)
        )
    except NotRenderable as error:
        raise Refusal(406, "This image cannot be rendered", str(error)) from error
    return named(asked, Answer(content, media_type), repr(wish), found)


def rendering_asked(asked: Asked) -> tuple[Window | None, int | None, int]:
    """What window, longest side and quality the query names; raises Refusal for what none of them can be."""
    try:
        return _rendering_asked(asked)
    except (ValueError, OverflowError):
        detail = "window is CENTER,WIDTH,linear; viewport is WIDTH,HEIGHT; quality is 1 to 100."
        raise Refusal(400, "This picture cannot be made", detail) from None


def _rendering_asked(asked: Asked) -> tuple[Window | None, int | None, int]:
    window = asked.value("window").split(",")
    chosen = Window(float(window[0]), float(window[1])) if len(window) >= 2 else None
    viewport = [int(float(each)) for each in asked.value("viewport").split(",") if each]
    quality = int(asked.value("quality") or QUALITY)
    if not 1 <= quality <= 100 or any(not 1 <= each <= LARGEST_PX for each in viewport) or window[1:] == [""]:
        raise ValueError
    if len(window) == 1 and window[0]:
        raise ValueError
    if chosen and not (chosen.width >= 1 and abs(chosen.center) < 1e9):
        raise ValueError
    return chosen, max(viewport) if viewport else None, quality


@lru_cache(REMEMBERED_PICTURES)
def _made(wish: Wish, ranges: tuple[tuple[int, int], ...]) -> bytes:
    return render(
        store.source(wish.stored_object),
        frame=wish.frame,
        stored=store.read_ranges(wish.stored_object, ranges),
        window=wish.window,
        longest_px=wish.longest_px,
        media_type=wish.media_type,
        quality=wish.quality,
    )
