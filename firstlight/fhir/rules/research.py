"""An outbreak's imaging cohort as a ResearchStudy."""

from dataclasses import dataclass
from datetime import datetime

from firstlight.fhir.rules.elements import Resource, bilingual, day, instant, narrative
from firstlight.guidance.rules.inputs import Words


@dataclass(frozen=True)
class ResearchRow:
    """An outbreak with the words that were in force, and how many of its studies the reader may see."""

    slug: str
    name: Words
    disease: Words
    summary: Words
    icd10: str
    activated_at: datetime
    closed_at: datetime | None
    changed_at: datetime
    studies: int


def research_study(row: ResearchRow, *, root: str, page: str, at: datetime) -> Resource:
    """The outbreak's cohort: what it is about, since when, and where its guidelines are."""
    closed = row.closed_at is not None and row.closed_at <= at
    icd10 = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": row.icd10}] if row.icd10 else []
    return {
        "resourceType": "ResearchStudy",
        "id": row.slug,
        "meta": {"lastUpdated": instant(row.changed_at)},
        "language": "en",
        "text": narrative(row.name.en, row.name.ko, row.summary.en),
        "identifier": [{"system": f"{root}/fhir/NamingSystem/outbreaks", "value": row.slug}],
        **bilingual("title", row.name),
        "status": "completed" if closed else "active",
        "category": [{"text": "Imaging cohort of an outbreak"}],
        "condition": [{"coding": icd10, "text": row.disease.en}],
        "keyword": [{"text": row.disease.ko}],
        "relatedArtifact": [{"type": "documentation", "display": "The outbreak's page", "url": f"{root}{page}"}],
        **bilingual("description", row.summary),
        "period": {"start": day(row.activated_at), "end": day(row.closed_at) if closed else ""},
        "note": [{"text": f"Studies that may be read by whoever asks: {row.studies}."}],
    }
