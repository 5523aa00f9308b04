"""What a service may look at: what was prefetched, and the rest from the client's FHIR server where it may be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from firstlight.guidance.cds.calls import Call
from firstlight.guidance.cds.exchange import Refusal
from firstlight.guidance.cds.fhir_server import Rules, Unreachable, fetch
from firstlight.guidance.cds.services import Service

CLINICAL = ("encounter", "conditions", "observations", "answers")


@dataclass(frozen=True)
class Gathered:
    """What could be had, and the keys of what could not."""

    resources: tuple[Any, ...]
    unread: tuple[str, ...]


def gather(call: Call, service: Service, *, root: str, rules: Rules) -> Gathered:
    """What is known of the patient; raises Refusal (412) when nothing of it could be had."""
    templates = service.prefetch(root)
    if not call.encounter:
        templates.pop("encounter", None)
    given = {key: value for key, value in call.prefetch.items() if key in templates}
    refused = {key for key, value in given.items() if _is_outcome(value)}
    absent = {key: filled(each, call) for key, each in templates.items() if key not in given}
    fetched, why = _fetched(call, absent, rules) if absent else ({}, "")
    found = {**given, **fetched}
    if not any(key in found and key not in refused for key in CLINICAL):
        raise Refusal(412, "What this service needs of the patient's record could not be had", _sentence(absent, why))
    unread = [key for key in templates if key not in found or key in refused]
    return Gathered(tuple(value for key, value in found.items() if key not in refused), tuple(unread))


def filled(template: str, call: Call) -> str:
    """A prefetch template with the call's own ids, which were checked to be FHIR ids."""
    return template.replace("{{context.patientId}}", quote(call.patient, safe="")).replace(
        "{{context.encounterId}}", quote(call.encounter, safe="")
    )


def _is_outcome(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "OperationOutcome"


def _fetched(call: Call, absent: Mapping[str, str], rules: Rules) -> tuple[dict[str, Any], str]:
    """What the client's server gives, and why when it gives nothing."""
    if call.server is None or not call.server.token:
        return {}, "no FHIR server with an authorization was named"
    try:
        answers = fetch(call.server.base, call.server.token, absent, rules=rules)
    except Unreachable as error:
        return {}, f"the FHIR server could not be used: {error}"
    return {key: value for key, value in answers.items() if not _is_outcome(value)}, ""


def _sentence(absent: Mapping[str, str], why: str) -> str:
    keys = ", ".join(sorted(absent))
    return f"Not prefetched: {keys}; {why}." if keys else "The order system could not read any of it either."
