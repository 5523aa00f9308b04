"""Looks through the whole space of situations for gaps, overlaps, contradictions and statements that never apply."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from pysat.examples.hitman import Hitman

from firstlight.guidance.rules.faults import Fault, FaultKind
from firstlight.guidance.rules.guideline import Guideline, Recommendation
from firstlight.guidance.rules.space import Space

MOST_GAPS = 3


def check(guideline: Guideline) -> list[Fault]:
    """Every contradiction, overlap and unreachable statement, and the smallest gaps, contradictions first."""
    space = Space(guideline)
    applies = _literals(guideline, space)
    return [
        *_clashes(guideline, space, applies),
        *_gaps(guideline, space, applies),
        *_unreachable(guideline, space, applies),
    ]


def _literals(guideline: Guideline, space: Space) -> dict[str, int]:
    """For each recommendation the literal that is true where it applies."""
    applies: dict[str, int] = {}
    for each in guideline.in_turn:
        applies[each.id] = space.all_of([space.literal(each.when), *(-applies[name] for name in each.yields_to)])
    return applies


def _clashes(guideline: Guideline, space: Space, applies: Mapping[str, int]) -> list[Fault]:
    found = []
    for one, other in combinations(guideline.recommendations, 2):
        both = [applies[one.id], applies[other.id]]
        if on_the_same(one, other) and space.is_possible([space.inside, *both]):
            example = smallest_example(space, space.all_of(both))
            found.append(Fault(_kind(one, other), (one.id, other.id), example))
    return sorted(found, key=lambda fault: fault.kind != FaultKind.CONTRADICTION)


def on_the_same(one: Recommendation, other: Recommendation) -> bool:
    """Whether two recommendations speak of the same examination for the same purpose."""
    return bool(set(one.purposes) & set(other.purposes)) and bool(one.covered & other.covered)


def _kind(one: Recommendation, other: Recommendation) -> FaultKind:
    opposite = {one.direction, other.direction} == {"for", "against"}
    return FaultKind.CONTRADICTION if opposite else FaultKind.OVERLAP


def _gaps(guideline: Guideline, space: Space, applies: Mapping[str, int]) -> Iterator[Fault]:
    silent = [space.literal(each.when) for each in guideline.silences]
    gap = -space.any_of([*applies.values(), *silent])
    for _time in range(MOST_GAPS):
        if not space.is_possible([space.inside, gap]):
            return
        example = smallest_example(space, gap)
        yield Fault(FaultKind.GAP, (), example)
        gap = space.all_of([gap, -space.all_of([space.answers[each] for each in example.items()])])


def _unreachable(guideline: Guideline, space: Space, applies: Mapping[str, int]) -> Iterator[Fault]:
    for each in guideline.recommendations:
        if not space.is_possible([space.inside, applies[each.id]]):
            yield Fault(FaultKind.UNREACHABLE, (each.id,), {})
    none = [-literal for literal in applies.values()]
    for number, silence in enumerate(guideline.silences, start=1):
        if not space.is_possible([space.inside, space.literal(silence.when), *none]):
            yield Fault(FaultKind.UNREACHABLE, (f"silence {number}",), {})


def smallest_example(space: Space, fault: int) -> dict[str, str]:
    """The fewest answers after which the fault is there whatever the others are; the fault must be possible.

    Each way out, some answers without the fault, must be shut by one answer of the example. The fewest answers that
    shut all ways out found so far are tried, and leave another way out or none: the implicit hitting set method
    (Reiter 1987; Moreno-Centeno and Karp 2013), so that no smaller example exists.
    """
    way_out = space.all_of([space.inside, -fault])
    with Hitman(solver="glucose4", htype="sorted") as candidates:
        for rivals in space.rivals:
            candidates.block(rivals)
        while True:
            example: list[int] = candidates.get() or []
            if space.is_possible([*example, way_out]):
                not_given = sorted(set(space.answers.values()) - set(space.answers_found()))
                shut_out = space.enough([-each for each in not_given], -way_out)
                candidates.hit([-each for each in shut_out if -each in space.asked])
            elif space.is_possible([*example, space.inside]):
                return dict(answer for answer, literal in space.answers.items() if literal in example)
            else:
                space.rivals.append(space.enough(example, space.inside))
                candidates.block(space.rivals[-1])
