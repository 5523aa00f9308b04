"""How guidelines hear of their evidence: from the papers, and from whoever makes a cohort's releases."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from firstlight.guidance.actions import raise_doubt
from firstlight.guidance.models import Doubt, GuidelineVersion, LivingGuideline
from firstlight.guidance.queries import guideline_in, published, recommendation_thing
from firstlight.guidance.rules.guideline import Recommendation
from firstlight.guidance.rules.inputs import Words
from firstlight.literature.hooks import NewsKind, PaperNews
from firstlight.literature.models import Paper
from firstlight.outbreaks.hooks import Thing
from firstlight.outbreaks.models import Outbreak

KINDS = {
    NewsKind.RETRACTED: Doubt.Kind.RETRACTED,
    NewsKind.CORRECTED: Doubt.Kind.CORRECTED,
    NewsKind.CONCERN: Doubt.Kind.CORRECTED,
}


def hear_of_paper(news: PaperNews) -> None:
    """Put under review what rests on a paper that was retracted or corrected, and what watches for a new one."""
    if news.kind in KINDS:
        for row, recommendation in _resting_on(news.paper, news.at):
            _doubt(row, recommendation.id, KINDS[news.kind], news)
    elif news.kind == NewsKind.ARRIVED_MATCHING and news.watch and news.watch.key.startswith("guideline:"):
        _hear_of_match(news, *news.watch.key.split(":")[1:3])


def _hear_of_match(news: PaperNews, guideline: str, recommendation: str) -> None:
    row = _open_versions().filter(guideline=int(guideline)).first()
    if row is not None and _is_newer(news.paper, row) and not _cites(row, recommendation, news.paper):
        _doubt(row, recommendation, Doubt.Kind.ARRIVED, news)


def hear_of_release(outbreak: Outbreak, *, name: str, title: Words, url: str, at: datetime) -> None:
    """Put the recommendations of an outbreak's own guidelines under review, since its cohort has a new release."""
    for guideline in LivingGuideline.objects.filter(outbreak=outbreak, is_own=True, versions__isnull=False).distinct():
        raise_doubt(guideline, "", kind=Doubt.Kind.RELEASED, key=name, title=title, url=url, at=at)


def resting_on(paper: Paper, at: datetime) -> list[Thing]:
    """The recommendations that rested on a paper at that moment."""
    versions, names = GuidelineVersion.objects.in_force(at).select_related("guideline__outbreak"), _names_of(paper)
    return [
        recommendation_thing(published(row), each)
        for row in versions
        for each in guideline_in(row.text).recommendations
        if _rests_on(each, names)
    ]


def _resting_on(paper: Paper, at: datetime) -> Iterator[tuple[GuidelineVersion, Recommendation]]:
    names = _names_of(paper)
    for row in _open_versions().filter(in_force_from__lte=at):
        yield from ((row, each) for each in guideline_in(row.text).recommendations if _rests_on(each, names))


def _open_versions() -> QuerySet[GuidelineVersion]:
    return GuidelineVersion.objects.filter(in_force_until__isnull=True).select_related("guideline__outbreak")


def _names_of(paper: Paper) -> frozenset[str]:
    """The DOIs and PMIDs of a paper."""
    return frozenset(value.lower() for value in paper.identifiers.values_list("value", flat=True))


def _rests_on(recommendation: Recommendation, names: frozenset[str]) -> bool:
    return any({each.doi.lower(), each.pmid} & names for each in recommendation.sources)


def _is_newer(paper: Paper, row: GuidelineVersion) -> bool:
    """Whether a paper came out after the version, as far as its day is known; an older one was there to be read."""
    return paper.published_on is None or paper.published_on >= timezone.localdate(row.in_force_from)


def _cites(row: GuidelineVersion, recommendation: str, paper: Paper) -> bool:
    found = guideline_in(row.text).by_id.get(recommendation)
    return found is None or _rests_on(found, _names_of(paper))


def _doubt(row: GuidelineVersion, recommendation: str, kind: str, news: PaperNews) -> None:
    paper = news.paper
    title, url = Words(paper.title, paper.title), reverse("paper", args=[paper.pk])
    raise_doubt(
        row.guideline, recommendation, kind=kind, key=paper.doi or f"paper {paper.pk}", title=title, url=url, at=news.at
    )
