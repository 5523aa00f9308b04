"""The weekly case for programs: the round, one's own answers, and after the reveal what was right."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Schema
from ninja.errors import HttpError

from firstlight.people.api import AUTH, asker
from firstlight.web.requests import TimedRequest
from firstlight.weekly.actions import reveal_due, submit_answers
from firstlight.weekly.models import Round
from firstlight.weekly.queries import (
    entry_of,
    revealed_document,
    round_of_the_week,
    score_of,
    veil_of,
    veiled_viewer_series,
)
from firstlight.weekly.rules.question import Question

router = Router(tags=["weekly case"])
KEY = "{key}"


class RoundOut(Schema):
    """A round as readers may know it at this moment; the last three are empty until the reveal."""

    key: str
    number: int
    url: str
    state: str
    opens_at: datetime
    closes_at: datetime
    reveal_at: datetime
    max_answers: int
    points_first: int
    points_other: int
    history_ko: str
    history_en: str
    is_synthetic: bool
    dicom_web: str
    study_instance_uid: str
    series: list[dict[str, Any]]
    diagnosis_ko: str = ""
    diagnosis_en: str = ""
    case_url: str = ""


class AnswersIn(Schema):
    answers: list[str]


class AnswersOut(Schema):
    """One's own answers; points and the place of the right one are empty until the reveal."""

    answers: list[str]
    submitted_at: datetime | None = None
    revisions: int = 0
    points: int | None = None
    right_place: int | None = None


@router.get("/weekly", response=RoundOut)
def week(request: TimedRequest) -> dict[str, Any]:
    """The round that readers should see now."""
    _reveal_what_is_due(request)
    found = round_of_the_week(request.now)
    if found is None:
        raise Http404
    return _told(found, at=request.now)


@router.get(f"/weekly/{KEY}", response=RoundOut)
def one_round(request: TimedRequest, key: str) -> dict[str, Any]:
    """A round that has opened."""
    return _told(_round(request, key), at=request.now)


@router.get(f"/weekly/{KEY}/answers", response=AnswersOut, auth=AUTH)
def own_answers(request: TimedRequest, key: str) -> dict[str, Any]:
    """What one has answered, and nobody else's."""
    return _own(_round(request, key), asker(request), at=request.now)


@router.put(f"/weekly/{KEY}/answers", response=AnswersOut, auth=AUTH)
def send_answers(request: TimedRequest, key: str, answers: AnswersIn) -> dict[str, Any]:
    """Put one's ranked answers in place of those sent before, while the round is open."""
    round_ = _round(request, key)
    # The body has been read by now: its end counts, not its beginning.
    arrived_at = timezone.now()
    try:
        submit_answers(round_, answers.answers, by=asker(request), at=arrived_at)
    except ValidationError as error:
        raise HttpError(422, " ".join(error.messages)) from error
    return _own(round_, asker(request), at=arrived_at)


def _reveal_what_is_due(request: TimedRequest) -> None:
    if Round.objects.due(request.now).exists():
        reveal_due(request.now)


def _round(request: TimedRequest, key: str) -> Round:
    _reveal_what_is_due(request)
    found = Round.objects.begun(request.now).select_related("case", "scheduled_by").filter(key=key).first()
    if found is None:
        raise Http404
    return found


def _told(round_: Round, *, at: datetime) -> dict[str, Any]:
    question = Question.from_json(round_.question)
    document = revealed_document(round_, at=at)
    revealed = (
        {
            "diagnosis_ko": document.diagnosis_ko,
            "diagnosis_en": document.diagnosis_en,
            "case_url": reverse("case", args=[document.number]),
        }
        if document
        else {}
    )
    names = ("key", "number", "opens_at", "closes_at", "reveal_at", "max_answers", "points_first", "points_other")
    return {
        **{name: getattr(round_, name) for name in names},
        "url": reverse("weekly_round", args=[round_.key]),
        "state": str(round_.state(at)),
        "history_ko": question.history_ko,
        "history_en": question.history_en,
        "is_synthetic": question.is_synthetic,
        "dicom_web": f"/weekly/{round_.key}/dicom-web",
        "study_instance_uid": veil_of(round_).root,
        "series": veiled_viewer_series(round_),
        **revealed,
    }


def _own(round_: Round, member: object, *, at: datetime) -> dict[str, Any]:
    entry = entry_of(round_, member)
    if entry is None:
        return {"answers": []}
    score = score_of(entry, at=at)
    earned = {"points": score.points, "right_place": score.right_place} if score else {}
    return {
        "answers": entry.answers,
        "submitted_at": entry.submitted_at,
        "revisions": entry.revisions,
        **earned,
    }
