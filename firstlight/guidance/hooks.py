"""What apps above tell guidelines when they start: situations to rehearse a change on."""

from collections.abc import Callable, Iterable
from datetime import datetime

from firstlight.guidance.rules.rehearsing import Situation
from firstlight.outbreaks.models import Outbreak

FindSituations = Callable[[Outbreak, datetime], Iterable[Situation]]
"""(outbreak, at) -> situations that real forms tell, by a pseudonym's number, without anything personal."""

_situations: list[FindSituations] = []


def register_situations(find: FindSituations) -> None:
    """Let an app give situations, such as a cohort's de-identified forms, to rehearse changes on."""
    if find not in _situations:
        _situations.append(find)


def situations_of(outbreak: Outbreak, *, at: datetime) -> list[Situation]:
    """Every situation that apps know of in an outbreak."""
    return [each for find in _situations for each in find(outbreak, at)]
