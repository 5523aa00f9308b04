"""Guidelines in force, and an order system that asks about them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.utils import timezone

import firstlight.guidance
from firstlight.guidance.cds import fhir_server, keeping
from firstlight.guidance.cds.answering import answer
from firstlight.guidance.cds.exchange import Answer, Asked
from firstlight.guidance.models import GuidelineVersion, LivingGuideline
from tests.cast import Cast

CONTENT = Path(firstlight.guidance.__file__).parent / "content"
NOW = timezone.now()
ROOT = "http://127.0.0.1:8000"


def publish(cast: Cast, text: str, *, slug: str, is_own: bool = False, number: int = 1) -> GuidelineVersion:
    """A version in force, without the way it took through review."""
    living, _ = LivingGuideline.objects.get_or_create(
        outbreak=cast.outbreak, slug=slug, defaults={"is_own": is_own, "owner": cast.haneul, "created_at": NOW}
    )
    began = NOW - timedelta(days=30 - number)
    living.versions.filter(in_force_until=None).update(in_force_until=began)
    return GuidelineVersion.objects.create(
        guideline=living, number=number, document={}, text=text, in_force_from=began,
        written_by=cast.haneul, published_by=cast.bora,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def afresh(settings: Any) -> Iterator[None]:
    """The clock of the tests' outbreak lies ahead; what a process remembers is forgotten."""
    keeping.forget_kinds()
    fhir_server.forget()
    yield


@pytest.fixture
def guidelines(cast: Cast) -> dict[str, GuidelineVersion]:
    """All that ship, in force."""
    cast.outbreak.__class__.objects.update(activated_at=NOW - timedelta(days=60), icd10="U07.1")
    return {
        path.stem: publish(cast, path.read_text(), slug=path.stem, is_own=path.stem.startswith("ksr"))
        for path in sorted(CONTENT.glob("*.toml"))
    }


Ask = Callable[..., Answer]


@pytest.fixture
def ask(db: None) -> Ask:
    """Call the services: `ask("which-imaging", call)`, `ask()` for discovery."""

    def call(path: str = "", body: Any = None, *, method: str = "", at: Any = None, **headers: str) -> Answer:
        given = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return answer(
            Asked(
                method=method or ("GET" if body is None else "POST"),
                path=f"/{path}" if path else "",
                root=ROOT,
                at=at or timezone.now(),
                body=body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body),
                header=lambda name: given.get(name, ""),
            ),
            policy=keeping.policy_of_site(),
        )

    return call


def said(found: Answer) -> Any:
    """The answer's document, which must be a good one."""
    assert found.status == 200, found.body
    return orjson.loads(found.body)


def refused(found: Answer) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert found.status >= 400
    assert found.content_type == "application/problem+json"
    problem: dict[str, Any] = orjson.loads(found.body)
    assert problem["status"] == found.status
    return problem


CT = {"coding": [{"system": "http://loinc.org", "code": "24627-2"}], "text": "CT Chest"}
RADIOGRAPH = {"coding": [{"system": "http://loinc.org", "code": "36643-5"}]}


def order(code: dict[str, Any] = CT, **more: Any) -> dict[str, Any]:
    """A draft order of imaging."""
    return {
        "resourceType": "ServiceRequest", "id": "order-1", "status": "draft", "intent": "order", "code": code,
        "subject": {"reference": "Patient/p1"}, **more,
    }  # fmt: skip


def hook(name: str = "order-sign", *orders: dict[str, Any], prefetch: Any = "none", **more: Any) -> dict[str, Any]:
    """A call of a hook; without `prefetch=` everything was looked for and nothing found."""
    context: dict[str, Any] = {"userId": "Practitioner/d1", "patientId": "p1", "encounterId": "e1"}
    if name != "patient-view":
        drafts = orders or (order(),)
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]}
    if name == "order-select":
        context["selections"] = [f"ServiceRequest/{each['id']}" for each in orders or (order(),)]
    known = {"conditions": None, "observations": None, "answers": None} if prefetch == "none" else prefetch
    given = {
        "hook": name,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": known,
    }
    return {**{key: value for key, value in given.items() if value is not None}, **more}


def answers(guideline: str = "", **given: str) -> dict[str, Any]:
    """A filled form with these answers by the vocabulary's names."""
    items = [{"linkId": name, "answer": [{"valueCoding": {"code": value}}]} for name, value in given.items()]
    return {"answers": {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}}
