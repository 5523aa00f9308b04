"""Evidence that moves puts recommendations under review, and their owner hears of it."""

import pytest
from django.core.exceptions import PermissionDenied

from firstlight.delivery.models import Mailing
from firstlight.guidance import actions
from firstlight.guidance.models import Doubt
from firstlight.guidance.queries import guideline_news, guidelines_waiting_for, open_doubts
from firstlight.guidance.rules.inputs import Words
from firstlight.guidance.watching import hear_of_paper, hear_of_release, resting_on
from firstlight.literature.hooks import NewsKind, PaperNews
from firstlight.literature.hooks import resting_on as everything_resting_on
from firstlight.literature.models import Identifier, Paper, Watch
from firstlight.people.models import ContactPoint
from tests.cast import Cast
from tests.guidance.scenes import DAY, HOUR, PAST, outbreak_of, published, revised

pytestmark = pytest.mark.django_db
LATER = PAST + 2 * DAY
JKSR = "10.3348/jksr.2020.81.3.577"


def paper(doi: str, title: str = "A paper") -> Paper:
    made = Paper.objects.create(
        title=title, doi=doi, block_start=1, block_words=1, block_end=1, arrived_at=PAST, changed_at=PAST
    )
    Identifier.objects.create(paper=made, scheme="doi", value=doi)
    return made


def test_a_retraction_puts_what_rests_on_it_under_review(cast: Cast) -> None:
    living = published(cast).guideline
    hear_of_paper(PaperNews(paper(JKSR.upper()), NewsKind.RETRACTED, LATER))
    doubted = open_doubts(living, at=LATER)
    assert set(doubted) == {"KR20-1", "KR20-2", "KR20-3", "KR20-3b", "KR20-4"}
    assert {each.kind for found in doubted.values() for each in found} == {Doubt.Kind.RETRACTED}
    assert open_doubts(living, at=PAST + DAY) == {}, "the day before, nobody doubted"
    told = [each.title_en for each in guideline_news(outbreak_of(cast), LATER) if str(each.kind) == "Under review"]
    assert told == ["KR20-1, KR20-2, KR20-3, KR20-3b, KR20-4: A paper"], "one piece of evidence is one piece of news"


def test_the_owner_is_told_once(cast: Cast) -> None:
    living = published(cast).guideline
    cast.haneul.contacts.filter(channel=ContactPoint.Channel.EMAIL).update(verified_at=PAST)
    before = Mailing.objects.count()
    for _time in range(2):
        hear_of_paper(PaperNews(paper_once(JKSR), NewsKind.CORRECTED, LATER))
    tasks = [str(each.label) for each in guidelines_waiting_for(outbreak_of(cast), cast.haneul, LATER)]
    assert tasks == ["5 recommendations are under review: ksr-kstr-2020"]
    assert Mailing.objects.count() - before == living.doubts.count()


def paper_once(doi: str) -> Paper:
    return Paper.objects.filter(doi=doi).first() or paper(doi)


def test_a_paper_that_nothing_rests_on_changes_nothing(cast: Cast) -> None:
    published(cast)
    hear_of_paper(PaperNews(paper("10.1000/other"), NewsKind.RETRACTED, LATER))
    assert not Doubt.objects.exists()


def test_the_societys_own_recommendations_watch_for_papers(cast: Cast) -> None:
    living = published(cast).guideline
    watch = Watch.objects.get(key=f"guideline:{living.pk}:KR20-4:0")
    assert watch.words == "chest CT initially negative RT-PCR"
    hear_of_paper(PaperNews(paper("10.1000/new", "CT and the negative test"), NewsKind.ARRIVED_MATCHING, LATER, watch))
    (doubt,) = open_doubts(living, at=LATER)["KR20-4"]
    assert (doubt.kind, doubt.title_en) == (Doubt.Kind.ARRIVED, "CT and the negative test")


def test_an_older_paper_that_comes_in_late_is_no_news(cast: Cast) -> None:
    living = published(cast).guideline
    watch = Watch.objects.get(key=f"guideline:{living.pk}:KR20-4:0")
    old = paper("10.1000/old")
    old.published_on = PAST.date()
    hear_of_paper(PaperNews(old, NewsKind.ARRIVED_MATCHING, LATER, watch))
    assert not Doubt.objects.exists()


def test_many_papers_that_match_are_one_letter_and_no_news(cast: Cast) -> None:
    living = published(cast).guideline
    cast.haneul.contacts.filter(channel=ContactPoint.Channel.EMAIL).update(verified_at=PAST)
    watch = Watch.objects.get(key=f"guideline:{living.pk}:KR20-4:0")
    before = Mailing.objects.count()
    for number in range(8):
        hear_of_paper(PaperNews(paper(f"10.1000/{number}"), NewsKind.ARRIVED_MATCHING, LATER, watch))
    assert living.doubts.count() == 8
    assert Mailing.objects.count() - before == 1
    assert "Under review" not in {str(each.kind) for each in guideline_news(outbreak_of(cast), LATER)}
    (task,) = guidelines_waiting_for(outbreak_of(cast), cast.haneul, LATER)
    assert str(task.label).startswith("1 recommendation is under review")


def test_a_paper_it_cites_already_is_no_news(cast: Cast) -> None:
    living = published(cast).guideline
    watch = Watch.objects.get(key=f"guideline:{living.pk}:KR20-4:0")
    hear_of_paper(PaperNews(paper(JKSR), NewsKind.ARRIVED_MATCHING, LATER, watch))
    assert not Doubt.objects.exists()


def test_a_new_version_ends_the_watches_it_no_longer_keeps(cast: Cast) -> None:
    living = published(cast).guideline
    draft = revised(cast, living, ('watch = ["chest CT initially negative RT-PCR"]', 'watch = ["CT first"]'))
    actions.submit_draft(draft, by=cast.haneul, at=LATER)
    actions.publish_draft(draft, by=cast.bora, at=LATER)
    assert Watch.objects.get(key=f"guideline:{living.pk}:KR20-4:0").words == "CT first"
    other = published(cast, "who-2020", is_own=False).guideline
    assert not Watch.objects.filter(key__startswith=f"guideline:{other.pk}:").exists()


def test_a_release_of_the_cohort_puts_the_whole_under_review(cast: Cast) -> None:
    living = published(cast).guideline
    hear_of_release(outbreak_of(cast), name="2", title=Words("2판", "Release 2"), url="/cohort/", at=LATER)
    assert list(open_doubts(living, at=LATER)) == [""]


def test_a_doubt_is_settled_with_its_reason_by_who_answers_for_it(cast: Cast) -> None:
    living = published(cast).guideline
    hear_of_paper(PaperNews(paper(JKSR), NewsKind.CORRECTED, LATER))
    doubt = open_doubts(living, at=LATER)["KR20-4"][0]
    with pytest.raises(PermissionDenied):
        actions.settle_doubt(doubt, outcome="stands", note="A typing error.", by=cast.noel, at=LATER)
    actions.settle_doubt(doubt, outcome="stands", note="A typing error.", by=cast.haneul, at=LATER + HOUR)
    assert "KR20-4" not in open_doubts(living, at=LATER + HOUR)
    assert "KR20-4" in open_doubts(living, at=LATER), "that day it was under review"


def test_the_chain_is_read_from_the_paper_too(cast: Cast) -> None:
    published(cast)
    found = paper(JKSR)
    titles = [each.title_en for each in resting_on(found, LATER)]
    assert any(title.startswith("KR20-4") for title in titles)
    assert resting_on(found, PAST) == []
    assert {each.title_en for each in everything_resting_on(found, at=LATER)} >= set(titles)
