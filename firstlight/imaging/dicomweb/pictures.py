"""Rendered frames and thumbnails (PS3.18 8.3.5, 10.4.1.1.3, 10.4.1.1.4): what a list shows is made once and kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pydicom import Dataset, dcmread

from firstlight.imaging import store
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Nothing, Part, Refusal, multipart
from firstlight.imaging.dicomweb.looks import annotations_asked, look_asked
from firstlight.imaging.dicomweb.stored import Stored, etag_of, is_known, known, named, stored
from firstlight.imaging.rendering import Look, NotRenderable, animate, readable, render
from firstlight.imaging.rules.presentation import NotShowable, presentation_of, references_of

THUMBNAIL_PX = 320
REMEMBERED_PICTURES = 256
REMEMBERED_BYTES = 256 << 10  # of one picture; a larger one is made each time
MOST_PICTURES = 300
STILL = ("image/jpeg", "image/png")
PATIENT = ["PatientID", "PatientSex", "PatientAge", "StudyDate"]
TECHNIQUE = ["Modality", "KVP", "SliceThickness", "SeriesDescription", "InstanceNumber"]


class Wish(NamedTuple):
    """Which picture of which frame; the same wish is the same picture for ever."""

    stored_object: str
    frames: tuple[int, ...]
    look: Look
    longest_px: int | None
    state_object: str = ""


def rendered(asked: Asked, study: str, series: str = "", sop: str = "", numbers: str = "") -> Answer:
    """Pictures of a study, a series, an instance or some of its frames; a presentation state shows what it is for."""
    found = stored(asked, study, series, sop)
    if sop:
        return _of_instance(asked, found[0], tuple(int(each) for each in numbers.split(",")) if numbers else ())
    shown = [each for each in found if each.frame_count]
    if not shown:
        raise Nothing
    if len(shown) > MOST_PICTURES:
        raise Refusal(413, "These are too many pictures for one answer", f"One answer holds {MOST_PICTURES}.")
    look = look_asked(asked, media_types=STILL)
    return multipart(_each(asked, shown, look), media_type=look.media_type)


def _each(asked: Asked, found: Sequence[Stored], look: Look) -> Iterator[Part]:
    for each in found:
        try:
            content = _kept(each, Wish(each.stored_object, (1,), _annotated(asked, each, look), None))
        except NotRenderable:
            continue
        yield Part(look.media_type, content, f"{asked.root}{each.path}/rendered")


def _of_instance(asked: Asked, found: Stored, frames: tuple[int, ...]) -> Answer:
    state_uid = asked.value("presentationUID")
    if not found.frame_count:
        return _of_state(asked, found)
    if state_uid:
        series = asked.value("presentationSeriesUID")
        [state] = stored(asked, found.study_instance_uid, series, state_uid)
        return picture(asked, found, frames=frames, state=state, annotates=True)
    return picture(asked, found, frames=frames, annotates=True)


def _of_state(asked: Asked, state: Stored) -> Answer:
    """A presentation state by itself: the first image that it is for, as it wants it shown."""
    references = references_of(_header(state.stored_object))
    if not references:
        raise Refusal(406, "This instance cannot be rendered", "It has neither pixels nor images that it refers to.")
    first = references[0]
    [image] = stored(asked, state.study_instance_uid, first.series_instance_uid, first.sop_instance_uid)
    return picture(asked, image, frames=first.frames[:1], state=state, annotates=True)


def picture(
    asked: Asked,
    found: Stored,
    *,
    frame: int = 1,
    frames: tuple[int, ...] = (),
    longest_px: int | None = None,
    state: Stored | None = None,
    annotates: bool = False,
) -> Answer:
    """Frames as JPEG, PNG or GIF; several are parts, or one moving GIF."""
    wanted = frames or (frame,)
    if not all(1 <= each <= found.frame_count for each in wanted):
        raise Refusal(404, "There is no such frame", f"This instance has {found.frame_count}.")
    look = look_asked(asked)
    if look.media_type == "image/gif" and not frames and longest_px is None:
        wanted = tuple(range(1, found.frame_count + 1))
    if len(wanted) > MOST_PICTURES:
        raise Refusal(413, "These are too many pictures for one answer", f"One answer holds {MOST_PICTURES}.")
    wish = Wish(found.stored_object, wanted, look, longest_px, state.stored_object if state else "")
    etag = etag_of(f"{wish}{sorted(annotations_asked(asked)) if annotates else ''}", is_weak=len(wanted) > 1)
    if is_known(asked, etag):
        return known(found, etag)
    return named(_made_of(wish, asked, found, state, annotates=annotates), etag, found)


def _made_of(wish: Wish, asked: Asked, found: Stored, state: Stored | None, *, annotates: bool) -> Answer:
    look = _annotated(asked, found, wish.look) if annotates else wish.look
    try:
        if state:
            look = replace(look, presentation=_presentation(state, found, wish.frames[0]))
        if len(wish.frames) == 1 or look.media_type == "image/gif":
            return Answer(_kept(found, wish._replace(look=look)), look.media_type)
        parts = [Part(look.media_type, _kept(found, wish._replace(look=look, frames=(each,)))) for each in wish.frames]
    except (NotRenderable, NotShowable) as error:
        raise Refusal(406, "This image cannot be rendered", str(error)) from error
    except ValueError as error:
        raise Refusal(400, "This picture cannot be made", "The region lies outside the image.") from error
    return multipart(parts, media_type=look.media_type, at_once=True)


def _presentation(state: Stored, found: Stored, frame: int) -> Any:
    try:
        header = _header(state.stored_object)
        if not any(each.sop_instance_uid == found.sop_instance_uid for each in references_of(header)):
            raise NotShowable("This presentation state is for other images.")
        return presentation_of(header, sop_instance_uid=found.sop_instance_uid, frame=frame)
    except (AttributeError, TypeError, KeyError, IndexError) as error:
        raise NotShowable("This presentation state cannot be read.") from error


def _header(stored_object: str) -> Dataset:
    return dcmread(readable(store.source(stored_object)), stop_before_pixels=True)


def _annotated(asked: Asked, found: Stored, look: Look) -> Look:
    """The look with the lines that shall be burned in: of the pseudonymous patient, or of how the image was made."""
    words = annotations_asked(asked)
    if not words:
        return look
    header = _header(found.stored_object)
    return replace(
        look,
        at_top=_lines(header, PATIENT) if "patient" in words else (),
        at_bottom=_lines(header, TECHNIQUE) if "technique" in words else (),
    )


UNITS = {"KVP": "kVp", "SliceThickness": "mm"}


def _lines(header: Dataset, names: Sequence[str]) -> tuple[str, ...]:
    values = ((name, str(header.get(name) or "").strip()) for name in names)
    return tuple(f"{value} {UNITS.get(name, '')}".strip() for name, value in values if value)


def thumbnail(asked: Asked, study: str, series: str = "", sop: str = "", numbers: str = "") -> Answer:
    """A small picture: of a frame, or of the image in the middle of a series or of a study's first one with images."""
    found = [each for each in stored(asked, study, series, sop) if each.frame_count]
    if not found:
        raise Nothing
    first = [each for each in found if each.series_instance_uid == found[0].series_instance_uid]
    shown = first[len(first) // 2]
    return picture(asked, shown, frames=(int(numbers),) if numbers else (), longest_px=THUMBNAIL_PX)


def _kept(found: Stored, wish: Wish) -> bytes:
    """A picture; a plain thumbnail is made once and kept by every process, others are remembered by this one."""
    ranges = tuple(found.ranges(wish.frames[0]))
    if wish.longest_px != THUMBNAIL_PX or wish.look != Look(media_type=wish.look.media_type):
        return _remembered(wish, ranges) if wish.look.presentation is None else _make(wish, ranges)
    name = f"{wish.stored_object} {wish.frames} {wish.longest_px} {wish.look.media_type}"
    return store.remembered(name, partial(_make, wish, ranges))


def _remembered(wish: Wish, ranges: tuple[tuple[int, int], ...]) -> bytes:
    try:
        return _made(wish, ranges)
    except _TooLarge as large:
        return large.content


class _TooLarge(Exception):
    def __init__(self, content: bytes) -> None:
        self.content = content


@lru_cache(REMEMBERED_PICTURES)
def _made(wish: Wish, ranges: tuple[tuple[int, int], ...]) -> bytes:
    content = _make(wish, ranges)
    if len(content) > REMEMBERED_BYTES:
        raise _TooLarge(content)
    return content


def _make(wish: Wish, ranges: tuple[tuple[int, int], ...]) -> bytes:
    source = store.source(wish.stored_object)
    if len(wish.frames) > 1:
        return animate(source, frames=wish.frames, look=wish.look)
    return render(
        source,
        frame=wish.frames[0],
        stored=store.read_ranges(wish.stored_object, ranges),
        longest_px=wish.longest_px,
        look=wish.look,
    )
