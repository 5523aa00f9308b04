"""Make new papers findable, and hold each against the watches."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from firstlight.literature.actions.screening import put_before_editors
from firstlight.literature.hooks import NewsKind, PaperNews, tell_paper_news
from firstlight.literature.models import Match, Paper, Watch
from firstlight.literature.queries.papers import records_of
from firstlight.literature.rules.composing import compose
from firstlight.literature.search.asking import clauses_of, is_met
from firstlight.literature.search.finding import find
from firstlight.literature.search.index import Text, forget, put, text_of

AT_ONCE = 500


@transaction.atomic
def index_new(at: datetime) -> int:
    """Index some of the papers that came in or were changed since, and tell the watches; gives how many."""
    papers = list(Paper.objects.filter(is_indexed=False).order_by("pk")[:AT_ONCE])
    if not papers:
        return 0
    stands = [each for each in papers if each.merged_into_id is None]
    forget([each.pk for each in papers if each.merged_into_id is not None])
    records = records_of([each.pk for each in stands])
    texts = [text_of(each.pk, compose(records[each.pk])) for each in stands if records[each.pk]]
    put(texts)
    Paper.objects.filter(pk__in=[each.pk for each in papers]).update(is_indexed=True)
    meet_watches({each.pk: each for each in stands}, texts, at=at)
    return len(papers)


def meet_watches(papers: dict[int, Paper], texts: Sequence[Text], *, at: datetime) -> None:
    """Keep and tell which of these papers meet a watch that is kept."""
    for watch in Watch.objects.filter(ended_at=None, begun_at__lte=at).select_related("outbreak"):
        clauses = clauses_of(watch.words)
        met = [each.paper for each in texts if is_met(clauses, each.whole)]
        fresh = sorted(set(met) - set(Match.objects.filter(watch=watch, paper__in=met).values_list("paper", flat=True)))
        Match.objects.bulk_create([Match(watch=watch, paper_id=pk, at=at) for pk in fresh], AT_ONCE)
        if watch.lists_papers and watch.outbreak is not None:
            put_before_editors(fresh, outbreak=watch.outbreak, at=at)
        for pk in fresh:
            tell_paper_news(PaperNews(papers[pk], NewsKind.ARRIVED_MATCHING, at, watch))


def meet_what_is_here(watch: Watch, *, at: datetime) -> int:
    """Keep what a new watch finds among the papers that are here already; nobody is told, for nothing arrived."""
    found = find(watch.words)
    papers = found.papers if found and not found.read_as else []
    Match.objects.bulk_create([Match(watch=watch, paper_id=pk, at=at) for pk in papers], AT_ONCE, ignore_conflicts=True)
    return len(papers)
