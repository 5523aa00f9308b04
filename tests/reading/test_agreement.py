"""Agreement, against the digits that its authors printed."""

from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from firstlight.reading.rules.agreement import (
    BadRatings,
    cohen_kappa,
    fleiss_kappa,
    fleiss_kappa_of_counts,
    intraclass_correlation,
    kappa_of_table,
    krippendorff_alpha,
    with_interval,
)

NO = np.nan

# Cohen 1960, table 1, as proportions of 200: personality disorder, neurosis, psychosis.
DIAGNOSES = [[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]

# Fleiss 1971, table 1: thirty patients, six psychiatrists each; depression, personality disorder, schizophrenia,
# neurosis, other.
PSYCHIATRISTS = [
    (0, 0, 0, 6, 0),
    (0, 3, 0, 0, 3),
    (0, 1, 4, 0, 1),
    (0, 0, 0, 0, 6),
    (0, 3, 0, 3, 0),
    (2, 0, 4, 0, 0),
    (0, 0, 4, 0, 2),
    (2, 0, 3, 1, 0),
    (2, 0, 0, 4, 0),
    (0, 0, 0, 0, 6),
    (1, 0, 0, 5, 0),
    (1, 1, 0, 4, 0),
    (0, 3, 3, 0, 0),
    (1, 0, 0, 5, 0),
    (0, 2, 0, 3, 1),
    (0, 0, 5, 0, 1),
    (3, 0, 0, 1, 2),
    (5, 1, 0, 0, 0),
    (0, 2, 0, 4, 0),
    (1, 0, 2, 0, 3),
    (0, 0, 0, 0, 6),
    (0, 1, 0, 5, 0),
    (0, 2, 0, 1, 3),
    (2, 0, 0, 4, 0),
    (1, 0, 0, 4, 1),
    (0, 5, 0, 1, 0),
    (4, 0, 0, 0, 2),
    (0, 2, 0, 4, 0),
    (1, 0, 5, 0, 0),
    (0, 0, 0, 0, 6),
]

# Krippendorff 2011, section C: four observers, twelve units, some readings missing.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
        [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
    ]
).T

# Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_cohen_1960() -> None:
    assert kappa_of_table(DIAGNOSES) == pytest.approx(0.492, abs=0.0005)


def test_cohen_weighted_1968() -> None:
    assert kappa_of_table(DIAGNOSES, [[0, 1, 3], [1, 0, 6], [3, 6, 0]]) == pytest.approx(0.348, abs=0.0005)


def test_fleiss_1971() -> None:
    assert fleiss_kappa_of_counts(PSYCHIATRISTS) == pytest.approx(0.430, abs=0.0005)


@pytest.mark.parametrize(("level", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorff_2011(level: str, printed: float) -> None:
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(printed, abs=0.0005)


@pytest.mark.parametrize(
    ("form", "printed"), [("1,1", 0.17), ("2,1", 0.29), ("3,1", 0.71), ("1,k", 0.44), ("2,k", 0.62), ("3,k", 0.91)]
)
def test_shrout_and_fleiss_1979(form: str, printed: float) -> None:
    assert intraclass_correlation(JUDGES, form) == pytest.approx(printed, abs=0.005)


FIRST = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 2, 3, 3, 1, 5]
SECOND = [1, 2, 3, 4, 4, 1, 3, 3, 5, 5, 2, 1, 3, 2, 5]


@pytest.mark.parametrize(
    ("weighting", "by_scikit_learn"),
    [("none", 0.5786516853932584), ("linear", 0.7443181818181819), ("quadratic", 0.8617511520737328)],
)
def test_two_readers_against_another_program(weighting: str, by_scikit_learn: float) -> None:
    """`cohen_kappa_score` of scikit-learn 1.9.1 on the same two lists."""
    assert cohen_kappa(np.transpose([FIRST, SECOND]), weighting) == pytest.approx(by_scikit_learn, abs=1e-9)


tables = arrays.arrays(float, st.tuples(st.integers(2, 25), st.integers(2, 5)), elements=st.integers(0, 4))


@settings(deadline=None)
@given(tables)
def test_no_statistic_exceeds_one_and_order_does_not_matter(table: np.ndarray) -> None:
    forms = [partial(intraclass_correlation, form=form) for form in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")]
    for statistic in (fleiss_kappa, krippendorff_alpha, *forms):
        value, turned = statistic(table), statistic(table[::-1, ::-1])
        assert np.isnan(value) or value <= 1 + 1e-12
        assert turned == pytest.approx(value, nan_ok=True, abs=1e-9, rel=1e-6)


@settings(deadline=None)
@given(tables)
def test_readers_who_always_say_the_same_thing_of_varied_cases_agree_fully(table: np.ndarray) -> None:
    same = np.repeat(table[:, :1], 3, axis=1)
    assume(np.ptp(same) > 0)
    assert fleiss_kappa(same) == pytest.approx(1)
    assert cohen_kappa(same[:, :2], "linear") == pytest.approx(1)
    assert intraclass_correlation(same, "1,1") == pytest.approx(1)
    for level in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(same, level) == pytest.approx(1)


def test_cases_that_do_not_differ_at_all_leave_nothing_to_share_out() -> None:
    for form in ("2,1", "2,k", "3,k"):
        assert np.isnan(intraclass_correlation([[1, 2], [2, 1]], form))


def test_what_cannot_be_computed_is_not_a_number() -> None:
    always_the_same = np.ones((5, 2))
    for statistic in (cohen_kappa, fleiss_kappa, krippendorff_alpha, intraclass_correlation):
        assert np.isnan(statistic(always_the_same))
    assert np.isnan(krippendorff_alpha([[1, NO], [NO, 2]])), "no case was read twice"
    estimate = with_interval(cohen_kappa, always_the_same, generator=np.random.default_rng(1), resamples=20)
    assert (estimate.used, np.isnan(estimate.low)) == (0, True)


@pytest.mark.parametrize(
    ("table", "why"),
    [([1, 2, 3], "table"), ([[1], [2]], "two or more"), ([[1, 2, 3]], "for 2 readers"), ([[1, NO]], "every case")],
)
def test_ratings_that_do_not_fit_are_refused_with_a_word(table: object, why: str) -> None:
    with pytest.raises(BadRatings, match=why):
        cohen_kappa(table)


def test_an_interval_holds_its_value_and_repeats_with_its_seed() -> None:
    ratings = np.transpose([FIRST, SECOND])
    first, again, other = (
        with_interval(cohen_kappa, ratings, generator=np.random.default_rng(seed), resamples=400) for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other
    assert first.low < first.value < first.high <= 1
    assert (first.cases, first.readers, first.used) == (15, 2, 400)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """Sixty samples of eighty cases each, from two readers whose kappa is 0.5 by construction."""
    generator = np.random.default_rng(2031)
    covered = 0
    for _ in range(60):
        truth = generator.integers(0, 2, 80)
        copied = generator.random(80) < 0.5
        second = np.where(copied, truth, generator.integers(0, 2, 80))
        found = with_interval(cohen_kappa, np.transpose([truth, second]), generator=generator, resamples=200)
        covered += found.low <= 0.5 <= found.high
    assert 50 <= covered <= 60
