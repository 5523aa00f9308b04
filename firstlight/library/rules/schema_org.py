"""A case in the words of schema.org, for search engines."""

from typing import Any

from firstlight.library.rules.document import AuthorView
from firstlight.library.rules.orcid import ADDRESS as ORCID
from firstlight.library.rules.record import Record


def json_ld(record: Record, language: str) -> dict[str, Any]:
    """The case as an article to learn from, with its picture; what it shows is left to its page."""
    told = {
        "@context": "https://schema.org",
        "@type": ["MedicalScholarlyArticle", "LearningResource"],
        "@id": record.url,
        "url": record.url,
        "identifier": f"https://doi.org/{record.doi}" if record.doi else record.url,
        "headline": record.title(language),
        "name": record.title(language),
        "description": record.descriptions.get(language) or next(iter(record.descriptions.values()), ""),
        "inLanguage": record.languages,
        "author": [_person(each) for each in record.authors] or [_organization(record)],
        "publisher": _organization(record),
        "datePublished": f"{record.published_on:%Y-%m-%d}",
        "dateModified": f"{record.updated_on:%Y-%m-%d}",
        "version": str(record.version),
        "license": record.licence.url if record.licence else record.licence_words,
        "keywords": [text for text, each in record.keywords if each == language],
        "isAccessibleForFree": True,
        "learningResourceType": "case",
        "educationalUse": "self-assessment",
        "audience": {"@type": "MedicalAudience", "audienceType": "Radiologist"},
        "image": _image(record),
        "citation": [f"https://doi.org/{each.doi}" for each in record.references if each.doi],
        "creativeWorkStatus": record.taken.kind.capitalize() if record.taken else "Published",
    }
    return {key: value for key, value in told.items() if value}


def _person(author: AuthorView) -> dict[str, Any]:
    affiliation = author.affiliation_en or author.affiliation_ko
    person = {
        "@type": "Person",
        "@id": ORCID + author.orcid if author.orcid else "",
        "name": author.name_en,
        "givenName": author.given_name,
        "familyName": author.family_name,
        "alternateName": author.name_ko,
        "affiliation": {"@type": "Organization", "name": affiliation} if affiliation else None,
    }
    return {key: value for key, value in person.items() if value}


def _organization(record: Record) -> dict[str, str]:
    return {"@type": "Organization", "name": record.publisher}


def _image(record: Record) -> dict[str, str]:
    if not record.image_url:
        return {}
    licence = record.licence
    return {
        "@type": "ImageObject",
        "contentUrl": record.image_url,
        **({"license": licence.url} if licence else {}),
        "acquireLicensePage": record.url,
        "creditText": record.publisher,
    }
