"""What rests on a paper, and what papers a case rests on, both ways and on any day."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from firstlight.library.actions import publish_case, submit_case, withdraw_case
from firstlight.library.models import Case
from firstlight.library.queries.outbreak import case_links
from firstlight.literature.actions.citing import cite
from firstlight.literature.actions.taking_in import take_in
from firstlight.literature.hooks import resting_on
from firstlight.literature.models import Citation, Paper
from firstlight.literature.queries.citing import cited_by, citing
from tests.cast import Cast
from tests.drafts import draft_case
from tests.literature.records import told

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(cast: Cast) -> Case:
    """A published case that cites one paper, which is held."""
    start = timezone.now() - timedelta(days=30)
    take_in([told(identifiers={"doi": "10.1000/a", "pmid": "1"})], at=start)
    case = draft_case(cast)
    Case.objects.filter(pk=case.pk).update(references="Yoon SH et al. K J R. doi:10.1000/A")
    case.refresh_from_db()
    submit_case(case, by=cast.haneul, at=start)
    publish_case(case, by=cast.bora, at=start + timedelta(days=1))
    return case


def test_a_case_and_its_paper_lead_to_each_other(client: Client, cast: Cast, published: Case) -> None:
    paper = Paper.objects.get()
    things = [each.url for each in resting_on(paper, at=timezone.now())]
    assert things == [f"/cases/{published.number}/"]
    assert resting_on(paper, at=timezone.now() - timedelta(days=29, hours=12)) == []
    assert f"/papers/{paper.pk}/" in client.get(f"/cases/{published.number}/").content.decode()
    assert f"/cases/{published.number}/" in client.get(f"/papers/{paper.pk}/").content.decode()
    if published.outbreak:
        links = list(case_links(published.outbreak, timezone.now()))
        assert [each.rests_on.url for each in links] == [f"/papers/{paper.pk}/"]


def test_a_case_that_was_taken_back_rests_on_nothing_any_more(cast: Cast, published: Case) -> None:
    withdraw_case(published, by=cast.haneul, at=timezone.now(), why="test")
    paper = Paper.objects.get()
    assert citing(paper, kind="case", at=timezone.now()) == []
    assert citing(paper, kind="case", at=timezone.now() - timedelta(days=2)) == [str(published.number)]


def test_what_is_cited_changes_with_time_and_the_paper_may_come_later() -> None:
    now = timezone.now()
    cite("rule:1", ["https://doi.org/10.1000/A", "no doi"], at=now - timedelta(days=9))
    cite("rule:1", ["10.1000/a"], at=now - timedelta(days=8))
    cite("rule:1", ["10.1000/b"], at=now - timedelta(days=3))
    assert Citation.objects.count() == 2
    take_in([told(identifiers={"doi": "10.1000/b"})], at=now - timedelta(days=1))
    assert [each.whole.identifiers["doi"] for each in cited_by("rule:1", at=now)] == ["10.1000/b"]
    assert cited_by("rule:1", at=now - timedelta(days=2)) == []
