from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firstlight.reading.forms import findings_form
from firstlight.reading.rules.results import compute_all
from firstlight.reading.rules.schemes import schemes
from firstlight.reading.rules.vocabulary import vocabulary


def reading(request: HttpRequest) -> HttpResponse:
    """Fill findings in and see what every scheme makes of them; they stand in the address alone and nothing is kept."""
    modalities = vocabulary().modalities
    modality = request.GET.get("modality", "")
    chosen = modalities.get(modality) or next(iter(modalities.values()))
    form_class = findings_form(chosen.key)
    given = any(request.GET.get(key) for key in form_class.base_fields)
    form = form_class(request.GET if given else None)
    context = {"form": form, "modalities": modalities.values(), "modality": chosen}
    if form.is_valid():
        context |= {"findings": form.findings, "results": compute_all(form.findings)}
    return render(request, "reading/reading.html", context)


def reading_schemes(request: HttpRequest) -> HttpResponse:
    """Every scheme with its categories or points, its performance, its sources and how sure they are."""
    return render(request, "reading/reading_schemes.html", {"schemes": schemes().values()})
