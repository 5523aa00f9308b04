from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.imaging.actions import close_to_public, open_to_public
from firstlight.imaging.models import Instance, Series, Study
from firstlight.library.hooks import hold_on
from firstlight.library.models import Authorship, Case, CaseSeries, CaseTag, CaseVersion, KeyImage
from firstlight.library.policies import check_can_edit_cases, check_can_publish
from firstlight.library.queries import document_of, next_number, series_of
from firstlight.library.rules import missing_for_review, tag_lines
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member
from firstlight.sightings.models import Sighting


@transaction.atomic
def begin_case(*, outbreak: Outbreak | None, by: Member, at: datetime, number: int | None = None) -> Case:
    """Open an empty draft with the next number."""
    check_can_edit_cases(by)
    case = Case.objects.create(number=number or next_number(), outbreak=outbreak, created_by=by, created_at=at)
    _add_author(case, by, at=at)
    record("case.begun", case, by=by, at=at)
    return case


@transaction.atomic
def begin_case_from(sighting: Sighting, by: Member, at: datetime) -> str:
    """Open a draft with a field report's images and words, in the language it was written in; gives its address."""
    case = begin_case(outbreak=sighting.outbreak, by=by, at=at)
    attach_series(case, sighting.series.order_by("sightingseries__place"), by=by, at=at)
    language = sighting.reported_by.language
    write_case(case, by=by, at=at, **{f"findings_{language}": sighting.text, f"discussion_{language}": sighting.tips})
    return reverse("edit_case", args=[case.number])


@transaction.atomic
def write_case(case: Case, *, by: Member, at: datetime, **fields: Any) -> Case:
    """Change a case's texts; it is a draft again, while readers keep the version in force."""
    check_can_edit_cases(by)
    for name, value in fields.items():
        setattr(case, name, value)
    _back_to_draft(case, by, at=at)
    case.full_clean()
    case.save()
    record("case.written", case, by=by, at=at, fields=sorted(fields))
    return case


@transaction.atomic
def attach_series(case: Case, series: Iterable[Series], *, by: Member, at: datetime) -> int:
    """Add series to a case, each once, after those it has; gives how many were new."""
    check_can_edit_cases(by)
    there = set(case.caseseries_set.values_list("series_id", flat=True))
    new = [each for each in series if each.pk not in there]
    CaseSeries.objects.bulk_create(
        CaseSeries(case=case, series=each, place=len(there) + place) for place, each in enumerate(new)
    )
    if new:
        _back_to_draft(case, by, at=at)
        case.save()
        record("case.images_attached", case, by=by, at=at, series=len(new))
    return len(new)


@transaction.atomic
def detach_series(case: Case, series: Series, *, by: Member, at: datetime) -> None:
    """Take a series, and the key images in it, out of a case; the depository keeps it."""
    check_can_edit_cases(by)
    case.key_images.filter(instance__series=series).delete()
    CaseSeries.objects.filter(case=case, series=series).delete()
    _back_to_draft(case, by, at=at)
    case.save()
    record("case.images_detached", case, by=by, at=at, series=series.pk)


@transaction.atomic
def add_key_image(
    case: Case,
    instance: Instance,
    *,
    by: Member,
    at: datetime,
    frame: int = 1,
    caption_ko: str = "",
    caption_en: str = "",
) -> KeyImage:
    """Let the text point at an image of the case; raises ValidationError for an image of another one."""
    check_can_edit_cases(by)
    if not case.series.filter(pk=instance.series_id).exists() or not 1 <= frame <= instance.frame_count:
        raise ValidationError(_("A key image is an image of the case's own series."))
    last = case.key_images.last()
    image = KeyImage.objects.create(
        case=case,
        instance=instance,
        frame=frame,
        number=last.number + 1 if last else 1,
        caption_ko=caption_ko,
        caption_en=caption_en,
    )
    _back_to_draft(case, by, at=at)
    case.save()
    record("case.key_image_added", case, by=by, at=at, number=image.number)
    return image


@transaction.atomic
def remove_key_image(image: KeyImage, *, by: Member, at: datetime) -> None:
    """Take a key image out of its case; the others keep their numbers, since texts name them."""
    check_can_edit_cases(by)
    case = image.case
    record("case.key_image_removed", case, by=by, at=at, number=image.number)
    image.delete()
    _back_to_draft(case, by, at=at)
    case.save()


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
    check_can_publish(by, case)
    case.state = Case.State.DRAFT
    case.save()
    record("case.returned", case, by=by, at=at, why=why)
    return case


@transaction.atomic
def publish_case(case: Case, *, by: Member, at: datetime) -> CaseVersion:
    """Show a reviewed case to the world: a new version is in force, and its images are open to anyone."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    check_can_publish(by, case)
    if why_not := hold_on(case, at=at):
        raise PermissionDenied(why_not)
    if case.submitted_by is None:
        raise ValidationError(_("Only a case that was sent for review can be published."))
    document = document_of(case)
    _end_version_in_force(case, at=at)
    version = CaseVersion.objects.create(
        case=case,
        number=case.versions.count() + 1,
        document=asdict(document),
        in_force_from=at,
        submitted_by=case.submitted_by,
        published_by=by,
    )
    case.state = Case.State.PUBLISHED
    case.save()
    open_to_public(_studies_of(case), by=by, at=at)
    record("case.published", case, by=by, at=at, version=version.number)
    return version


@transaction.atomic
def withdraw_case(case: Case, *, by: Member, at: datetime, why: str) -> Case:
    """Take a case back from readers; its images close unless another published case shows them."""
    check_can_edit_cases(by)
    _end_version_in_force(case, at=at)
    case.state = Case.State.WITHDRAWN
    case.save()
    elsewhere = CaseVersion.objects.in_force(at).exclude(case=case)
    shown = {uid for version in elsewhere for uid in version.document["series"]}
    close_to_public([study for study in _studies_of(case) if not _shows(study, shown)], by=by, at=at)
    record("case.withdrawn", case, by=by, at=at, why=why)
    return case


def _shows(study: Study, series_instance_uids: set[str]) -> bool:
    return study.series.filter(series_instance_uid__in=series_instance_uids).exists()


def _end_version_in_force(case: Case, *, at: datetime) -> None:
    case.versions.filter(in_force_until__isnull=True).update(in_force_until=at)


def _studies_of(case: Case) -> list[Study]:
    return list({each.study for each in series_of(case)})


def _back_to_draft(case: Case, by: Member, *, at: datetime) -> None:
    case.state = Case.State.DRAFT
    _add_author(case, by, at=at)


def _add_author(case: Case, member: Member, *, at: datetime) -> None:
    Authorship.objects.get_or_create(case=case, member=member, defaults={"first_wrote_at": at})


def set_up_tags(outbreak: Outbreak, plan: Mapping[str, Any], *, by: Member | str, at: datetime) -> None:
    """Give an outbreak the tags of its plan; one that is there keeps its words."""
    for place, (key, label_ko, label_en) in enumerate(tag_lines(str(plan.get("tags", "")))):
        CaseTag.objects.get_or_create(
            outbreak=outbreak, key=key, defaults={"label_ko": label_ko, "label_en": label_en, "place": place}
        )


def take_back_tags(outbreak: Outbreak) -> None:
    """Remove an outbreak's tags."""
    outbreak.case_tags.all().delete()
