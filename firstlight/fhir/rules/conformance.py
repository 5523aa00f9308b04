"""What this server can do, as a CapabilityStatement (R4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from firstlight.fhir.rules.elements import Resource, narrative
from firstlight.fhir.rules.searching import COMMON, Parameter

FHIR_VERSION = "4.0.1"
CHANGED_ON = "2026-11-23"  # when what is offered last changed


@dataclass(frozen=True)
class Offered:
    """A kind of resource that can be read and searched, and whether its versions can be."""

    name: str
    told: str
    parameters: tuple[Parameter, ...]
    has_versions: bool


def capability_statement(offered: Iterable[Offered], *, root: str, software_version: str, publisher: str) -> Resource:
    """The statement at /fhir/metadata."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "firstlight",
        "language": "en",
        "text": narrative("Firstlight", "Reads and searches of what this site publishes."),
        "url": f"{root}/fhir/metadata",
        "version": software_version,
        "name": "Firstlight",
        "title": "Firstlight, reading",
        "status": "active",
        "experimental": False,
        "date": CHANGED_ON,
        "publisher": publisher,
        "description": "Published guidelines, outbreaks' cohorts and de-identified studies. Nothing can be written.",
        "kind": "instance",
        "software": {"name": "Firstlight", "version": software_version},
        "implementation": {"description": "Firstlight", "url": f"{root}/fhir"},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Without a token what is published; with a Bearer token what its member sees.",
                "security": {"cors": True, "description": "Tokens are made on the site by their member."},
                "resource": [_resource(each) for each in offered],
            }
        ],
    }


def _resource(offered: Offered) -> Resource:
    interactions = ["read", "search-type", *(["vread"] if offered.has_versions else [])]
    return {
        "type": offered.name,
        "documentation": offered.told,
        "interaction": [{"code": each} for each in interactions],
        "versioning": "versioned" if offered.has_versions else "no-version",
        "readHistory": offered.has_versions,
        "searchParam": [
            {"name": each.name, "type": each.type, "documentation": each.told}
            for each in (*COMMON, *offered.parameters)
        ],
    }
