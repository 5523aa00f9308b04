"""Calls and records that nobody here wrote: Argonaut's connectathon calls and Synthea's patients."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from firstlight.guidance.cds.facts import facts_of
from tests.order_systems.conftest import NOW, Ask, hook, order, refused, said


@pytest.fixture
def argonaut(shared_data: Path) -> Path:
    return shared_data / "fhir_cds/pama/connectathon-scenarios-2019-09/examples"


@pytest.fixture
def synthea(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "fhir_cds/synthea_r4").glob("*.json"))


def test_a_lumbar_spine_is_none_of_our_business(ask: Ask, guidelines: object, argonaut: Path) -> None:
    call = (argonaut / "scenario-01-outbound-request.json").read_bytes()
    assert said(ask("which-imaging", call)) == {"cards": []}


def test_an_angiogram_of_the_chest_without_a_record_is_412(ask: Ask, guidelines: object, argonaut: Path) -> None:
    call = orjson.loads((argonaut / "scenario-02-outbound-request.json").read_bytes())
    assert refused(ask("which-imaging", call))["status"] == 412
    call["prefetch"] = {"conditions": None, "observations": None}
    found = said(ask("which-imaging", call))
    assert found["cards"][0]["summary"].startswith("CT angiography")
    assert "systemActions" not in found, "congenital heart disease is no reason of ours"


def test_whole_records_are_read_and_say_no_more_than_they_do(ask: Ask, guidelines: object, synthea: list[Path]) -> None:
    for path in synthea:
        bundle = orjson.loads(path.read_bytes())
        facts = facts_of([bundle], at=NOW)
        assert facts.age_years is not None
        assert len(facts.results) > 10
        found = said(ask("which-imaging", hook("order-sign", order(), prefetch={"conditions": bundle})))
        assert len(found["cards"]) == 1
        told = str(found)
        names = [name for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient"
                 for one in each["resource"]["name"] for name in (one["family"], *one["given"])]  # fmt: skip
        assert names
        assert not any(name in told for name in names)


def test_the_specifications_own_examples_of_calls_are_read(ask: Ask, guidelines: object, shared_data: Path) -> None:
    import re

    page = (shared_data / "fhir_cds/cds_hooks_docs/docs/hooks/order-sign.md").read_text()
    contexts = [orjson.loads("{" + found + "}") for found in re.findall(r"```json\n\{(.*?)\n\}\n```", page, re.DOTALL)]
    assert contexts
    for each in contexts:
        call: dict[str, Any] = {**hook(), "context": each["context"]}
        assert ask("which-imaging", call).status == 200
