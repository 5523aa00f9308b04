"""Conditions, answers and faults in words, in both languages."""

from collections.abc import Iterable, Mapping

from firstlight.guidance.rules.conditions import Among, Between, Condition, Every, Opposite, Some
from firstlight.guidance.rules.faults import Fault, FaultKind
from firstlight.guidance.rules.guideline import Guideline
from firstlight.guidance.rules.inputs import Input, Words, shared_inputs

ANYONE = Words("언제나", "always")
SENTENCES = {
    FaultKind.GAP: Words("이런 상황에는 아무 권고도 없습니다", "No recommendation answers this situation"),
    FaultKind.OVERLAP: Words(
        "{0}와(과) {1}이(가) 겹칩니다", "{0} and {1} both apply, on the same examination and purpose"
    ),
    FaultKind.CONTRADICTION: Words("{0}와(과) {1}이(가) 서로 어긋납니다", "{0} and {1} contradict each other"),
    FaultKind.UNREACHABLE: Words("{0}은(는) 어떤 상황에도 해당하지 않습니다", "{0} applies to no situation"),
}


def joined(parts: Iterable[Words], ko: str, en: str) -> Words:
    """Several words as one, with what stands between them in each language."""
    listed = list(parts)
    return Words(ko.join(each.ko for each in listed), en.join(each.en for each in listed))


def say_condition(condition: Condition, guideline: Guideline) -> Words:
    """A condition in words."""
    inputs = {**shared_inputs(), **{each.name: each for each in guideline.inputs}}
    return _say(condition, inputs) if condition != Every(()) else ANYONE


def _say(condition: Condition, inputs: Mapping[str, Input]) -> Words:
    match condition:
        case Among(input=name, values=values):
            return _compared(inputs[name], _one_of(inputs[name], values))
        case Between(input=name, low=low, high=high):
            return _compared(inputs[name], say_stretch(inputs[name], low, high))
        case Every(parts=parts):
            return joined((_bracketed(each, inputs, Some) for each in parts), ", 그리고 ", ", and ")
        case Some(parts=parts):
            return joined((_bracketed(each, inputs, Every) for each in parts), "; 또는 ", "; or ")
        case Opposite(part=part):
            said = _say(part, inputs)
            return Words(f"다음이 아님: ({said.ko})", f"not ({said.en})")


def _one_of(asked: Input, values: tuple[str, ...]) -> Words:
    """Which answers, or which not, whichever is shorter."""
    others = [name for name in asked.names if name not in values]
    if not 0 < len(others) < len(values):
        return joined(map(asked.label, values), " 또는 ", " or ")
    said = joined(map(asked.label, others), " 또는 ", " or ")
    return Words(f"{said.ko} 아님", f"not {said.en}")


def _bracketed(condition: Condition, inputs: Mapping[str, Input], kind: type) -> Words:
    said = _say(condition, inputs)
    return Words(f"({said.ko})", f"({said.en})") if isinstance(condition, kind) else said


def _compared(asked: Input, answer: Words) -> Words:
    return Words(f"{asked.heading.ko}: {answer.ko}", f"{asked.heading.en}: {answer.en}")


def say_stretch(asked: Input, low: int, high: int) -> Words:
    """The numbers from one to another, in words."""
    if low == asked.low:
        return Words(f"{high} 이하", f"at most {high}")
    if high == asked.high:
        return Words(f"{low} 이상", f"at least {low}")
    return Words(f"{low}–{high}", f"{low} to {high}")


def say_answers(answers: Mapping[str, str], guideline: Guideline) -> Words:
    """Some answers in words."""
    inputs = {**shared_inputs(), **{each.name: each for each in guideline.inputs}}
    return joined((_compared(inputs[name], inputs[name].label(value)) for name, value in answers.items()), ", ", ", ")


def say_fault(fault: Fault, guideline: Guideline) -> Words:
    """A fault in one sentence, with its smallest example."""
    sentence = SENTENCES[fault.kind]
    said = Words(sentence.ko.format(*fault.recommendations), sentence.en.format(*fault.recommendations))
    if fault.kind == FaultKind.UNREACHABLE:
        return Words(f"{said.ko}.", f"{said.en}.")
    example = say_answers(fault.example, guideline) if fault.example else ANYONE
    return Words(f"{said.ko}: {example.ko}.", f"{said.en}: {example.en}.")
