"""A recommendation's condition in FHIRPath means what it means to us, says an engine that nobody here wrote."""

from pathlib import Path
from typing import Any

import pytest
from fhirpathpy import compile as compiled
from hypothesis import given
from hypothesis import strategies as st

from firstlight.fhir.rules.conditions import applicability
from firstlight.guidance.rules.advice import advise
from firstlight.guidance.rules.facts import known_from
from firstlight.guidance.rules.guideline import Guideline, read_guideline
from tests.order_systems.conftest import CONTENT

FILES = sorted(CONTENT.glob("*.toml"))
GUIDELINES = {path.stem: read_guideline(path.read_bytes()) for path in FILES}
EXPRESSIONS = {
    (name, each.id): compiled(applicability(guideline, each))
    for name, guideline in GUIDELINES.items()
    for each in guideline.recommendations
}


def response(facts: dict[str, str], guideline: Guideline) -> dict[str, Any]:
    numbers = {each.name for each in guideline.inputs if each.is_number}
    items = [
        {
            "linkId": name,
            "answer": [{"valueInteger": int(value)} if name in numbers else {"valueCoding": {"code": value}}],
        }
        for name, value in facts.items()
    ]
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_recommendation_applies_where_its_expression_does(path: Path) -> None:
    guideline = GUIDELINES[path.stem]
    forms = st.fixed_dictionaries(
        {},
        optional={
            each.name: st.sampled_from(each.names) if each.values else st.integers(0, 99).map(str)
            for each in guideline.inputs
        },
    )

    @given(answers=forms)
    def agree(answers: dict[str, str]) -> None:
        known = known_from(answers)
        if known.conflicts:
            return
        advice = advise(guideline, answers)
        given_ids = {each.id for each in advice.recommendations}
        waiting = {each.id for each in advice.undecided}
        form = response(dict(known.facts), guideline)
        for each in guideline.recommendations:
            found = EXPRESSIONS[path.stem, each.id](form)
            if advice.outside or each.id not in given_ids | waiting:
                assert found in ([False], []), each.id
            elif each.id in given_ids:
                assert found in ([True], []), each.id

    agree()
