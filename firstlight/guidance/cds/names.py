"""The names under which a guideline is known to programs, the same for as long as it is published."""

from hashlib import sha256

LONGEST = 64  # of a FHIR id
RATING = "http://fhir.org/argonaut/CodeSystem/pama-rating"
RATING_EXTENSION = "http://fhir.org/argonaut/Extension/pama-rating"


def public_id(outbreak: str, slug: str) -> str:
    """The id of an outbreak's guideline, as FHIR allows it."""
    name = f"{outbreak}.{slug}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 17]}-{sha256(name.encode()).hexdigest()[:16]}"


def code_system(root: str, name: str) -> str:
    """The address of one of our own lists of codes."""
    return f"{root}/fhir/CodeSystem/{name}"
