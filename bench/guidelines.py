"""Checking a guideline: the ones that ship, forty random rules on fifteen inputs, and counting out beside the solver.

A random guideline has some fifty faults, each reported with its smallest example: far more than an editor's draft.
Seconds are of one core's time. Prints JSON; the machine's load beforehand is part of it.
"""

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from firstlight.guidance.rules.checking import check
from firstlight.guidance.rules.conditions import judge
from firstlight.guidance.rules.guideline import Guideline, read_document, read_guideline
from firstlight.guidance.rules.inputs import shared_inputs
from firstlight.guidance.shipped import shipped

RULES, INPUTS = 40, 15
TEXTS = {f"{name}_{each}": "-" for name in ("title", "short", "publisher", "method", "whom") for each in ("ko", "en")}
Draw = random.Random


def random_guideline(seed: int, *, conditions: int, inputs: int = INPUTS, rules: int = RULES) -> Guideline:
    """A guideline of rules that each look at some of the inputs."""
    draw = random.Random(seed)
    names = [name for name, each in shared_inputs().items() if not each.is_number][:inputs]
    return read_document(
        {
            "slug": "random",
            "version": "1",
            **TEXTS,
            "citation": "-",
            "effective_from": "2031-03-01",
            "sign_off": "unsigned",
            "sources": {"none": {"text": "-", "mark": "M"}},
            "recommendations": [_rule(f"R{each}", draw, draw.sample(names, conditions)) for each in range(rules)],
        }
    )


def _rule(name: str, draw: Draw, inputs: list[str]) -> dict[str, Any]:
    is_against = draw.random() < 0.3
    return {
        "id": name,
        "when": {each: _some_of(draw, shared_inputs()[each].names) for each in inputs},
        "modalities": [draw.choice(("radiograph", "ct", "ultrasound", "imaging", "ct_angiography"))],
        "purposes": [draw.choice(("screening", "diagnosis", "triage", "admission", "treatment", "discharge"))],
        "direction": "against" if is_against else "for",
        "verb": "not_recommended" if is_against else "recommended",
        "strength": "strong",
        "certainty": "low",
        "text_ko": "-",
        "text_en": "-",
        "sources": ["none"],
        "mark": "M",
    }


def _some_of(draw: Draw, values: tuple[str, ...]) -> list[str]:
    return draw.sample(list(values), draw.randint(1, max(1, len(values) - 1)))


def seconds(act: Callable[[], object]) -> float:
    """This process's time for one call."""
    began = time.process_time()
    act()
    return round(time.process_time() - began, 4)


def count_out(guideline: Guideline) -> int:
    """Look at every situation by itself; gives how many there are."""
    situations = 0
    for answers in product(*(each.names for each in guideline.inputs)):
        situation: Mapping[str, str] = dict(zip((each.name for each in guideline.inputs), answers, strict=True))
        _applying = [each for each in guideline.recommendations if judge(each.when, situation).truth]
        situations += 1
    return situations


def main() -> None:
    """Measure and print."""
    check(random_guideline(0, conditions=2, rules=2))  # the solver is loaded
    forty = {
        f"{conditions} inputs a rule": sorted(
            seconds(lambda seed=seed, n=conditions: check(random_guideline(seed, conditions=n)))  # type: ignore[misc]
            for seed in range(7)
        )
        for conditions in (2, 3, 4, 5)
    }
    few = random_guideline(1, conditions=3, inputs=7)
    situations: list[int] = []
    report = {
        "load_before": os.getloadavg()[0],
        "what ships": {
            slug: seconds(lambda t=text: check(read_guideline(t.encode()))) for slug, text in shipped().items()
        },  # type: ignore[misc]
        f"{RULES} random rules, {INPUTS} inputs": forty,
        "seven inputs, with the solver": seconds(lambda: check(few)),
        "seven inputs, each situation counted out": seconds(lambda: situations.append(count_out(few))),
        "situations counted out": situations[0],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
