"""What changed between two versions of a guideline, in words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from firstlight.guidance.rules.guideline import Guideline, Recommendation
from firstlight.guidance.rules.inputs import Words, terms
from firstlight.guidance.rules.wording import joined, say_condition

NOTHING = Words("없음", "none")


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Difference:
    """One thing that a version says otherwise."""

    name: Words
    before: Words
    after: Words


@dataclass(frozen=True)
class Change:
    """A recommendation that came, went or says something else; an empty id is the guideline as a whole."""

    kind: ChangeKind
    id: str
    text: Words
    differences: tuple[Difference, ...] = ()


Say = Callable[[Recommendation, Guideline], Words]


def _named(kind: str, name: str) -> Say:
    return lambda each, _guideline: terms(kind)[getattr(each, name)].label


def _several(kind: str, name: str) -> Say:
    return lambda each, _guideline: joined((terms(kind)[one].label for one in getattr(each, name)), ", ", ", ")


PARTS: tuple[tuple[Words, Say], ...] = (
    (Words("문구", "Words"), lambda each, _guideline: each.text),
    (Words("해당하는 상황", "Applies"), lambda each, guideline: say_condition(each.when, guideline)),
    (Words("검사", "Examination"), _several("modalities", "modalities")),
    (Words("목적", "Purpose"), _several("purposes", "purposes")),
    (Words("방향", "Direction"), _named("directions", "direction")),
    (Words("권고 표현", "Verb"), _named("verbs", "verb")),
    (Words("강도", "Strength"), _named("strengths", "strength")),
    (Words("근거 수준", "Certainty"), _named("certainties", "certainty")),
    (Words("확인", "Verified"), _named("marks", "mark")),
    (Words("확인되지 않은 부분", "Not verified"), lambda each, _guideline: each.unverified or NOTHING),
    (Words("양보", "Gives way to"), lambda each, _guideline: _plain(each.yields_to)),
    (Words("근거", "Sources"), lambda each, _guideline: _plain(tuple(one.text for one in each.sources))),
    (Words("설명", "Remarks"), lambda each, _guideline: joined((one.text for one in each.remarks), " ", " ")),
)


def _plain(names: tuple[str, ...]) -> Words:
    return Words("; ".join(names), "; ".join(names)) if names else NOTHING


def changes_between(old: Guideline, new: Guideline) -> list[Change]:
    """What changed: the whole first, then recommendation by recommendation in the new one's order, then what went."""
    return [*_whole(old, new), *_each(old, new), *_gone(old, new)]


def _whole(old: Guideline, new: Guideline) -> Iterator[Change]:
    parts = (
        (Words("제목", "Title"), old.title, new.title),
        (Words("대상", "For whom"), old.whom, new.whom),
        (Words("대상 조건", "Population"), say_condition(old.population, old), say_condition(new.population, new)),
        (Words("방법", "Method"), old.method, new.method),
        (Words("인용", "Citation"), _plain((old.citation,)), _plain((new.citation,))),
        (Words("임상 확인", "Sign-off"), _plain((old.sign_off,)), _plain((new.sign_off,))),
    )
    if differences := tuple(Difference(*each) for each in parts if each[1] != each[2]):
        yield Change(ChangeKind.CHANGED, "", new.title, differences)


def _each(old: Guideline, new: Guideline) -> Iterator[Change]:
    for each in new.recommendations:
        earlier = old.by_id.get(each.id)
        if earlier is None:
            yield Change(ChangeKind.ADDED, each.id, each.text)
        elif differences := _differences(earlier, old, each, new):
            yield Change(ChangeKind.CHANGED, each.id, each.text, differences)


def _gone(old: Guideline, new: Guideline) -> Iterator[Change]:
    for each in old.recommendations:
        if each.id not in new.by_id:
            yield Change(ChangeKind.REMOVED, each.id, each.text)


def _differences(
    earlier: Recommendation, old: Guideline, later: Recommendation, new: Guideline
) -> tuple[Difference, ...]:
    said = ((name, say(earlier, old), say(later, new)) for name, say in PARTS)
    return tuple(Difference(*each) for each in said if each[1] != each[2])
