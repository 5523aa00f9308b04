from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from firstlight.literature import hooks
from firstlight.literature.actions.editing import split, unite
from firstlight.literature.actions.importing import UnknownForm, import_file
from firstlight.literature.actions.indexing import index_new
from firstlight.literature.actions.taking_in import take_in
from firstlight.literature.actions.watching import begin_watch, end_watch, keep_watch
from firstlight.literature.hooks import NewsKind, PaperNews
from firstlight.literature.models import Arrival, Event, Identifier, Listing, Match, Paper, Record, Relation
from firstlight.literature.queries.papers import card_of, kin_of
from firstlight.literature.rules.record import Author, Related
from tests.cast import DAWN, Cast
from tests.literature.records import TITLE, file_of, pubmed, told

pytestmark = pytest.mark.django_db
NEXT = DAWN + timedelta(days=30)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[PaperNews]]:
    """What was told to an app that asked."""
    news: list[PaperNews] = []
    monkeypatch.setattr(hooks, "_told", [])
    hooks.register_paper_news(news.append)
    yield news


def everything() -> list[Any]:
    tables = (Paper, Record, Identifier, Relation, Event)
    return [list(each.objects.order_by("pk").values()) for each in tables]


def only() -> Paper:
    return Paper.objects.standing_alone().get()


def test_the_same_again_changes_nothing() -> None:
    records = [
        told(),
        told("ris", "x", identifiers={"doi": "10.1000/a"}),
        told(key="2", title="Quite another paper here"),
    ]
    take_in(records, at=DAWN)
    before = everything()
    assert take_in(records, at=NEXT).counts.unchanged == 3
    assert everything() == before


def test_ahead_of_print_becomes_print_and_both_days_stay() -> None:
    ahead = told(state="ahead", dates={"online": "2031-03-01"}, identifiers={"pmid": "1"})
    take_in([ahead], at=DAWN)
    take_in(
        [told(dates={"online": "2031-03-01", "print": "2031-03-20"}, volume="21", identifiers={"pmid": "1"})], at=NEXT
    )
    paper = only()
    assert paper.state == "published"
    was, now = card_of(paper, at=DAWN), card_of(paper, at=NEXT)
    assert was is not None
    assert now is not None
    assert (was.state, was.whole.volume, now.state, now.whole.volume) == ("ahead", "", "published", "21")
    assert card_of(paper, at=DAWN - timedelta(days=1)) is None


def test_sources_of_one_paper_come_together_whatever_comes_first() -> None:
    records = [
        told("ris", "x", title=TITLE.upper()),
        told("crossref", "10.1000/a", state="ahead", dates={"online": "2030-12"}, identifiers={"doi": "10.1000/a"}),
        told("pubmed", "1", identifiers={"pmid": "1", "doi": "10.1000/a"}),
    ]
    for each in records:
        take_in([each], at=DAWN)
    assert only().records.count() == 3
    assert only().title == TITLE
    assert dict(only().identifiers.values_list("scheme", "value")) == {"doi": "10.1000/a", "pmid": "1"}


def test_a_record_that_names_two_papers_makes_them_one_and_the_other_leads_there() -> None:
    take_in([told("crossref", "a", title="新しい肺炎", authors=(), identifiers={"doi": "10.1000/a"})], at=DAWN)
    take_in([told("pubmed", "1", identifiers={"pmid": "1"})], at=DAWN)
    assert Paper.objects.count() == 2
    take_in([told("csl", "c", identifiers={"pmid": "1", "doi": "10.1000/a"})], at=NEXT)
    assert Paper.objects.standing_alone().count() in {1, 2}
    assert Identifier.objects.get(value="10.1000/a").paper_id in {each.pk for each in Paper.objects.standing_alone()}


def test_what_an_editor_took_apart_stays_apart(cast: Cast) -> None:
    wrong = told("ris", "x")
    take_in([told(identifiers={"pmid": "1", "doi": "10.1000/a"}), wrong], at=DAWN)
    paper = only()
    row = paper.records.get(source="ris")
    other = split(paper, [row.pk], by=cast.haneul, at=NEXT)
    assert Paper.objects.standing_alone().count() == 2
    take_in([told("ris", "x", keywords=("changed",))], at=NEXT)
    take_in([told("csl", "y", identifiers={"pmid": "1"})], at=NEXT)
    assert {each.source for each in other.records.all()} == {"ris"}
    assert {each.source for each in paper.records.all()} == {"pubmed", "csl"}
    assert unite(paper, other, by=cast.haneul, at=NEXT) == paper
    assert Paper.objects.standing_alone().count() == 1


def test_only_editors_take_apart_and_never_everything(cast: Cast) -> None:
    take_in([told(), told("ris", "x")], at=DAWN)
    every = list(only().records.values_list("pk", flat=True))
    with pytest.raises(PermissionDenied):
        split(only(), every[:1], by=cast.noel, at=NEXT)
    for chosen in ([], every):
        with pytest.raises(ValidationError):
            split(only(), chosen, by=cast.haneul, at=NEXT)


@pytest.mark.parametrize("first", ["paper", "notice"])
def test_a_retraction_is_told_once_whichever_comes_first(heard: list[PaperNews], first: str) -> None:
    paper = told(identifiers={"pmid": "1", "doi": "10.1000/a"})
    notice = told(key="2", title=f"Retraction notice to: {TITLE}", kind="notice", identifiers={"pmid": "2"},
                  relations=(Related("retracts", "pmid", "1"),))  # fmt: skip
    for each in (paper, notice) if first == "paper" else (notice, paper):
        take_in([each], at=DAWN)
    also = told(identifiers={"pmid": "1", "doi": "10.1000/a"}, relations=(Related("retracted-by", "pmid", "2"),))
    take_in([also], at=NEXT)
    table = told(
        "retractions", "9", identifiers={"doi": "10.1000/a"}, relations=(Related("retracted-by", "doi", "10.1000/n"),)
    )
    take_in([table], at=NEXT)
    held = Identifier.objects.get(scheme="pmid", value="1").paper
    assert held.standing == "retracted"
    assert [(each.paper, each.kind, each.at) for each in heard] == [(held, NewsKind.RETRACTED, DAWN)]
    assert [each.kind for each in kin_of(held, at=NEXT) if each.card] == ["Retracted by"]
    before = card_of(held, at=DAWN - timedelta(seconds=1))
    assert before is None


def test_concern_and_corrections_are_told_and_the_gravest_stands(heard: list[PaperNews]) -> None:
    identifiers = {"pmid": "1"}
    take_in([told(identifiers=identifiers, relations=(Related("corrected-by", "pmid", "8"),))], at=DAWN)
    both = (
        Related("corrected-by", "pmid", "8"),
        Related("concern-in", "pmid", "9"),
        Related("corrected-by", "pmid", "10"),
    )
    take_in([told(identifiers=identifiers, relations=both)], at=NEXT)
    assert [each.kind for each in heard] == ["corrected", "concern", "corrected"]
    assert only().standing == "concern"


def test_a_preprint_and_its_article_are_told_of_once(heard: list[PaperNews]) -> None:
    preprint = told("medrxiv", "p", state="preprint", kind="preprint", dates={"posted": "2031-01-05"},
                    identifiers={"doi": "10.1101/2031.01.05.20000001"})  # fmt: skip
    take_in([preprint], at=DAWN)
    article = told(
        identifiers={"doi": "10.1000/a"}, relations=(Related("has-preprint", "doi", "10.1101/2031.01.05.20000001"),)
    )
    take_in([article], at=NEXT)
    take_in([told("csl", "z", identifiers={"doi": "10.1000/a"}, keywords=("more",))], at=NEXT)
    assert Paper.objects.standing_alone().count() == 2
    assert [(each.kind, each.paper.kind, each.article is not None) for each in heard] == [
        ("published-from-preprint", "preprint", True)
    ]
    held = Paper.objects.get(kind="preprint")
    assert [each.kind for each in kin_of(held, at=NEXT)] == ["Preprint of"]


def test_a_preprint_is_linked_by_its_looks_too(heard: list[PaperNews]) -> None:
    take_in([told(identifiers={"doi": "10.1000/a"})], at=DAWN)
    take_in([told("medrxiv", "p", state="preprint", kind="preprint", dates={"posted": "2030-10-05"})], at=NEXT)
    assert [each.kind for each in heard] == ["published-from-preprint"]


def test_two_preprint_versions_are_one_paper_of_which_the_later_speaks() -> None:
    name = {"doi": "10.1101/2031.01.05.20000001"}
    first = told("medrxiv", "pv1", version="1", state="preprint", kind="preprint", identifiers=name, abstract_en="Old")
    take_in(
        [
            first,
            told("medrxiv", "pv2", version="2", state="preprint", kind="preprint", identifiers=name, abstract_en="New"),
        ],
        at=DAWN,
    )
    card = card_of(only(), at=DAWN)
    assert card is not None
    assert card.whole.abstract_en == "New"


def test_watches_are_met_by_what_arrives_and_never_twice(cast: Cast, heard: list[PaperNews]) -> None:
    take_in([told(key="0", title="Pneumonia before the watch was kept", authors=(Author("Old"),))], at=DAWN)
    index_new(DAWN)
    keep_watch(
        "guideline:1", name="rule", words='"new pneumonia" OR 폐렴', outbreak=cast.outbreak, lists_papers=True, at=DAWN
    )
    begin_watch(name="", words="pneumonia -nine", outbreak=None, by=cast.noel, at=DAWN)
    take_in(
        [
            told(identifiers={"pmid": "1"}),
            told(key="2", title="코로나폐렴의 영상", authors=(), identifiers={"pmid": "2"}),
        ],
        at=NEXT,
    )
    assert index_new(NEXT) == 2
    assert index_new(NEXT) == 0
    assert [(each.kind, each.watch.key if each.watch else "") for each in heard] == [
        ("arrived-matching", "guideline:1")
    ] * 2
    assert Listing.objects.filter(outbreak=cast.outbreak, state="waiting").count() == 2
    assert Match.objects.filter(watch__member=cast.noel).count() == 1
    end_watch("guideline:1", at=NEXT)
    with pytest.raises(ValidationError):
        keep_watch("guideline:2", name="nothing", words="-only", at=NEXT)


def written(tmp_path: Path, *records: str) -> Path:
    path = tmp_path / "papers.xml"
    path.write_bytes(file_of(*records))
    return path


def test_a_file_that_was_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firstlight.literature.actions.importing.AT_ONCE", 10)
    titles = [
        f"{word} of the lung in {number} people" for number, word in enumerate("abcdefghijklmnopqrstuvwxyz" * 2, 1)
    ]
    path = written(tmp_path, *(pubmed(number, title=title) for number, title in enumerate(titles, 1)))

    def stop(done: int, _read: int) -> None:
        if done >= 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(path, by="command:test", at=DAWN, tell=stop)
    assert (Record.objects.count(), Arrival.objects.get().place) == (30, 30)
    outcome = import_file(path, by="command:test", at=DAWN)
    assert (outcome.went_on_after, outcome.read, outcome.counts.added) == (30, 22, 22)
    assert import_file(path, by="command:test", at=DAWN).was_known
    again = import_file(path, by="command:test", at=NEXT, again=True)
    assert (again.read, again.counts.unchanged, again.counts.changed) == (52, 52, 0)


def test_a_broken_record_costs_itself_alone(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        pubmed(1, title="One of them here"),
        pubmed(2).replace("</Article>", ""),
        pubmed(3, title="The third of all"),
    )
    outcome = import_file(path, by="command:test", at=DAWN)
    assert (outcome.counts.new, outcome.fault_count) == (2, 1)
    assert str(outcome.faults[0]).startswith("record 2 (byte ")


def test_a_file_of_no_known_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of the kind")
    with pytest.raises(UnknownForm):
        import_file(path, by="command:test", at=DAWN)
