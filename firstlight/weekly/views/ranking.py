from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language

from firstlight.people.doors import signed_in
from firstlight.people.models import Member
from firstlight.web.requests import TimedRequest
from firstlight.weekly.actions import reveal_due
from firstlight.weekly.certificate import certificate
from firstlight.weekly.models import Round
from firstlight.weekly.policies import check_can_run_rounds
from firstlight.weekly.queries import is_year_complete, ranked_years, rounds_counted
from firstlight.weekly.queries import ranking as ranking_of
from firstlight.weekly.views.frame import page, reader_of


def latest(request: TimedRequest) -> HttpResponse:
    """The ranking of the last year that has one."""
    years = ranked_years(request.at)
    return redirect("weekly_ranking", years[0] if years else timezone.localtime(request.at).year)


def year(request: TimedRequest, year: int) -> HttpResponse:
    """A year's ranking."""
    if Round.objects.due(request.now).exists():
        reveal_due(request.now)
    if not 1900 <= year <= 2999:
        raise Http404
    reader = reader_of(request)
    lines = ranking_of(year, at=request.at, reader=reader)
    context: dict[str, object] = {
        "year": year,
        "years": ranked_years(request.at),
        "lines": lines,
        "own": next((line for line in lines if line.is_self), None),
        "rounds": rounds_counted(year, at=request.at),
        "is_complete": is_year_complete(year, at=request.at),
    }
    return page(request, "weekly/ranking.html", context)


@login_required
def own_certificate(request: TimedRequest, year: int) -> HttpResponse:
    """The reader's own certificate of a year that is complete."""
    return _certificate(request, year, signed_in(request))


@login_required
def certificate_of(request: TimedRequest, year: int, member: int) -> HttpResponse:
    """A member's certificate, for the editors who hand it out."""
    check_can_run_rounds(signed_in(request))
    return _certificate(request, year, get_object_or_404(Member, pk=member))


def _certificate(request: TimedRequest, year: int, member: Member) -> HttpResponse:
    lines = ranking_of(year, at=request.now, reader=member) if is_year_complete(year, at=request.now) else []
    line = next((each for each in lines if each.is_self), None)
    if line is None or not line.tally.points:
        raise Http404
    pdf = certificate(
        line,
        year=year,
        participants=len(lines),
        rounds=rounds_counted(year, at=request.now),
        at=request.now,
        language=(get_language() or "en")[:2],
    )
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="weekly-case-{year}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer
