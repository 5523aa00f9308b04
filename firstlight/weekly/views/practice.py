from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from firstlight.people.models import Member
from firstlight.web.requests import TimedRequest
from firstlight.weekly import actions
from firstlight.weekly.charts import calibration_chart
from firstlight.weekly.forms import PracticeForm
from firstlight.weekly.models import Attempt, Round
from firstlight.weekly.queries import attempts_of, next_to_practise, practisable, revealed_document
from firstlight.weekly.rules.practice import brier_score, calibration
from firstlight.weekly.views.frame import page, reader_of, round_or_404, suggested
from firstlight.weekly.views.rounds import images_of, question_shown, reveal_shown

SALT = "weekly practice"
LONGEST = timedelta(hours=2)


def own_progress(request: TimedRequest) -> HttpResponse:
    """Where practice starts: the next case, and what one has done so far."""
    reader = reader_of(request)
    attempts = attempts_of(reader) if reader else []
    answers = [(each.confidence_percent, each.right_place is not None) for each in attempts]
    seconds = [each.seconds for each in attempts if each.seconds is not None]
    steps = calibration(answers)
    context: dict[str, object] = {
        "next": _next(request, reader),
        "all": practisable(request.at).count(),
        "done": len({each.round_id for each in attempts}),
        "attempts": attempts,
        "right_percent": round(100 * sum(is_right for _c, is_right in answers) / len(answers)) if answers else None,
        "first_percent": round(100 * sum(each.right_place == 1 for each in attempts) / len(attempts))
        if attempts
        else None,
        "mean_seconds": round(sum(seconds) / len(seconds)) if seconds else None,
        "brier": brier_score(answers),
        "steps": steps,
        "chart": calibration_chart(steps),
    }
    return page(request, "weekly/practice.html", context)


def practise(request: TimedRequest, key: str) -> HttpResponse:
    """One past case with its answer hidden, and after an answer what it was."""
    round_ = round_or_404(request, key)
    if not practisable(request.now).filter(pk=round_.pk).exists():
        raise Http404
    reader = reader_of(request)
    form = PracticeForm(request.POST or None, round_=round_)
    if request.method == "POST" and form.is_valid():
        try:
            attempt = _judged(request, round_, form, reader)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(f"{request.path}?attempt={attempt.pk}") if reader else _answered(request, round_, attempt)
    earlier = _own_attempt(request, reader, round_)
    if earlier:
        return _answered(request, round_, earlier)
    if not form.is_bound:
        form = PracticeForm(round_=round_, initial={"begun": signing.dumps(request.now.isoformat(), salt=SALT)})
    context: dict[str, object] = {
        "round": round_,
        **images_of(round_),
        "question": question_shown(round_),
        "form": form,
        "suggestions": suggested(request),
    }
    return page(request, "weekly/practise.html", context, status=422 if form.is_bound else 200)


def _judged(request: TimedRequest, round_: Round, form: PracticeForm, reader: Member | None) -> Attempt:
    return actions.practise(
        round_,
        form.answers(),
        confidence_percent=form.cleaned_data["confidence"],
        seconds=_seconds_since(form.cleaned_data["begun"], timezone.now()),
        by=reader,
        at=request.now,
    )


def _seconds_since(begun: str, now: datetime) -> int | None:
    """How long the case was looked at; None when that cannot be told, or when the page was left lying."""
    try:
        taken = now - datetime.fromisoformat(signing.loads(begun, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return round(taken.total_seconds()) if timedelta(0) <= taken <= LONGEST else None


def _own_attempt(request: TimedRequest, reader: Member | None, round_: Round) -> Attempt | None:
    asked = request.GET.get("attempt", "")
    if reader is None or not asked.isdigit() or len(asked) > 12:
        return None
    return Attempt.objects.filter(pk=int(asked), member=reader, round=round_).first()


def _answered(request: TimedRequest, round_: Round, attempt: Attempt) -> HttpResponse:
    context: dict[str, object] = {
        "round": round_,
        **images_of(round_),
        "question": question_shown(round_),
        "attempt": attempt,
        "next": _next(request, reader_of(request), but=round_.key),
        **reveal_shown(request, round_, revealed_document(round_, at=request.now)),
    }
    return page(request, "weekly/practised.html", context)


def _next(request: TimedRequest, reader: Member | None, *, but: str = "") -> str | None:
    day = timezone.localdate(request.at).isoformat()
    return next_to_practise(reader, at=request.at, day=day, but=but)
