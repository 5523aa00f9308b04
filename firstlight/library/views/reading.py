from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from firstlight.library.models import Case
from firstlight.library.policies import can_edit_cases, check_can_see_draft
from firstlight.library.queries.cases import cited_as, document_of, version_in_force
from firstlight.library.queries.collections import collections_of, collections_to_add
from firstlight.library.queries.similar import similar_cases
from firstlight.library.queries.standing import outbreak_of, standing_of
from firstlight.library.views.case import in_language_asked
from firstlight.library.views.history import removal_told, taken_back
from firstlight.library.views.ready import pieces_of, ready_pieces, version_pieces
from firstlight.library.views.review import desk_context
from firstlight.literature.queries.citing import cited_by
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.visits.hooks import mark
from firstlight.visits.queries import counts_of
from firstlight.web.requests import TimedRequest


@in_language_asked
def case(request: TimedRequest, number: int) -> HttpResponse:
    """A published case as it was at the moment asked for: its words kept ready, beside them what is of this moment."""
    if request.on:
        return case_on_a_day(request, number)
    standing = standing_of(number, at=request.at, language=_language())
    if standing is None:
        return taken_back(request, number)
    pieces = ready_pieces(standing, at=request.at)
    beside = beside_of(request, standing.version, standing.case)
    return _page(request, number, outbreak_of(standing.outbreak), {**_with_papers(request, number, pieces), **beside})


def case_on_a_day(request: TimedRequest, number: int) -> HttpResponse:
    """The page of an earlier day, made anew each time: few ask for it."""
    version = version_in_force(number, at=request.at)
    if version is None:
        return taken_back(request, number)
    pieces = version_pieces(version, at=request.at)
    told = {**beside_of(request, version.pk, version.case_id), **removal_told(request, version.case)}
    return _page(request, number, version.case.outbreak, {**_with_papers(request, number, pieces), **told})


def _with_papers(request: TimedRequest, number: int, pieces: Mapping[str, str]) -> dict[str, Any]:
    """The pieces, and of the papers that they cite what has become of each; who cites none asks for nothing."""
    cites = "https://doi.org/" in pieces["answer"]
    return {"pieces": pieces, "cited": cited_by(cited_as(number), at=request.at) if cites else []}


def beside_of(request: TimedRequest, version: int, case: int) -> dict[str, Any]:
    """What stands beside a version's own words: cases that show the same, the collections it is in."""
    may_edit = can_edit_cases(request.user)
    return {
        "similar": similar_cases(version, at=request.at, language=_language()),
        "collected": collections_of(case, request.at),
        "collectable": collections_to_add(case) if may_edit else [],
        "may_edit": may_edit,
    }


def _page(request: TimedRequest, number: int, outbreak: Outbreak | None, told: dict[str, Any]) -> HttpResponse:
    visited = f"case:{number}"
    context = {
        "number": number,
        "visited": visited,
        "visits": counts_of(until=timezone.localdate(request.at), item=visited),
        **frame_of(outbreak, at=request.at, current="outbreak_cases"),
        **told,
    }
    page = render(request, "library/case.html", context)
    return mark(page, item=visited, group=f"outbreak:{outbreak.slug}" if outbreak else "")


@login_required
def preview(request: TimedRequest, number: int) -> HttpResponse:
    """The case as readers would see it, for its editors and for those they asked to review it."""
    found = get_object_or_404(Case, number=number)
    member = signed_in(request)
    check_can_see_draft(member, found)
    context = {
        "is_draft": True,
        "number": number,
        "case": found,
        "pieces": pieces_of(document_of(found)),
        "may_edit": can_edit_cases(member),
        **desk_context(member, found),
        **frame_of(found.outbreak, at=request.at, current="outbreak_cases"),
    }
    return render(request, "library/case.html", context)


def _language() -> str:
    return (get_language() or "en")[:2]
