from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from firstlight.alerts.models import Notice
from firstlight.alerts.policies import can_see_reach, sees_every_institution
from firstlight.alerts.queries.archive import (
    Reading,
    Search,
    course_of,
    issued_notices,
    notice_issued,
    outbreaks_with_notices,
    pointers_of,
    readings,
    search_notices,
)
from firstlight.alerts.rules.reading import Standing
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Severity
from firstlight.web.requests import TimedRequest

ON_A_PAGE = 20
MOST_STANDING = 50
STANDINGS = (
    ("standing", _("Stand")),
    ("superseded", _("Updated or cancelled")),
    ("expired", _("Expired")),
)


@require_safe
def outbreak_alerts(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's notices in its own menu: what stands, and what was issued before."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    issued = issued_notices(request.at).filter(outbreak=outbreak)
    standing = issued.filter(pk__in=Notice.objects.standing(request.at).order_by().values("pk"), is_exercise=False)
    past = issued.filter(is_exercise=False).exclude(pk__in=standing.order_by().values("pk"))
    page = Paginator(past, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        **frame_of(outbreak, at=request.at, current="outbreak_alerts"),
        "standing": readings(standing[:MOST_STANDING], request.at) if page.number == 1 else [],
        "past": readings(page.object_list, request.at),
        "page": page,
        "exercise_count": issued.filter(is_exercise=True).count(),
    }
    return render(request, "alerts/outbreak_alerts.html", context)


@require_safe
def archive(request: TimedRequest) -> HttpResponse:
    """Every notice that was ever issued, to be searched."""
    search = asked_search(request)
    page = Paginator(search_notices(search, request.at), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "search": search,
        "page": page,
        "readings": readings(page.object_list, request.at),
        "outbreaks": [each.as_of(request.at) for each in outbreaks_with_notices(request.at)],
        "severities": Severity.choices[::-1],
        "kinds": Notice.Kind.choices,
        "standings": STANDINGS,
        "is_searched": search != Search(is_exercise=search.is_exercise),
        "is_narrowed": search != Search(words=search.words) or request.on is not None,
    }
    return render(request, "alerts/archive.html", context)


def asked_search(request: TimedRequest) -> Search:
    """What the address asks for; a word that means nothing asks for nothing."""
    asked = {name: request.GET.get(name, "").strip() for name in ("words", "tier", "outbreak", "kind", "state")}
    return Search(
        words=asked["words"].replace("\0", "")[:200],
        severity=int(asked["tier"]) if asked["tier"] in {str(each.value) for each in Severity} else None,
        outbreak=asked["outbreak"].replace("\0", ""),
        kind=asked["kind"] if asked["kind"] in Notice.Kind.values else "",
        standing=asked["state"] if asked["state"] in dict(STANDINGS) else "",
        is_exercise=request.GET.get("exercise") == "1",
    )


@require_safe
def notice(request: TimedRequest, number: int) -> HttpResponse:
    """One notice as it was at the moment asked for: whether it holds, what it says, what it points at."""
    found = notice_issued(number, request.at)
    if found is None:
        raise Http404
    course = course_of(found, request.at)
    shown = next(each for each in course if each.notice.pk == found.pk)
    context = {
        **frame_of(found.outbreak, at=request.at, current="outbreak_alerts"),
        **_standing_context(shown, course),
        "course": course,
        "pointers": pointers_of(found, request.at),
        "may_see_reach": can_see_reach(request.user),
        "may_see_authors": sees_every_institution(request.user),
        **_answer_context(request, shown),
    }
    return render(request, "alerts/notice.html", context)


def _standing_context(shown: Reading, course: list[Reading]) -> dict[str, Any]:
    """What the page says first: whether the notice holds, and if not, what holds instead."""
    last = course[-1]
    return {"reading": shown, "notice": shown.notice, "latest": last if last is not shown else None}


def _answer_context(request: TimedRequest, shown: Reading) -> dict[str, Any]:
    """Whether this member confirmed the notice, or is asked to."""
    member = request.user
    if not isinstance(member, Member) or not shown.notice.wants_answer:
        return {}
    answer = shown.notice.acknowledgements.filter(member=member, at__lte=request.at).first()
    return {"answer": answer, "may_answer": answer is None and request.on is None and shown.standing == Standing.STANDS}
