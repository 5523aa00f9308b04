from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.imaging.models import Series
from firstlight.library import actions
from firstlight.library.forms import AuthorFormSet, BeginForm, CaseForm, KeyImageForm, PublishForm, ReasonForm
from firstlight.library.models import Case, KeyImage
from firstlight.library.policies import can_publish, check_can_edit_cases
from firstlight.library.queries.cases import document_of, series_of, studies_to_choose
from firstlight.library.queries.review import fullness_of
from firstlight.library.queries.viewer import poster_address, viewer_series
from firstlight.library.rules import AuthorView
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest


@login_required
def desk(request: TimedRequest) -> HttpResponse:
    """The editors' desk: what is being written, what waits for a second editor."""
    member = signed_in(request)
    check_can_edit_cases(member)
    rows = [
        {"case": each, "may_publish": can_publish(member, each)}
        for each in Case.objects.select_related("outbreak", "created_by", "submitted_by")
    ]
    return render(request, "library/desk.html", {"rows": rows, "form": BeginForm()})


@login_required
@require_POST
def begin(request: TimedRequest) -> HttpResponse:
    """Open a new draft."""
    form = BeginForm(request.POST)
    if not form.is_valid():
        return redirect("desk")
    new = actions.begin_case(outbreak=form.cleaned_data["outbreak"], by=signed_in(request), at=request.now)
    return redirect("edit_case", new.number)


@login_required
def edit(request: TimedRequest, number: int) -> HttpResponse:
    """The page on which a case is made: its images, its key images, its texts."""
    member = signed_in(request)
    check_can_edit_cases(member)
    found = get_object_or_404(Case, number=number)
    form = CaseForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        actions.write_case(found, by=member, at=request.now, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("preview_case" if "preview" in request.POST else "edit_case", number)
    return _edit_page(request, found, form, _author_forms(found))


def _author_forms(case: Case) -> Any:
    names = ("family_name", "given_name", "name_ko", "orcid", "affiliation_en", "affiliation_ko", "member")
    initial = [{name: getattr(each, name) for name in names} for each in case.authors.select_related("member")]
    return AuthorFormSet(initial=initial, prefix="authors")


def _edit_page(request: TimedRequest, found: Case, form: CaseForm, authors: Any) -> HttpResponse:
    document = document_of(found)
    return render(
        request,
        "library/edit.html",
        {
            "case": found,
            "form": form,
            "author_forms": authors,
            "fullness": fullness_of(found),
            "comments": found.review_comments.filter(answers__isnull=True, resolved_at__isnull=True).count(),
            "series": series_of(found),
            "document": document,
            "key_image_form": KeyImageForm(case=found),
            "studies": studies_to_choose(found),
            "viewer_series": viewer_series(document, language=(get_language() or "en")[:2]),
            "poster": poster_address(document),
        },
    )


@login_required
@require_POST
def attach(request: TimedRequest, number: int) -> HttpResponse:
    """Add studies of the depository to a case."""
    found = get_object_or_404(Case, number=number)
    chosen = Series.objects.filter(study__pk__in=request.POST.getlist("study"), study__outbreak=found.outbreak)
    actions.attach_series(found, chosen, by=signed_in(request), at=request.now)
    return redirect("edit_case", number)


@login_required
@require_POST
def detach(request: TimedRequest, number: int, series: int) -> HttpResponse:
    """Take a series out of a case."""
    found = get_object_or_404(Case, number=number)
    actions.detach_series(found, get_object_or_404(found.series, pk=series), by=signed_in(request), at=request.now)
    return redirect("edit_case", number)


@login_required
@require_POST
def add_key_image(request: TimedRequest, number: int) -> HttpResponse:
    """Let the text point at an image."""
    member = signed_in(request)
    check_can_edit_cases(member)
    found = get_object_or_404(Case, number=number)
    form = KeyImageForm(request.POST, case=found)
    if form.is_valid():
        data = {key: value for key, value in form.cleaned_data.items() if key not in {"series", "slice"}}
        image = actions.add_key_image(found, by=member, at=request.now, **data)
        messages.success(request, _("Write [words](key:%(number)d) to point at this image.") % {"number": image.number})
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("edit_case", number)


@login_required
@require_POST
def remove_key_image(request: TimedRequest, number: int, image: int) -> HttpResponse:
    """Take a key image out."""
    found = get_object_or_404(KeyImage, case__number=number, number=image)
    actions.remove_key_image(found, by=signed_in(request), at=request.now)
    return redirect("edit_case", number)


@login_required
@require_POST
def name_authors(request: TimedRequest, number: int) -> HttpResponse:
    """Say who the authors are, in order."""
    found, member = get_object_or_404(Case, number=number), signed_in(request)
    check_can_edit_cases(member)
    form_set = AuthorFormSet(request.POST, prefix="authors")
    if not form_set.is_valid():
        return _edit_page(request, found, CaseForm(instance=found), form_set)
    said = [form.cleaned_data for form in form_set if form.cleaned_data.get("family_name")]
    members = {place: each.pop("member") for place, each in enumerate(said, start=1)}
    try:
        actions.name_authors(
            found,
            [AuthorView(**each) for each in said],
            by=member,
            at=request.now,
            members={place: each for place, each in members.items() if each},
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Saved."))
    return redirect("edit_case", number)


@login_required
@require_POST
def submit(request: TimedRequest, number: int) -> HttpResponse:
    """Send a draft for review."""
    try:
        actions.submit_case(get_object_or_404(Case, number=number), by=signed_in(request), at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("edit_case", number)
    messages.success(request, _("Sent. Another editor can publish it now."))
    return redirect("preview_case", number)


@login_required
@require_POST
def publish(request: TimedRequest, number: int) -> HttpResponse:
    """Show a reviewed case to the world."""
    found = get_object_or_404(Case, number=number)
    form = PublishForm(request.POST) if found.versions.exists() else None
    if form and not form.is_valid():
        messages.error(request, _("Say whether this version is an update or a correction."))
        return redirect("preview_case", number)
    try:
        actions.publish_case(found, by=signed_in(request), at=request.now, **(form.cleaned_data if form else {}))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("preview_case", number)
    except PermissionDenied as error:
        messages.error(request, str(error))
        return redirect("preview_case", number)
    messages.success(request, _("Published."))
    return redirect("case", number)


@login_required
@require_POST
def give_back(request: TimedRequest, number: int) -> HttpResponse:
    """Return a case to its authors."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        found = get_object_or_404(Case, number=number)
        actions.return_case(found, by=signed_in(request), at=request.now, why=form.cleaned_data["why"])
        actions.tell_returned(found, at=request.now)
        messages.success(request, _("Given back to its authors."))
    return redirect("preview_case", number)


@login_required
@require_POST
def withdraw(request: TimedRequest, number: int) -> HttpResponse:
    """Take a case back from readers."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        found = get_object_or_404(Case, number=number)
        actions.withdraw_case(found, by=signed_in(request), at=request.now, why=form.cleaned_data["why"])
        messages.success(request, _("Withdrawn."))
    return redirect("desk")
