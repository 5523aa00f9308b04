"""A case as catalogues and search engines are told of it."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from firstlight.alerts.queries.feeds import absolute
from firstlight.library.models import CaseTag, CaseVersion, Removal
from firstlight.library.queries.viewer import Images, images_of, poster_address
from firstlight.library.rules import LANGUAGES, CaseDocument
from firstlight.library.rules.record import Record, Taken, description_of
from firstlight.web.keeping import for_a_moment


def record_of(
    version: CaseVersion, *, at: datetime, removal: Removal | None = None, images: Images | None = None
) -> Record:
    """What may be told of a version at that moment; of a case that was taken back, without its picture."""
    document = CaseDocument.from_json(version.document)
    case = version.case
    versions = _versions_until(version, at)
    images = images or images_of([document])
    poster = "" if removal else poster_address(document, images)
    corrected = [each.in_force_from for each in versions if each.is_correction]
    return Record(
        number=case.number,
        version=version.number,
        url=absolute(reverse("case", args=[case.number])),
        version_url=absolute(reverse("case_version", args=[case.number, version.number])),
        image_url=absolute(poster) if poster else "",
        publisher=settings.SENDER_NAME,
        titles={each: getattr(document, f"title_{each}") for each in LANGUAGES},
        descriptions={each: description_of(document, each) for each in LANGUAGES},
        authors=tuple(document.authors),
        keywords=_keywords(version, document, images),
        references=tuple(document.reference_list),
        licence_words=document.licence,
        published_on=timezone.localdate(versions[0].in_force_from),
        updated_on=timezone.localdate(version.in_force_from),
        corrected_on=timezone.localdate(corrected[-1]) if corrected else None,
        image_count=sum(each.frame_count for each in images.series.values()),
        doi=case.doi,
        taken=_taken(removal),
    )


def _taken(removal: Removal | None) -> Taken | None:
    if removal is None:
        return None
    return Taken(removal.kind, timezone.localdate(removal.removed_at), removal.reason_ko, removal.reason_en)


def _versions_until(version: CaseVersion, at: datetime) -> list[CaseVersion]:
    """Every version that had begun by that moment; a first one that is still in force is the only one."""
    if version.number == 1 and version.in_force_until is None:
        return [version]
    return list(version.case.versions.filter(in_force_from__lte=at).defer("document"))


def tags_of(outbreak: int | None) -> Sequence[CaseTag]:
    """The words that cases of an outbreak can be found by, kept for a moment."""
    if outbreak is None:
        return []
    return for_a_moment(("case tags", outbreak), lambda: list(CaseTag.objects.filter(outbreak=outbreak)))


def _keywords(version: CaseVersion, document: CaseDocument, images: Images) -> tuple[tuple[str, str], ...]:
    """The modalities and the words of the case's tags, in each language."""
    modalities = sorted({each.modality for each in images.series.values()})
    tags = [each for each in tags_of(version.case.outbreak_id) if each.key in document.tags]
    words = [(getattr(tag, f"label_{each}"), each) for tag in tags for each in LANGUAGES]
    named = {text for text, _language in words}
    return (*((each, "en") for each in modalities if each not in named), *words)
