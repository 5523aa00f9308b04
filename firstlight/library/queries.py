from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from firstlight.alerts.hooks import DigestItem, Target
from firstlight.alerts.models import topic_of
from firstlight.imaging.models import Instance, Receipt, Series, Study
from firstlight.library.models import Case, CaseTag, CaseVersion
from firstlight.library.rules import CaseDocument, KeyImageView
from firstlight.outbreaks.hooks import Link, News, Task, Thing
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member, Role
from firstlight.visits.hooks import Label


@dataclass(frozen=True)
class CaseCard:
    """A case as lists show it."""

    document: CaseDocument
    case: Case
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
        }
    )


def series_of(case: Case) -> QuerySet[Series]:
    """A case's series in the order its editors gave."""
    return case.series.order_by("caseseries__place").select_related("study")


def published(at: datetime, *, outbreak: Outbreak | None = None) -> QuerySet[CaseVersion]:
    """The versions that readers see at that moment, newest case first."""
    versions = CaseVersion.objects.in_force(at).select_related("case__outbreak").order_by("-case__number")
    return versions.filter(case__outbreak=outbreak) if outbreak else versions


def count_published(outbreak: Outbreak, at: datetime) -> int:
    """How many cases the outbreak's menu held at that moment."""
    return published(at, outbreak=outbreak).count()


def version_in_force(number: int, *, at: datetime) -> CaseVersion | None:
    """The version of a case that readers see at that moment."""
    return published(at).filter(case__number=number).first()


def next_number() -> int:
    """The number of the next case."""
    return (Case.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def cards(versions: Iterable[CaseVersion]) -> list[CaseCard]:
    """Published versions as lists show them, with a few queries for all their images."""
    held = [(each, CaseDocument.from_json(each.document)) for each in versions]
    series = _series_by_uid([uid for _each, document in held for uid in document.series])
    thumbnails = _pictures([document for _each, document in held], series, kind="thumbnail")
    first = first_published_at([version.case_id for version, _document in held])
    return [
        CaseCard(
            document=document,
            case=version.case,
            published_at=first[version.case_id],
            thumbnail=thumbnails[document.number],
            modalities=sorted({series[uid].modality for uid in document.series if uid in series}),
        )
        for version, document in held
    ]


def first_published_at(cases: Sequence[int]) -> dict[int, datetime]:
    """When each case was first shown to readers."""
    firsts: dict[int, datetime] = {}
    for case, began in CaseVersion.objects.filter(case__in=cases).values_list("case_id", "in_force_from"):
        firsts[case] = min(began, firsts.get(case, began))
    return firsts


def _series_by_uid(uids: Sequence[str]) -> dict[str, Series]:
    found = Series.objects.filter(series_instance_uid__in=uids).select_related("study")
    return {each.series_instance_uid: each for each in found}


def posters_of(series: Iterable[Series]) -> dict[int, Instance]:
    """For each series the image that stands for it: the middle of its stack."""
    middles = {each.pk: each.instance_count // 2 for each in series}
    rows = Instance.objects.filter(series__in=middles, stack_index__in=set(middles.values()))
    return {row.series_id: row for row in rows if row.stack_index == middles[row.series_id]}


def address_of(instance: Instance, series: Series, kind: str) -> str:
    """The address of an instance's picture: kind is 'rendered' or 'thumbnail'."""
    return reverse(kind, args=[series.study.study_instance_uid, series.series_instance_uid, instance.sop_instance_uid])


def _pictures(documents: Sequence[CaseDocument], series: dict[str, Series], *, kind: str) -> dict[int, str]:
    """For each case, by number, the address of its picture's address: the first key image, else a middle slice."""
    keys = [document.key_images[0].sop_instance_uid for document in documents if document.key_images]
    keyed = {row.sop_instance_uid: row for row in Instance.objects.filter(sop_instance_uid__in=keys)}
    posters = posters_of(series.values())
    return {each.number: _picture(each, series, keyed, posters, kind=kind) for each in documents}


def _picture(
    document: CaseDocument,
    series: dict[str, Series],
    keyed: dict[str, Instance],
    posters: dict[int, Instance],
    *,
    kind: str,
) -> str:
    own = {one.pk: one for one in (series[uid] for uid in document.series if uid in series)}
    key = keyed.get(document.key_images[0].sop_instance_uid) if document.key_images else None
    if key and key.series_id in own:
        return address_of(key, own[key.series_id], kind)
    middle = next((posters[pk] for pk in own if pk in posters), None)
    return address_of(middle, own[middle.series_id], kind) if middle else ""


def viewer_series(document: CaseDocument, *, language: str) -> list[dict[str, Any]]:
    """What the viewer needs to know of a case's series, and which images the text points at."""
    series = _series_by_uid(document.series)
    keys = {each.sop_instance_uid: each for each in document.key_images}
    placed = Instance.objects.filter(sop_instance_uid__in=keys).values_list("sop_instance_uid", "series_id")
    by_series: dict[int, list[KeyImageView]] = {}
    for sop_instance_uid, series_id in placed:
        by_series.setdefault(series_id, []).append(keys[sop_instance_uid])
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
        }
        for one in (series[uid] for uid in document.series if uid in series)
    ]


def poster_address(document: CaseDocument) -> str:
    """The picture that stands in the viewer's place until its first frame is drawn."""
    return _pictures([document], _series_by_uid(document.series), kind="rendered")[document.number]


def studies_with_receipt(document: CaseDocument) -> list[str]:
    """The Study Instance UIDs of a case whose site handed in a receipt."""
    uids = Study.objects.filter(series__series_instance_uid__in=document.series).values("study_instance_uid")
    receipts = Receipt.objects.filter(study_instance_uid__in=uids)
    return list(receipts.values_list("study_instance_uid", flat=True).distinct().order_by("study_instance_uid"))


def studies_to_choose(case: Case, *, limit: int = 24) -> list[Study]:
    """Studies in the depository that could illustrate this case: its outbreak's, not yet in any case."""
    studies = Study.objects.filter(outbreak=case.outbreak).exclude(series__cases__isnull=False)
    return list(studies.prefetch_related("series").distinct()[:limit])


def tags_in_use(outbreak: Outbreak, shown: Sequence[CaseCard]) -> list[tuple[CaseTag, int]]:
    """The outbreak's tags that some of these cases carry, with how many."""
    counts = Counter(tag for card in shown for tag in card.document.tags)
    return [(tag, counts[tag.key]) for tag in outbreak.case_tags.all() if counts[tag.key]]


def cases_of(outbreak: Outbreak) -> list[str]:
    """What of the library hangs on an outbreak, in a sentence."""
    count = Case.objects.filter(outbreak=outbreak).count()
    return (
        [ngettext("%(count)d case belongs to it.", "%(count)d cases belong to it.", count) % {"count": count}]
        if count
        else []
    )


def case_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every publication of a case up to that moment, new ones and new versions."""
    for version in CaseVersion.objects.filter(case__outbreak=outbreak, in_force_from__lte=at).select_related("case"):
        words = version.document
        kind = _("Case") if version.number == 1 else _("New version of a case")
        url = reverse("case", args=[version.case.number])
        yield News(version.in_force_from, kind, words["title_ko"], words["title_en"], url)


def first_case_at(outbreak: Outbreak, at: datetime) -> datetime | None:
    """When the first teaching case was shown to readers."""
    versions = CaseVersion.objects.filter(case__outbreak=outbreak, in_force_from__lte=at)
    first: datetime | None = versions.aggregate(first=Min("in_force_from"))["first"]
    return first


def cases_waiting_for(outbreak: Outbreak, member: object, at: datetime) -> Iterator[Task]:
    """Cases in review that this editor may publish."""
    if not isinstance(member, Member) or not member.has_role(Role.EDITOR):
        return
    waiting = Case.objects.filter(outbreak=outbreak, state=Case.State.IN_REVIEW).exclude(authorships__member=member)
    for case in waiting.order_by("submitted_at"):
        label = _("Review case %(number)d") % {"number": case.number}
        yield Task(label, reverse("preview_case", args=[case.number]))


def case_links(outbreak: Outbreak, at: datetime) -> Iterator[Link]:
    """Each case in force with each reference it cites."""
    for version in published(at, outbreak=outbreak):
        document = CaseDocument.from_json(version.document)
        case = Thing(_("Case"), document.title_ko, document.title_en, reverse("case", args=[document.number]))
        for reference in document.reference_list:
            url = f"https://doi.org/{reference.doi}" if reference.doi else ""
            yield Link(case, Thing(_("Paper"), reference.text, reference.text, url))


def find_cases(words: str, outbreak: Outbreak | None, at: datetime, *, limit: int = 12) -> list[Target]:
    """Published cases whose number or title has these words, for a notice to point at."""
    found = (_target(each) for each in published(at, outbreak=outbreak))
    wanted = words.casefold().split()
    fitting = (
        each
        for each in found
        if all(word in f"{each.key} {each.title_ko} {each.title_en}".casefold() for word in wanted)
    )
    return list(islice(fitting, limit))


def case_target(key: str, at: datetime) -> Target | None:
    """The published case of that number, for a notice that points at it."""
    version = version_in_force(int(key), at=at) if key.isdecimal() else None
    return _target(version) if version else None


def _target(version: CaseVersion) -> Target:
    number, words = version.case.number, version.document
    return Target(str(number), words["title_ko"], words["title_en"], reverse("case", args=[number]))


def new_cases(since: datetime, until: datetime) -> list[DigestItem]:
    """The cases first shown to readers between two moments and still shown at the second; no replay."""
    firsts = CaseVersion.objects.filter(number=1, in_force_from__gt=since, in_force_from__lte=until)
    shown = published(until).filter(case__in=firsts.values("case")).exclude(case__outbreak__is_replay=True)
    began = dict(firsts.values_list("case", "in_force_from"))
    return [
        DigestItem(
            topic_of(each.case.outbreak),
            began[each.case_id],
            each.document["title_ko"],
            each.document["title_en"],
            reverse("case", args=[each.case.number]),
        )
        for each in shown
    ]


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
