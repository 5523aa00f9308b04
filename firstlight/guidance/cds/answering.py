"""Answering order systems: discovery, the hooks, and feedback, from plain values to plain values."""

import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from firstlight.guidance.cds import cards, keeping
from firstlight.guidance.cds.answers import Situation, situation_of
from firstlight.guidance.cds.calls import HOOKS, MOST_BYTES, ORDER_HOOKS, Call, read_call, read_json
from firstlight.guidance.cds.cards import Setting
from firstlight.guidance.cds.exchange import Answer, Asked, Refusal
from firstlight.guidance.cds.facts import Facts, facts_of
from firstlight.guidance.cds.feedback import read_feedback
from firstlight.guidance.cds.fetching import gather
from firstlight.guidance.cds.orders import Order, orders_of
from firstlight.guidance.cds.rating import Opinion, Rating, advised, is_disputed, opinion_on, rating_of
from firstlight.guidance.cds.services import ID, Service, discovery, services_in_force
from firstlight.guidance.cds.wording import Sayings
from firstlight.guidance.queries import Published
from firstlight.guidance.rules.advice import Advice, advise_on
from firstlight.guidance.rules.facts import known_from
from firstlight.guidance.rules.guideline import Guideline

ROOT = "/cds-services"
MOST_KEPT = 4096
Answers = frozenset[tuple[str, str]]
CORS = {"Access-Control-Allow-Origin": "*", "Vary": "Accept-Language"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, Accept-Language",
    "Access-Control-Max-Age": "86400",
}


def answer(asked: Asked, *, policy: keeping.Policy) -> Answer:
    """The answer to any call below the root."""
    try:
        found = _routed(asked, policy)
    except Refusal as refusal:
        found = refusal.answer
    found.headers |= CORS
    return found


def _routed(asked: Asked, policy: keeping.Policy) -> Answer:
    parts = [each for each in asked.path.split("/") if each]
    if len(parts) > 2 or (len(parts) == 2 and parts[1] != "feedback"):
        raise Refusal(404, "There is nothing here")
    allowed = ("GET", "HEAD", "OPTIONS") if not parts else ("POST", "OPTIONS")
    if asked.method not in allowed:
        raise Refusal(405, f"This address takes {', '.join(allowed)}", Allow=", ".join(allowed))
    if asked.method == "OPTIONS":
        return Answer(status=204, content_type="", headers=dict(PREFLIGHT))
    _check_accept(asked.header("Accept"))
    system = keeping.caller(asked, policy)
    services = services_in_force(at=asked.at)
    if not parts:
        return _said(discovery(services.values(), root=policy.origin, language=language_of(asked)))
    _check_content(asked)
    if len(parts) == 2:
        # Feedback on a guideline that was withdrawn meanwhile is still about a card that was given.
        return _feedback(asked, parts[0], system, policy)
    if not ID.fullmatch(parts[0]) or parts[0] not in services:
        raise Refusal(404, "There is no such service", "GET /cds-services lists those there are.")
    return _said(_hook(asked, services[parts[0]], policy))


def _said(document: dict[str, Any]) -> Answer:
    return Answer(orjson.dumps(document))


def _check_accept(accept: str) -> None:
    wanted = accept.lower()
    if wanted and not any(each in wanted for each in ("json", "*/*", "application/*")):
        raise Refusal(406, "Answers come as application/json")


def _check_content(asked: Asked) -> None:
    kind = asked.header("Content-Type").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, "Calls come as application/json")
    if len(asked.body) > MOST_BYTES:
        raise Refusal(413, "This call is too large", f"At most {MOST_BYTES} bytes are read.")


def language_of(asked: Asked) -> str:
    """Korean or English, whichever the caller's Accept-Language names first; English where it names neither."""
    named = (each.partition(";")[0].strip().lower()[:2] for each in asked.header("Accept-Language").split(","))
    return next((each for each in named if each in {"ko", "en"}), "en")


def _hook(asked: Asked, service: Service, policy: keeping.Policy) -> dict[str, Any]:
    call = read_call(asked.body, hooks=frozenset(HOOKS))
    if call.hook not in ORDER_HOOKS:
        return {"cards": _on_patient(asked, call, service, policy)}
    orders = [each for each in orders_of(call) if each.modality]
    if not orders:  # nothing here is imaging of the chest: no record needs to be read to say so
        return {"cards": []}
    return _on_orders(asked, call, service, _lossless(orders, call, asked.body), policy)


def _lossless(orders: list[Order], call: Call, body: bytes) -> list[Order]:
    """The orders with their decimals word by word, where they have any: FHIR tells 1.50 from 1.5."""
    if not any(_has_float(each.resource) for each in orders):
        return orders
    try:
        again = json.loads(body, parse_float=lambda written: orjson.Fragment(written.encode()))
    except (ValueError, RecursionError):  # a number or a depth that Python's own reader does not take
        return orders
    return [each for each in orders_of(Call(call.hook, call.instance, again["context"], {}, None)) if each.modality]


def _has_float(value: Any) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, float):
            return True
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return False


def _on_orders(
    asked: Asked, call: Call, service: Service, orders: Sequence[Order], policy: keeping.Policy
) -> dict[str, Any]:
    gathered = gather(call, service, root=policy.origin, rules=policy.fhir)
    reasons = [code for each in orders for code in each.reasons]
    facts = facts_of(gathered.resources, at=asked.at, reasons=reasons)
    given, actions = [], []
    for order in orders:
        situation, sayings = _sayings(service, facts, order.modality)
        setting = Setting(policy.origin, language_of(asked), situation, gathered.unread)
        rating = rating_of(opinion for _published, opinion in sayings)
        marks = keeping.numbered(
            service.id, call.hook, order.modality, rating, sayings, chance=secrets.randbits(44), policy=policy
        )
        if rating:
            actions.append(cards.rating_action(order, rating, sayings, setting, marks.uuid()))
        if rating != Rating.NO_CRITERIA:
            given.append(cards.order_card(order, _telling(sayings), setting, marks))
            keeping.count(marks.kind, on=asked.at.date())
    return {"cards": given, **({"systemActions": actions} if actions else {})}


def _telling(sayings: Sayings) -> Sayings:
    """Those guidelines that say something on the order."""
    return [each for each in sayings if each[1].rating != Rating.NO_CRITERIA]


def _sayings(service: Service, facts: Facts, modality: str) -> tuple[Situation, list[tuple[Published, Opinion]]]:
    situation, advices = _advices(service, facts)
    concerns_us = situation.concerns_us
    return situation, [
        (published, opinion_on(modality, advice, concerns_us=concerns_us)) for published, advice in advices
    ]


def _advices(service: Service, facts: Facts) -> tuple[Situation, list[tuple[Published, Advice]]]:
    """What is known, and what each guideline makes of it, in the guidelines' order."""
    situations = [(situation_of(reading, facts), published) for reading, published in service.readings]
    advices: dict[int, Advice] = {}
    for situation, published in situations:
        answers = frozenset(situation.answers.items())
        advices |= {each.version_id: _advice(each.guideline, answers) for each in published}
    whole = _together([situation for situation, _published in situations])
    return whole, [(each, advices[each.version_id]) for each in service.published]


_kept: dict[tuple[int, Answers], Advice] = {}


def _advice(guideline: Guideline, answers: Answers) -> Advice:
    """What a guideline says; many patients are in the same situation, so that it is worked out once."""
    key = (id(guideline), answers)
    found = _kept.get(key)
    if found is None or found.guideline is not guideline:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        found = _kept[key] = advise_on(guideline, known_from(dict(answers)))
    return found


def _together(situations: Sequence[Situation]) -> Situation:
    answers = {name: value for each in reversed(situations) for name, value in each.answers.items()}
    contradicted = dict.fromkeys(name for each in situations for name in each.contradicted)
    return Situation(answers, tuple(contradicted), any(each.concerns_us for each in situations))


def _on_patient(asked: Asked, call: Call, service: Service, policy: keeping.Policy) -> list[dict[str, Any]]:
    """One card where guidelines are for imaging by what is known, not merely presumed; else none."""
    gathered = gather(call, service, root=policy.origin, rules=policy.fhir)
    situation, advices = _advices(service, facts_of(gathered.resources, at=asked.at))
    wanted = tuple(dict.fromkeys(name for _published, advice in advices for name in _grounded(advice)))
    if not wanted:
        return []
    opinions = {name: [(one, opinion_on(name, advice, concerns_us=True)) for one, advice in advices] for name in wanted}
    agreed = [name for name, each in opinions.items() if not is_disputed(opinion for _one, opinion in each)]
    sayings = [each for each in opinions[(agreed or wanted)[0]] if each[1].recommendations]
    setting = Setting(policy.origin, language_of(asked), situation, gathered.unread)
    rating = rating_of(opinion for _published, opinion in sayings)
    shown = (agreed or wanted)[0]
    marks = keeping.numbered(service.id, call.hook, shown, rating, sayings, chance=secrets.randbits(44), policy=policy)
    keeping.count(marks.kind, on=asked.at.date())
    return [cards.patient_card(call.patient, shown, agreed, sayings, setting, marks)]


def _grounded(advice: Advice) -> Iterable[str]:
    """The examinations advised for a reason that the record gives."""
    known = [
        each
        for each in advice.recommendations
        if any(not (reason.presumed or reason.implied) for reason in advice.because.get(each.id, ()))
    ]
    names = {name for each in known if each.direction == "for" for name in each.modalities}
    return [name for name in advised(advice) if name in names]


def _feedback(asked: Asked, service: str, system: int | None, policy: keeping.Policy) -> Answer:
    told = read_feedback(read_json(asked.body), key=policy.key, at=asked.at)
    keeping.keep_feedback(told, service=service, system=system, at=asked.at)
    return Answer(content_type="")
