"""What all pages of the weekly case share."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from firstlight.people.doors import who_asks
from firstlight.people.models import Member
from firstlight.web.requests import TimedRequest
from firstlight.weekly.actions import reveal_due
from firstlight.weekly.models import Round
from firstlight.weekly.policies import can_run_rounds
from firstlight.weekly.queries import vocabulary


def reader_of(request: TimedRequest) -> Member | None:
    """Who reads this page; None for a stranger."""
    return who_asks(request, at=request.now)


def round_or_404(request: TimedRequest, key: str) -> Round:
    """A round that had opened at the moment asked for; what is due by now is revealed first."""
    if Round.objects.due(request.now).exists():
        reveal_due(request.now)
    found = Round.objects.begun(request.at).select_related("case", "scheduled_by").filter(key=key).first()
    if found is None:
        raise Http404
    return found


def page(request: TimedRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """A page on the reader's own clock, where they have told it."""
    reader = reader_of(request)
    shared = {
        "current": request.resolver_match.url_name if request.resolver_match else "",
        "runs": can_run_rounds(reader),
    }
    with timezone.override(zone_of(reader)):
        return render(request, template, {**shared, "reader": reader, **context}, status=status)


def zone_of(reader: Member | None) -> ZoneInfo | str:
    """A reader's time zone, else the site's."""
    if reader is None or not reader.time_zone:
        return timezone.get_default_timezone_name()
    try:
        return ZoneInfo(reader.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone_name()


def suggested(request: TimedRequest) -> list[object]:
    """What answer fields offer: the whole vocabulary, the same whatever is asked."""
    return list(vocabulary(request.at).suggestions())
