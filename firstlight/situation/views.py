from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from firstlight.imaging.models import Study
from firstlight.library.queries import cards, count_published, published
from firstlight.outbreaks.hooks import frame_of, menu_of
from firstlight.outbreaks.models import Outbreak
from firstlight.outbreaks.policies import can_activate
from firstlight.web.requests import TimedRequest


def home(request: TimedRequest) -> HttpResponse:
    """What is going on: the current outbreaks and the newest cases."""
    outbreaks = [
        {"outbreak": each, "phase": each.phase(request.at), "menu": menu_of(each, at=request.at)}
        for each in Outbreak.objects.active(request.at)
    ]
    context = {
        "outbreaks": outbreaks,
        "cards": cards(published(request.at)[:8]),
        "may_activate": can_activate(request.user),
    }
    return render(request, "situation/home.html", context)


def outbreak(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's overview, with its own menu."""
    found = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    context = {
        **frame_of(found, at=request.at, current="outbreak"),
        "phases": found.phases.filter(began_at__lte=request.at),
        "cards": cards(published(request.at, outbreak=found)[:8]),
        "case_count": count_published(found, request.at),
        "study_count": Study.objects.filter(outbreak=found, public_since__lte=request.at).count(),
    }
    return render(request, "situation/outbreak.html", context)


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 when the site can answer from its database; 500 otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
