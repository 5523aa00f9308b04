"""A round's images, reached by the round's key alone: metadata by allow-list, frames, pictures, and no files."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase

from firstlight.imaging.dicomweb.exchange import Answer, Asked, Refusal
from firstlight.imaging.dicomweb.frames import frames_of
from firstlight.imaging.dicomweb.pictures import picture
from firstlight.imaging.dicomweb.retrieve import json_answer
from firstlight.imaging.dicomweb.stored import Stored
from firstlight.imaging.dicomweb.views import as_response, asked_by
from firstlight.imaging.models import Instance, Series
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest
from firstlight.weekly.models import Round
from firstlight.weekly.queries import instance_at, series_at, veil_of

View = Callable[..., Answer]
# Long enough for one sitting; the address is as secret as the page.
KEPT = "private, max-age=3600"


def door(view: View) -> Callable[..., HttpResponseBase]:
    """An address under a round that has opened; before that, and for any name that is none, there is nothing."""

    @wraps(view)
    def opened(request: TimedRequest, key: str, series: str, sop: str = "", **more: Any) -> HttpResponseBase:
        asked = asked_by(request, None)
        try:
            round_, place, found = _series(request, key, series)
            if not sop:
                answer = view(asked, round_=round_, place=place, series=found)
            else:
                answer = view(asked, found=_instance(round_, place, found, sop), **more)
        except Http404:
            return problem(404, "There is nothing here")
        except Refusal as refusal:
            answer = refusal.answer
        answer.headers = {name: value for name, value in answer.headers.items() if name != "ETag"}
        answer.headers["Cache-Control"] = KEPT
        return as_response(answer)

    return opened


def _series(request: TimedRequest, key: str, name: str) -> tuple[Round, int, Series]:
    round_ = Round.objects.begun(request.now).filter(key=key).first()
    place = veil_of(round_).place_of_series(name) if round_ else None
    found = series_at(round_, place) if round_ and place else None
    if round_ is None or place is None or found is None:
        raise Http404
    return round_, place, found


def _instance(round_: Round, place: int, series: Series, name: str) -> Stored:
    index = veil_of(round_).stack_index_of(name, place)
    found = instance_at(series, index) if index is not None else None
    if found is None:
        raise Http404
    return stored_as(found, series)


def stored_as(instance: Instance, series: Series) -> Stored:
    """What the reading code needs of an instance that was found by its place."""
    return Stored(
        instance.sop_instance_uid, instance.transfer_syntax_uid, instance.stored_object, instance.size,
        instance.frames, instance.frames_transfer_syntax_uid, instance.frame_count, instance.stack_index,
        series.metadata_object, False,
    )  # fmt: skip


@door
def series_metadata(asked: Asked, *, round_: Round, place: int, series: Series) -> Answer:
    """What a viewer needs of a series' DICOM JSON."""
    return json_answer(asked, series.metadata_object, veil_of(round_), place)


@door
def frames(asked: Asked, *, found: Stored, number: str) -> Answer:
    """One frame, by its number from 1."""
    return frames_of(asked, found, [int(number)])


@door
def rendered(asked: Asked, *, found: Stored, longest_px: int | None = None) -> Answer:
    """An image as a picture."""
    return picture(asked, found, frame=1, longest_px=longest_px)
