"""A round's images, reached by the round's key alone: metadata by allow-list, frames, pictures, and no files."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse

from firstlight.imaging.dicomweb import retrieve
from firstlight.imaging.models import Instance, Series
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest
from firstlight.weekly.models import Round
from firstlight.weekly.queries import instance_at, series_at, veil_of

View = Callable[..., HttpResponse]
QUALITY = 88
# Long enough for one sitting; the address is as secret as the page.
KEPT = "private, max-age=3600"


def door(view: View) -> View:
    """An address under a round that has opened; before that, and for any name that is none, there is nothing."""

    @wraps(view)
    def opened(request: TimedRequest, key: str, series: str, sop: str = "", **more: Any) -> HttpResponse:
        try:
            round_, place, found = _series(request, key, series)
            if not sop:
                answer = view(request, round_=round_, place=place, series=found)
            else:
                answer = view(request, instance=_instance(round_, place, found, sop), **more)
        except Http404:
            return problem(404, "There is nothing here")
        answer["Cache-Control"] = KEPT
        return answer

    return opened


def _series(request: TimedRequest, key: str, name: str) -> tuple[Round, int, Series]:
    round_ = Round.objects.begun(request.now).filter(key=key).first()
    place = veil_of(round_).place_of_series(name) if round_ else None
    found = series_at(round_, place) if round_ and place else None
    if round_ is None or place is None or found is None:
        raise Http404
    return round_, place, found


def _instance(round_: Round, place: int, series: Series, name: str) -> Instance:
    index = veil_of(round_).stack_index_of(name, place)
    found = instance_at(series, index) if index is not None else None
    if found is None:
        raise Http404
    return found


@door
def series_metadata(request: TimedRequest, *, round_: Round, place: int, series: Series) -> HttpResponse:
    """What a viewer needs of a series' DICOM JSON."""
    return retrieve.veiled_series_metadata(request, series, veil=veil_of(round_), place=place)


@door
def frames(request: TimedRequest, *, instance: Instance, number: str) -> HttpResponse:
    """One frame, by its number from 1."""
    if int(number) > instance.frame_count:
        return problem(404, "There is no such frame")
    return retrieve.frames(request, instance, [int(number)])


@door
def rendered(request: TimedRequest, *, instance: Instance, longest_px: int | None = None) -> HttpResponse:
    """An image as a picture."""
    return retrieve.rendered(
        instance, frame=1, window=None, longest_px=longest_px, media_type="image/jpeg", quality=QUALITY
    )
