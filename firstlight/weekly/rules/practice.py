"""Practice: an order that is the learner's own, and how far their confidence can be trusted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

CONFIDENCES = (10, 30, 50, 70, 90)


def shuffled(keys: Iterable[str], *, seed: str) -> list[str]:
    """The keys in an order that the seed alone decides: the same tomorrow, another for anyone else."""
    return sorted(keys, key=lambda each: sha256(f"{seed} {each}".encode()).digest())


def next_key(keys: Iterable[str], *, times: Mapping[str, int], seed: str) -> str | None:
    """What to practise next: one that was practised least, in this round's own order."""
    kept = list(keys)
    least = min((times.get(each, 0) for each in kept), default=0)
    waiting = [each for each in kept if times.get(each, 0) == least]
    return next(iter(shuffled(waiting, seed=f"{seed} {least}")), None)


@dataclass(frozen=True)
class Step:
    """Answers given with one confidence: how many, and how many of them were right."""

    confidence: int
    answers: int
    right: int

    @property
    def right_percent(self) -> float:
        """How often they were right."""
        return 100 * self.right / self.answers


def calibration(answers: Sequence[tuple[int, bool]]) -> list[Step]:
    """For each confidence (percent) that was given, how often the answer was right."""
    counts: dict[int, list[bool]] = {}
    for confidence, is_right in answers:
        counts.setdefault(confidence, []).append(is_right)
    return [Step(each, len(counts[each]), sum(counts[each])) for each in sorted(counts)]


def brier_score(answers: Sequence[tuple[int, bool]]) -> float | None:
    """The mean squared distance of confidence from outcome: 0 is perfect, 0.25 is a coin (Brier 1950)."""
    if not answers:
        return None
    return sum((confidence / 100 - is_right) ** 2 for confidence, is_right in answers) / len(answers)
