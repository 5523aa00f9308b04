"""The checker against counting out every situation, on small guidelines drawn at random."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.guidance.rules.checking import check, on_the_same
from firstlight.guidance.rules.conditions import judge
from firstlight.guidance.rules.facts import implications
from firstlight.guidance.rules.faults import Fault, FaultKind
from firstlight.guidance.rules.guideline import Guideline, Recommendation
from firstlight.guidance.rules.inputs import Input, shared_inputs
from tests.guidance.documents import recommendation, small

NAMES = ("place", "symptoms", "severity", "worsening")
VALUES = {name: shared_inputs()[name].names for name in NAMES}
DIRECTIONS = st.sampled_from(["for", "against", "either"])
Situation = Mapping[str, str]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, object]:
    """A condition's table on some of the inputs."""
    names: list[str] = draw(st.lists(st.sampled_from(NAMES), min_size=0, max_size=3, unique=True))
    when: dict[str, object] = {}
    for name in names:
        chosen: list[str] = draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=3, unique=True))
        is_negated = draw(st.booleans()) and len(chosen) < len(VALUES[name])
        when[name] = {"not": chosen} if is_negated else chosen
    if draw(st.booleans()):
        when["age_years"] = {"at_least": draw(st.sampled_from([18, 40, 65]))}
    if names and draw(st.booleans()):
        name = draw(st.sampled_from(names))
        return {"any": [when, {"not": {name: draw(st.sampled_from(VALUES[name]))}}]}
    return when


@st.composite
def guidelines(draw: st.DrawFn) -> Guideline:
    """A guideline of up to four recommendations, some of which give way to an earlier one."""
    count = draw(st.integers(1, 4))
    rows = []
    for number in range(count):
        earlier = [f"R{each}" for each in range(number)]
        yields_to = draw(st.lists(st.sampled_from(earlier), max_size=1)) if earlier else []
        modalities = [draw(st.sampled_from(["ct", "radiograph", "imaging"]))]
        when, direction = draw(tables()), draw(DIRECTIONS)
        rows.append(recommendation(f"R{number}", when, direction, modalities=modalities, yields_to=yields_to))
    silences = [{"when": draw(tables()), "text_ko": "ㄱ", "text_en": "a"}] if draw(st.booleans()) else []
    return small(*rows, silences=silences, population=draw(tables()))


def situations(guideline: Guideline) -> list[Situation]:
    """Every situation of the population that does not contradict itself."""
    asked = {**{name: shared_inputs()[name] for name in NAMES}, **{each.name: each for each in guideline.inputs}}
    every = (dict(zip(asked, answers, strict=True)) for answers in product(*map(answers_to, asked.values())))
    return [each for each in every if judge(guideline.population, each).truth and is_consistent(each)]


def answers_to(asked: Input) -> tuple[str, ...]:
    return ("0", "18", "40", "65") if asked.is_number else asked.names


def is_consistent(situation: Situation) -> bool:
    return all(
        situation.get(name, value) == value
        for each in implications()
        if judge(each.when, situation).truth
        for name, value in each.then.items()
    )


def applying(guideline: Guideline, situation: Situation) -> list[Recommendation]:
    applies: dict[str, bool] = {}
    for each in guideline.in_turn:
        gives_way = any(applies[name] for name in each.yields_to)
        applies[each.id] = judge(each.when, situation).truth is True and not gives_way
    return [each for each in guideline.recommendations if applies[each.id]]


def shows(fault: Fault, guideline: Guideline, situation: Situation) -> bool:
    """Whether a fault shows in a situation."""
    there = {each.id for each in applying(guideline, situation)}
    if fault.kind == FaultKind.GAP:
        return not there and not any(judge(each.when, situation).truth for each in guideline.silences)
    return set(fault.recommendations) <= there


def clashes(guideline: Guideline, every: list[Situation]) -> set[frozenset[str]]:
    return {
        frozenset({one.id, other.id})
        for situation in every
        for one, other in combinations(applying(guideline, situation), 2)
        if on_the_same(one, other)
    }


def smaller_examples(
    example: Situation, fault: Fault, guideline: Guideline, every: list[Situation]
) -> Iterator[Situation]:
    """Answers to fewer of its inputs after which the fault shows whatever the others are."""
    asked = [each.name for each in guideline.inputs]
    for size in range(len(example)):
        for names in combinations(asked, size):
            for shared in {tuple(each[name] for name in names) for each in every}:
                part = dict(zip(names, shared, strict=True))
                fitting = [each for each in every if part.items() <= each.items()]
                if all(shows(fault, guideline, each) for each in fitting):
                    yield part


@settings(deadline=None, max_examples=60)
@given(guidelines())
def test_finds_exactly_what_counting_finds(guideline: Guideline) -> None:
    every, faults = situations(guideline), check(guideline)
    reached = {each.id for situation in every for each in applying(guideline, situation)}
    found = {frozenset(each.recommendations) for each in faults if len(each.recommendations) == 2}
    unreachable = {each.recommendations[0] for each in faults if each.kind == FaultKind.UNREACHABLE}
    gap = Fault(FaultKind.GAP, (), {})
    assert found == clashes(guideline, every)
    assert {name for name in unreachable if not name.startswith("silence")} == guideline.by_id.keys() - reached
    assert any(each.kind == FaultKind.GAP for each in faults) == any(shows(gap, guideline, each) for each in every)


@settings(deadline=None, max_examples=40)
@given(guidelines())
def test_each_example_is_one_and_none_is_smaller(guideline: Guideline) -> None:
    every = situations(guideline)
    gaps = 0
    for fault in check(guideline):
        if fault.kind == FaultKind.UNREACHABLE:
            continue
        fitting = [each for each in every if fault.example.items() <= each.items()]
        assert fitting
        assert all(shows(fault, guideline, each) for each in fitting)
        gaps += fault.kind == FaultKind.GAP
        if gaps < 2 or fault.kind != FaultKind.GAP:  # later gaps are the smallest of what the earlier ones left
            assert not list(smaller_examples(fault.example, fault, guideline, every))


def test_names_a_contradiction_with_its_smallest_example() -> None:
    guideline = small(recommendation("A", {"symptoms": "fever"}), recommendation("B", {"place": "hospital"}, "against"))
    contradictions = [each for each in check(guideline) if each.kind == FaultKind.CONTRADICTION]
    assert [(each.recommendations, dict(each.example)) for each in contradictions] == [
        (("A", "B"), {"place": "hospital", "symptoms": "fever"})
    ]


def test_what_follows_from_an_answer_is_no_part_of_the_example() -> None:
    """Without symptoms it is mild, so that one answer shows the clash of both."""
    guideline = small(recommendation("A", {"symptoms": "none"}), recommendation("B", {"severity": "mild"}, "against"))
    assert {"symptoms": "none"} in [dict(each.example) for each in check(guideline)]


def test_different_purposes_do_not_clash() -> None:
    guideline = small(recommendation("A", {}), recommendation("B", {}, "against", purposes=["rule_out"]))
    assert check(guideline) == []


def test_a_statement_that_never_applies_is_named() -> None:
    guideline = small(
        recommendation("A", {}),
        recommendation("B", {"symptoms": "none", "severity": "critical"}, purposes=["triage"]),
    )
    assert [(each.kind, each.recommendations) for each in check(guideline)] == [(FaultKind.UNREACHABLE, ("B",))]
