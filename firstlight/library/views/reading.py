from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from firstlight.library.models import Case, CaseVersion
from firstlight.library.policies import can_edit_cases, check_can_see_draft
from firstlight.library.queries.cases import document_of, version_in_force
from firstlight.library.queries.collections import collections_of, collections_to_add
from firstlight.library.queries.similar import similar_cases
from firstlight.library.queries.viewer import Images, images_of, poster_address, studies_with_receipt, viewer_series
from firstlight.library.rules import CaseDocument, with_links
from firstlight.library.views.case import editorial, in_language_asked
from firstlight.library.views.history import taken_back
from firstlight.library.views.review import desk_context
from firstlight.outbreaks.hooks import frame_of
from firstlight.people.doors import signed_in
from firstlight.visits.hooks import mark
from firstlight.visits.queries import counts_of
from firstlight.web.requests import TimedRequest


@in_language_asked
def case(request: TimedRequest, number: int) -> HttpResponse:
    """A published case as it was at the moment asked for."""
    version = version_in_force(number, at=request.at)
    if version is None:
        return taken_back(request, number)
    document = CaseDocument.from_json(version.document)
    images = images_of([document])
    context = case_context(request, document, version.case, version, images) | editorial(request, version, images)
    outbreak, visited = version.case.outbreak, f"case:{number}"
    context |= {"visited": visited, "visits": counts_of(until=timezone.localdate(request.at), item=visited)}
    context |= beside(version, request)
    page = render(request, "library/case.html", context)
    return mark(page, item=visited, group=f"outbreak:{outbreak.slug}" if outbreak else "")


def beside(version: CaseVersion, request: TimedRequest) -> dict[str, Any]:
    """Other cases: those that show the same, and the collections that this one is in."""
    language = (get_language() or "en")[:2]
    return {
        "similar": similar_cases(version, at=request.at, language=language),
        "collected": collections_of(version.case, request.at),
        "collectable": collections_to_add(version.case) if can_edit_cases(request.user) else [],
    }


@login_required
def preview(request: TimedRequest, number: int) -> HttpResponse:
    """The case as readers would see it, for its editors and for those they asked to review it."""
    found = get_object_or_404(Case, number=number)
    check_can_see_draft(signed_in(request), found)
    return render(request, "library/case.html", case_context(request, document_of(found), found, None))


def case_context(
    request: TimedRequest,
    document: CaseDocument,
    case: Case,
    version: CaseVersion | None,
    images: Images | None = None,
) -> dict[str, Any]:
    """Everything a case's page shows."""
    language = (get_language() or "en")[:2]
    images = images or images_of([document])
    return {
        "document": with_links(document),
        "certainty": Case.Certainty(document.certainty).label if document.certainty else "",
        "case": case,
        "version": version,
        "viewer_series": viewer_series(document, language=language, images=images),
        "poster": poster_address(document, images),
        "receipts": studies_with_receipt(document),
        "may_edit": can_edit_cases(request.user),
        **({} if version else desk_context(signed_in(request), case)),
        **frame_of(case.outbreak, at=request.at, current="outbreak_cases"),
    }
