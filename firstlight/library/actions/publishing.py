"""A case is sent for review, given back, published, corrected, withdrawn, retracted."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.imaging.actions import close_to_public, open_to_public
from firstlight.imaging.models import Study
from firstlight.library.hooks import hold_on
from firstlight.library.models import Case, CaseVersion, Removal
from firstlight.library.policies import check_can_edit_cases, check_can_judge, check_can_publish
from firstlight.library.queries.cases import cited_as, document_of
from firstlight.library.rules import CaseDocument, missing_for_review
from firstlight.library.search.index import put_in_search, take_turn
from firstlight.literature.actions.citing import cite
from firstlight.people.models import Member


@transaction.atomic
def submit_case(case: Case, *, by: Member, at: datetime) -> Case:
    """Send a draft to the other editors; raises ValidationError naming what it still lacks."""
    check_can_edit_cases(by)
    if case.state != Case.State.DRAFT:
        raise ValidationError(_("Only a draft can be sent for review."))
    if lacking := missing_for_review(document_of(case)):
        raise ValidationError(_("Before review this case needs: %(what)s.") % {"what": ", ".join(_named(lacking))})
    case.state, case.submitted_by, case.submitted_at = Case.State.IN_REVIEW, by, at
    case.save()
    record("case.submitted", case, by=by, at=at)
    return case


def _named(lacking: Sequence[str]) -> list[str]:
    names = {
        "title": _("a title"),
        "history": _("a history"),
        "findings": _("findings"),
        "diagnosis": _("a diagnosis"),
        "discussion": _("a discussion"),
        "teaching_points": _("teaching points"),
        "images": _("images"),
        "certainty": _("the certainty of its diagnosis"),
        "key_images": _("the key images that its text points at"),
    }
    return [names[each] for each in lacking]


@transaction.atomic
def return_case(case: Case, *, by: Member, at: datetime, why: str) -> Case:
    """Give a case in review back to its authors with a reason."""
    check_can_judge(by, case)
    case.state = Case.State.DRAFT
    case.save()
    record("case.returned", case, by=by, at=at, why=why)
    return case


@transaction.atomic
def publish_case(
    case: Case,
    *,
    by: Member,
    at: datetime,
    kind: str = CaseVersion.Kind.UPDATE,
    reason_ko: str = "",
    reason_en: str = "",
) -> CaseVersion:
    """Show a reviewed case to the world: a new version is in force, and its images are open to anyone.

    A later version says by its `kind` whether it corrects what stood before; a correction says in public what it
    corrects, else ValidationError.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    check_can_publish(by, case)
    if why_not := hold_on(case, at=at):
        raise PermissionDenied(why_not)
    if case.submitted_by is None:
        raise ValidationError(_("Only a case that was sent for review can be published."))
    number = case.versions.count() + 1
    version = CaseVersion(
        case=case,
        number=number,
        document=asdict(document_of(case)),
        in_force_from=at,
        submitted_by=case.submitted_by,
        published_by=by,
        kind=kind if number > 1 else CaseVersion.Kind.FIRST,
        reason_ko=reason_ko,
        reason_en=reason_en,
    )
    if version.is_correction and not (reason_ko or reason_en):
        raise ValidationError(_("Say what this version corrects: readers are told."))
    _end_version_in_force(case, at=at)
    version.save()
    case.state = Case.State.PUBLISHED
    case.save()
    open_to_public(_studies_of(case), by=by, at=at)
    put_in_search([version], at=at)
    cite(cited_as(case.number), [each.doi for each in CaseDocument.from_json(version.document).reference_list], at=at)
    record("case.published", case, by=by, at=at, version=version.number, kind=version.kind)
    return version


@transaction.atomic
def withdraw_case(case: Case, *, by: Member, at: datetime, why: str, reason_ko: str = "", reason_en: str = "") -> Case:
    """Take a case back from readers for a time or for good; the reasons, where given, are public, `why` is not."""
    _remove(case, Removal.Kind.WITHDRAWN, by=by, at=at, reason_ko=reason_ko, reason_en=reason_en)
    record("case.withdrawn", case, by=by, at=at, why=why)
    return case


@transaction.atomic
def retract_case(case: Case, *, by: Member, at: datetime, reason_ko: str = "", reason_en: str = "") -> Case:
    """Take a published case back because it cannot be relied on; it never comes back, and says in public why."""
    if not (reason_ko or reason_en):
        raise ValidationError(_("Say why the case is retracted: readers are told."))
    if not case.versions.exists():
        raise ValidationError(_("Only a case that was published can be retracted."))
    if case.state == Case.State.RETRACTED:
        raise ValidationError(_("This case is retracted already."))
    _remove(case, Removal.Kind.RETRACTED, by=by, at=at, reason_ko=reason_ko, reason_en=reason_en)
    record("case.retracted", case, by=by, at=at)
    return case


def _remove(case: Case, kind: str, *, by: Member, at: datetime, reason_ko: str, reason_en: str) -> None:
    """End what is in force and close its images, unless another published case shows them."""
    check_can_edit_cases(by)
    if case.state == Case.State.RETRACTED:
        raise PermissionDenied(_("A retracted case stays as it is. Begin a new one."))
    was_published = case.versions.exists()
    _end_version_in_force(case, at=at)
    cite(cited_as(case.number), [], at=at)
    case.state = Case.State(kind)
    case.save()
    if was_published:
        Removal.objects.create(
            case=case, kind=kind, reason_ko=reason_ko, reason_en=reason_en, removed_at=at, removed_by=by
        )
    elsewhere = CaseVersion.objects.in_force(at).exclude(case=case)
    shown = {uid for version in elsewhere for uid in version.document["series"]}
    close_to_public([study for study in _studies_ever_of(case) if not _shows(study, shown)], by=by, at=at)


@transaction.atomic
def note_doi(case: Case, doi: str, *, by: Member, at: datetime) -> Case:
    """Keep the DOI that the society registered for a case; it is no part of its text and needs no new version."""
    check_can_edit_cases(by)
    case.doi = doi
    case.save(update_fields=["doi"])
    record("case.doi_noted", case, by=by, at=at)
    return case


def _shows(study: Study, series_instance_uids: set[str]) -> bool:
    return study.series.filter(series_instance_uid__in=series_instance_uids).exists()


def _end_version_in_force(case: Case, *, at: datetime) -> None:
    if case.versions.filter(in_force_until__isnull=True).update(in_force_until=at):
        take_turn()


def _studies_of(case: Case) -> list[Study]:
    return list(Study.objects.filter(series__cases=case).distinct())


def _studies_ever_of(case: Case) -> list[Study]:
    """Also those that only an earlier version showed."""
    uids = {uid for document in case.versions.values_list("document", flat=True) for uid in document["series"]}
    return list(Study.objects.filter(Q(series__cases=case) | Q(series__series_instance_uid__in=uids)).distinct())
