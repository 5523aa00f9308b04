"""Cards and actions as order systems read them (CDS Hooks 2.0, "CDS Service Response")."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firstlight.guidance.cds import ids, pages, wording
from firstlight.guidance.cds.answers import Situation
from firstlight.guidance.cds.names import RATING, RATING_EXTENSION, code_system
from firstlight.guidance.cds.orders import Order, codes_of
from firstlight.guidance.cds.rating import Rating, alternatives, is_disputed, rating_of
from firstlight.guidance.cds.wording import Sayings
from firstlight.guidance.rules.inputs import Words, terms

OTHERS = "http://fhir.org/argonaut/Extension/pama-rating-"
REMOVE = Words("{modality} 처방을 취소", "Remove the order of {modality}")
REPLACE = Words("대신 {modality}", "{modality} instead")
ORDER = Words("{modality} 처방", "Order {modality}")
RECORD = Words("시행 중인 지침에 따른 적절성을 처방에 적음", "Record on the order how the guidelines in force rate it")
GUIDELINE = Words("지침: {name}", "Guideline: {name}")
ANSWER = Words("나머지를 답하기: 어떤 영상검사를 할까?", "Answer the rest: which imaging, now?")
TOPIC = Words("신종 감염병의 흉부 영상검사", "Chest imaging in an outbreak")
SOURCE = Words("시행 중인 영상 지침", "Imaging guidelines in force")
REASONS: Mapping[str, Words] = {
    "other-question": Words("다른 질환이나 목적의 검사임", "The examination is for another disease or purpose"),
    "record-incomplete": Words("기록이 환자의 상태와 다름", "The record does not show the patient's condition"),
    "cannot-wait": Words("지금 결정해야 하며 기다릴 수 없음", "The decision cannot wait"),
    "not-available": Words("제안된 검사를 할 수 없음", "What is suggested is not available here"),
    "specialist-advice": Words("전문의와 상의하여 정함", "Agreed with a specialist"),
    "patient-wish": Words("환자와 상의하여 정함", "Agreed with the patient"),
    "disagree": Words("이 권고에 동의하지 않음", "The recommendation does not convince"),
}


@dataclass(frozen=True)
class Setting:
    """What every card of an answer shares: where our pages are, the language, the situation, the marks of this card."""

    root: str
    language: str
    situation: Situation
    unread: tuple[str, ...]

    def say(self, words: Words, **parts: str) -> str:
        """Words in the reader's language."""
        return words.in_language(self.language).format(**parts)

    def modality(self, name: str) -> str:
        """An examination's name in the reader's language."""
        return terms("modalities")[name].label.in_language(self.language)


@dataclass(frozen=True)
class Numbered:
    """A card's kind and chance, which its UUID and those of its suggestions are written from."""

    kind: int
    chance: int
    key: bytes

    def uuid(self, number: int = 0) -> str:
        """The card's UUID, or that of its suggestion of this number."""
        return ids.written(ids.CardId(self.kind, self.chance, number), self.key)


def order_card(order: Order, sayings: Sayings, setting: Setting, marks: Numbered) -> dict[str, Any]:
    """The card on one order of an examination."""
    rating = rating_of(opinion for _published, opinion in sayings)
    unwanted = rating == Rating.NOT_APPROPRIATE
    card = _card(order.modality, sayings, setting, marks, indicator="warning" if unwanted else "info")
    if rating:
        card["extension"] = {RATING_EXTENSION: _rating(rating, sayings, setting.root)}
    suggestions = _instead(order, sayings, setting, marks) if unwanted else []
    if suggestions:
        card |= {"suggestions": suggestions, "selectionBehavior": "at-most-one"}
    if unwanted or is_disputed([each for _published, each in sayings]):
        card["overrideReasons"] = _override_reasons(setting)
    return card


def patient_card(
    patient: str, modality: str, agreed: Sequence[str], sayings: Sayings, setting: Setting, marks: Numbered
) -> dict[str, Any]:
    """The card on a patient whose record is open; what no guideline is against is ready to be ordered."""
    card = _card(modality, sayings, setting, marks, indicator="info")
    suggestions = [
        _suggestion(
            setting.say(ORDER, modality=setting.modality(name)),
            {"type": "create", "resource": _request(patient, name)},
            marks.uuid(number),
        )
        for number, name in enumerate(agreed, start=1)
    ]
    if suggestions:
        card |= {"suggestions": suggestions, "selectionBehavior": "any"}
    return card | {"overrideReasons": _override_reasons(setting)}


def rating_action(order: Order, rating: Rating, sayings: Sayings, setting: Setting, consult: str) -> dict[str, Any]:
    """The order as it was sent, with how it is rated written on it."""
    described = setting.say(RECORD)
    return {
        "type": "update",
        "description": described,
        "resource": _rated(order.resource, rating, sayings, setting, consult),
    }


def _card(modality: str, sayings: Sayings, setting: Setting, marks: Numbered, *, indicator: str) -> dict[str, Any]:
    return {
        "uuid": marks.uuid(),
        "summary": wording.summary(modality, sayings, setting.language),
        "indicator": indicator,
        "detail": wording.detail(sayings, setting.situation, setting.unread, setting.language),
        "source": _source(sayings, setting),
        "links": _links(sayings, setting),
    }


def _source(sayings: Sayings, setting: Setting) -> dict[str, Any]:
    first = sayings[0][0]
    label = first.guideline.publisher.in_language(setting.language) if len(sayings) == 1 else setting.say(SOURCE)
    return {
        "label": label,
        "url": pages.guideline_page(first, root=setting.root),
        "icon": pages.icon(root=setting.root),
        "topic": {
            "system": code_system(setting.root, "card-topics"),
            "code": "outbreak-imaging",
            "display": setting.say(TOPIC),
        },
    }


def _links(sayings: Sayings, setting: Setting) -> list[dict[str, str]]:
    links = [
        (setting.say(GUIDELINE, name=each.guideline.short.in_language(setting.language)),
         pages.version_page(each, root=setting.root))
        for each, _opinion in sayings
    ]  # fmt: skip
    outbreak = sayings[0][0].outbreak_slug
    links.append((setting.say(ANSWER), pages.bedside_page(outbreak, setting.situation.answers, root=setting.root)))
    return [{"label": label, "url": url, "type": "absolute"} for label, url in links]


def _instead(order: Order, sayings: Sayings, setting: Setting, marks: Numbered) -> list[dict[str, Any]]:
    others = alternatives(order.modality, (opinion for _published, opinion in sayings))
    backing = [(published, opinion) for published, opinion in sayings if opinion.rating == Rating.NOT_APPROPRIATE]
    suggestions = [
        _suggestion(
            setting.say(REPLACE, modality=setting.modality(name)),
            {"type": "update", "resource": _replaced(order, name, backing, setting, marks.uuid())},
            marks.uuid(number),
        )
        for number, name in enumerate(others, start=1)
    ]
    if suggestions:
        suggestions[0]["isRecommended"] = True
    removal = setting.say(REMOVE, modality=setting.modality(order.modality))
    suggestions.append(
        _suggestion(removal, {"type": "delete", "resourceId": order.reference}, marks.uuid(len(suggestions) + 1))
    )
    return suggestions


def _suggestion(label: str, action: dict[str, Any], uuid: str) -> dict[str, Any]:
    return {"label": label, "uuid": uuid, "actions": [{**action, "description": label}]}


def concept(modality: str) -> dict[str, Any]:
    """An examination as a CodeableConcept."""
    term = terms("modalities")[modality]
    codes = [{"system": each.system, "code": each.code, "display": each.display} for each in term.codes]
    usual = [{"system": each.system, "code": each.code} for each in codes_of(modality)[:1]]
    return {"coding": codes or usual, "text": term.label.en}


def _request(patient: str, modality: str) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": concept(modality),
        "subject": {"reference": f"Patient/{patient}"},
    }


def _replaced(order: Order, modality: str, backing: Sayings, setting: Setting, consult: str) -> dict[str, Any]:
    # What was chosen for the other examination, its details and its place, need not fit this one.
    kept = {name: value for name, value in order.resource.items() if name not in {"code", "orderDetail"}}
    return _rated({**kept, "code": concept(modality)}, Rating.APPROPRIATE, backing, setting, consult)


def _rated(
    resource: dict[str, Any], rating: Rating, sayings: Sayings, setting: Setting, consult: str
) -> dict[str, Any]:
    given = resource.get("extension")
    others = [each for each in given if not _is_rating(each)] if isinstance(given, list) else []
    ours = [
        {"url": RATING_EXTENSION, "valueCodeableConcept": _rating(rating, sayings, setting.root)},
        {"url": f"{OTHERS}consult-id", "valueUri": f"urn:uuid:{consult}"},
    ]
    if rating != Rating.NO_CRITERIA:
        ours.append({"url": f"{OTHERS}auc-applied", "valueUri": pages.version_page(sayings[0][0], root=setting.root)})
    return {**resource, "extension": [*others, *ours]}


def _is_rating(extension: Any) -> bool:
    url = extension.get("url") if isinstance(extension, dict) else None
    return isinstance(url, str) and (url == RATING_EXTENSION or url.startswith(OTHERS))


def _rating(rating: Rating, sayings: Sayings, root: str) -> dict[str, Any]:
    """The rating as a CodeableConcept: the code of Argonaut's list, and by our own what stands behind it."""
    coding = [{"system": RATING, "code": str(rating)}]
    decided = [opinion for _published, opinion in sayings if opinion.rating == rating and opinion.recommendations]
    if rating == Rating.APPROPRIATE and decided and all(each.leaves_it_open for each in decided):
        coding.append({"system": code_system(root, "ratings"), "code": "clinical-judgement"})
    for each in dict.fromkeys(one.strength for opinion in decided for one in opinion.recommendations):
        coding.append({"system": code_system(root, "strengths"), "code": each})
    return {"coding": coding}


def _override_reasons(setting: Setting) -> list[dict[str, str]]:
    system = code_system(setting.root, "override-reasons")
    return [{"system": system, "code": code, "display": setting.say(words)} for code, words in REASONS.items()]


def kept_reasons() -> Iterable[str]:
    """The codes under which reasons for overriding a card are kept."""
    return (*REASONS, "other")
