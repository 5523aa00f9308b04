from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.literature.rules.composing import compose
from firstlight.literature.rules.identifiers import arxiv, doi, dois_in, named, pmcid
from firstlight.literature.rules.matching import Verdict, compare, outline_of
from firstlight.literature.rules.record import Author, PaperRecord
from firstlight.literature.rules.screening import outcome_of
from firstlight.literature.rules.titles import blocks_of, counted, is_notice, numbers_in, words_of
from tests.literature.records import PEOPLE, TITLE, told


def verdict(one: PaperRecord, other: PaperRecord) -> Verdict:
    first, second = outline_of(one), outline_of(other)
    assert compare(first, second) == compare(second, first)
    return compare(first, second)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": TITLE.upper()},
        {"title": TITLE.replace("-", "‐") + "."},
        {"title": f"<i>{TITLE}</i>"},
        {"title": TITLE.replace("tomography", "tomogrpahy")},
        {"authors": PEOPLE[:1]},
        {"authors": (Author("YOON", "S.H."), Author("Lee", "K."), Author("Muller", "H"))},
        {"dates": {"online": "2030-12"}, "state": "ahead"},
        {"identifiers": {"doi": "10.1000/a"}},
    ],
)
def test_one_paper_told_otherwise_is_one_paper(changes: dict[str, object]) -> None:
    assert verdict(told(), told("ris", **changes)) == Verdict.SAME


@pytest.mark.parametrize(
    "changes",
    [
        {"title": f"{TITLE}: part II"},
        {"title": f"Erratum to: {TITLE}"},
        {"kind": "notice"},
        {"title": f"Reply to: {TITLE}", "authors": (Author("Quill", "N"),)},
        {"authors": (Author("Abernathy", "Z"), *PEOPLE)},
        {"dates": {"print": "2034"}},
        {"volume": "9", "pages": "12-19"},
        {"title": "Chest radiographs and tomography of ninety patients with an old pneumonia"},
    ],
)
def test_what_only_looks_like_it_is_another(changes: dict[str, object]) -> None:
    assert verdict(told(volume="21", pages="494-500"), told("ris", **changes)) == Verdict.DIFFERENT


def test_two_parts_are_told_apart_however_they_count() -> None:
    first, second = told(title=f"{TITLE}. Part I"), told("ris", title=f"{TITLE}: part 2")
    assert verdict(first, second) == Verdict.DIFFERENT
    assert verdict(second, told("csl", title=f"{TITLE} Part II")) == Verdict.SAME
    assert numbers_in(counted(words_of("Part II of 3 trials in type i"))) == ["1", "2", "3"]


def test_identifiers_decide_but_not_against_everything_else() -> None:
    same, other = {"doi": "10.1000/a"}, {"doi": "10.1000/b"}
    assert verdict(told(identifiers=same), told("ris", identifiers=other)) == Verdict.DIFFERENT
    assert (
        verdict(told(identifiers=same), told("ris", title="Erratum", kind="notice", identifiers=same))
        == Verdict.DIFFERENT
    )
    strange = told("ris", title="Economics of fishing in inland waters", authors=(Author("Fisher"),), identifiers=same)
    assert verdict(told(identifiers=same), strange) == Verdict.DIFFERENT
    korean = told("ris", title="새로운 폐렴 환자 아홉 명의 흉부 영상", authors=(Author("윤"),), identifiers=same)
    assert verdict(told(identifiers=same), korean) == Verdict.SAME


def test_a_preprint_and_its_article_are_linked_and_stay_two() -> None:
    preprint = told(
        "medrxiv", state="preprint", kind="preprint", dates={"posted": "2030-11-05"}, identifiers={"doi": "10.1101/x"}
    )
    assert verdict(preprint, told(identifiers={"doi": "10.1000/a"})) == Verdict.PREPRINT_AND_ARTICLE
    assert verdict(preprint, told(title="Quite another study of the heart and its vessels")) == Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://doi.org/10.3348/KJR.2020.0132", "10.3348/kjr.2020.0132"),
        ("doi:10.1016/S0140-6736(20)31180-6.", "10.1016/s0140-6736(20)31180-6"),
        ("(10.1000/abc)", "10.1000/abc"),
        ("10.1002/%28SICI%291097", "10.1002/(sici)1097"),
        ("no doi", ""),
    ],
)
def test_a_doi_has_one_spelling(text: str, name: str) -> None:
    assert doi(text) == name


def test_other_names_have_one_spelling() -> None:
    assert dois_in("see 10.1000/a, 10.1000/b; and 10.1000/a.") == ["10.1000/a", "10.1000/b"]
    assert (pmcid("9431921"), pmcid("PMC9431921.1"), pmcid("x")) == ("PMC9431921", "PMC9431921", "")
    assert arxiv("https://arxiv.org/abs/2006.01174v2") == "2006.01174"
    assert named(doi="10.48550/arXiv.2006.01174", pmid="0123", pmcid="", arxiv="") == {
        "doi": "10.48550/arxiv.2006.01174", "pmid": "123", "arxiv": "2006.01174",
    }  # fmt: skip


def test_the_best_source_speaks_first_and_the_fullest_day_counts() -> None:
    ris = told("ris", title="CHEST RADIOGRAPHS", dates={"print": "2031-04-12"}, keywords=("a",), abstract_en="Words")
    pubmed = told(identifiers={"pmid": "1"}, keywords=("b",))
    whole = compose([ris, pubmed])
    assert (whole.title, whole.abstract_en, whole.keywords) == (TITLE, "Words", ("b", "a"))
    assert whole.dates == {"print": "2031-04-12"}
    assert compose([ris, replace(pubmed, state="ahead", dates={"online": "2031-01"})]).state == "ahead"


@given(st.text(max_size=60), st.text(max_size=60))
def test_blocks_are_made_of_any_title(one: str, other: str) -> None:
    blocks = blocks_of(words_of(one))
    assert all(-(2**63) <= each < 2**63 for each in (blocks.start, blocks.words, blocks.end))
    assert verdict(told(title=one), told(title=other)) in Verdict


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6), st.sampled_from([1, 2]))
def test_screeners_decide_or_wait_or_differ(votes: Sequence[tuple[bool, bool]], needed: int) -> None:
    outcome = outcome_of(votes, needed)
    settling = [included for included, settles in votes if settles]
    if settling:
        assert outcome == ("included" if settling[-1] else "excluded")
    elif len({included for included, _settles in votes}) == 2:
        assert outcome == "conflict"
    else:
        assert outcome == "waiting" if len(votes) < needed or not votes else outcome in {"included", "excluded"}


def test_notices_are_known_by_their_titles() -> None:
    assert all(
        is_notice(each) for each in ("Erratum: A", "Author Correction: A", "Retraction notice to A", "정오표: 가")
    )
    assert not any(
        is_notice(each) for each in ("RETRACTED: A study", "Correctional facilities", "A study", "철분 결핍")
    )
