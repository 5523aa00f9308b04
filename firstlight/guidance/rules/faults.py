from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    GAP = "gap"
    OVERLAP = "overlap"
    CONTRADICTION = "contradiction"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with a guideline: which statements, and the fewest answers in which it shows.

    Whatever else is true of a situation with these answers, it shows; an unreachable statement has no example.
    """

    kind: FaultKind
    recommendations: tuple[str, ...]
    example: Mapping[str, str]
