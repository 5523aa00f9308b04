"""Guidelines for the tests: small ones written here, and the ones that ship."""

from typing import Any

from firstlight.guidance.rules.guideline import Guideline, read_document, read_guideline
from firstlight.guidance.shipped import shipped

WORDS = {
    f"{name}_{language}": f"{name} {language}"
    for name in ("title", "short", "publisher", "method", "whom")
    for language in ("ko", "en")
}


def recommendation(name: str, when: dict[str, Any], direction: str = "for", **changed: Any) -> dict[str, Any]:
    """A recommendation's table."""
    return {
        "id": name,
        "when": when,
        "modalities": ["ct"],
        "purposes": ["diagnosis"],
        "direction": direction,
        "strength": "strong",
        "certainty": "low",
        "verb": {"for": "recommended", "against": "not_recommended", "either": "judged"}[direction],
        "text_ko": f"{name} 문구",
        "text_en": f"{name} words",
        "sources": ["paper"],
        "mark": "V",
        **changed,
    }


def document(*recommendations: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A guideline's document."""
    return {
        "slug": "small",
        "version": "1",
        **WORDS,
        "citation": "A paper",
        "effective_from": "2031-03-01",
        "sign_off": "unsigned",
        "sources": {"paper": {"text": "A paper", "mark": "V", "doi": "10.1000/182"}},
        "recommendations": list(recommendations),
        **changed,
    }


def small(*recommendations: dict[str, Any], **changed: Any) -> Guideline:
    """A guideline of a few recommendations."""
    return read_document(document(*recommendations, **changed))


def ship(slug: str) -> Guideline:
    """A guideline that ships."""
    return read_guideline(shipped()[slug].encode())


def everything() -> list[Guideline]:
    """All guidelines that ship."""
    return [ship(slug) for slug in shipped()]
