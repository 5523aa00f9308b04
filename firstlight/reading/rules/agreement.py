"""How far readers agree beyond chance: kappa, alpha and ICC with bootstrap intervals, on NumPy alone.

Ratings are a table of cases (rows) by readers (columns), NaN where a reader did not read. Categories are numbers, which
for an ordered scale must be in its order. What cannot be computed, such as kappa when all say the same always, is NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float64]
Statistic = Callable[[Table], float]
Weighting = Literal["none", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]
Form = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]
NOT_COMPUTABLE = float("nan")


class BadRatings(ValueError):
    """Ratings that a statistic cannot take; the message says why."""


@dataclass(frozen=True)
class Estimate:
    """A statistic with its bootstrap interval; `used` resamples of `resamples` could be computed."""

    value: float
    low: float
    high: float
    cases: int
    readers: int
    used: int
    resamples: int


def cohen_kappa(ratings: npt.ArrayLike, weighting: Weighting = "none") -> float:
    """Cohen's kappa of two readers (Educ Psychol Meas 1960;20:37), or weighted (Psychol Bull 1968;70:213)."""
    table = _complete(ratings, readers=2)
    values, coded = np.unique(table, return_inverse=True)
    codes = coded.reshape(table.shape)
    joint = np.zeros((values.size, values.size))
    np.add.at(joint, (codes[:, 0], codes[:, 1]), 1)
    return kappa_of_table(joint, disagreement_weights(values, weighting))


def kappa_of_table(joint: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Kappa from a square table of counts or proportions; `weights` grow with disagreement, nought on the diagonal."""
    observed = np.asarray(joint, dtype=float)
    observed = observed / observed.sum()
    chance = np.outer(observed.sum(axis=1), observed.sum(axis=0))
    disagreement = 1 - np.eye(len(observed)) if weights is None else np.asarray(weights, dtype=float)
    return _one_minus(float((disagreement * observed).sum()), float((disagreement * chance).sum()))


def disagreement_weights(values: npt.ArrayLike, weighting: Weighting) -> Table:
    """How much each pair of categories disagrees, by their distance on the scale."""
    scale = np.asarray(values, dtype=float)
    apart: Table = np.abs(scale[:, None] - scale[None, :])
    if weighting == "none":
        return (apart > 0).astype(np.float64)
    return apart if weighting == "linear" else np.square(apart)


def fleiss_kappa(ratings: npt.ArrayLike) -> float:
    """Fleiss' kappa (Psychol Bull 1971;76:378) of cases that all readers read."""
    table = _complete(ratings)
    values = np.unique(table)
    return fleiss_kappa_of_counts((table[:, :, None] == values).sum(axis=1))


def fleiss_kappa_of_counts(counts: npt.ArrayLike) -> float:
    """The same from a table of cases by categories that counts the readers who chose each."""
    table = np.asarray(counts, dtype=float)
    readers = table.sum(axis=1)
    if readers.min(initial=np.inf) < 2 or np.ptp(readers) > 0:
        raise BadRatings("Fleiss' kappa needs the same number of readers, two or more, for every case.")
    agreeing = ((table**2).sum(axis=1) - readers) / (readers * (readers - 1))
    chance = ((table.sum(axis=0) / table.sum()) ** 2).sum()
    return _one_minus(1 - float(agreeing.mean()), 1 - float(chance))


def krippendorff_alpha(ratings: npt.ArrayLike, level: Level = "nominal") -> float:
    """Krippendorff's alpha (Computing Krippendorff's alpha-reliability, 2011); readings may be missing."""
    table = np.asarray(ratings, dtype=float)
    values = np.unique(table[~np.isnan(table)])
    counts = (table[:, :, None] == values).sum(axis=1).astype(float)
    counts = counts[counts.sum(axis=1) > 1]
    if not counts.size:
        return NOT_COMPUTABLE
    readers = counts.sum(axis=1)
    weighed = counts / (readers - 1)[:, None]
    coincidences = weighed.T @ counts - np.diag(weighed.sum(axis=0))
    margins = coincidences.sum(axis=1)
    total = margins.sum()
    apart = _apart(values, margins, level)
    chance = (np.outer(margins, margins) - np.diag(margins)) / (total - 1)
    return _one_minus(float((apart * coincidences).sum()), float((apart * chance).sum()))


def _apart(values: Table, margins: Table, level: Level) -> Table:
    """The squared distance of each pair of values at a level of measurement."""
    if level == "ordinal":
        ranks = np.cumsum(margins) - margins / 2
        return disagreement_weights(ranks, "quadratic")
    return disagreement_weights(values, "none" if level == "nominal" else "quadratic")


def intraclass_correlation(ratings: npt.ArrayLike, form: Form = "2,1") -> float:
    """ICC in the forms of Shrout and Fleiss (Psychol Bull 1979;86:420) of cases that all readers read.

    1 one-way, 2 two-way with readers drawn at random, 3 two-way with these very readers; k for the mean of the readers.
    """
    table = _complete(ratings)
    cases, readers = table.shape
    if cases < 2:
        return NOT_COMPUTABLE
    between, within, of_readers, residual = _mean_squares(table)
    model, _, unit = form.partition(",")
    single = unit == "1"
    noise = {"1": within, "2": residual, "3": residual}[model]
    bias = readers * (of_readers - residual) / cases if model == "2" else 0.0
    mean_bias = bias / readers
    below = between + (readers - 1) * noise + bias if single else between + mean_bias
    # Without variance between cases the form's estimate of the total can be nought, or rounding's idea of it, or less.
    if below <= 1e-12 * (between + within + of_readers + residual):
        return NOT_COMPUTABLE
    return float((between - noise) / below)


def _mean_squares(table: Table) -> tuple[float, float, float, float]:
    """Between cases, within cases, between readers, and the residual."""
    cases, readers = table.shape
    overall = table.mean()
    by_case, by_reader = table.mean(axis=1), table.mean(axis=0)
    sum_cases = readers * ((by_case - overall) ** 2).sum()
    sum_readers = cases * ((by_reader - overall) ** 2).sum()
    sum_within = ((table - by_case[:, None]) ** 2).sum()
    return (
        float(sum_cases / (cases - 1)),
        float(sum_within / (cases * (readers - 1))),
        float(sum_readers / (readers - 1)),
        float((sum_within - sum_readers) / ((cases - 1) * (readers - 1))),
    )


def with_interval(
    statistic: Statistic,
    ratings: npt.ArrayLike,
    *,
    generator: np.random.Generator,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Estimate:
    """A statistic and its percentile bootstrap interval, drawing whole cases with replacement by `generator`.

    A resample that cannot be computed is left out and shows in `used`; below half of them the interval is NaN.
    """
    table = np.asarray(ratings, dtype=float)
    cases, readers = table.shape
    drawn = [statistic(table[generator.integers(0, cases, cases)]) for _ in range(resamples)]
    usable = np.array([each for each in drawn if not np.isnan(each)])
    low = high = NOT_COMPUTABLE
    if usable.size * 2 >= resamples:
        low, high = (float(each) for each in np.quantile(usable, [(1 - confidence) / 2, (1 + confidence) / 2]))
    return Estimate(statistic(table), low, high, cases, readers, usable.size, resamples)


def _complete(ratings: npt.ArrayLike, readers: int | None = None) -> Table:
    table = np.asarray(ratings, dtype=float)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise BadRatings("Ratings are a table of cases by two or more readers.")
    if readers is not None and table.shape[1] != readers:
        raise BadRatings(f"This statistic is for {readers} readers, and the table has {table.shape[1]}.")
    if np.isnan(table).any():
        raise BadRatings("Every reader must have read every case; Krippendorff's alpha takes missing readings.")
    return table


def _one_minus(observed: float, chance: float) -> float:
    return 1 - observed / chance if chance > 0 else NOT_COMPUTABLE
