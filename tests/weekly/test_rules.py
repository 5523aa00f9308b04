import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.weekly.charts import calibration_chart
from firstlight.weekly.queries import evenly, tally_answers
from firstlight.weekly.rules.marking import Key, Verdict, result_of, verdict_on
from firstlight.weekly.rules.naming import closeness, distinct_answers, normalised, suspicion
from firstlight.weekly.rules.practice import brier_score, calibration, next_key, shuffled
from firstlight.weekly.rules.ranking import Tally, placed
from firstlight.weekly.rules.weeks import next_monday, year_and_week
from firstlight.weekly.vocabulary import BadVocabulary, Term, Vocabulary, read_terms, shipped

WORDS = Vocabulary.of(shipped())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Organising pneumonia", "organizing  PNEUMONIA"),
        ("ground-glass", "Ground glass"),
        ("pulmonary oedema", "Pulmonary edema."),
        ("Löffler’s syndrome", "loffler's syndrome"),
        ("Birt-Hogg-Dubé", "birt hogg dube"),
        ("carcinoid tumour", "Carcinoid tumor"),
        ("기질화 폐렴", "기질화폐렴"),
        (unicodedata.normalize("NFD", "폐결핵"), "폐결핵"),
        ("ＰＣＰ", "pcp"),
    ],
)
def test_spelling_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other) != ""


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.sampled_from(WORDS.suggestions()), st.data())
def test_every_name_is_known_however_it_is_written(term: Term, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(term.names))
    written = data.draw(st.sampled_from([name.upper(), name.replace(" ", ""), name.replace(" ", "-"), f" {name}. "]))
    assert term.key in WORDS.known[normalised(written)]
    assert verdict_on(written, key=Key(WORDS.right_keys([term.key])), known=WORDS.known) == Verdict.RIGHT


@pytest.mark.parametrize(
    ("text", "names", "looks"),
    [
        ("sarcoidsis", ["Sarcoidosis"], True),
        ("사르코이드즘", ["사르코이드증"], True),
        ("폐포단벡질증", ["폐포단백질증"], True),
        ("organizing pneumonia, cryptogenic", ["Organising pneumonia"], True),
        ("tuberculosis", ["Sarcoidosis"], False),
        ("폐암", ["폐렴"], False),
        ("", ["x"], False),
    ],
)
def test_near_misses_are_suspects(text: str, names: list[str], looks: bool) -> None:
    assert (suspicion(text, names) > 0) is looks


def test_a_near_miss_is_never_right_by_itself() -> None:
    key = Key(WORDS.right_keys(["sarcoidosis"]))
    assert verdict_on("sarcoidsis", key=key, known=WORDS.known) == Verdict.OPEN


def test_a_kind_answers_for_what_it_is_a_kind_of_but_not_the_other_way_round() -> None:
    wide, narrow = (
        Key(WORDS.right_keys(["organising-pneumonia"])),
        Key(WORDS.right_keys(["cryptogenic-organising-pneumonia"])),
    )
    assert verdict_on("COP", key=wide, known=WORDS.known) == Verdict.RIGHT
    assert verdict_on("BOOP", key=narrow, known=WORDS.known) == Verdict.WRONG
    assert WORDS.parents_of(["cryptogenic-organising-pneumonia"]) == {"organising-pneumonia"}


def test_a_short_form_that_two_bear_is_right_for_both() -> None:
    words = Vocabulary.of(
        [Term("one", "하나", "One thing", synonyms_en=("OT",)), Term("two", "둘", "Other", synonyms_en=("OT",))]
    )
    for key in ("one", "two"):
        assert verdict_on("ot", key=Key(words.right_keys([key])), known=words.known) == Verdict.RIGHT


def test_a_ruling_goes_before_the_vocabulary() -> None:
    key = Key(frozenset({"sarcoidosis"}), rulings={"sarcoidosis": False, normalised("Boeck’s disease"): True})
    assert verdict_on("Sarcoidosis", key=key, known=WORDS.known) == Verdict.WRONG
    assert verdict_on("boecks-disease", key=key, known=WORDS.known) == Verdict.RIGHT
    assert verdict_on("Besnier’s disease", key=key, known=WORDS.known) == Verdict.OPEN


VERDICTS = st.lists(st.sampled_from(Verdict), max_size=10)


@given(VERDICTS, st.integers(0, 500), st.integers(0, 500))
def test_points_follow_the_place_of_the_first_right_answer(verdicts: list[Verdict], first: int, other: int) -> None:
    result = result_of(verdicts, first=first, other=other)
    right = [place for place, each in enumerate(verdicts, 1) if each == Verdict.RIGHT]
    assert result.right_place == (right[0] if right else None)
    assert result.points == (0 if not right else first if right[0] == 1 else other)


TALLIES = st.lists(
    st.builds(Tally, st.integers(1, 10**6), st.integers(0, 5).map(lambda each: 10 * each), *(st.integers(0, 9),) * 3),
    unique_by=lambda tally: tally.who,
)


@given(TALLIES)
def test_a_place_is_one_more_than_how_many_have_more_points(tallies: list[Tally]) -> None:
    rows = placed(tallies)
    assert sorted(each.tally.who for each in rows) == sorted(each.who for each in tallies)
    for row in rows:
        assert row.place == 1 + sum(each.points > row.tally.points for each in tallies)


@given(TALLIES, st.randoms())
def test_a_ranking_does_not_depend_on_the_order_it_is_read_in(tallies: list[Tally], random: object) -> None:
    mixed = list(tallies)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert placed(mixed) == placed(tallies)


@given(st.lists(st.text(max_size=12), max_size=20), st.integers(1, 10))
def test_answers_are_kept_once_and_in_order(lines: list[str], at_most: int) -> None:
    kept = distinct_answers(lines, at_most=at_most)
    names = [normalised(each) for each in kept]
    assert len(kept) <= at_most and all(names) and len(set(names)) == len(names)
    assert distinct_answers(kept, at_most=at_most) == kept


@given(st.lists(st.lists(st.sampled_from(["COP", "BOOP", "OP", "sarcoid", "?x"]), max_size=5), max_size=12))
def test_an_entry_counts_once_for_what_it_names_twice(entries: list[list[str]]) -> None:
    groups = tally_answers(entries, WORDS)
    assert all(each["first"] <= each["named"] <= len(entries) for each in groups)
    assert sum(each["first"] for each in groups) == sum(1 for each in entries if each)


@given(st.lists(st.text(), unique=True), st.text())
def test_shuffling_loses_nothing_and_stays(keys: list[str], seed: str) -> None:
    order = shuffled(keys, seed=seed)
    assert sorted(order) == sorted(keys) and order == shuffled(reversed(keys), seed=seed)


def test_everyone_has_an_order_of_their_own_and_comes_through_all() -> None:
    keys = [f"{number:016x}" for number in range(12)]
    assert shuffled(keys, seed="member 1") != shuffled(keys, seed="member 2")
    times: dict[str, int] = {}
    for _attempt in keys:
        key = next_key(keys, times=times, seed="member 1")
        assert key is not None
        times[key] = times.get(key, 0) + 1
    assert set(times.values()) == {1} and set(times) == set(keys)
    assert next_key([], times={}, seed="x") is None


CONFIDENT = st.lists(st.tuples(st.sampled_from([10, 30, 50, 70, 90]), st.booleans()))


@given(CONFIDENT)
def test_calibration_counts_every_answer(answers: list[tuple[int, bool]]) -> None:
    steps = calibration(answers)
    assert sum(step.answers for step in steps) == len(answers)
    assert sum(step.right for step in steps) == sum(right for _confidence, right in answers)
    chart = calibration_chart(steps)
    assert (chart is None) == (not answers)


def test_brier_score_of_the_paper() -> None:
    assert brier_score([(100, True), (0, False)]) == 0
    assert brier_score([(50, True), (50, False)]) == 0.25
    assert brier_score([]) is None


@given(st.integers(1, 2000), st.integers(1, 12))
def test_pictures_stand_evenly_in_the_stack(count: int, wanted: int) -> None:
    places = evenly(count, wanted)
    assert len(places) == min(count, wanted)
    assert all(0 <= each < count for each in places) and sorted(set(places)) == places


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001 — hypothesis adds the zone itself
def test_a_round_opens_on_a_monday(after: datetime) -> None:
    monday = next_monday(after)
    assert monday.weekday() == 0 and after < monday <= after + timedelta(days=7)


def test_a_week_belongs_to_the_year_of_its_thursday() -> None:
    assert year_and_week(datetime(2024, 12, 30, tzinfo=UTC)) == (2025, 1)


@given(st.text(max_size=20), st.text(max_size=20))
def test_closeness_is_between_nothing_and_one(one: str, other: str) -> None:
    assert 0 <= closeness(normalised(one), normalised(other)) <= 1


def test_the_shipped_vocabulary_has_both_languages_and_no_name_apart() -> None:
    assert len(shipped()) >= 60
    assert all(each.label_ko and each.label_en and each.synonyms_en for each in shipped())
    shared = {name: keys for name, keys in WORDS.known.items() if len(keys) > 1}
    assert shared == {}, "a name that two bear is a choice: list it in this test when it is meant"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"key": "a", "en": "A"}], "key, en and ko"),
        ([{"key": "a", "en": "A", "ko": "가"}] * 2, "twice"),
        ([{"key": "a", "en": "A", "ko": "가", "parents": ["b"]}], "there is no b"),
    ],
)
def test_a_bad_vocabulary_says_what_is_wrong(rows: list[dict[str, object]], why: str) -> None:
    with pytest.raises(BadVocabulary, match=why):
        read_terms({"diagnosis": rows})
