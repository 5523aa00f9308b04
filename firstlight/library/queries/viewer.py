import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.urls import reverse

from firstlight.imaging.models import Instance, Receipt, Series, Study
from firstlight.library.rules import CaseDocument, KeyImageView
from firstlight.rows import rows_of


@dataclass(frozen=True)
class Images:
    """What is known of a document's images: its series by UID, the one image that stands for each, its key images."""

    series: Mapping[str, Series]
    posters: Mapping[int, Instance]
    keyed: Mapping[str, Instance]


def images_of(documents: Sequence[CaseDocument]) -> Images:
    """The images of some documents, read once for all that a page says of them."""
    series = series_by_uid([uid for each in documents for uid in each.series])
    keys = [image.sop_instance_uid for each in documents for image in each.key_images]
    keyed = Instance.objects.filter(sop_instance_uid__in=keys).defer("frames") if keys else ()
    return Images(series, posters_of(series.values()), {row.sop_instance_uid: row for row in keyed})


def series_by_uid(uids: Sequence[str]) -> dict[str, Series]:
    """The series of those UIDs, with their studies."""
    found = Series.objects.filter(series_instance_uid__in=uids).select_related("study")
    return {each.series_instance_uid: each for each in found}


def posters_of(series: Iterable[Series]) -> dict[int, Instance]:
    """For each series the image that stands for it: the middle of its stack."""
    middles = {each.pk: each.instance_count // 2 for each in series}
    if not middles:
        return {}
    rows = Instance.objects.filter(series__in=middles, stack_index__in=set(middles.values())).defer("frames")
    return {row.series_id: row for row in rows if row.stack_index == middles[row.series_id]}


_SERIES = """
SELECT s.series_instance_uid, s.id, t.study_instance_uid, s.modality, s.slice_thickness_mm, s.description,
       s.frame_count, s.instance_count, i.sop_instance_uid,
       EXISTS (SELECT 1 FROM imaging_receipt r WHERE r.study_instance_uid = t.study_instance_uid)
FROM imaging_series s
JOIN imaging_study t ON t.id = s.study_id
LEFT JOIN imaging_instance i ON i.series_id = s.id AND i.stack_index = s.instance_count / 2
WHERE s.series_instance_uid IN ({places})
ORDER BY s.id, i.id
"""
_KEYED = "SELECT sop_instance_uid, series_id FROM imaging_instance WHERE sop_instance_uid IN ({places}) ORDER BY id"


class Shown(NamedTuple):
    """A series as a page shows it, with the image that stands for it."""

    series_instance_uid: str
    pk: int
    study_instance_uid: str
    modality: str
    slice_thickness_mm: float | None
    description: str
    frame_count: int
    instance_count: int
    poster: str | None
    has_receipt: bool


@dataclass(frozen=True)
class Glance:
    """What a page shows of many cases' images: each series by its UID, and the series of each key image."""

    series: Mapping[str, Shown]
    keyed: Mapping[str, int]


def glance(uids: Sequence[str], keys: Sequence[str]) -> Glance:
    """The series and key images of those UIDs, in two queries however many there are."""
    series = rows_of(_SERIES, uids)
    keyed = rows_of(_KEYED, keys)
    return Glance({row[0]: Shown(*row) for row in series}, dict(keyed))


def thumbnail_of(document: CaseDocument, seen: Glance) -> str:
    """The address of a case's small picture: as `picture`, of what was read at a glance."""
    own = {one.pk: one for one in (seen.series[uid] for uid in document.series if uid in seen.series)}
    key = document.key_images[0].sop_instance_uid if document.key_images else ""
    if keyed := own.get(seen.keyed.get(key, -1)):
        return _thumbnail(keyed, key)
    middle = next((one for one in own.values() if one.poster), None)
    return _thumbnail(middle, middle.poster) if middle and middle.poster else ""


def _thumbnail(series: Shown, sop_instance_uid: str) -> str:
    """Filled in by hand: a list has as many of these as it has cases, and `reverse` looks at every pattern."""
    return _pattern().format(series.study_instance_uid, series.series_instance_uid, sop_instance_uid)


@cache
def _pattern() -> str:
    return re.sub(r"1\.[123]\b", "{}", reverse("thumbnail", args=["1.1", "1.2", "1.3"]))


def address_of(instance: Instance, series: Series, kind: str) -> str:
    """The address of an instance's picture: kind is 'rendered' or 'thumbnail'."""
    return reverse(kind, args=[series.study.study_instance_uid, series.series_instance_uid, instance.sop_instance_uid])


def picture(document: CaseDocument, images: Images, *, kind: str) -> str:
    """The address of a case's picture: the first key image, else a middle slice; empty when it has none."""
    own = {one.pk: one for one in (images.series[uid] for uid in document.series if uid in images.series)}
    key = images.keyed.get(document.key_images[0].sop_instance_uid) if document.key_images else None
    if key and key.series_id in own:
        return address_of(key, own[key.series_id], kind)
    middle = next((images.posters[pk] for pk in own if pk in images.posters), None)
    return address_of(middle, own[middle.series_id], kind) if middle else ""


def viewer_series(document: CaseDocument, *, language: str, images: Images | None = None) -> list[dict[str, Any]]:
    """What the viewer needs to know of a case's series, and which images the text points at."""
    images = images or images_of([document])
    series = images.series
    by_series: dict[int, list[KeyImageView]] = {}
    for each in document.key_images:
        if each.sop_instance_uid in images.keyed:
            by_series.setdefault(images.keyed[each.sop_instance_uid].series_id, []).append(each)
    return [
        {
            "studyInstanceUID": one.study.study_instance_uid,
            "seriesInstanceUID": one.series_instance_uid,
            "modality": one.modality,
            "label": one.label,
            "frameCount": one.frame_count,
            "keyImages": [
                {
                    "sopInstanceUID": each.sop_instance_uid,
                    "frame": each.frame,
                    "caption": getattr(each, f"caption_{language}") or each.caption_en or each.caption_ko,
                }
                for each in sorted(by_series.get(one.pk, []), key=lambda image: image.number)
            ],
            "firstImage": first_image(one, images),
        }
        for one in (series[uid] for uid in document.series if uid in series)
    ]


def first_image(series: Series, images: Images) -> dict[str, Any] | None:
    """The address of the image in the middle of a stack; None where the instances have several frames each."""
    middle = images.posters.get(series.pk)
    if middle is None or series.frame_count != series.instance_count:
        return None
    return {"sopInstanceUID": middle.sop_instance_uid, "frame": 1}


def poster_address(document: CaseDocument, images: Images | None = None) -> str:
    """The picture that stands in the viewer's place until its first frame is drawn."""
    return picture(document, images or images_of([document]), kind="rendered")


def studies_with_receipt(document: CaseDocument) -> list[str]:
    """The Study Instance UIDs of a case whose site handed in a receipt."""
    uids = Study.objects.filter(series__series_instance_uid__in=document.series).values("study_instance_uid")
    receipts = Receipt.objects.filter(study_instance_uid__in=uids)
    return list(receipts.values_list("study_instance_uid", flat=True).distinct().order_by("study_instance_uid"))
