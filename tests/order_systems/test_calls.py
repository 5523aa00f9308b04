"""What a hook's call must be, and the word for what it is not."""

from typing import Any

import pytest

from firstlight.guidance.cds.calls import MOST_BYTES
from tests.order_systems.conftest import RADIOGRAPH, Ask, answers, hook, order, refused, said


def without(call: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = call
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return call


def but(call: dict[str, Any], value: Any, *path: str) -> dict[str, Any]:
    inner = call
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return call


BAD: list[tuple[Any, int, str]] = [
    (b"", 400, "not JSON"),
    (b"{", 400, "not JSON"),
    (b'{"hook": "\xff"}', 400, "UTF-8"),
    ("{\"hook\": \"order-sign\"}".encode("utf-16"), 400, "UTF-8"),
    (b"[1]", 400, "object"),
    (b"[" * 100_000, 400, "JSON"),
    (b"null", 400, "object"),
    (without(hook(), "hook"), 400, "hook"),
    (but(hook(), 7, "hook"), 400, "hook"),
    (but(hook(), "appointment-book", "hook"), 400, "does not answer that hook"),
    (without(hook(), "hookInstance"), 400, "hookInstance"),
    (but(hook(), "", "hookInstance"), 400, "hookInstance"),
    (without(hook(), "context"), 400, "context"),
    (but(hook(), [], "context"), 400, "context"),
    (without(hook(), "context", "userId"), 400, "context.userId"),
    (without(hook(), "context", "patientId"), 400, "context.patientId"),
    (but(hook(), "../Patient?x=", "context", "patientId"), 400, "FHIR id"),
    (but(hook(), "a" * 65, "context", "patientId"), 400, "FHIR id"),
    (but(hook(), {}, "context", "encounterId"), 400, "context.encounterId"),
    (without(hook(), "context", "draftOrders"), 400, "draftOrders"),
    (but(hook(), [], "context", "draftOrders"), 400, "draftOrders"),
    (but(hook(), {"resourceType": "Patient"}, "context", "draftOrders"), 400, "Bundle"),
    (without(hook("order-select"), "context", "selections"), 400, "selections"),
    (but(hook("order-select"), [1], "context", "selections"), 400, "selections"),
    (but(hook("order-select"), ["ServiceRequest/absent"], "context", "selections"), 400, "not in context.draftOrders"),
    (hook("order-sign", order(), order()), 400, "same id"),
    (hook("order-sign", {**order(), "id": ""}), 400, "needs an id"),
    (hook("order-sign", *({**order(), "id": f"o{n}"} for n in range(101))), 413, "too many"),
    (but(hook(), [], "prefetch"), 400, "prefetch"),
    (but(hook(), "x", "prefetch", "conditions"), 400, "FHIR resource or null"),
    (hook(fhirAuthorization={"access_token": "t"}), 400, "fhirServer is required"),
    (hook(fhirServer="ftp://x"), 400, "fhirServer"),
    (hook(fhirServer="https://x:99999"), 400, "fhirServer"),
    (hook(fhirServer="https://x", fhirAuthorization=[]), 400, "access_token"),
    (hook(fhirServer="https://x", fhirAuthorization={"access_token": "t", "token_type": "MAC"}), 400, "Bearer"),
    (hook(fhirServer="https://x", fhirAuthorization={"access_token": "a\r\nb", "token_type": "Bearer"}), 400, "header"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "status", "word"), BAD, ids=range(len(BAD)))
def test_a_bad_call_gets_a_clear_word(ask: Ask, guidelines: object, call: Any, status: int, word: str) -> None:
    found = ask("which-imaging", call)
    problem = refused(found)
    assert found.status == status
    assert word in f"{problem['title']} {problem.get('detail', '')}"


def test_a_call_that_is_too_large_is_not_read(ask: Ask, guidelines: object) -> None:
    assert ask("which-imaging", b" " * (MOST_BYTES + 1)).status == 413


def test_addresses_methods_and_forms(ask: Ask, guidelines: object) -> None:
    assert ask("no-such-service", hook()).status == 404
    assert ask("which-imaging/elsewhere", hook()).status == 404
    assert ask("which-imaging/feedback/more", hook()).status == 404
    got = ask("which-imaging")
    assert (got.status, got.headers["Allow"]) == (405, "POST, OPTIONS")
    assert ask("", {}).status == 405
    assert ask("which-imaging", hook(), Content_Type="text/plain").status == 415
    assert ask("which-imaging", hook(), Accept="text/xml").status == 406
    assert ask("which-imaging", hook(), Content_Type="application/fhir+json; charset=utf-8").status == 200
    preflight = ask("which-imaging", method="OPTIONS")
    assert preflight.status == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"


def test_a_missing_prefetch_and_no_server_to_ask_is_412(ask: Ask, guidelines: object) -> None:
    for name in ("order-sign", "order-select", "patient-view"):
        found = ask("which-imaging", hook(name, prefetch=None))
        assert found.status == 412
        assert "conditions" in refused(found)["detail"]
    unnamed = hook(prefetch=None, fhirServer="https://fhir.example.org")
    assert ask("which-imaging", unnamed).status == 412, "a server without an authorization is not asked"
    failed = {"conditions": {"resourceType": "OperationOutcome", "issue": []}}
    assert ask("which-imaging", hook(prefetch=failed)).status == 412
    assert ask("which-imaging", hook(prefetch={"conditions": None})).status == 200, "looked for, and nothing found"
    assert ask("which-imaging", hook(prefetch={"something-else": None})).status == 412


def test_nothing_is_asked_of_a_record_where_no_chest_is_imaged(ask: Ask, guidelines: object) -> None:
    knee = order({"coding": [{"system": "http://loinc.org", "code": "36801-9"}], "text": "MRA Knee Vessels Right"})
    assert said(ask("which-imaging", hook("order-sign", knee, prefetch=None))) == {"cards": []}


def test_only_selected_orders_are_answered(ask: Ask, guidelines: object) -> None:
    call = hook("order-select", order(), {**order(RADIOGRAPH), "id": "order-2"},
                prefetch=answers(symptoms="none", setting="screening_clinic"))  # fmt: skip
    call["context"]["selections"] = ["ServiceRequest/order-2"]
    found = said(ask("which-imaging", call))
    assert [each["resource"]["id"] for each in found["systemActions"]] == ["order-2"]
