"""Elements that many resources share: two languages, narrative, dates, references between our own resources."""

from datetime import date, datetime
from html import escape
from typing import Any

from firstlight.guidance.rules.inputs import Words

Resource = dict[str, Any]
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def pruned(value: Any) -> Any:
    """The same without what is empty: FHIR knows no empty strings, lists or objects."""
    if isinstance(value, dict):
        kept = {key: pruned(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each is not None and each not in ("", [], {})}
    if isinstance(value, list):
        return [each for each in map(pruned, value) if each is not None and each not in ("", [], {})]
    return value


def bilingual(name: str, words: Words) -> Resource:
    """An element in English with its Korean beside it (the translation extension)."""
    content = [{"url": "lang", "valueCode": "ko"}, {"url": "content", "valueString": words.ko}]
    korean = {"extension": [{"url": TRANSLATION, "extension": content}]}
    return {name: words.en or words.ko, f"_{name}": korean if words.ko and words.en else {}}


def narrative(title: str, *paragraphs: str) -> Resource:
    """The resource for a person, made from its other elements."""
    inner = "".join(f"<p>{escape(each)}</p>" for each in paragraphs if each)
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><h1>{escape(title)}</h1>{inner}</div>',
    }


def instant(moment: datetime) -> str:
    """A moment to the millisecond."""
    return moment.isoformat(timespec="milliseconds")


def day(moment: date | datetime | None) -> str:
    """A day, "" for none."""
    return (moment.date() if isinstance(moment, datetime) else moment).isoformat() if moment else ""


def computer_name(slug: str) -> str:
    """A name that programs may use as an identifier."""
    return "".join(part.capitalize() for part in slug.replace(".", "-").split("-"))


def codeable(system: str, code: str, display: str = "") -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}]}
