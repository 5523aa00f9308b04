"""The editors' desk: drafts written, checked at each keystroke, reviewed and published by a second person."""

from collections.abc import Callable
from typing import Any

import tomlkit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from tomlkit.exceptions import TOMLKitError

from firstlight.guidance import actions
from firstlight.guidance.forms import BeginForm, RecommendationForm, ReturnForm, SettleForm, TextForm
from firstlight.guidance.models import Doubt, Draft, LivingGuideline
from firstlight.guidance.policies import can_publish, check_can_change, check_can_write_guidelines
from firstlight.guidance.queries import checked, guideline_in, latest_version, rehearsal_of
from firstlight.guidance.rules.comparing import changes_between
from firstlight.guidance.rules.editing import (
    BadText,
    fields_of,
    ids_in,
    with_recommendation,
    without_recommendation,
)
from firstlight.guidance.rules.inputs import Words
from firstlight.guidance.rules.wording import say_fault
from firstlight.guidance.shipped import shipped
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest

MOST_CHARACTERS = 1_000_000


@login_required
def begin(request: TimedRequest, slug: str) -> HttpResponse:
    """Begin a guideline: from nothing, from one that ships, or from a file."""
    member = signed_in(request)
    check_can_write_guidelines(member)
    outbreak = get_object_or_404(Outbreak.objects.known(request.now), slug=slug)
    form = BeginForm(request.POST or None, request.FILES or None, initial={"is_own": True})
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("edit_guideline", _begun(outbreak, form.cleaned_data, request).pk)
        except (ValidationError, UnicodeDecodeError) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else _("The file is not UTF-8."))
    context = {**frame_of(outbreak, at=request.now, current="outbreak_guidance"), "form": form}
    return render(request, "guidance/begin.html", context)


def _begun(outbreak: Outbreak, fields: dict[str, Any], request: TimedRequest) -> Draft:
    who = {"by": signed_in(request), "at": request.now, "is_own": fields["is_own"]}
    if fields["file"]:
        return actions.bring_guideline(outbreak, fields["file"].read().decode("utf-8-sig"), **who)
    title = Words(fields["title_ko"] or fields["title_en"], fields["title_en"] or fields["title_ko"])
    parent = shipped().get(fields["parent"], "")
    return actions.begin_guideline(outbreak, slug=fields["slug"], title=title, parent=parent, **who)


@login_required
@require_POST
def begin_draft(request: TimedRequest, slug: str, name: str) -> HttpResponse:
    """Open the next version's draft."""
    living = get_object_or_404(LivingGuideline, outbreak__slug=slug, slug=name)
    open_states = (Draft.State.DRAFT, Draft.State.IN_REVIEW)
    waiting = living.drafts.filter(state__in=open_states).first()
    draft = waiting or actions.begin_draft(living, by=signed_in(request), at=request.now)
    return redirect("edit_guideline", draft.pk)


@login_required
def edit(request: TimedRequest, pk: int) -> HttpResponse:
    """A draft's whole text, with what the checker says of it."""
    draft = _draft(request, pk)
    form = TextForm(request.POST or None, initial={"text": draft.text, "revision": draft.revision})
    if request.method == "POST" and form.is_valid() and _saved(request, draft, form):
        messages.success(request, _("Saved."))
        return redirect("edit_guideline", pk)
    text = form["text"].value() or ""
    return render(request, "guidance/edit.html", {**_draft_frame(request, draft), **_report(text), "form": form})


def _saved(request: TimedRequest, draft: Draft, form: TextForm) -> bool:
    fields = form.cleaned_data
    try:
        actions.write_draft(draft, fields["text"], revision=fields["revision"], by=signed_in(request), at=request.now)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


@login_required
@require_POST
def check(request: TimedRequest, pk: int) -> HttpResponse:
    """What the checker says of a text that is still being typed; nothing is kept."""
    _draft(request, pk)
    text = request.POST.get("text", "")[:MOST_CHARACTERS].replace("\r\n", "\n")
    return render(request, "guidance/report.html", _report(text))


def _report(text: str) -> dict[str, Any]:
    """What is wrong with a text, in words."""
    read = checked(text)
    faults = [(fault.kind.value, say_fault(fault, read.guideline)) for fault in read.faults] if read.guideline else []
    try:
        ids = ids_in(text)
    except BadText:
        ids = []
    return {"read": read, "faults": faults, "ids": ids}


@login_required
def recommendation(request: TimedRequest, pk: int) -> HttpResponse:
    """One recommendation of a draft through a form; the text's comments and order stay."""
    draft, name = _draft(request, pk), request.GET.get("id", "")
    try:
        initial = fields_of(draft.text, name)
        offered = _offered(draft.text, name)
    except (BadText, TOMLKitError) as error:
        messages.error(request, _("The text has a fault that must be mended first: %(fault)s") % {"fault": error})
        return redirect("edit_guideline", pk)
    initial["watch"] = "\n".join(initial.get("watch", ()))
    form = RecommendationForm(request.POST or None, initial=initial, **offered)
    if request.method == "POST" and form.is_valid() and _kept(request, draft, form, name):
        return redirect("edit_guideline", pk)
    context = {**_draft_frame(request, draft), "form": form, "name": name}
    return render(request, "guidance/recommendation.html", context)


def _offered(text: str, name: str) -> dict[str, list[str]]:
    raw = tomlkit.parse(text).unwrap()
    return {
        "sources": list(raw.get("sources", {})),
        "questions": [str(each.get("id", "")) for each in raw.get("questions", [])],
        "others": [each for each in ids_in(text) if each != name],
    }


def _kept(request: TimedRequest, draft: Draft, form: RecommendationForm, name: str) -> bool:
    try:
        text = with_recommendation(draft.text, name, form.cleaned_data)
        actions.write_draft(draft, text, revision=draft.revision, by=signed_in(request), at=request.now)
    except (BadText, ValidationError) as error:
        form.add_error("when" if isinstance(error, BadText) else None, str(error))
        return False
    return True


@login_required
@require_POST
def remove_recommendation(request: TimedRequest, pk: int) -> HttpResponse:
    """Take a recommendation out of a draft."""
    draft = _draft(request, pk)
    text = without_recommendation(draft.text, request.POST.get("id", ""))
    actions.write_draft(draft, text, revision=draft.revision, by=signed_in(request), at=request.now)
    return redirect("edit_guideline", pk)


@login_required
@require_POST
def submit(request: TimedRequest, pk: int) -> HttpResponse:
    """Send a draft to a second person."""
    return _carry_out(request, pk, actions.submit_draft, _("Sent. A second person reviews it now."))


@login_required
@require_POST
def drop(request: TimedRequest, pk: int) -> HttpResponse:
    """Give a draft up."""
    draft = get_object_or_404(Draft, pk=pk)
    actions.drop_draft(draft, by=signed_in(request), at=request.now)
    return redirect("outbreak_guidance", draft.guideline.outbreak.slug)


def _carry_out(request: TimedRequest, pk: int, act: Callable[..., Draft], done: str) -> HttpResponse:
    draft = get_object_or_404(Draft, pk=pk)
    try:
        act(draft, by=signed_in(request), at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("edit_guideline", pk)
    messages.success(request, done)
    return redirect("review_guideline", pk)


@login_required
def review(request: TimedRequest, pk: int) -> HttpResponse:
    """A draft as its second reader sees it: what changes, in words; whose advice changes, in numbers and examples."""
    check_can_write_guidelines(signed_in(request))
    draft = get_object_or_404(Draft.objects.select_related("guideline__outbreak"), pk=pk)
    base = latest_version(draft.guideline)
    read = checked(draft.text)
    context = {
        **_draft_frame(request, draft),
        **_report(draft.text),
        "base": base,
        "changes": changes_between(guideline_in(base.text), read.guideline) if base and read.guideline else [],
        "rehearsal": rehearsal_of(draft, at=request.now),
        "may_publish": can_publish(request.user, draft),
        "return_form": ReturnForm(),
    }
    return render(request, "guidance/review.html", context)


@login_required
@require_POST
def give_back(request: TimedRequest, pk: int) -> HttpResponse:
    """Give a draft back with a reason."""
    draft, form = get_object_or_404(Draft, pk=pk), ReturnForm(request.POST)
    if form.is_valid():
        actions.return_draft(draft, because=form.cleaned_data["because"], by=signed_in(request), at=request.now)
        messages.success(request, _("Given back to its authors."))
    else:
        messages.error(request, _("Say what has to change."))
    return redirect("review_guideline", pk)


@login_required
@require_POST
def publish(request: TimedRequest, pk: int) -> HttpResponse:
    """Put a draft in force; with it, when asked, the draft of a notice to members."""
    member = signed_in(request)
    draft = get_object_or_404(Draft, pk=pk)
    rehearsal = rehearsal_of(draft, at=request.now)
    try:
        version = actions.publish_draft(draft, by=member, at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("review_guideline", pk)
    if "notice" in request.POST:
        notice = actions.draft_notice(version, rehearsal, by=member, at=request.now)
        messages.success(request, _("Published. The notice to members is drafted here; another editor approves it."))
        return redirect("edit_notice", notice.number)
    messages.success(request, _("Published."))
    return redirect("guideline", draft.guideline.outbreak.slug, draft.guideline.slug)


@login_required
@require_POST
def settle(request: TimedRequest, pk: int) -> HttpResponse:
    """Say what became of a recommendation under review."""
    doubt = get_object_or_404(Doubt.objects.select_related("guideline__outbreak"), pk=pk)
    form = SettleForm(request.POST)
    if form.is_valid():
        actions.settle_doubt(doubt, by=signed_in(request), at=request.now, **form.cleaned_data)
        messages.success(request, _("Settled."))
    else:
        messages.error(request, _("Say why."))
    return redirect("guideline", doubt.guideline.outbreak.slug, doubt.guideline.slug)


def _draft(request: TimedRequest, pk: int) -> Draft:
    """An open draft, for someone who may change it."""
    draft = get_object_or_404(Draft.objects.select_related("guideline__outbreak"), pk=pk)
    check_can_change(signed_in(request), draft)
    return draft


def _draft_frame(request: TimedRequest, draft: Draft) -> dict[str, Any]:
    return {**frame_of(draft.guideline.outbreak, at=request.now, current="outbreak_guidance"), "draft": draft}
