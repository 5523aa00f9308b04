import csv
import io
import json
from datetime import timedelta

import feedparser
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from firstlight.alerts.actions.digest import run_digest
from firstlight.alerts.hooks import digest_sections
from firstlight.literature.actions.indexing import index_new
from firstlight.literature.actions.screening import include_at_once, put_before_editors, vote
from firstlight.literature.actions.setting_up import set_up_literature, take_back_literature
from firstlight.literature.actions.taking_in import take_in
from firstlight.literature.models import Listing, Paper, Plan, Tag, Watch
from firstlight.literature.queries.listing import first_paper_at, listed, new_papers, papers_waiting_for
from firstlight.literature.rules.record import Author, Related
from firstlight.literature.search.finding import find
from firstlight.literature.sources.bibtex import read_bibtex
from firstlight.literature.sources.csl import read_csl
from firstlight.literature.sources.ris import read_ris
from firstlight.outbreaks.models import Outbreak
from tests.cast import DAWN, Cast
from tests.literature.records import told

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ADDRESS = "/outbreaks/novel-2031/literature/"
GLASS = "Ground glass of the lung, its course and its causes"
DRUG = "A drug that seemed to help everybody"


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    """An outbreak of 2020 with three papers, the second ahead of print then and the third retracted on 3 May."""
    start = timezone.now().replace(year=2020, month=3, day=1, hour=3)
    Outbreak.objects.filter(pk=cast.outbreak.pk).update(activated_at=start - 30 * DAY)
    found = Outbreak.objects.get()
    Tag.objects.create(outbreak=found, key="ct", label_ko="CT", label_en="CT scans")
    first = {"identifiers": {"pmid": "1", "doi": "10.1000/a"}, "dates": {"print": "2020-02"}}
    second = {"identifiers": {"pmid": "2"}, "dates": {"online": "2020-02-20", "print": "2020-04-05"}, "kind": "review"}
    third = {"identifiers": {"pmid": "3", "doi": "10.1000/c"}, "dates": {"print": "2020-03"}, "title": DRUG}
    records = [
        told(key="1", abstract_ko="폐렴 환자 아홉 명", **first),
        told(key="2", title=GLASS, authors=(Author("Kim", "A"),), **second),
        told(key="3", **third),
    ]
    taken = take_in(records, at=start)
    index_new(start)
    include_at_once(taken.papers, outbreak=found, reason="on imaging", by=cast.haneul, at=start)
    retracted = Related("retracted-by", "doi", "10.1000/r", "Data could not be shown")
    take_in([told(key="3", **third, relations=(retracted,))], at=start.replace(month=5, day=3))
    Listing.objects.filter(paper__pmid="2").update(tags=["ct"])
    index_new(start)
    return found


def paper(pmid: str) -> Paper:
    return Paper.objects.get(pmid=pmid)


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_the_list_shows_each_paper_as_it_was_that_day(client: Client, outbreak: Outbreak) -> None:
    then, now = shown(client, f"{ADDRESS}?on=2020-03-10"), shown(client, ADDRESS)
    assert "Ahead of print" in then and "Retracted" not in then
    assert "Ahead of print" not in now and "Retracted" in now
    assert "3 papers" in then
    assert "No papers yet" in shown(client, f"{ADDRESS}?on=2020-02-10")


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("kind=review", {"2"}),
        ("state=ahead&on=2020-03-10", {"2"}),
        ("state=ahead", set()),
        ("standing=retracted", {"3"}),
        ("standing=retracted&on=2020-04-10", set()),
        ("tag=ct", {"2"}),
        ("month=2020-02", {"1", "2"}),
        ("month=nonsense", set()),
        ("q=ground+glas", {"2"}),
        ("q=폐렴", {"1"}),
        ("q=10.1000/c", {"3"}),
    ],
)
def test_the_list_is_narrowed(client: Client, outbreak: Outbreak, asked: str, titles: set[str]) -> None:
    page = shown(client, f"{ADDRESS}?{asked}")
    assert {each for each in ("1", "2", "3") if f"/papers/{paper(each).pk}/" in page} == titles


def test_a_retracted_paper_cannot_be_mistaken(client: Client, outbreak: Outbreak) -> None:
    address = f"/papers/{paper('3').pk}/"
    page = shown(client, address)
    assert "This paper was retracted" in page and "<del>" in page and "Data could not be shown" in page
    assert "retracted" not in shown(client, f"{address}?on=2020-04-01").lower()
    assert client.get(f"{address}?on=2020-01-01").status_code == 404
    korean = client.get(address, headers={"accept-language": "ko"}).content.decode()
    assert "철회된 논문입니다" in korean


def test_an_abstract_is_shown_in_the_language_it_was_found_in(client: Client, outbreak: Outbreak) -> None:
    page = shown(client, f"/papers/{paper('1').pk}/")
    assert 'lang="ko"><h2>초록</h2>' in page and "폐렴 환자 아홉 명" in page and "<h2>Abstract</h2>" not in page


def test_files_hold_what_was_chosen_and_can_be_read_back(client: Client, outbreak: Outbreak) -> None:
    def file(form: str, asked: str = "") -> bytes:
        answer = client.get(f"{ADDRESS}papers.{form}?{asked}")
        assert answer.status_code == 200
        return bytes(answer.content)

    titles = {GLASS}
    for form, reader in (("ris", read_ris), ("bib", read_bibtex), ("json", read_csl)):
        chosen = list(reader(io.BytesIO(file(form, f"paper={paper('2').pk}"))))
        assert {each.title for each in chosen} == titles  # type: ignore[union-attr]
        assert len(list(reader(io.BytesIO(file(form))))) == 3
    rows = list(csv.DictReader(io.StringIO(file("csv", "tag=ct").decode("utf-8-sig"))))
    assert [(row["pmid"], row["state"]) for row in rows] == [("2", "published")]
    assert b"[Retracted] A drug" in file("ris")
    assert client.get(f"{ADDRESS}papers.exe").status_code == 404


def test_a_formula_in_a_title_stays_text(client: Client, outbreak: Outbreak) -> None:
    take_in([told(key="9", title='=HYPERLINK("http://x")', authors=(), identifiers={"pmid": "9"})], at=timezone.now())
    include_at_once([paper("9").pk], outbreak=outbreak, reason="", by="command:test", at=timezone.now())
    assert "\"'=HYPERLINK" in client.get(f"{ADDRESS}papers.csv").content.decode()


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_the_feed_brings_papers_and_what_became_of_them(client: Client, outbreak: Outbreak, form: str) -> None:
    answer = client.get(f"/feeds/papers.{form}?outbreak=novel-2031&lang=en")
    assert answer.status_code == 200
    if form == "json":
        titles = [each["title"] for each in json.loads(answer.content)["items"]]
    else:
        read = feedparser.parse(answer.content)
        assert not read.bozo
        titles = [each["title"] for each in read.entries]
    assert titles[0] == "[Retracted] A drug that seemed to help everybody"
    assert len(titles) == 3
    assert client.get("/feeds/papers.atom?outbreak=nowhere").status_code == 404
    assert len(json.loads(client.get("/feeds/papers.json?q=ground").content)["items"]) == 1


def test_two_screeners_decide_together_and_a_third_settles(cast: Cast, outbreak: Outbreak) -> None:
    Plan.objects.create(outbreak=outbreak, screeners=2)
    at = timezone.now()
    taken = take_in(
        [told(key="5", title="Waiting for its editors, a paper", authors=(), identifiers={"pmid": "5"})], at=at
    )
    assert put_before_editors(taken.papers, outbreak=outbreak, at=at) == 1
    assert put_before_editors(taken.papers, outbreak=outbreak, at=at) == 0
    listing = Listing.objects.get(paper__pmid="5")
    assert len(list(papers_waiting_for(outbreak, cast.haneul, at))) == 1
    assert list(papers_waiting_for(outbreak, cast.noel, at)) == []
    assert vote(listing, is_included=True, reason="", by=cast.haneul, at=at).state == "waiting"
    with pytest.raises(ValidationError):
        vote(listing, is_included=False, reason=" ", by=cast.bora, at=at)
    with pytest.raises(PermissionDenied):
        vote(listing, is_included=True, reason="", by=cast.noel, at=at)
    assert vote(listing, is_included=False, reason="Not on this disease", by=cast.bora, at=at).state == "conflict"
    with pytest.raises(ValidationError):
        vote(listing, is_included=True, reason="", by=cast.haneul, at=at, settles=True)
    third = cast.member("Third", "member", "editor")  # type: ignore[arg-type]
    assert vote(listing, is_included=True, reason="", by=third, at=at + DAY, settles=True).state == "included"
    assert listed(outbreak, at=at).count() == 3
    assert listed(outbreak, at=at + DAY).count() == 4


def test_what_an_editor_left_out_stays_out_and_the_list_of_before_stays(cast: Cast, outbreak: Outbreak) -> None:
    at = timezone.now()
    listing = Listing.objects.get(paper__pmid="1")
    vote(listing, is_included=False, reason="A double", by=cast.haneul, at=at)
    assert listed(outbreak, at=at).count() == 2
    assert listed(outbreak, at=at - DAY).count() == 3
    include_at_once([listing.paper_id], outbreak=outbreak, reason="again", by="command:test", at=at)
    assert listed(outbreak, at=at).count() == 2


def test_the_screening_page_is_the_editors(client: Client, cast: Cast, outbreak: Outbreak) -> None:
    taken = take_in(
        [told(key="5", title="Waiting for its editors, a paper", authors=(), identifiers={"pmid": "5"})],
        at=timezone.now(),
    )
    put_before_editors(taken.papers, outbreak=outbreak, at=timezone.now())
    assert client.get(f"{ADDRESS}screening/").status_code == 302
    client.force_login(cast.noel)
    assert client.get(f"{ADDRESS}screening/").status_code == 403
    client.force_login(cast.haneul)
    assert "Waiting for its editors" in shown(client, f"{ADDRESS}screening/")
    client.post(f"{ADDRESS}screening/{paper('5').pk}/", {"word": "include", "reason": "On imaging"})
    assert Listing.objects.get(paper__pmid="5").state == "included"
    client.post(f"{ADDRESS}{paper('5').pk}/", {"tag": ["ct"], "note_ko": "중요", "note_en": "It matters"})
    assert "It matters" in shown(client, f"/papers/{paper('5').pk}/")


def test_saved_searches_are_kept_and_ended(client: Client, cast: Cast, outbreak: Outbreak) -> None:
    client.force_login(cast.noel)
    assert "ground" in shown(client, "/papers/watches/?q=ground")
    client.post("/papers/watches/", {"name": "", "words": "ground glass"})
    assert "1 paper" in shown(client, "/papers/watches/")
    client.force_login(cast.sora)
    own = Watch.objects.get(member=cast.noel)
    assert client.post(f"/papers/watches/{own.pk}/end/").status_code == 404
    client.force_login(cast.noel)
    client.post(f"/papers/watches/{own.pk}/end/")
    assert "No saved search" in shown(client, "/papers/watches/")


def test_search_forgives_slips_and_reads_hangul(outbreak: Outbreak) -> None:
    def pmids(words: str) -> set[str]:
        answer = find(words)
        return set(Paper.objects.filter(pk__in=answer.papers).values_list("pmid", flat=True)) if answer else set()

    assert pmids("tomogrpahy") == {"1"}
    assert pmids("yoon nine") == {"1"}
    assert pmids('"glass of the lung"') == {"2"} and pmids('"lung glass"') == set()
    assert pmids("paper OR drug OR tomography") == {"1", "3"}
    assert pmids("lung -course") == set()
    assert pmids("아홉 폐렴") == {"1"}
    assert find("-only") is None and find("  ") is None
    assert pmids("'; DROP TABLE literature_paper; --") == set()
    assert pmids('a"b*c:d(e) & | ! <-> NEAR') == set()


def test_the_digest_tells_new_papers_and_retractions_but_no_replay(cast: Cast, outbreak: Outbreak) -> None:
    start = timezone.now().replace(year=2020, month=3, day=1, hour=0)
    assert "New papers" in [str(each.label) for each in digest_sections()]
    assert len(new_papers(start, start + DAY)) == 3
    became = new_papers(start + 30 * DAY, start + 90 * DAY)
    assert [each.title_en for each in became] == ["[Retracted] A drug that seemed to help everybody"]
    run_digest("daily", since=start, until=start + DAY, at=start + DAY)
    Outbreak.objects.update(is_replay=True)
    assert new_papers(start, start + DAY) == []


def test_an_outbreaks_share_is_set_up_once_and_taken_back(cast: Cast) -> None:
    plan = {"words": "new pneumonia", "screeners": 2, "tags": "ct | 시티 | CT", "include_reasons": "One\n\nTwo\nOne"}
    for _time in range(2):
        set_up_literature(cast.outbreak, plan, by=cast.ara, at=DAWN)
    made = Plan.objects.get(outbreak=cast.outbreak)
    assert (made.screeners, made.include_reasons) == (2, ["One", "Two"])
    assert Watch.objects.get().lists_papers
    assert first_paper_at(cast.outbreak, DAWN) is None
    take_back_literature(cast.outbreak)
    assert not Plan.objects.exists() and not Watch.objects.exists() and not Tag.objects.exists()


def test_a_paper_that_was_another_leads_there(client: Client, cast: Cast, outbreak: Outbreak) -> None:
    client.force_login(cast.haneul)
    one, two = paper("1"), paper("2")
    client.post(f"/papers/{one.pk}/unite/", {"other": f"https://example.org/papers/{two.pk}/"})
    assert client.get(f"/papers/{two.pk}/").url == f"/papers/{one.pk}/"  # type: ignore[attr-defined]
    rows = [each.pk for each in one.records.all()]
    client.post(f"/papers/{one.pk}/split/", {"record": rows[1:]})
    assert Paper.objects.standing_alone().count() == 3
