from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.library.models import Case
from firstlight.library.queries.viewer import poster_address, viewer_series
from firstlight.library.rules import CaseDocument, link_key_images, with_links
from firstlight.people.doors import signed_in
from firstlight.people.models import Member
from firstlight.web.requests import TimedRequest
from firstlight.weekly import actions
from firstlight.weekly.forms import AnswerForm, CommentForm, ReasonForm
from firstlight.weekly.models import Comment, Round
from firstlight.weekly.policies import can_answer, knows_the_answer
from firstlight.weekly.queries import (
    comments_on,
    distribution,
    earlier_rounds,
    entry_of,
    pictures_of,
    revealed_document,
    round_of_the_week,
    score_of,
    shows_name,
    those_right,
    veil_of,
    veiled_viewer_series,
)
from firstlight.weekly.rules.question import Question
from firstlight.weekly.views.frame import page, reader_of, round_or_404, suggested


def this_week(request: TimedRequest) -> HttpResponse:
    """The week's case."""
    if Round.objects.due(request.now).exists():
        actions.reveal_due(request.now)
    found = round_of_the_week(request.at)
    if found is None:
        return page(request, "weekly/none_yet.html", {})
    return _shown(request, found)


def one(request: TimedRequest, key: str) -> HttpResponse:
    """A round by its key."""
    return _shown(request, round_or_404(request, key))


def _shown(request: TimedRequest, round_: Round, form: AnswerForm | None = None, status: int = 200) -> HttpResponse:
    reader = reader_of(request)
    entry = entry_of(round_, reader)
    may_answer = not request.on and can_answer(reader, round_, at=request.now)
    context: dict[str, object] = {
        "round": round_,
        "state": round_.state(request.at),
        **images_of(round_),
        "question": question_shown(round_),
        "entry": entry,
        "may_answer": may_answer,
        "knows": isinstance(reader, Member) and knows_the_answer(reader, round_),
        "form": form or AnswerForm(round_=round_, entry=entry, shows_name=shows_name(reader)),
        "suggestions": suggested(request) if may_answer else [],
        "earlier": earlier_rounds(request.at, but=round_),
    }
    document = revealed_document(round_, at=request.at)
    if round_.state(request.at) == Round.State.REVEALED:
        context |= reveal_shown(request, round_, document)
        context["score"] = score_of(entry, at=request.at) if entry else None
    return page(request, "weekly/round.html", context, status=status)


def images_of(round_: Round) -> dict[str, object]:
    """The round's images for the viewer, and as pictures for a page without it."""
    pictures = pictures_of(round_, a_series=6)
    middle = pictures_of(round_, a_series=1)
    return {
        "dicom_web": f"/weekly/{round_.key}/dicom-web",
        "study_uid": veil_of(round_).root,
        "viewer_series": veiled_viewer_series(round_),
        "pictures": pictures,
        "poster": middle[0] if middle else None,
    }


def question_shown(round_: Round) -> Question:
    """The history as it was frozen, its links to key images pointing at the images as a whole."""
    question = Question.from_json(round_.question)
    history_ko, history_en = (link_key_images(each, []) for each in (question.history_ko, question.history_en))
    return replace(question, history_ko=history_ko, history_en=history_en)


def reveal_shown(request: TimedRequest, round_: Round, document: CaseDocument | None) -> dict[str, object]:
    """What a page shows once the answer is out."""
    groups, left_out = distribution(round_, at=request.at)
    return {
        **(_open_images(document) if document else {"document": None}),
        "certainty": Case.Certainty(document.certainty).label if document and document.certainty else "",
        "groups": groups,
        "left_out": left_out,
        "right": those_right(round_, at=request.at),
        "comments": comments_on(round_, at=request.at),
        "comment_form": CommentForm(),
        "reason_form": ReasonForm(),
    }


def _open_images(document: CaseDocument) -> dict[str, object]:
    """A published case's images as the library shows them, so that its words can point at them."""
    language = (get_language() or "en")[:2]
    return {
        "document": with_links(document),
        "viewer_series": viewer_series(document, language=language),
        "poster": poster_address(document),
    }


@login_required
@require_POST
def answer(request: TimedRequest, key: str) -> HttpResponse:
    """Keep a member's answers."""
    round_ = get_object_or_404(Round.objects.begun(request.now), key=key)
    member = signed_in(request)
    form = AnswerForm(request.POST, round_=round_, entry=None, shows_name=False)
    # The body has been read by now. The request's own `now` is when its head came: by sending the rest slowly,
    # somebody could answer after the reveal.
    arrived_at = timezone.now()
    if not form.is_valid():
        return _shown(request, round_, form, status=422)
    try:
        actions.submit_answers(round_, form.answers(), by=member, at=arrived_at)
        actions.let_name_be_shown(member, shows_name=form.cleaned_data["shows_name"], at=arrived_at)
    except PermissionDenied as error:
        messages.error(request, str(error))
        return _shown(request, round_, form, status=403)
    messages.success(request, _("Your answers are kept. You can change them until the closing moment."))
    return redirect("weekly_round", key)


@login_required
@require_POST
def say(request: TimedRequest, key: str) -> HttpResponse:
    """Add to the discussion."""
    round_ = round_or_404(request, key)
    try:
        actions.say(round_, request.POST.get("text", ""), by=signed_in(request), at=request.now)
    except ValidationError:
        messages.error(request, _("Write a sentence first; it may have two thousand characters."))
    return redirect("weekly_round", key)


@login_required
@require_POST
def hide(request: TimedRequest, key: str, number: str) -> HttpResponse:
    """Take a comment out of the discussion."""
    comment = get_object_or_404(Comment, pk=number, round__key=key)
    form = ReasonForm(request.POST)
    if form.is_valid():
        actions.hide_comment(comment, by=signed_in(request), at=request.now, why=form.cleaned_data["why"])
    return redirect("weekly_round", key)
