"""The orders of a call, and which imaging of the chest each asks for."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from firstlight.guidance.cds.calls import Call
from firstlight.guidance.cds.exchange import Refusal
from firstlight.guidance.cds.shapes import FHIR_ID, Coding, coding, codings, record, records, wordings
from firstlight.guidance.rules.inputs import terms

PROCEDURES = Path(__file__).with_name("procedures.toml")
MOST_ORDERS = 100
DEEPEST = 64
MODALITIES = ("radiograph", "ultrasound", "ct", "ct_angiography")  # the more special stands later


@dataclass(frozen=True)
class Order:
    """A draft ServiceRequest as it was sent, and the modality it asks for; "" where no imaging of the chest."""

    resource: dict[str, Any]
    reference: str
    modality: str

    @property
    def reasons(self) -> Iterator[Coding]:
        """What it is asked for."""
        return codings(self.resource.get("reasonCode"))


def orders_of(call: Call) -> list[Order]:
    """The orders that advice is asked for: the selected ones, or all that are to be signed; raises Refusal."""
    bundle = record(call.context.get("draftOrders"))
    if bundle.get("resourceType") != "Bundle":
        raise Refusal(400, "context.draftOrders must be a FHIR Bundle")
    drafts = [record(each.get("resource")) for each in records(bundle.get("entry"))]
    if len(drafts) > MOST_ORDERS:
        raise Refusal(413, "There are too many draft orders", f"At most {MOST_ORDERS} are read.")
    orders = [_order(each) for each in drafts if each.get("resourceType") == "ServiceRequest"]
    _check_each_once(orders)
    return _selected(call, orders, drafts)


def _order(resource: dict[str, Any]) -> Order:
    name = resource.get("id")
    if not isinstance(name, str) or not FHIR_ID.fullmatch(name):
        raise Refusal(400, "Each ServiceRequest of context.draftOrders needs an id")
    if _is_deep(resource):
        raise Refusal(400, "A draft order is nested too deeply", f"At most {DEEPEST} levels are read.")
    return Order(resource, f"ServiceRequest/{name}", modality_of(resource.get("code")))


def _check_each_once(orders: list[Order]) -> None:
    if len({each.reference for each in orders}) < len(orders):
        raise Refusal(400, "Two draft orders have the same id")


def _selected(call: Call, orders: list[Order], drafts: list[dict[str, Any]]) -> list[Order]:
    if call.hook != "order-select":
        return orders
    wanted = [each.removeprefix("urn:uuid:") for each in call.context["selections"]]
    there = {f"{each.get('resourceType')}/{each.get('id')}" for each in drafts} | {
        str(each.get("id")) for each in drafts
    }
    if not set(wanted) <= there:
        raise Refusal(400, "context.selections names an order that is not in context.draftOrders")
    # Some clients send the id alone; the hook's page shows the reference.
    return [each for each in orders if each.reference in wanted or each.reference.partition("/")[2] in wanted]


def _is_deep(resource: dict[str, Any]) -> bool:
    level: list[Any] = [resource]
    for _depth in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def modality_of(concept: Any) -> str:
    """The modality a CodeableConcept asks for of the chest: by its codes, else by its words; "" for anything else."""
    known = [_by_code()[each] for each in codings(concept) if each in _by_code()]
    if known:
        return max(known, key=MODALITIES.index)
    return max(filter(None, map(_by_words, wordings(concept))), key=MODALITIES.index, default="")


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(PROCEDURES.read_text(encoding="utf-8"))


@cache
def codes_of(modality: str) -> tuple[Coding, ...]:
    """The codes by which an examination is ordered, the most usual first."""
    return tuple(code for code, name in _by_code().items() if name == modality)


@cache
def _by_code() -> dict[Coding, str]:
    known = {coding(code.system, code.code): term.name for term in terms("modalities").values() for code in term.codes}
    for row in _document()["procedures"]:
        known |= {coding(system, each): row["modality"] for system, codes in row["codes"].items() for each in codes}
    return known


def _by_words(words: str) -> str:
    found = words.lower()
    patterns = _patterns()
    if not patterns["chest"].search(found) or patterns["other"].search(found):
        return "radiograph" if "cxr" in found.split() else "ct_angiography" if "ctpa" in found.split() else ""
    kinds = [modality for modality, pattern in _kinds() if pattern.search(found)]
    return max(kinds, key=MODALITIES.index, default="")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: _any_of(words) for name, words in _document()["words"].items()}


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((each["modality"], _any_of(each["words"])) for each in _document()["kinds"])


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<![a-z]){re.escape(word)}(?![a-z])" for word in words))
