"""A case's page beside its images: in which language, embedded elsewhere."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.clickjacking import xframe_options_exempt

from firstlight.library.queries.cases import version_in_force
from firstlight.library.queries.viewer import poster_address, viewer_series
from firstlight.library.rules import CaseDocument
from firstlight.library.views.metadata import page_metadata
from firstlight.web.languages import LANGUAGES
from firstlight.web.requests import TimedRequest

View = Callable[..., HttpResponse]


def in_language_asked(view: View) -> View:
    """A page that `?lang=` shows in that language, so that search engines can name both; no cookie is set."""

    @wraps(view)
    def shown(request: TimedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang", "")
        if asked not in LANGUAGES:
            return view(request, *args, **kwargs)
        with translation.override(asked):
            request.LANGUAGE_CODE = asked
            return view(request, *args, **kwargs)

    return shown


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@in_language_asked
def embed(request: TimedRequest, number: int) -> HttpResponse:
    """A published case's images alone, for a frame on somebody else's page, with who made them and the licence."""
    version = version_in_force(number, at=request.at)
    if version is None:
        raise Http404
    document = CaseDocument.from_json(version.document)
    language = (get_language() or "en")[:2]
    context = {
        "document": document,
        "version": version,
        "viewer_series": viewer_series(document, language=language),
        "poster": poster_address(document),
        **page_metadata(version, at=request.at),
    }
    return render(request, "library/embed.html", context)
