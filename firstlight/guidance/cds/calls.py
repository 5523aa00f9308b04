"""Reading a hook's call (CDS Hooks 2.0, "Calling a CDS Service"): what may be answered, a clear word for the rest."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from firstlight.guidance.cds.exchange import Refusal
from firstlight.guidance.cds.shapes import FHIR_ID, record

HOOKS = ("order-select", "order-sign", "patient-view")
ORDER_HOOKS = HOOKS[:2]
MOST_BYTES = 4 * 1024 * 1024
LONGEST_INSTANCE = 200


@dataclass(frozen=True, slots=True)
class FhirServer:
    """The client's own FHIR server, with the token that lets this one call read there; the token shows in no repr."""

    base: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a hook: its context, what was fetched beforehand by key, and where more may be asked."""

    hook: str
    instance: str
    context: dict[str, Any]
    prefetch: dict[str, Any]
    server: FhirServer | None

    @property
    def patient(self) -> str:
        """The patient's id on the client's FHIR server."""
        return str(self.context["patientId"])

    @property
    def encounter(self) -> str:
        """The encounter's id, "" where none is given."""
        return str(self.context.get("encounterId", ""))


def read_json(body: bytes) -> dict[str, Any]:
    """The body as an object; raises Refusal for what is too large, no JSON in UTF-8, or no object."""
    if len(body) > MOST_BYTES:
        raise Refusal(413, "This call is too large", f"At most {MOST_BYTES} bytes are read.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, "The body is not JSON in UTF-8", _place(error)) from None
    if not isinstance(document, dict):
        raise Refusal(400, "The body must be a JSON object")
    return document


def _place(error: orjson.JSONDecodeError) -> str:
    # The decoder's own message may quote the body: only where it stopped is told.
    why = "Nested too deeply" if "recursion" in error.msg.lower() else "Not understood"
    return f"{why} at character {error.pos}."


def read_call(body: bytes, *, hooks: frozenset[str]) -> Call:
    """The call; raises Refusal with the place of the fault. `hooks` are those that the service answers."""
    document = read_json(body)
    hook = _text(document, "hook")
    if hook not in hooks:
        raise Refusal(400, "This service does not answer that hook", f"It answers {', '.join(sorted(hooks))}.")
    instance = _text(document, "hookInstance")
    if len(instance) > LONGEST_INSTANCE:
        raise Refusal(400, "hookInstance must be a UUID")
    return Call(hook, instance, _context(document, hook), _prefetch(document), _server(document))


def _text(document: dict[str, Any], name: str, *, inside: str = "") -> str:
    found = document.get(name)
    if not isinstance(found, str) or not found.strip():
        raise Refusal(400, f"{inside}{name} is required and must be a string")
    return found


def _context(document: dict[str, Any], hook: str) -> dict[str, Any]:
    context = document.get("context")
    if not isinstance(context, dict):
        raise Refusal(400, "context is required and must be an object")
    _text(context, "userId", inside="context.")
    for name in ("patientId", "encounterId"):
        if name == "patientId" or context.get(name) is not None:
            _check_id(_text(context, name, inside="context."), name)
    if hook in ORDER_HOOKS and not isinstance(context.get("draftOrders"), dict):
        raise Refusal(400, "context.draftOrders is required and must be a Bundle")
    if hook == "order-select":
        _check_selections(context.get("selections"))
    return context


def _check_id(value: str, name: str) -> None:
    if not FHIR_ID.fullmatch(value):
        raise Refusal(400, f"context.{name} is not a FHIR id", "Letters, digits, hyphens and dots, at most 64.")


def _check_selections(selections: Any) -> None:
    if not isinstance(selections, list) or not all(isinstance(each, str) for each in selections):
        raise Refusal(400, "context.selections is required and must be a list of references")


def _prefetch(document: dict[str, Any]) -> dict[str, Any]:
    found = document.get("prefetch")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Refusal(400, "prefetch must be an object")
    for key, value in found.items():
        if value is not None and not isinstance(value, dict):
            raise Refusal(400, "What is prefetched must be a FHIR resource or null", f"Not so: {key[:60]}.")
    return found


def _server(document: dict[str, Any]) -> FhirServer | None:
    address, given = document.get("fhirServer"), document.get("fhirAuthorization")
    if given is not None and address is None:
        raise Refusal(400, "fhirServer is required where fhirAuthorization is given")
    if address is None:
        return None
    base = _text(document, "fhirServer").rstrip("/")
    try:
        parts = urlsplit(base)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise Refusal(400, "fhirServer must be the address of a FHIR server")
    return FhirServer(base, _token(given))


def _token(given: Any) -> str:
    if given is None:
        return ""
    authorization = record(given)
    token = _text(authorization, "access_token", inside="fhirAuthorization.")
    if _text(authorization, "token_type", inside="fhirAuthorization.").lower() != "bearer":
        raise Refusal(400, "fhirAuthorization.token_type must be Bearer")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Refusal(400, "fhirAuthorization.access_token cannot be sent in a header")
    return token
