"""A guideline's conditions in FHIRPath, which is three-valued as they are: unknown stays unknown.

An expression is read on a QuestionnaireResponse to the guideline's Questionnaire that also holds what follows from the
answers and what is presumed where nobody was asked; both lists are in the guideline's Library.
"""

from firstlight.guidance.rules.conditions import Among, Between, Condition, Every, Opposite, Some
from firstlight.guidance.rules.guideline import Guideline, Recommendation


def applicability(guideline: Guideline, recommendation: Recommendation) -> str:
    """When a recommendation applies, the population and those it yields to included."""
    return _every([fhirpath(guideline.population), _own(guideline, recommendation)])


def _own(guideline: Guideline, recommendation: Recommendation) -> str:
    others = [f"({_own(guideline, guideline.by_id[name])}).not()" for name in recommendation.yields_to]
    return _every([fhirpath(recommendation.when), *others])


def fhirpath(condition: Condition) -> str:
    """A condition as an expression."""
    match condition:
        case Among(input=name, values=values):
            return " or ".join(f"{_answer(name)}.value.code = '{value}'" for value in values) or "false"
        case Between(input=name, low=low, high=high):
            return f"{_answer(name)}.value >= {low} and {_answer(name)}.value <= {high}"
        case Opposite(part=part):
            return f"({fhirpath(part)}).not()"
        case Every(parts=parts):
            return _every([fhirpath(each) for each in parts])
        case Some(parts=parts):
            return " or ".join(f"({fhirpath(each)})" for each in parts) or "false"


def _answer(name: str) -> str:
    return f"item.where(linkId='{name}').answer"


def _every(parts: list[str]) -> str:
    said = [each for each in parts if each != "true"]
    return " and ".join(f"({each})" for each in said) if len(said) > 1 else said[0] if said else "true"
