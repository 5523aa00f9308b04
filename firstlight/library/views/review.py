"""The pages on which a case is judged before it is published."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firstlight.library import actions
from firstlight.library.forms import AskForm, CommentForm, PublishForm, ReasonForm, RecommendForm
from firstlight.library.models import Case, Review, ReviewComment
from firstlight.library.policies import (
    can_edit_cases,
    can_judge,
    can_publish,
    can_resolve,
    check_can_see_draft,
    open_requirements,
    wrote_in,
)
from firstlight.library.queries.review import fullness_of, review_of, reviews_asked_of, threads_of
from firstlight.people.doors import signed_in
from firstlight.people.models import Member
from firstlight.web.requests import TimedRequest


@login_required
def own_reviews(request: TimedRequest) -> HttpResponse:
    """What a member was asked to judge."""
    return render(request, "library/own_reviews.html", {"reviews": reviews_asked_of(signed_in(request))})


@login_required
def review(request: TimedRequest, number: int) -> HttpResponse:
    """A case's discussion before publication: comments with answers, who was asked, what is missing."""
    found, member = get_object_or_404(Case, number=number), signed_in(request)
    check_can_see_draft(member, found)
    own = review_of(found, member)
    context = {
        "case": found,
        "threads": [(each, can_resolve(member, each.comment)) for each in threads_of(found)],
        "required": open_requirements(found),
        "fullness": fullness_of(found),
        "reviews": found.reviews.select_related("reviewer"),
        "own_review": own,
        "may_edit": can_edit_cases(member),
        "comment_form": CommentForm(may_require=not wrote_in(member, found)),
        "ask_form": AskForm(),
        "recommend_form": RecommendForm(instance=own) if own else None,
    }
    return render(request, "library/review.html", context)


def desk_context(member: Member, case: Case) -> dict[str, Any]:
    """What the bar over a preview shows: whether this person may judge and publish, and what keeps them from it."""
    return {
        "may_judge": can_judge(member, case),
        "may_publish": can_publish(member, case),
        "required": open_requirements(case),
        "comments": case.review_comments.filter(answers__isnull=True, resolved_at__isnull=True).count(),
        "has_versions": case.versions.exists(),
        "reason_form": ReasonForm(),
        "publish_form": PublishForm(),
    }


def _told(request: TimedRequest, number: int, act: Callable[[], object], done: str) -> HttpResponse:
    """Carry something out and say so, or say why not."""
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except PermissionDenied as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("review_case", number)


def _refused(request: TimedRequest, number: int) -> HttpResponse:
    messages.error(request, _("Something was missing; nothing was kept."))
    return redirect("review_case", number)


@login_required
@require_POST
def ask(request: TimedRequest, number: int) -> HttpResponse:
    """Ask a member for a review."""
    found, form = get_object_or_404(Case, number=number), AskForm(request.POST)
    if not form.is_valid():
        return _refused(request, number)
    reviewer = form.cleaned_data["reviewer"]

    def act() -> None:
        actions.tell_reviewer(
            actions.ask_reviewer(found, reviewer, by=signed_in(request), at=request.now), at=request.now
        )

    return _told(request, number, act, _("Asked. The case is on their own page of reviews."))


@login_required
@require_POST
def comment(request: TimedRequest, number: int) -> HttpResponse:
    """Remark on a part of the case."""
    found, form = get_object_or_404(Case, number=number), CommentForm(request.POST)
    if not form.is_valid():
        return _refused(request, number)
    said = form.cleaned_data
    return _told(
        request,
        number,
        lambda: actions.comment_on_case(found, by=signed_in(request), at=request.now, **said),
        _("Your comment is kept."),
    )


@login_required
@require_POST
def answer(request: TimedRequest, number: int, comment: int) -> HttpResponse:
    """Answer a comment."""
    found, text = get_object_or_404(ReviewComment, case__number=number, pk=comment), request.POST.get("text", "")
    return _told(
        request,
        number,
        lambda: actions.answer_comment(found, text, by=signed_in(request), at=request.now),
        _("Your answer is kept."),
    )


@login_required
@require_POST
def settle(request: TimedRequest, number: int, comment: int) -> HttpResponse:
    """Call a comment settled, or open it again."""
    found = get_object_or_404(ReviewComment, case__number=number, pk=comment)
    act = actions.reopen_comment if found.resolved_at else actions.resolve_comment
    done = _("Opened again.") if found.resolved_at else _("Settled.")
    return _told(request, number, lambda: act(found, by=signed_in(request), at=request.now), done)


@login_required
@require_POST
def recommend(request: TimedRequest, number: int) -> HttpResponse:
    """Give one's judgement of the whole case."""
    own = get_object_or_404(Review, case__number=number, reviewer=signed_in(request))
    form = RecommendForm(request.POST)
    if not form.is_valid():
        return _refused(request, number)
    said = form.cleaned_data
    return _told(
        request,
        number,
        lambda: actions.recommend(own, by=signed_in(request), at=request.now, **said),
        _("Thank you. The editors see your judgement."),
    )
