"""A version of a guideline as FHIR definitions: PlanDefinition, ActivityDefinition, Library, Questionnaire."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from typing import Any

from firstlight.fhir.rules.conditions import applicability
from firstlight.fhir.rules.elements import Resource, bilingual, codeable, computer_name, day, instant, narrative
from firstlight.guidance.cds.cards import concept
from firstlight.guidance.cds.names import code_system, public_id
from firstlight.guidance.rules.guideline import Guideline, Recommendation, Source
from firstlight.guidance.rules.inputs import Code, Input, Words, terms

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
STRENGTH = "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"
CERTAINTY = "http://hl7.org/fhir/StructureDefinition/cqf-qualityOfEvidence"
_HL7_STRENGTHS = {"strong": "strong", "conditional": "weak"}
_HL7_CERTAINTIES = {"high": "high", "moderate": "moderate", "low": "low", "very_low": "very-low"}


@dataclass(frozen=True)
class Edition:
    """A published version: what it says, its text, whose it is, and when it was in force."""

    guideline: Guideline
    text: str
    outbreak: str
    number: int
    in_force_from: datetime
    in_force_until: datetime | None

    @property
    def id(self) -> str:
        """The id of its PlanDefinition, Library and Questionnaire."""
        return public_id(self.outbreak, self.guideline.slug)


@dataclass(frozen=True)
class Place:
    """Where our resources and pages are, and the moment they are read for."""

    root: str
    page: str
    at: datetime

    def canonical(self, kind: str, name: str, version: int | None = None) -> str:
        """The canonical address of one of our definitions."""
        return f"{self.root}/fhir/{kind}/{name}" + (f"|{version}" if version else "")


def plan_definition(edition: Edition, place: Place) -> Resource:
    """The guideline: each recommendation is an action with its condition."""
    guideline = edition.guideline
    return {
        **_definition("PlanDefinition", edition.id, edition, place, guideline.title),
        "type": codeable(f"{TERMINOLOGY}/plan-definition-type", "clinical-protocol", "Clinical Protocol"),
        "usage": guideline.whom.en,
        "relatedArtifact": [
            {"type": "citation", "citation": guideline.citation},
            *(_artifact("documentation", each) for each in guideline.sources),
            *_parent(guideline),
        ],
        "library": [place.canonical("Library", edition.id, edition.number)],
        "action": [_action(each, edition, place) for each in guideline.recommendations],
    }


def _parent(guideline: Guideline) -> Iterator[Resource]:
    if guideline.adapts:
        told = f"Adapts {guideline.adapts.slug}, version {guideline.adapts.version}: {guideline.adapts.changes.en}"
        yield {"type": "derived-from", "display": told}


def _definition(kind: str, name: str, edition: Edition, place: Place, title: Words) -> Resource:
    """What every definition of a guideline begins with."""
    guideline = edition.guideline
    ended = edition.in_force_until is not None and edition.in_force_until <= place.at
    return {
        "resourceType": kind,
        "id": name,
        "meta": {"versionId": str(edition.number), "lastUpdated": instant(edition.in_force_from)},
        "language": "en",
        "text": narrative(title.en, title.ko, guideline.citation),
        "url": place.canonical(kind, name),
        "version": str(edition.number),
        "name": computer_name(name),
        **bilingual("title", title),
        "status": "retired" if ended else "active",
        "experimental": guideline.needs_sign_off,
        "date": instant(edition.in_force_from),
        "publisher": guideline.publisher.en,
        **bilingual("description", guideline.method),
        "effectivePeriod": {"start": day(guideline.effective_from), "end": day(guideline.effective_until)},
        "approvalDate": day(guideline.signed_on),
    }


def _artifact(kind: str, source: Source) -> Resource:
    return {"type": kind, "label": source.key, "citation": source.text, "url": source.address}


def _action(recommendation: Recommendation, edition: Edition, place: Place) -> Resource:
    known = f"Read on a response to {place.canonical('Questionnaire', edition.id, edition.number)}"
    parts = [
        {
            "title": terms("modalities")[name].label.en,
            "definitionCanonical": place.canonical(
                "ActivityDefinition", activity_id(edition, recommendation, name), edition.number
            ),
        }
        for name in recommendation.modalities
    ]
    return {
        "id": recommendation.id,
        "extension": [*_grades(recommendation, place)],
        "title": recommendation.id,
        **bilingual("description", recommendation.text),
        "textEquivalent": recommendation.text.en,
        "documentation": [_artifact("documentation", each) for each in recommendation.sources],
        "condition": [
            {
                "kind": "applicability",
                "expression": {
                    "description": known,
                    "language": "text/fhirpath",
                    "expression": applicability(edition.guideline, recommendation),
                },
            }
        ],
        "groupingBehavior": "logical-group" if len(parts) > 1 else "",
        "selectionBehavior": "any" if len(parts) > 1 else "",
        "action": parts if len(parts) > 1 else [],
        "definitionCanonical": parts[0]["definitionCanonical"] if len(parts) == 1 else "",
    }


def _grades(recommendation: Recommendation, place: Place) -> Iterator[Resource]:
    """Strength and certainty by our own lists, and by HL7's where they have a word for it."""
    for url, kind, name, hl7, known in (
        (STRENGTH, "strengths", recommendation.strength, "recommendation-strength", _HL7_STRENGTHS),
        (CERTAINTY, "certainties", recommendation.certainty, "evidence-quality", _HL7_CERTAINTIES),
    ):
        coding = [{"system": code_system(place.root, kind), "code": name, "display": terms(kind)[name].label.en}]
        coding += [{"system": f"{TERMINOLOGY}/{hl7}", "code": known[name]}] if name in known else []
        yield {"url": url, "valueCodeableConcept": {"coding": coding}}


def activity_id(edition: Edition, recommendation: Recommendation, modality: str) -> str:
    """The id of what a recommendation says of one examination."""
    return public_id(edition.id, re.sub(r"[^A-Za-z0-9.\-]", "-", f"{recommendation.id}.{modality}"))


def activity_definitions(edition: Edition, place: Place) -> Iterator[Resource]:
    """What each recommendation is for or against, one examination each."""
    for each in edition.guideline.recommendations:
        for name in each.modalities:
            yield _activity(edition, each, name, place)


def _activity(edition: Edition, recommendation: Recommendation, modality: str, place: Place) -> Resource:
    label = terms("modalities")[modality].label
    verb = terms("verbs")[recommendation.verb].label
    title = Words(f"{recommendation.id} {label.ko}: {verb.ko}", f"{recommendation.id}: {label.en} {verb.en}")
    is_imaging = modality not in {"department", "laboratory_test"}
    return {
        **_definition("ActivityDefinition", activity_id(edition, recommendation, modality), edition, place, title),
        **bilingual("description", recommendation.text),
        "usage": "; ".join(terms("purposes")[each].label.en for each in recommendation.purposes),
        "relatedArtifact": [_artifact("documentation", each) for each in recommendation.sources],
        "library": [place.canonical("Library", edition.id, edition.number)],
        "kind": "Task" if modality == "department" else "ServiceRequest",
        "intent": "proposal",
        "doNotPerform": True if recommendation.direction == "against" else None,
        "code": concept(modality) if is_imaging else {"text": label.en},
    }


def library(edition: Edition, place: Place) -> Resource:
    """The guideline's own file, and which data it looks at."""
    data = edition.text.encode()
    return {
        **_definition("Library", edition.id, edition, place, edition.guideline.title),
        "type": codeable(f"{TERMINOLOGY}/library-type", "logic-library", "Logic Library"),
        "relatedArtifact": [{"type": "citation", "citation": edition.guideline.citation}],
        "dataRequirement": list(_data_requirements(edition.guideline.inputs)),
        "content": [
            {
                "contentType": "application/toml",
                "language": "en",
                "data": b64encode(data).decode(),
                "size": len(data),
                "hash": b64encode(sha1(data, usedforsecurity=False).digest()).decode(),
                "title": f"{edition.guideline.slug}.toml",
            }
        ],
    }


def _data_requirements(inputs: tuple[Input, ...]) -> Iterator[Resource]:
    yield {"type": "QuestionnaireResponse"}
    for each in inputs:
        if each.codes:
            yield {"type": "Observation", "codeFilter": [{"path": "code", "code": list(map(_coding, each.codes))}]}
        elif codes := [_coding(code) for value in each.values for code in value.codes]:
            yield {"type": "Condition", "codeFilter": [{"path": "code", "code": codes}]}


def _coding(code: Code) -> Resource:
    return {"system": code.system, "code": code.code, "display": code.display}


def questionnaire(edition: Edition, place: Place) -> Resource:
    """What a guideline asks, each question by its input's name."""
    begun = _definition("Questionnaire", edition.id, edition, place, edition.guideline.title)
    return {
        **begun,
        "subjectType": ["Patient"],
        "item": [_item(each, place) for each in edition.guideline.inputs],
    }


def _item(asked: Input, place: Place) -> Resource:
    item = {"linkId": asked.name, **bilingual("text", asked.question), "required": False}
    if asked.is_number:
        limits = (("minValue", asked.low), ("maxValue", asked.high))
        bounds = [
            {"url": f"http://hl7.org/fhir/StructureDefinition/{name}", "valueInteger": limit} for name, limit in limits
        ]
        return {**item, "extension": bounds, "type": "integer", "code": list(map(_coding, asked.codes))}
    system = code_system(place.root, answers_of(asked.name))
    options = [
        {"valueCoding": {"system": system, "code": each.name, **bilingual("display", each.label)}}
        for each in asked.values
    ]
    return {**item, "type": "choice", "code": list(map(_coding, asked.codes)), "answerOption": options}


def answers_of(name: str) -> str:
    """The id of the list of answers to an input."""
    return f"answers-{name}".replace("_", "-")


def code_list(name: str, title: str, words: dict[str, Words], place: Place) -> Resource:
    """One of our own lists of codes, in both languages."""
    told: list[dict[str, Any]] = [
        {"code": code, "display": each.en, "designation": [{"language": "ko", "value": each.ko}]}
        for code, each in words.items()
    ]
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "language": "en",
        "text": narrative(title, ", ".join(each.en for each in words.values())),
        "url": place.canonical("CodeSystem", name),
        "name": computer_name(name),
        "title": title,
        "status": "active",
        "experimental": False,
        "caseSensitive": True,
        "content": "complete",
        "count": len(told),
        "concept": told,
    }
