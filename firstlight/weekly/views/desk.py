from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.library.models import Case
from firstlight.library.policies import can_publish
from firstlight.people.doors import signed_in
from firstlight.people.models import Member
from firstlight.web.requests import TimedRequest
from firstlight.weekly import actions
from firstlight.weekly.forms import DiagnosisForm, ReasonForm, ScheduleForm, TimesForm
from firstlight.weekly.models import Diagnosis, Round
from firstlight.weekly.policies import check_can_run_rounds
from firstlight.weekly.queries import obstacle_to_reveal, unsettled, vocabulary
from firstlight.weekly.rules.naming import normalised
from firstlight.weekly.rules.weeks import WEEK, next_monday


def _editor(request: TimedRequest) -> Member:
    member = signed_in(request)
    check_can_run_rounds(member)
    return member


@login_required
def desk(request: TimedRequest) -> HttpResponse:
    """The rounds, and the cases that could be one."""
    member = _editor(request)
    if Round.objects.due(request.now).exists():
        actions.reveal_due(request.now)
    rounds = [
        {
            "round": each,
            "state": each.state(request.now),
            "entries": each.entries.count(),
            "obstacle": each.state(request.now) not in {"revealed", "cancelled"} and obstacle_to_reveal(each),
        }
        for each in Round.objects.select_related("case", "scheduled_by")
    ]
    waiting = Case.objects.filter(state=Case.State.IN_REVIEW, versions__isnull=True).select_related("outbreak")
    asked = Round.objects.filter(cancelled_at__isnull=True).values("case")
    cases = [{"case": each, "may": can_publish(member, each)} for each in waiting.exclude(pk__in=asked)]
    return render(request, "weekly/desk.html", {"rows": rounds, "cases": cases})


@login_required
def schedule(request: TimedRequest, number: int) -> HttpResponse:
    """Approve a case and say when it is asked."""
    member = _editor(request)
    case = get_object_or_404(Case, number=number)
    form = ScheduleForm(request.POST or None, initial=_usual(case, request.now))
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        right = str(data.pop("right")).splitlines()
        try:
            made = actions.schedule_round(case, terms=actions.Terms(**data), right=right, by=member, at=request.now)
        except (ValidationError, PermissionDenied) as error:
            form.add_error(None, str(error) if isinstance(error, PermissionDenied) else error.messages)
        else:
            messages.success(request, _("Scheduled. The case is published by itself when its answer is shown."))
            return redirect("weekly_round_desk", made.key)
    return render(request, "weekly/schedule.html", {"case": case, "form": form})


def _usual(case: Case, now: datetime) -> dict[str, object]:
    """The next free week, the society's last numbers, and what the case's own words say is right."""
    last = Round.objects.order_by("-number").first()
    free = Round.objects.filter(cancelled_at__isnull=True).order_by("-closes_at").first()
    begin = next_monday(timezone.localtime(now))
    if free and timezone.localtime(free.closes_at) > begin:
        begin = timezone.localtime(free.closes_at)
    usual = actions.Terms(begin, begin + WEEK)
    said = normalised(f"{case.diagnosis_en} {case.diagnosis_ko}")
    named = [each.label_en for each in vocabulary(now).terms.values() if normalised(each.label_en) in said]
    return {
        "opens_at": begin,
        "closes_at": begin + WEEK,
        "reveal_at": begin + WEEK,
        "right": "\n".join([*named, *(each for each in (case.diagnosis_en, case.diagnosis_ko) if each)]),
        "max_answers": last.max_answers if last else usual.max_answers,
        "points_first": last.points_first if last else usual.points_first,
        "points_other": last.points_other if last else usual.points_other,
    }


@login_required
def round_desk(request: TimedRequest, key: str) -> HttpResponse:
    """One round: how it goes, what has to be ruled on, its moments."""
    member = _editor(request)
    round_ = get_object_or_404(Round.objects.select_related("case", "scheduled_by"), key=key)
    state = round_.state(request.now)
    is_closed = state in {Round.State.CLOSED, Round.State.REVEALED}
    words = vocabulary(request.now)
    context = {
        "round": round_,
        "state": state,
        "entries": round_.entries.count(),
        "obstacle": state not in {Round.State.REVEALED, Round.State.CANCELLED} and obstacle_to_reveal(round_),
        "may_approve": can_publish(member, round_.case),
        "right": [words.terms[each] for each in sorted(words.right_keys(round_.right_keys)) if each in words.terms],
        "texts": unsettled(round_, at=request.now) if is_closed else [],
        "is_closed": is_closed,
        "times_form": TimesForm(
            initial={name: getattr(round_, name) for name in ("opens_at", "closes_at", "reveal_at")}
        ),
        "reason_form": ReasonForm(),
    }
    return render(request, "weekly/round_desk.html", context)


@login_required
@require_POST
def rule(request: TimedRequest, key: str) -> HttpResponse:
    """Say whether a text is right."""
    round_ = get_object_or_404(Round, key=key)
    is_right = request.POST.get("verdict") == "right"
    text, why = request.POST.get("text", ""), request.POST.get("why", "")
    _tell(
        request,
        lambda: actions.rule(round_, text, is_right=is_right, by=_editor(request), at=request.now, why=why),
        _("Ruled. It holds for everyone who wrote this."),
    )
    return redirect("weekly_round_desk", key)


@login_required
@require_POST
def change_times(request: TimedRequest, key: str) -> HttpResponse:
    """Move a round's moments."""
    round_ = get_object_or_404(Round, key=key)
    form = TimesForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("weekly_round_desk", key)
    _tell(
        request,
        lambda: actions.change_times(round_, by=_editor(request), at=request.now, **form.cleaned_data),
        _("Saved."),
    )
    return redirect("weekly_round_desk", key)


@login_required
@require_POST
def approve_again(request: TimedRequest, key: str) -> HttpResponse:
    """Approve a changed case anew."""
    round_ = get_object_or_404(Round, key=key)
    _tell(request, lambda: actions.approve_again(round_, by=_editor(request), at=request.now), _("Approved."))
    return redirect("weekly_round_desk", key)


@login_required
@require_POST
def cancel(request: TimedRequest, key: str) -> HttpResponse:
    """Take a round back."""
    round_ = get_object_or_404(Round, key=key)
    form = ReasonForm(request.POST)
    if form.is_valid():
        why = form.cleaned_data["why"]
        _tell(
            request,
            lambda: actions.cancel_round(round_, by=_editor(request), at=request.now, why=why),
            _("The round is cancelled."),
        )
    return redirect("weekly_desk")


def _tell(request: TimedRequest, do: Callable[[], object], done: str) -> None:
    """Carry something out and say how it went; a refusal is a sentence too."""
    try:
        do()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except PermissionDenied as error:
        if not str(error):
            raise
        messages.error(request, str(error))
    else:
        messages.success(request, done)


@login_required
def show_vocabulary(request: TimedRequest) -> HttpResponse:
    """Every diagnosis with its names, and a form to add one."""
    member = _editor(request)
    form = DiagnosisForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = Diagnosis(**form.cleaned_data)
        try:
            actions.add_diagnosis(row, by=member, at=request.now)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Added. Readers are offered it from the first reveal that uses it."))
            return redirect("weekly_vocabulary")
    terms = sorted(vocabulary(request.now).terms.values(), key=lambda each: each.label_en.casefold())
    return render(request, "weekly/vocabulary.html", {"terms": terms, "form": form})
