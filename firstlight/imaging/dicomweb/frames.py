"""Frames and pixel data (PS3.18 10.4.1.1.5, 10.4.1.1.6): as stored, decoded, or encoded anew, as the reader asks."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from firstlight.imaging import store
from firstlight.imaging.dicomweb.exchange import Answer, Asked, Nothing, Part, Refusal, around, multipart
from firstlight.imaging.dicomweb.stored import Stored, etag_of, is_known, known, named, stored
from firstlight.imaging.packing import frame_as
from firstlight.imaging.rules.encodings import (
    DEFAULTS,
    EXPLICIT_LITTLE,
    MEDIA_TYPES,
    OCTETS,
    PLAIN,
    NotEncodable,
    can_encode,
    media_type_of,
)
from firstlight.imaging.rules.media_types import ANY, Wish


class Form(NamedTuple):
    """One way of sending frames."""

    transfer_syntax_uid: str
    is_multipart: bool


def frames(asked: Asked, study: str, series: str, sop: str, numbers: str) -> Answer:
    """Frames by number, from 1."""
    [found] = stored(asked, study, series, sop)
    return frames_of(asked, found, [int(each) for each in numbers.split(",")])


def frames_of(asked: Asked, found: Stored, numbers: Sequence[int]) -> Answer:
    """Frames in the first form that is asked for and can be had."""
    if not all(1 <= each <= found.frame_count for each in numbers):
        raise Refusal(404, "There is no such frame", f"This instance has {found.frame_count}.")
    for form in forms(asked.wishes, found.frames_transfer_syntax_uid):
        is_multipart = form.is_multipart or len(numbers) > 1
        name = f"{found.stored_object}{form.transfer_syntax_uid}{numbers}{is_multipart}"
        etag = etag_of(name, is_weak=is_multipart)
        if is_known(asked, etag):
            return known(found, etag)
        try:
            return named(_answer(found, numbers, form.transfer_syntax_uid, is_multipart=is_multipart), etag, found)
        except NotEncodable:
            continue
    raise Refusal(406, "These frames cannot be had like that", "Ask with transfer-syntax=* to get them as stored.")


def _answer(found: Stored, numbers: Sequence[int], syntax: str, *, is_multipart: bool) -> Answer:
    media_type = media_type_of(syntax)
    content_type = f"{media_type}; transfer-syntax={syntax}"
    if not is_multipart:
        return Answer(_content(found, numbers[0], syntax), content_type)
    if len(numbers) == 1 and _lies_so(found, syntax):
        answer, before, after = around(content_type, media_type)
        answer.body = store.read_ranges(found.stored_object, found.ranges(numbers[0]), before=before, after=after)
        return answer
    parts = [Part(content_type, _content(found, each, syntax)) for each in numbers]
    return multipart(parts, media_type=media_type, at_once=True)


def _lies_so(found: Stored, syntax: str) -> bool:
    stored_as = found.frames_transfer_syntax_uid
    return syntax == stored_as or (syntax == EXPLICIT_LITTLE and stored_as in PLAIN)


def forms(wished: Sequence[Wish], stored_as: str) -> Iterator[Form]:
    """The forms that the reader would take, best first, of frames that are stored in that transfer syntax."""
    # Frames in Implicit VR are the same bytes as in Explicit VR, and web services speak of the latter alone (8.7.3).
    stored_as = EXPLICIT_LITTLE if stored_as in PLAIN else stored_as
    for wish in wished:
        syntax = _syntax(wish, stored_as)
        if syntax:
            # Whoever takes anything gets parts, as is the rule (10.4.3.2).
            yield Form(syntax, wish.is_multipart or wish.takes_anything)


def _syntax(wish: Wish, stored_as: str) -> str:
    """The transfer syntax by which a wish is met, "" where it cannot be (PS3.18 8.7.3.3)."""
    asked_for, is_octets = wish.transfer_syntax_uid, wish.takes(OCTETS)
    fits = wish.takes(media_type_of(stored_as))
    if asked_for == ANY:
        return stored_as if fits or is_octets else DEFAULTS.get(wish.media_type, "")
    if not asked_for:
        return stored_as if fits else DEFAULTS.get(wish.media_type, "")
    if asked_for == stored_as and (fits or is_octets):
        return stored_as
    if asked_for in PLAIN:
        return EXPLICIT_LITTLE if is_octets else ""
    return asked_for if can_encode(asked_for) and wish.takes(MEDIA_TYPES[asked_for]) else ""


def _content(found: Stored, number: int, syntax: str) -> bytes:
    ranges = found.ranges(number)
    if _lies_so(found, syntax):
        return store.read_ranges(found.stored_object, ranges)
    stored_as = found.frames_transfer_syntax_uid
    return frame_as(syntax, stored_object=found.stored_object, number=number, ranges=ranges, stored_as=stored_as)


def pixel_data(asked: Asked, study: str, series: str = "", sop: str = "") -> Answer:
    """All frames of a study's, a series' or one instance, each with its own address."""
    found = [each for each in stored(asked, study, series, sop) if each.frame_count]
    if not found:
        raise Nothing
    first = next(forms(asked.wishes, found[0].frames_transfer_syntax_uid), None)
    if first is None:
        raise Refusal(406, "This pixel data cannot be had like that", "Ask with transfer-syntax=* to get it as stored.")
    return multipart(_every_frame(asked, found), media_type=media_type_of(first.transfer_syntax_uid))


def _every_frame(asked: Asked, found: Sequence[Stored]) -> Iterator[Part]:
    for each in found:
        for number in range(1, each.frame_count + 1):
            syntax, content = _first_content(asked, each, number)
            location = f"{asked.root}{each.path}/frames/{number}"
            yield Part(f"{media_type_of(syntax)}; transfer-syntax={syntax}", content, location)


def _first_content(asked: Asked, found: Stored, number: int) -> tuple[str, bytes]:
    """A frame in the first form that can be had; as it is stored where an answer under way has no other."""
    for form in forms(asked.wishes, found.frames_transfer_syntax_uid):
        try:
            return form.transfer_syntax_uid, _content(found, number, form.transfer_syntax_uid)
        except NotEncodable:
            continue
    stored_as = found.frames_transfer_syntax_uid
    return stored_as, _content(found, number, stored_as)
