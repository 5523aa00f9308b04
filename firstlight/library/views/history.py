"""A published case's history: versions, what each changed, and the page of a case that was taken back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.library import actions
from firstlight.library.forms import DoiForm, RemovalForm
from firstlight.library.models import Case, CaseVersion, Removal
from firstlight.library.policies import can_edit_cases
from firstlight.library.queries.history import (
    changes_of,
    history_of,
    last_version,
    removal_after,
    removal_in_force,
    version_numbered,
)
from firstlight.library.queries.records import record_of
from firstlight.library.rules import CaseDocument, with_links
from firstlight.library.rules.citation import citation
from firstlight.outbreaks.hooks import frame_of
from firstlight.people.doors import signed_in
from firstlight.web.languages import LANGUAGES
from firstlight.web.requests import TimedRequest

GONE = 410


def taken_back(request: TimedRequest, number: int) -> HttpResponse:
    """The page of a case that readers lost: 410 for a retracted one, 404 for one that may come back; else no page."""
    removal = removal_in_force(number, at=request.at)
    if removal is None:
        raise Http404
    case = removal.case
    version = last_version(case, at=request.at)
    is_retracted = removal.kind == Removal.Kind.RETRACTED
    shown = version if is_retracted else None
    context = {
        "case": case,
        "removal": removal,
        "document": CaseDocument.from_json(shown.document) if shown else None,
        "citation": _citation(request, shown, removal) if shown else "",
        "history": history_of(case, at=request.at),
        **frame_of(case.outbreak, at=request.at, current="outbreak_cases"),
    }
    return render(request, "library/taken_back.html", context, status=GONE if is_retracted else 404)


def _citation(request: TimedRequest, version: CaseVersion, removal: Removal) -> str:
    language = request.LANGUAGE_CODE if request.LANGUAGE_CODE in LANGUAGES else "en"
    return citation(record_of(version, at=request.at, removal=removal), language)


def versions(request: TimedRequest, number: int) -> HttpResponse:
    """Every version of a case with its reason, who and when; also of one that was taken back."""
    case = get_object_or_404(Case.objects.select_related("outbreak"), number=number)
    history = history_of(case, at=request.at)
    if not history:
        raise Http404
    context = {
        "case": case,
        "history": history,
        "title": _title(history[0].version or last_version(case, at=request.at)),
        "removal": removal_in_force(number, at=request.at),
        "may_edit": can_edit_cases(request.user) and not request.on,
        "removal_form": RemovalForm(),
        "doi_form": DoiForm(initial={"doi": case.doi}),
        **frame_of(case.outbreak, at=request.at, current="outbreak_cases"),
    }
    return render(request, "library/versions.html", context)


def _title(version: CaseVersion | None) -> CaseDocument | None:
    return CaseDocument.from_json(version.document) if version else None


def _shown_version(request: TimedRequest, number: int, version: int) -> CaseVersion:
    found = version_numbered(number, version, at=request.at)
    if found is None:
        raise Http404
    return found


def version(request: TimedRequest, number: int, version: int) -> HttpResponse:
    """The words of one version; of a case that was taken back, the page that says so."""
    found = _shown_version(request, number, version)
    if removal_in_force(number, at=request.at):
        return taken_back(request, number)
    document = CaseDocument.from_json(found.document)
    context = {
        "case": found.case,
        "version": found,
        "document": with_links(document),
        "certainty": Case.Certainty(document.certainty).label if document.certainty else "",
        "before": version_numbered(number, version - 1, at=request.at),
        "after": version_numbered(number, version + 1, at=request.at),
        **frame_of(found.case.outbreak, at=request.at, current="outbreak_cases"),
    }
    return render(request, "library/version.html", context)


def changes(request: TimedRequest, number: int, version: int) -> HttpResponse:
    """What a version changed, word by word, in the one before it or in the one asked for by `?from=`."""
    new = _shown_version(request, number, version)
    if removal_in_force(number, at=request.at):
        return taken_back(request, number)
    asked = request.GET.get("from", "")
    old = version_numbered(number, int(asked) if asked.isdecimal() else version - 1, at=request.at)
    if old is None:
        raise Http404
    context = {
        "case": new.case,
        "old": old,
        "new": new,
        "changes": changes_of(old, new),
        **frame_of(new.case.outbreak, at=request.at, current="outbreak_cases"),
    }
    return render(request, "library/changes.html", context)


def removal_told(request: TimedRequest, case: Case) -> dict[str, Any]:
    """What a page of an earlier day says of what came later."""
    return {"later_removal": removal_after(case, at=request.at, now=request.now) if request.on else None}


@login_required
@require_POST
def remove(request: TimedRequest, number: int) -> HttpResponse:
    """Withdraw or retract a published case, in public."""
    found, form = get_object_or_404(Case, number=number), RemovalForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for errors in form.errors.values() for each in errors))
        return redirect("case_versions", number)
    said = form.cleaned_data
    reasons = {name: said[name] for name in ("reason_ko", "reason_en")}
    member = signed_in(request)
    try:
        if said["kind"] == Removal.Kind.RETRACTED:
            actions.retract_case(found, by=member, at=request.now, **reasons)
        else:
            why = said["reason_en"] or said["reason_ko"]
            actions.withdraw_case(found, by=member, at=request.now, why=why, **reasons)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except PermissionDenied as error:
        messages.error(request, str(error))
    return redirect("case_versions", number)


@login_required
@require_POST
def keep_doi(request: TimedRequest, number: int) -> HttpResponse:
    """Keep the DOI that the society registered."""
    found, form = get_object_or_404(Case, number=number), DoiForm(request.POST)
    if form.is_valid():
        actions.note_doi(found, form.cleaned_data["doi"], by=signed_in(request), at=request.now)
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("A DOI begins with 10. and has a slash."))
    return redirect("case_versions", number)
