"""What the viewer of an editor's page saves: marks and the arrangement, as JSON under Django's CSRF check."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from firstlight.library.actions import pointing
from firstlight.library.models import Case
from firstlight.library.policies import check_can_edit_cases
from firstlight.library.queries.cases import document_of
from firstlight.library.rules.pointing import BadPointing, marks_for_viewer
from firstlight.people.doors import signed_in
from firstlight.web.problems import problem
from firstlight.web.requests import TimedRequest

View = Callable[..., HttpResponse]
LONGEST_BODY = 64 * 1024


def for_editors(view: View) -> View:
    """A door that answers in problem documents, since a script and not a person reads them."""

    @wraps(view)
    @login_required
    def shown(request: TimedRequest, number: int, **more: Any) -> HttpResponse:
        try:
            check_can_edit_cases(signed_in(request))
            return view(request, get_object_or_404(Case, number=number), **more)
        except PermissionDenied as error:
            return problem(403, str(error))
        except BadPointing as error:
            return problem(400, _("This could not be kept: %(part)s.") % {"part": _part(error.why)})

    return shown


def _part(why: str) -> str:
    named = {
        "image": _("the image belongs to no series of this case"),
        "words": _("a mark needs a few words, at most 200 characters"),
        "points": _("its points lie outside the image"),
        "marks": _("a case has at most sixty marks"),
    }
    return named.get(why, _("it is not written as the viewer writes it"))


def _body(request: TimedRequest) -> Any:
    try:
        return orjson.loads(request.body) if len(request.body) <= LONGEST_BODY else None
    except orjson.JSONDecodeError:
        return None


@require_POST
@for_editors
def marks(request: TimedRequest, case: Case) -> HttpResponse:
    """Keep one mark, and answer with all."""
    raw = _body(request)
    number = raw.get("number") if isinstance(raw, dict) else None
    is_known = number is None or (type(number) is int and case.marks.filter(number=number).exists())
    if not isinstance(raw, dict) or not is_known:
        raise BadPointing("body")
    pointing.keep_mark(case, raw, by=signed_in(request), at=request.now, number=number)
    return _all_marks(case)


@require_http_methods(["DELETE"])
@for_editors
def mark(request: TimedRequest, case: Case, mark: int) -> HttpResponse:
    """Take one mark away, and answer with those that are left."""
    pointing.remove_mark(get_object_or_404(case.marks, number=mark), by=signed_in(request), at=request.now)
    return _all_marks(case)


@require_POST
@for_editors
def arrangement(request: TimedRequest, case: Case) -> HttpResponse:
    """Keep the view that readers begin with."""
    pointing.arrange_case(case, _body(request), by=signed_in(request), at=request.now)
    return JsonResponse({"arrangement": case.arrangement})


def _all_marks(case: Case) -> HttpResponse:
    language = (get_language() or "en")[:2]
    return JsonResponse({"marks": marks_for_viewer(document_of(case).marks, language=language)})
