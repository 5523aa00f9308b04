"""A case is judged by others before it is published: they are asked, comment, recommend; authors answer."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.delivery.actions import write_letter
from firstlight.library.models import Case, Review, ReviewComment
from firstlight.library.policies import (
    check_can_edit_cases,
    check_can_recommend,
    check_can_resolve,
    check_can_see_draft,
    wrote_in,
)
from firstlight.people.models import Member


@transaction.atomic
def ask_reviewer(case: Case, reviewer: Member, *, by: Member, at: datetime) -> Review:
    """Ask a member who wrote nothing of a case to judge it; asked again, they judge it anew."""
    check_can_edit_cases(by)
    if not reviewer.is_active:
        raise ValidationError(_("This member is not active any more."))
    if wrote_in(reviewer, case):
        raise ValidationError(_("Nobody reviews their own case."))
    fresh = {"asked_by": by, "asked_at": at, "recommendation": "", "recommended_at": None}
    review, _is_new = Review.objects.update_or_create(case=case, reviewer=reviewer, defaults=fresh)
    record("case.reviewer_asked", case, by=by, at=at, reviewer=reviewer.pk)
    return review


def tell_reviewer(review: Review, *, at: datetime) -> bool:
    """Write to a member that their judgement is asked for; False when they have no address to which we may write."""
    case = review.case
    return write_letter(
        review.reviewer,
        reference=f"review:{review.pk}",
        say=lambda: (
            _("Case %(case)s waits for your review") % {"case": case.number},
            _("An editor asks for your judgement of a case before it is published.") + _page_of(case),
        ),
        at=at,
    )


def tell_returned(case: Case, *, at: datetime) -> bool:
    """Write to the member who submitted a case that it came back; False when there is nobody to write to."""
    if case.submitted_by is None:
        return False
    return write_letter(
        case.submitted_by,
        reference=f"returned:{case.pk}",
        say=lambda: (
            _("Case %(case)s came back to you") % {"case": case.number},
            _("The editors ask you to change a case that you submitted. Their reasons are on its page.")
            + _page_of(case),
        ),
        at=at,
    )


def _page_of(case: Case) -> str:
    return f"\n\n{settings.ORIGIN}{reverse('review_case', args=[case.number])}"


@transaction.atomic
def comment_on_case(
    case: Case, text: str, *, by: Member, at: datetime, part: str = ReviewComment.Part.WHOLE, is_required: bool = False
) -> ReviewComment:
    """Remark on a part of a case; one that must be settled can be made only by somebody who wrote nothing of it."""
    check_can_see_draft(by, case)
    comment = ReviewComment(
        case=case, part=part, text=text.strip(), is_required=is_required and not wrote_in(by, case), by=by, at=at
    )
    comment.full_clean(exclude={"case", "by"})
    comment.save()
    record("case.commented", case, by=by, at=at, part=part, required=comment.is_required)
    return comment


@transaction.atomic
def answer_comment(comment: ReviewComment, text: str, *, by: Member, at: datetime) -> ReviewComment:
    """Answer a remark; an answer settles nothing by itself."""
    check_can_see_draft(by, comment.case)
    thread = comment.answers or comment
    answer = ReviewComment(case=comment.case, answers=thread, part=thread.part, text=text.strip(), by=by, at=at)
    answer.full_clean(exclude={"case", "by", "answers"})
    answer.save()
    record("case.comment_answered", comment.case, by=by, at=at, comment=thread.pk)
    return answer


@transaction.atomic
def resolve_comment(comment: ReviewComment, *, by: Member, at: datetime) -> ReviewComment:
    """Call a remark settled; its own author does so, or an editor who wrote nothing of the case."""
    check_can_resolve(by, comment)
    comment.resolved_at, comment.resolved_by = at, by
    comment.save(update_fields=["resolved_at", "resolved_by"])
    record("case.comment_resolved", comment.case, by=by, at=at, comment=comment.pk)
    return comment


@transaction.atomic
def reopen_comment(comment: ReviewComment, *, by: Member, at: datetime) -> ReviewComment:
    """Take back that a remark is settled."""
    check_can_resolve(by, comment)
    comment.resolved_at, comment.resolved_by = None, None
    comment.save(update_fields=["resolved_at", "resolved_by"])
    record("case.comment_reopened", comment.case, by=by, at=at, comment=comment.pk)
    return comment


@transaction.atomic
def recommend(
    review: Review, recommendation: str, *, by: Member, at: datetime, certainty: str = "", words: str = ""
) -> Review:
    """Give the editors one's judgement of the whole case."""
    check_can_recommend(by, review)
    review.recommendation, review.certainty, review.words = recommendation, certainty, words.strip()
    review.recommended_at = at
    review.full_clean(exclude={"case", "reviewer", "asked_by"})
    review.save()
    record("case.recommended", review.case, by=by, at=at, recommendation=recommendation)
    return review
