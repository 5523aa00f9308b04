from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.library.actions.collections import arrange, begin_collection, collect, leave_out, write_collection
from firstlight.library.forms import CollectionForm
from firstlight.library.models import Case, Collection
from firstlight.library.policies import can_edit_cases, check_can_edit_cases
from firstlight.library.queries.collections import (
    cards_in,
    collection_as_it_is,
    collection_shown,
    places_in,
    public_collections,
)
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.visits.hooks import mark
from firstlight.web.requests import TimedRequest


def collections(request: TimedRequest) -> HttpResponse:
    """Every collection, and beside them each outbreak's own menu of cases."""
    may_edit = can_edit_cases(request.user)
    context = {
        "collections": public_collections(request.at),
        "outbreaks": Outbreak.objects.known(request.at),
        "may_edit": may_edit,
        "unseen": Collection.objects.filter(is_public=False) if may_edit else [],
    }
    return render(request, "library/collections.html", context)


def collection(request: TimedRequest, slug: str) -> HttpResponse:
    """A collection with its cases in order."""
    found = get_object_or_404(Collection, slug=slug)
    may_edit = can_edit_cases(request.user)
    shown = collection_shown(found, request.at)
    if shown is None and (not may_edit or request.on):
        raise Http404
    view = shown or collection_as_it_is(found)
    context = {
        "collection": view,
        "is_shown": shown is not None,
        "cards": cards_in(view, request.at),
        "may_edit": may_edit and not request.on,
    }
    return mark(render(request, "library/collection.html", context), item=f"collection:{found.pk}")


@login_required
def begin(request: TimedRequest) -> HttpResponse:
    """Open a collection."""
    check_can_edit_cases(signed_in(request))
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        new = begin_collection(by=signed_in(request), at=request.now, **form.cleaned_data)
        return redirect("edit_collection", new.slug)
    return render(request, "library/edit_collection.html", {"form": form})


@login_required
def edit(request: TimedRequest, slug: str) -> HttpResponse:
    """A collection's words, cover and order."""
    check_can_edit_cases(signed_in(request))
    found = get_object_or_404(Collection, slug=slug)
    form = CollectionForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        write_collection(found, by=signed_in(request), at=request.now, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("collection", found.slug)
    places = places_in(found)
    order = "\n".join(str(each.case.number) for each in places)
    context = {"form": form, "collection": found, "places": places, "order": order}
    return render(request, "library/edit_collection.html", context)


@login_required
@require_POST
def add(request: TimedRequest, number: int) -> HttpResponse:
    """Put a case into a collection, from the case's page."""
    found = get_object_or_404(Collection, pk=_number(request.POST.get("collection", "")))
    collect(found, get_object_or_404(Case, number=number), by=signed_in(request), at=request.now)
    messages.success(request, _("Added to the collection."))
    return redirect("case", number)


@login_required
@require_POST
def remove(request: TimedRequest, slug: str, number: int) -> HttpResponse:
    """Take a case out of a collection."""
    found = get_object_or_404(Collection, slug=slug)
    leave_out(found, get_object_or_404(Case, number=number), by=signed_in(request), at=request.now)
    return redirect("edit_collection", slug)


@login_required
@require_POST
def order(request: TimedRequest, slug: str) -> HttpResponse:
    """Put a collection's cases in the order of their numbers, as written one a line."""
    found = get_object_or_404(Collection, slug=slug)
    numbers = [_number(each) for each in request.POST.get("order", "").split()]
    try:
        arrange(found, numbers, by=signed_in(request), at=request.now)
        messages.success(request, _("Saved."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("edit_collection", slug)


def _number(text: str) -> int:
    """A number as somebody wrote it; 0, which nothing has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
