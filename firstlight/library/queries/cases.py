from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import Max, QuerySet
from django.urls import reverse

from firstlight.imaging.models import Series, Study
from firstlight.library.models import Case, CaseVersion, Mark
from firstlight.library.queries.viewer import glance, thumbnail_of
from firstlight.library.rules import AuthorView, CaseDocument, KeyImageView
from firstlight.library.rules.pointing import MarkView
from firstlight.library.search.catalogue import Held, catalogue
from firstlight.outbreaks.models import Outbreak
from firstlight.visits.hooks import Label


@dataclass(frozen=True)
class CaseCard:
    """A case as lists show it."""

    document: CaseDocument
    published_at: datetime
    thumbnail: str
    modalities: list[str]


def document_of(case: Case) -> CaseDocument:
    """The case as it stands on its editors' desk."""
    fields = {name: getattr(case, name) for name in CaseDocument.__dataclass_fields__ if hasattr(Case, name)}
    return CaseDocument(
        **{
            **fields,
            "series": [each.series_instance_uid for each in series_of(case)],
            "key_images": [
                KeyImageView(each.number, each.instance.sop_instance_uid, each.frame, each.caption_ko, each.caption_en)
                for each in case.key_images.select_related("instance")
            ],
            "authors": [
                AuthorView(**{name: getattr(each, name) for name in AuthorView.__dataclass_fields__})
                for each in case.authors.all()
            ],
            "marks": [_mark_view(each) for each in case.marks.select_related("instance")],
        }
    )


def _mark_view(mark: Mark) -> MarkView:
    return MarkView(
        mark.number,
        mark.instance.sop_instance_uid,
        mark.frame,
        mark.kind,
        mark.points,
        mark.label_ko,
        mark.label_en,
    )


def series_of(case: Case) -> QuerySet[Series]:
    """A case's series in the order its editors gave."""
    return case.series.order_by("caseseries__place").select_related("study")


def published(at: datetime, *, outbreak: Outbreak | None = None) -> QuerySet[CaseVersion]:
    """The versions that readers see at that moment, newest case first."""
    people = ("submitted_by", "published_by")
    versions = CaseVersion.objects.in_force(at).select_related("case__outbreak", *people).order_by("-case__number")
    return versions.filter(case__outbreak=outbreak) if outbreak else versions


def count_published(outbreak: Outbreak, at: datetime) -> int:
    """How many cases the outbreak's menu held at that moment."""
    held = catalogue()
    return int(np.count_nonzero(held.in_force(at)[held.facets.get(f"outbreak:{outbreak.slug}", [])]))


def version_in_force(number: int, *, at: datetime) -> CaseVersion | None:
    """The version of a case that readers see at that moment."""
    return published(at).filter(case__number=number).first()


def next_number() -> int:
    """The number of the next case."""
    return (Case.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def cards(versions: Iterable[CaseVersion]) -> list[CaseCard]:
    """Published versions as lists show them."""
    return cards_of([(_held(each), CaseDocument.from_json(each.document)) for each in versions])


def _held(version: CaseVersion) -> Held:
    outbreak, began = version.case.outbreak_id, version.in_force_from
    return Held(version.pk, version.case_id, version.case.number, outbreak, version.number, began, version.document)


def cards_of(held: Sequence[tuple[Held, CaseDocument]]) -> list[CaseCard]:
    """The same where the documents were read already, with a few queries for all their images."""
    documents = [document for _version, document in held]
    seen = glance(
        [uid for each in documents for uid in each.series],
        [image.sop_instance_uid for each in documents for image in each.key_images[:1]],
    )
    first = first_published_at([version for version, _document in held])
    return [
        CaseCard(
            document=document,
            published_at=first[version.case],
            thumbnail=thumbnail_of(document, seen),
            modalities=sorted({seen.series[uid].modality for uid in document.series if uid in seen.series}),
        )
        for version, document in held
    ]


def first_published_at(versions: Sequence[Held]) -> dict[int, datetime]:
    """When each version's case was first shown to readers."""
    firsts = {each.case: each.in_force_from for each in versions}
    later = [each.case for each in versions if each.number > 1]
    earlier = CaseVersion.objects.filter(case__in=later).values_list("case_id", "in_force_from") if later else ()
    for case, began in earlier:
        firsts[case] = min(began, firsts[case])
    return firsts


def studies_to_choose(case: Case, *, limit: int = 24) -> list[Study]:
    """Studies in the depository that could illustrate this case: its outbreak's, not yet in any case."""
    studies = Study.objects.filter(outbreak=case.outbreak).exclude(series__cases__isnull=False)
    return list(studies.prefetch_related("series").distinct()[:limit])


def case_labels(numbers: Sequence[str]) -> dict[str, Label]:
    """How the counts call a case: by its number and by the title that readers see, never by a draft's."""
    known = [int(each) for each in numbers if each.isdecimal()]
    versions = CaseVersion.objects.filter(in_force_until__isnull=True, case__number__in=known)
    return {
        str(number): Label(
            f"증례 {number}. {document['title_ko']}",
            f"Case {number}. {document['title_en']}",
            reverse("case", args=[number]),
        )
        for number, document in versions.values_list("case__number", "document")
    }


def cited_as(number: int) -> str:
    """How the literature calls a case that cites papers."""
    return f"case:{number}"
