from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.replay.tour import has_tour, stops
from firstlight.web.requests import TimedRequest


def tour(request: TimedRequest, slug: str) -> HttpResponse:
    """Two minutes through the replay."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    if not has_tour(outbreak):
        raise Http404
    context = {
        **frame_of(outbreak, at=request.at, current="tour"),
        "stops": [(stop, stop.address(slug)) for stop in stops()],
    }
    return render(request, "replay/tour.html", context)
