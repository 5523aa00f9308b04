"""A case is written: its texts, its images, its authors."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.imaging.models import Instance, Series
from firstlight.library.models import Author, Authorship, Case, CaseSeries, KeyImage
from firstlight.library.policies import check_can_edit_cases
from firstlight.library.queries.cases import next_number
from firstlight.library.rules import AuthorView
from firstlight.library.rules.orcid import BadOrcid, read_orcid
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
    """Take a series, and the key images and marks in it, out of a case; the depository keeps it."""
    check_can_edit_cases(by)
    case.key_images.filter(instance__series=series).delete()
    case.marks.filter(instance__series=series).delete()
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
def name_authors(
    case: Case, authors: Sequence[AuthorView], *, by: Member, at: datetime, members: Mapping[int, Member] | None = None
) -> None:
    """Say who the authors are, in order; raises ValidationError for one without family name and for a bad ORCID iD.

    `members` says which of them, counted from 1, are members: those may neither review nor publish the case.
    """
    check_can_edit_cases(by)
    known = members or {}
    rows = [_author(case, place, each, known.get(place)) for place, each in enumerate(authors, start=1)]
    orcids = [row.orcid for row in rows if row.orcid]
    if len(orcids) != len(set(orcids)):
        raise ValidationError(_("Two authors have the same ORCID iD."))
    case.authors.all().delete()
    Author.objects.bulk_create(rows)
    _back_to_draft(case, by, at=at)
    case.save()
    record("case.authors_named", case, by=by, at=at, authors=len(rows))


def _author(case: Case, place: int, author: AuthorView, member: Member | None) -> Author:
    if not author.family_name.strip():
        raise ValidationError(_("Author %(place)d has no family name.") % {"place": place})
    try:
        orcid = read_orcid(author.orcid) if author.orcid else ""
    except BadOrcid as error:
        raise ValidationError(
            _("The ORCID iD of author %(place)d is not right: its check digit differs.") % {"place": place}
        ) from error
    row = Author(
        case=case,
        place=place,
        member=member,
        given_name=author.given_name.strip(),
        family_name=author.family_name.strip(),
        name_ko=author.name_ko.strip(),
        orcid=orcid,
        affiliation_ko=author.affiliation_ko.strip(),
        affiliation_en=author.affiliation_en.strip(),
    )
    row.clean_fields(exclude={"case"})
    return row


def _back_to_draft(case: Case, by: Member, *, at: datetime) -> None:
    if case.state == Case.State.RETRACTED:
        raise PermissionDenied(_("A retracted case stays as it is. Begin a new one."))
    case.state = Case.State.DRAFT
    _add_author(case, by, at=at)


def _add_author(case: Case, member: Member, *, at: datetime) -> None:
    Authorship.objects.get_or_create(case=case, member=member, defaults={"first_wrote_at": at})
