"""How much of what a case can have is there."""

from dataclasses import dataclass

from firstlight.library.rules.document import LANGUAGES, TEXTS, CaseDocument
from firstlight.library.rules.licences import licence_of

CONSENT_NOT_NEEDED = "not needed"


@dataclass(frozen=True)
class Part:
    """One thing that a case can have, by its key, and whether this one has it."""

    key: str
    is_there: bool


@dataclass(frozen=True)
class Completeness:
    """Every part of a case, in the order of its page."""

    parts: tuple[Part, ...]

    @property
    def percent(self) -> int:
        """The share of parts that are there, rounded down, so that only a whole case has 100."""
        return 100 * sum(part.is_there for part in self.parts) // len(self.parts)

    @property
    def missing(self) -> list[str]:
        """The keys of what is not there yet."""
        return [part.key for part in self.parts if not part.is_there]


def completeness_of(document: CaseDocument, *, unreceipted_studies: int) -> Completeness:
    """What of a case is there; a study of a real patient needs the receipt of its de-identification."""
    is_covered = document.is_synthetic or unreceipted_studies == 0
    parts = {
        **{text: any(getattr(document, f"{text}_{each}") for each in LANGUAGES) for text in TEXTS},
        "both_languages": all(getattr(document, f"{text}_{each}") for text in TEXTS for each in LANGUAGES),
        "images": bool(document.series),
        "key_images": bool(document.key_images),
        "references": bool(document.reference_list),
        "certainty": bool(document.certainty),
        "authors": bool(document.authors),
        "licence": licence_of(document.licence) is not None,
        "consent": document.is_synthetic or bool(document.consent),
        "receipts": bool(document.series) and is_covered,
        "sign_off": document.sign_off == "signed",
    }
    return Completeness(tuple(Part(key, is_there) for key, is_there in parts.items()))
