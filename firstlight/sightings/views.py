from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.people.doors import signed_in
from firstlight.people.models import Member
from firstlight.reading.forms import FindingsForm
from firstlight.reading.rules.findings import read_findings
from firstlight.sightings import actions
from firstlight.sightings.forms import ReportForm, WordForm, findings_forms
from firstlight.sightings.hooks import uses
from firstlight.sightings.models import Sighting
from firstlight.sightings.policies import can_answer_reports, can_report, check_can_answer_reports, check_can_report
from firstlight.sightings.queries import finished, own_reports, queue
from firstlight.web.requests import TimedRequest

PAGE = 30


def outbreak_sightings(request: TimedRequest, slug: str) -> HttpResponse:
    """The reports of an outbreak: the queue for editors, their own for members, what this is for anyone."""
    outbreak = get_object_or_404(Outbreak.objects.known(request.at), slug=slug)
    return render(
        request,
        "sightings/outbreak.html",
        {
            **frame_of(outbreak, at=request.at, current="outbreak_sightings"),
            **_lists(request, outbreak),
            "may_report": can_report(request.user) and outbreak.closed_at is None,
        },
    )


@login_required
def desk(request: TimedRequest) -> HttpResponse:
    """Every report that waits, of all outbreaks, and what became of the others."""
    check_can_answer_reports(signed_in(request))
    return render(request, "sightings/desk.html", _lists(request, None))


def _lists(request: TimedRequest, outbreak: Outbreak | None) -> dict[str, Any]:
    answers = can_answer_reports(request.user)
    own = own_reports(signed_in(request), outbreak=outbreak) if can_report(request.user) else []
    done = finished(at=request.at, outbreak=outbreak) if answers else Sighting.objects.none()
    return {
        "answers": answers,
        "queue": queue(at=request.at, outbreak=outbreak) if answers else [],
        "finished": Paginator(done, PAGE).get_page(request.GET.get("page")),
        "own": own,
    }


@login_required
def report(request: TimedRequest, slug: str) -> HttpResponse:
    """Write a field report."""
    member = signed_in(request)
    check_can_report(member)
    outbreak = get_object_or_404(Outbreak.objects.active(request.now), slug=slug)
    posted = request.POST or None
    form, findings = ReportForm(posted), findings_forms(posted)
    if posted is not None:
        sent = _sent(form, findings.get(posted.get("modality", "")), outbreak, member, at=request.now)
        if sent is not None:
            messages.success(request, _("Sent. The editors see it now. Images can be added below."))
            return redirect("sighting", sent.pk)
    context = {
        **frame_of(outbreak, at=request.now, current="outbreak_sightings"),
        "form": form,
        "findings": findings,
    }
    return render(request, "sightings/report.html", context)


def _sent(
    form: ReportForm, chosen: FindingsForm | None, outbreak: Outbreak, member: Member, *, at: datetime
) -> Sighting | None:
    """The report that was sent; None when something has to be corrected first."""
    if chosen is not None and not chosen.is_valid():
        return None
    seen = chosen.findings if chosen is not None else None
    form.has_findings = bool(seen)
    if not form.is_valid():
        return None
    document = seen.as_json() if seen else {}
    return actions.send_report(outbreak=outbreak, by=member, at=at, findings=document, **form.cleaned_data)


@login_required
def sighting(request: TimedRequest, number: int) -> HttpResponse:
    """One report: to its author with a way to add images, to an editor with what can be done with it."""
    member = signed_in(request)
    found = get_object_or_404(
        Sighting.objects.visible_to(member).select_related("outbreak", "reported_by", "institution", "taken_by"),
        pk=number,
    )
    context = {
        **frame_of(found.outbreak, at=request.now, current="outbreak_sightings"),
        "sighting": found,
        "findings": read_findings(found.findings) if found.findings else None,
        "series": found.series.select_related("study").order_by("sightingseries__place"),
        "steps": found.steps.select_related("by"),
        "answers": can_answer_reports(member),
        "adds_images": found.reported_by_id == member.pk and found.closed_at is None,
        "uses": uses().values(),
        "word_form": WordForm(),
    }
    return render(request, "sightings/sighting.html", context)


Act = Callable[[Sighting, Member, datetime], object]


def _do(request: TimedRequest, number: int, act: Act, done: str) -> HttpResponse:
    found = get_object_or_404(Sighting, pk=number)
    member = signed_in(request)
    check_can_answer_reports(member)
    try:
        act(found, member, request.now)
    except (ValidationError, PermissionDenied) as error:
        messages.error(request, " ".join(getattr(error, "messages", [str(error)])))
    else:
        messages.success(request, done)
    return redirect("sighting", number)


@login_required
@require_POST
def take(request: TimedRequest, number: int) -> HttpResponse:
    """Say that one is looking at it."""
    return _do(request, number, lambda found, by, at: actions.take_up(found, by=by, at=at), _("It is yours now."))


@login_required
@require_POST
def release(request: TimedRequest, number: int) -> HttpResponse:
    """Put it back into the queue."""
    return _do(request, number, lambda found, by, at: actions.put_back(found, by=by, at=at), _("It is free again."))


@login_required
@require_POST
def reopen(request: TimedRequest, number: int) -> HttpResponse:
    """Put a closed report into the queue again."""
    return _do(request, number, lambda found, by, at: actions.reopen_report(found, by=by, at=at), _("It waits again."))


@login_required
@require_POST
def answer(request: TimedRequest, number: int) -> HttpResponse:
    """Close it with a word to its author."""
    close = actions.close_as_known if "known" in request.POST else actions.answer_report
    word = request.POST.get("word", "")
    return _do(
        request, number, lambda found, by, at: close(found, word=word, by=by, at=at), _("Closed, and its author told.")
    )


@login_required
@require_POST
def use(request: TimedRequest, number: int, kind: str) -> HttpResponse:
    """Begin what the report becomes, and go there."""
    member = signed_in(request)
    check_can_answer_reports(member)
    found = get_object_or_404(Sighting, pk=number)
    try:
        return redirect(actions.use_report(found, kind, by=member, at=request.now))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("sighting", number)
