"""Cases are found by what readers type, in either script, and only those that readers may see."""

import random
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstlight.library.models import CaseVersion, SearchEntry, SearchPlaces, SearchWord
from firstlight.library.queries.search import Asked, Search, find
from firstlight.library.search.index import index_missing, rebuild
from firstlight.library.search.places import in_version, one_after_another, pack, unpack, versions_of
from firstlight.library.search.ways import How
from firstlight.weekly.models import Diagnosis
from firstlight.words import letters_of, texts_of, typed_in_hangul
from tests.cast import DAWN, Cast
from tests.library.shelf import HOUR, asked, numbers, republished, shelved, taken_back

pytestmark = pytest.mark.django_db
LATER = DAWN + timedelta(days=30)


@pytest.fixture
def shelf(cast: Cast) -> Cast:
    shelved(
        cast,
        title_ko="귀국한 여행자의 발열",
        title_en="Fever in a returning traveller",
        findings_ko="양쪽 폐의 흉막하에 간유리음영이 여러 개 있다. 공동은 없다.",
        findings_en="Several foci of [ground glass](key:1) opacities lie beneath the pleura.",
        diagnosis_ko="코로나19 폐렴",
        tags=["travel"],
        certainty="certain",
    )
    shelved(
        cast,
        title_ko="기침하는 청년",
        title_en="A young man with a cough",
        findings_ko="우상엽에 공동을 동반한 경화와 나무싹 모양 음영",
        findings_en="Consolidation with a cavity, tree-in-bud nodules",
        diagnosis_ko="폐결핵",
        diagnosis_en="Pulmonary tuberculosis",
    )
    shelved(
        cast,
        title_en="Oedema after transfusion",
        findings_en="Septal thickening and bilateral effusions. No consolidation.",
        diagnosis_en="Pulmonary oedema",
        is_synthetic=True,
    )
    return cast


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("traveller", [1]),
        ("TRAVELLERS", [1]),
        ("trav", [1]),
        ("여행자", [1]),
        ("여행자가", [1]),
        ("여해", [1]),
        ("간유리음영", [1]),
        ("간유리", [1]),
        ("음영", [1, 2]),
        ("간유리 음영", [1]),
        ("ㄱㅏㄴㅇㅠ", [1]),
        ("GGO", [1]),
        ("ground-glass opacity", [1]),
        ("ground-glass opacities", [1]),
        ("groundglass", [1]),
        ("나무싹모양", [2]),
        ("edema", [3]),
        ("oedemas", [3]),
        ("COVID-19", [1]),
        ("코로나19", [1]),
        ("TB", [2]),
        ("결핵", [2]),
        ("흉수", [3]),
        ("case 2", [2]),
        ("증례 3", [3]),
        ("3", [3]),
        ("Haneul", [3, 2, 1]),
        ("travel", [1]),
        ('"cavity, tree-in-bud"', [2]),
        ('"tree cavity"', []),
        ("consolidation -cavity", [3]),
        ("경화 -공동", [3]),
        ("fever transfusion", []),
        ("nothing of the kind", []),
        ('"', [3, 2, 1]),
        ("-", [3, 2, 1]),
        ("", [3, 2, 1]),
    ],
)
def test_what_is_typed_finds_what_is_meant(shelf: Cast, words: str, expected: list[int]) -> None:
    assert sorted(numbers(words)) == sorted(expected)


@pytest.mark.parametrize(
    ("words", "expected", "how"),
    [
        ("travelelr", 1, How.SLIP),
        ("consolidtion", 2, How.SLIP),
        ("간율리음영", 1, How.SLIP),
        ("여햄자", 1, How.SLIP),
        ("rksdbfl", 1, How.KEYBOARD),
        ("vPruf", 2, How.KEYBOARD),
    ],
)
def test_slips_of_the_finger_are_forgiven_and_told(shelf: Cast, words: str, expected: int, how: How) -> None:
    found = asked(words)
    first = next(row for row in found.rows if row.document.number == expected)
    assert first.reasons[0].how == how
    assert found.instead


def test_a_number_is_never_a_slip(shelf: Cast) -> None:
    shelved(shelf, number=12345, title_en="One more")
    assert numbers("12345") == [12345]
    assert numbers("12346") == []


def test_the_title_weighs_more_than_the_discussion(cast: Cast) -> None:
    shelved(cast, title_en="Something else", discussion_en="An embolism was thought of. An embolism!")
    shelved(cast, title_en="Embolism", discussion_en="Something")
    shelved(cast, title_en="Other", findings_en="embolisms")
    found = asked("embolism")
    assert [row.document.number for row in found.rows] == [2, 3, 1]
    assert [row.reasons[0].field_name for row in found.rows] == ["Title", "Findings", "Discussion"]


def test_a_reason_names_what_stood_there(shelf: Cast) -> None:
    row = asked("GGO").rows[0]
    assert (row.reasons[0].typed, row.reasons[0].how) == ("GGO", How.NAME)
    assert row.snippet is not None
    assert "ground glass" in " ".join(part.text for part in row.snippet.parts if part.is_hit)
    assert "key:1" not in "".join(part.text for part in row.snippet.parts)


def test_a_snippet_is_in_the_page_s_language_where_it_can_be(shelf: Cast) -> None:
    row = asked("GGO", language="ko").rows[0]
    assert row.snippet is not None
    assert row.snippet.language == "ko"
    assert [part.text for part in row.snippet.parts if part.is_hit] == ["간유리음영이"]


def test_facets_narrow_and_count(shelf: Cast) -> None:
    found = asked("")
    synthetic = next(each for each in found.facets if each.kind == "synthetic")
    assert {value.key: value.count for value in synthetic.values} == {"no": 2, "yes": 1}
    assert numbers("", "synthetic:yes") == [3]
    assert numbers("consolidation", "synthetic:no") == [2]
    assert numbers("", "synthetic:yes", "synthetic:no") == []
    assert numbers("", "diagnosis:pulmonary-tuberculosis") == [2]
    assert numbers("", "nonsense:else") == []


def test_sorting_and_pages(cast: Cast) -> None:
    for number in range(1, 31):
        shelved(cast, number=number, title_en="Pneumonia")
    assert numbers("pneumonia", sort="oldest")[:3] == [1, 2, 3]
    assert numbers("pneumonia", sort="newest")[:3] == [30, 29, 28]
    assert numbers("pneumonia", sort="newest", page=2) == [6, 5, 4, 3, 2, 1]
    assert asked("pneumonia").total == 30


def test_a_case_is_found_as_it_was_on_the_day_asked_for(cast: Cast) -> None:
    case = shelved(cast, title_en="Sarcoidosis")
    republished(cast, case, at=LATER, title_en="Silicosis")
    gone = LATER + timedelta(days=1)
    taken_back(case, at=gone)
    moments = (DAWN - HOUR, DAWN, LATER - HOUR, LATER, gone)
    assert [numbers("sarcoidosis", at=at) for at in moments] == [[], [1], [1], [], []]
    assert [numbers("silicosis", at=at) for at in moments] == [[], [], [], [1], []]


def test_what_is_not_in_force_is_in_no_count_and_no_suggestion(cast: Cast) -> None:
    case = shelved(cast, title_en="Sarcoidosis", tags=["rare"])
    shelved(cast, title_en="Silicosis")
    taken_back(case, at=LATER)
    found = asked("sarcoidosys", at=LATER)
    assert (found.total, found.instead) == (0, "")
    assert not [each for each in asked("", at=LATER).facets if each.kind == "tag"]
    assert asked("", at=LATER).everything == 1


def test_a_version_that_the_database_ended_is_not_shown_even_by_an_old_index(cast: Cast) -> None:
    case = shelved(cast, title_en="Sarcoidosis")
    assert numbers("sarcoidosis") == [1]
    case.versions.update(in_force_until=DAWN + HOUR)
    assert numbers("sarcoidosis") == []


def test_what_rolls_back_is_not_found(cast: Cast) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        shelved(cast, title_en="Sarcoidosis")
        assert numbers("sarcoidosis") == [1]
        raise RuntimeError
    assert numbers("sarcoidosis") == []


def test_a_diagnosis_that_is_not_open_yet_is_no_synonym_and_no_label(shelf: Cast) -> None:
    Diagnosis.objects.create(
        key="travellers-lung", label_en="Traveller's lung", label_ko="나그네병", synonyms_en=["traveller"],
        added_by=shelf.haneul, added_at=DAWN,
    )  # fmt: skip
    assert asked("나그네병").total == 0
    Diagnosis.objects.update(suggested_from=DAWN)
    assert numbers("나그네병") == [1]


def test_indexing_anew_changes_nothing(shelf: Cast) -> None:
    before = {word: numbers(word) for word in ("GGO", "음영", "consolidation", "travelelr")}
    told: list[tuple[int, int]] = []
    assert rebuild(at=LATER, tell=lambda done, total: told.append((done, total))) == 3
    assert told == [(3, 3)]
    assert {word: numbers(word) for word in before} == before


def test_what_was_published_before_there_was_an_index_is_indexed(shelf: Cast) -> None:
    SearchEntry.objects.all().delete()
    SearchPlaces.objects.all().delete()
    SearchWord.objects.all().delete()
    assert index_missing(LATER) == 3
    assert numbers("GGO") == [1]
    assert index_missing(LATER) == 0


def test_indexing_a_version_again_leaves_nothing_of_before(cast: Cast) -> None:
    from firstlight.library.search.index import put_in_search

    case = shelved(cast, title_en="Sarcoidosis")
    shelved(cast, title_en="Sarcoidosis too")
    version = CaseVersion.objects.get(case=case)
    version.document["title_en"] = "Silicosis"
    version.save()
    put_in_search([version], at=DAWN)
    assert numbers("sarcoidosis") == [2]
    assert numbers("silicosis") == [1]


def test_a_question_needs_few_queries_however_many_words(shelf: Cast) -> None:
    asked("warm")
    with CaptureQueriesContext(
        connection,
    ) as counted:
        Search(Asked("fever traveller 음영 GGO"), LATER, "en").slots()
    assert len(counted) <= 14


WORDS = st.lists(
    st.one_of(
        st.text(st.characters(min_codepoint=ord("a"), max_codepoint=ord("z")), min_size=3, max_size=12),
        st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=6),
    ),
    min_size=1,
    max_size=5,
)
EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)


def both(cast: Cast) -> None:
    """Make the editors before an example is taken back, since they stay for the next one."""
    assert cast.haneul and cast.bora


@EACH
@given(titles=st.lists(WORDS, min_size=1, max_size=4))
def test_a_case_is_found_by_each_word_of_its_title(cast: Cast, titles: list[list[str]]) -> None:
    both(cast)
    with transaction.atomic():
        cases = [shelved(cast, title_en=" ".join(words)) for words in titles]
        for case, words in zip(cases, titles, strict=True):
            for word in words:
                assert case.number in numbers(word), word
            assert case.number in numbers(" ".join(words))
            assert case.number in numbers(f'"{" ".join(words)}"')
        transaction.set_rollback(True)


@EACH
@given(titles=st.lists(WORDS, min_size=1, max_size=3), seed=st.integers(0, 10**6))
def test_a_case_is_found_with_one_wrong_letter_in_a_longer_word(cast: Cast, titles: list[list[str]], seed: int) -> None:
    chance = random.Random(seed)
    both(cast)
    with transaction.atomic():
        cases = [shelved(cast, title_en=" ".join(words)) for words in titles]
        for case, words in zip(cases, titles, strict=True):
            for word in words:
                if len(letters_of(word)) >= 5 and (typo := with_slip(word, chance)):
                    assert case.number in numbers(typo), (word, typo)
        transaction.set_rollback(True)


def with_slip(word: str, chance: random.Random) -> str:
    """The word with another letter in one place, or without one; empty where hangul would have no such syllable."""
    at = chance.randrange(len(word))
    if "a" <= word[0] <= "z":
        left_out = chance.random() < 0.3 and len(word) > 5
        return word[:at] + ("" if left_out else chance.choice("bcdfghjklmnpqrtvwxz")) + word[at + 1 :]
    place = ord(word[at]) - 0xAC00
    changed = (place // 588 + chance.randrange(1, 19)) % 19 * 588 + place % 588
    return word[:at] + chr(0xAC00 + changed) + word[at + 1 :]


@EACH
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=4), st.integers(-1, 8))
def test_nothing_is_found_that_is_not_in_force(cast: Cast, spans: list[tuple[int, int]], hour: int) -> None:
    both(cast)
    with transaction.atomic():
        expected = []
        for begins, lasts in spans:
            case = shelved(cast, title_en="Sarcoidosis", at=DAWN + begins * HOUR)
            if lasts:
                taken_back(case, at=DAWN + (begins + lasts) * HOUR)
            if begins <= hour and (not lasts or hour < begins + lasts):
                expected.append(case.number)
        at = DAWN + hour * HOUR
        assert sorted(numbers("sarcoidosis", at=at)) == expected
        assert asked("sarcoidosys", at=at).total == len(expected)
        assert sum(value.count for each in asked("", at=at).facets if each.kind == "year" for value in each.values) in {
            0, len(expected),
        }  # fmt: skip
        transaction.set_rollback(True)


@given(st.dictionaries(st.integers(0, 5000), st.lists(st.integers(0, 2**22 - 1), min_size=1, unique=True), min_size=1))
def test_places_come_back_as_they_were_packed(versions: dict[int, list[int]]) -> None:
    for version, places in versions.items():
        packed = in_version(version, sorted(places))
        assert unpack(version >> 10, pack(packed)).tolist() == packed.tolist()
        assert set(versions_of(packed).tolist()) == {version}


def test_words_behind_one_another_in_one_version_and_field() -> None:
    first, second = in_version(7, [3, 9, 1 << 18 | 4]), in_version(7, [4, 20, 1 << 18 | 4])
    assert one_after_another([first, second]).tolist() == in_version(7, [3]).tolist()


@EACH
@given(words=st.text(max_size=300))
def test_any_text_can_be_asked_for(cast: Cast, words: str) -> None:
    find(Asked(words), at=LATER, language="ko")


def test_hangul_is_compared_as_it_is_typed() -> None:
    assert letters_of("폐렴") == "ㅍㅖㄹㅕㅁ"
    assert letters_of("과민") == "ㄱㅗㅏㅁㅣㄴ"
    assert typed_in_hangul("vPfua") == letters_of("폐렴")
    assert typed_in_hangul("covid-19") == ""
    assert texts_of("하엽에서는 간유리음영이 경과와 Opacities") == ("하엽", "간유리음영", "경과", "opacity")
