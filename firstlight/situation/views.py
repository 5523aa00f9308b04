from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from firstlight.library.queries.cases import cards, published
from firstlight.outbreaks.hooks import frame_of, menu_of, news_of, tasks_of
from firstlight.outbreaks.models import Outbreak
from firstlight.outbreaks.policies import can_activate
from firstlight.situation.queries import standing_of, trails_of
from firstlight.situation.report import situation_report
from firstlight.surveillance.queries import key_figures
from firstlight.visits.hooks import mark
from firstlight.visits.queries import counts_of
from firstlight.web.requests import TimedRequest


def home(request: TimedRequest) -> HttpResponse:
    """What is going on: the current outbreaks, what is new in them, the newest cases."""
    outbreaks = [
        {
            "outbreak": each.as_of(request.at),
            "phase": each.phase(request.at),
            "menu": menu_of(each, at=request.at),
            "figures": key_figures(each, request.at),
            "news": news_of(each, at=request.at)[:4],
            "tasks": tasks_of(each, member=request.user, at=request.at),
        }
        for each in Outbreak.objects.active(request.at)
    ]
    context = {
        "outbreaks": outbreaks,
        "cards": cards(published(request.at)[:8]),
        "may_activate": can_activate(request.user),
    }
    return mark(render(request, "situation/home.html", context), item="page:home")


def outbreak(request: TimedRequest, slug: str) -> HttpResponse:
    """Where an outbreak's response stands: numbers, news, firsts, cases, and what waits for the reader."""
    found = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    name = f"outbreak:{slug}"
    context = {
        **frame_of(found, at=request.at, current="outbreak"),
        "standing": standing_of(found, at=request.at, member=request.user),
        "may_switch": can_activate(request.user),
        "visited": name,
        "visits": counts_of(until=timezone.localdate(request.at), group=name),
    }
    return mark(render(request, "situation/outbreak.html", context), item=name, group=name)


def evidence(request: TimedRequest, slug: str) -> HttpResponse:
    """What rests on what, both ways, as it was at the moment asked for."""
    found = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    rests_on, supports = trails_of(found, at=request.at)
    context = {
        **frame_of(found, at=request.at, current="evidence"),
        "trails": [(_("What each rests on"), rests_on), (_("What rests on each"), supports)],
    }
    return render(request, "situation/evidence.html", context)


def report(request: TimedRequest, slug: str) -> HttpResponse:
    """The situation report on one page, as PDF, in the reader's language."""
    found = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    language = (get_language() or "en")[:2]
    content = situation_report(found, at=request.at, language=language)
    day = timezone.localdate(request.at).isoformat()
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.slug}-{day}-{language}.pdf"'
    response["Content-Language"] = language
    return response


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 when the site can answer from its database; 500 otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
