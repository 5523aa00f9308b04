from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from firstlight.library.forms import ReasonForm
from firstlight.library.models import Case, CaseVersion
from firstlight.library.policies import can_edit_cases, can_publish, check_can_edit_cases
from firstlight.library.queries import (
    cards,
    document_of,
    poster_address,
    published,
    studies_with_receipt,
    tags_in_use,
    version_in_force,
    viewer_series,
)
from firstlight.library.rules import CaseDocument, with_links
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.visits.hooks import mark
from firstlight.visits.queries import counts_of
from firstlight.web.requests import TimedRequest


def cases(request: TimedRequest) -> HttpResponse:
    """Every published case."""
    return render(request, "library/cases.html", {"cards": cards(published(request.at))})


def outbreak_cases(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's cases, in its own menu."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    shown = cards(published(request.at, outbreak=outbreak))
    chosen = request.GET.get("tag", "")
    context = {
        **frame_of(outbreak, at=request.at, current="outbreak_cases"),
        "tags": tags_in_use(outbreak, shown),
        "chosen": chosen,
        "cards": [card for card in shown if not chosen or chosen in card.document.tags],
    }
    return render(request, "library/outbreak_cases.html", context)


def case(request: TimedRequest, number: int) -> HttpResponse:
    """A published case as it was at the moment asked for."""
    version = version_in_force(number, at=request.at)
    if version is None:
        raise Http404
    document = CaseDocument.from_json(version.document)
    context = case_context(request, document, version.case, version)
    outbreak, visited = version.case.outbreak, f"case:{number}"
    context |= {"visited": visited, "visits": counts_of(until=timezone.localdate(request.at), item=visited)}
    page = render(request, "library/case.html", context)
    return mark(page, item=visited, group=f"outbreak:{outbreak.slug}" if outbreak else "")


@login_required
def preview(request: TimedRequest, number: int) -> HttpResponse:
    """The case as readers would see it, for its editors."""
    check_can_edit_cases(signed_in(request))
    found = get_object_or_404(Case, number=number)
    return render(request, "library/case.html", case_context(request, document_of(found), found, None))


def case_context(
    request: TimedRequest, document: CaseDocument, case: Case, version: CaseVersion | None
) -> dict[str, Any]:
    """Everything a case's page shows."""
    language = (get_language() or "en")[:2]
    return {
        "document": with_links(document),
        "certainty": Case.Certainty(document.certainty).label if document.certainty else "",
        "case": case,
        "version": version,
        "viewer_series": viewer_series(document, language=language),
        "poster": poster_address(document),
        "receipts": studies_with_receipt(document),
        "may_edit": can_edit_cases(request.user),
        "may_publish": version is None and can_publish(signed_in(request), case),
        "reason_form": ReasonForm(),
        **frame_of(case.outbreak, at=request.at, current="outbreak_cases"),
    }
