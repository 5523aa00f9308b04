from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from firstlight.library.actions import write_case
from firstlight.library.models import Case
from firstlight.library.policies import check_can_edit_cases
from firstlight.people.doors import signed_in
from firstlight.reading.forms import as_initial, findings_form
from firstlight.reading.rules.findings import BadFindings, read_findings
from firstlight.reading.rules.vocabulary import vocabulary
from firstlight.web.requests import TimedRequest


@login_required
def case_findings(request: TimedRequest, number: int) -> HttpResponse:
    """What is seen on a case's images, recorded with the reading form: for filters and similar cases."""
    member = signed_in(request)
    check_can_edit_cases(member)
    case = get_object_or_404(Case, number=number)
    modality = _modality(request, case)
    form_class = findings_form(modality)
    form = form_class(request.POST) if request.method == "POST" else form_class(initial=_given(case, modality))
    if request.method == "POST" and form.is_valid():
        kept = {key: value for key, value in case.readings.items() if key != modality}
        found = {modality: form.findings.as_json()} if form.findings else {}
        write_case(case, by=member, at=request.now, readings=kept | found)
        messages.success(request, _("Saved."))
        return redirect("edit_case", number)
    modalities = vocabulary().modalities
    context = {"case": case, "form": form, "modality": modalities[modality], "modalities": modalities.values()}
    return render(request, "library/findings.html", context)


def _modality(request: TimedRequest, case: Case) -> str:
    """The kind of image asked for, else the first that the case has."""
    known = vocabulary().modalities
    asked = request.GET.get("modality", "")
    held = set(case.series.values_list("modality", flat=True))
    return asked if asked in known else next((key for key, each in known.items() if held & set(each.dicom)), "ct")


def _given(case: Case, modality: str) -> dict[str, object]:
    try:
        return as_initial(read_findings(case.readings.get(modality, {})))
    except BadFindings:
        return {}
