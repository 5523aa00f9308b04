"""What editors and reviewers see of a case before it is published."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from firstlight.imaging.models import Receipt, Study
from firstlight.library.models import Case, Review, ReviewComment
from firstlight.library.queries.cases import document_of
from firstlight.library.rules import CaseDocument
from firstlight.library.rules.completeness import Completeness, completeness_of
from firstlight.outbreaks.hooks import Task
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

PARTS: dict[str, str | Promise] = {
    "title": gettext_lazy("a title"),
    "history": gettext_lazy("a history"),
    "findings": gettext_lazy("findings"),
    "diagnosis": gettext_lazy("a diagnosis"),
    "discussion": gettext_lazy("a discussion"),
    "teaching_points": gettext_lazy("teaching points"),
    "both_languages": gettext_lazy("every text in both languages"),
    "images": gettext_lazy("images"),
    "key_images": gettext_lazy("key images"),
    "references": gettext_lazy("references"),
    "certainty": gettext_lazy("the certainty of its diagnosis"),
    "authors": gettext_lazy("authors"),
    "licence": gettext_lazy("a licence that we know"),
    "consent": gettext_lazy("a word on consent"),
    "receipts": gettext_lazy("a de-identification receipt for every study"),
    "sign_off": gettext_lazy("a clinician’s sign-off"),
}


@dataclass(frozen=True)
class Thread:
    """A comment with its answers."""

    comment: ReviewComment
    answers: list[ReviewComment]


@dataclass(frozen=True)
class Fullness:
    """How much of a case is there, in words for its editors."""

    percent: int
    missing: list[str]


def threads_of(case: Case) -> list[Thread]:
    """Every comment on a case with its answers: open ones first, those that must be settled before the others."""
    comments = list(case.review_comments.select_related("by", "resolved_by", "case"))
    answers: dict[int, list[ReviewComment]] = {}
    for each in comments:
        if each.answers_id is not None:
            answers.setdefault(each.answers_id, []).append(each)
    roots = [each for each in comments if each.answers_id is None]
    roots.sort(key=lambda each: (each.resolved_at is not None, not each.is_required, each.at))
    return [Thread(each, answers.get(each.pk, [])) for each in roots]


def fullness_of(case: Case) -> Fullness:
    """How complete a case is, with what it lacks."""
    found = completeness(document_of(case))
    return Fullness(found.percent, [str(PARTS[key]) for key in found.missing])


def completeness(document: CaseDocument) -> Completeness:
    """How complete a document is, counting the studies that came without a receipt."""
    studies = Study.objects.filter(series__series_instance_uid__in=document.series).distinct()
    covered = Receipt.objects.filter(study_instance_uid__in=studies.values("study_instance_uid"))
    without = studies.exclude(study_instance_uid__in=covered.values("study_instance_uid")).count()
    return completeness_of(document, unreceipted_studies=without)


def review_of(case: Case, member: Member) -> Review | None:
    """What this member was asked to judge, or has judged."""
    return case.reviews.filter(reviewer=member).first()


def reviews_asked_of(member: Member) -> list[Review]:
    """Every review that a member was asked for, open ones first."""
    asked = Review.objects.filter(reviewer=member).select_related("case__outbreak")
    return sorted(asked, key=lambda each: (each.recommended_at is not None, each.asked_at))


def reviews_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """Cases of an outbreak that this member was asked to judge."""
    if not isinstance(member, Member):
        return
    waiting = Review.objects.filter(reviewer=member, recommendation="", case__outbreak=outbreak)
    for each in waiting.select_related("case").exclude(case__state=Case.State.RETRACTED):
        label = _("You were asked to judge case %(number)d") % {"number": each.case.number}
        yield Task(label, reverse("review_case", args=[each.case.number]))


def studies_under_review(member: Member) -> QuerySet[Study]:
    """The studies of the cases that a member was asked to judge, and has not judged yet."""
    asked = Review.objects.filter(reviewer=member, recommendation="").values("case")
    return Study.objects.filter(series__cases__in=asked)
