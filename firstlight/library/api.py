import re
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import get_language
from ninja import Router, Schema

from firstlight.imaging.models import Series
from firstlight.library.actions import attach_series
from firstlight.library.models import Case
from firstlight.library.policies import check_can_edit_cases
from firstlight.library.queries.search import A_PAGE, Row, find
from firstlight.library.queries.standing import outbreak_of
from firstlight.library.queries.suggestions import Suggestion, suggestions
from firstlight.library.views.searching import read_question
from firstlight.people.api import AUTH, asker
from firstlight.web.requests import TimedRequest

router = Router(tags=["library"])
OUTBREAK_LIST = re.compile(r"/outbreaks/[-\w]+/cases/")


class ReasonOut(Schema):
    typed: str
    found: str
    how: str
    field: str


class PartOut(Schema):
    text: str
    is_hit: bool


class FoundCaseOut(Schema):
    number: int
    url: str
    version: int
    title_ko: str
    title_en: str
    outbreak: str
    score: float
    reasons: list[ReasonOut]
    snippet: list[PartOut]


class ValueOut(Schema):
    value: str
    label: str
    count: int


class FacetOut(Schema):
    kind: str
    label: str
    values: list[ValueOut]


class SearchOut(Schema):
    total: int
    page: int
    pages: int
    did_you_mean: str
    cases: list[FoundCaseOut]
    facets: list[FacetOut]


class SuggestionOut(Schema):
    text: str
    count: int
    number: int | None
    url: str


class SuggestionsOut(Schema):
    suggestions: list[SuggestionOut]


@router.get("/cases", response=SearchOut, url_name="search_cases")
def search_cases(request: TimedRequest) -> dict[str, Any]:
    """Search in published cases: q, and any of outbreak, modality, diagnosis, finding, tag, certainty, sign_off,
    synthetic, times, language, year (each may be repeated), sort (relevance, newest, oldest), page, on.
    """
    asked = read_question(request.GET)
    found = find(asked, at=request.at, language=(get_language() or "en")[:2])
    return {
        "total": found.total,
        "page": asked.page,
        "pages": -(-found.total // A_PAGE),
        "did_you_mean": found.instead,
        "cases": [_found_case(row) for row in found.rows],
        "facets": [
            {
                "kind": each.kind,
                "label": each.label,
                "values": [{"value": value.key, "label": value.label, "count": value.count} for value in each.values],
            }
            for each in found.facets
        ],
    }


def _found_case(row: Row) -> dict[str, Any]:
    outbreak = outbreak_of(row.version.outbreak)
    return {
        "number": row.document.number,
        "url": reverse("case", args=[row.document.number]),
        "version": row.version.number,
        "title_ko": row.document.title_ko,
        "title_en": row.document.title_en,
        "outbreak": outbreak.slug if outbreak else "",
        "score": round(row.score, 3),
        "reasons": [
            {"typed": each.typed, "found": each.found, "how": each.how, "field": each.field.name.lower()}
            for each in row.reasons
        ],
        "snippet": [{"text": each.text, "is_hit": each.is_hit} for each in row.snippet.parts] if row.snippet else [],
    }


@router.get("/cases/suggestions", response=SuggestionsOut, url_name="suggest_cases")
def suggest_cases(request: TimedRequest, q: str = "", within: str = "") -> dict[str, Any]:
    """What somebody who has typed q may mean: names, words and cases; `within` is the list's address for links."""
    here = within if OUTBREAK_LIST.fullmatch(within) else reverse("cases")
    found = suggestions(q, at=request.at, language=(get_language() or "en")[:2])
    return {"suggestions": [{**asdict(each), "url": _address(each, here)} for each in found]}


def _address(suggestion: Suggestion, here: str) -> str:
    if suggestion.number is not None:
        return reverse("case", args=[suggestion.number])
    return f"{here}?{urlencode({'q': suggestion.text})}"


class ImagesIn(Schema):
    study_instance_uids: list[str]


class ImagesOut(Schema):
    attached: int


@router.post("/cases/{int:number}/images", response=ImagesOut, auth=AUTH)
def attach_case_images(request: TimedRequest, number: int, images: ImagesIn) -> dict[str, int]:
    """Add the series of stored studies to a case."""
    member = asker(request)
    check_can_edit_cases(member)
    case = get_object_or_404(Case, number=number)
    series = Series.objects.filter(
        study__study_instance_uid__in=images.study_instance_uids, study__outbreak=case.outbreak
    )
    return {"attached": attach_series(case, series, by=member, at=request.now)}
