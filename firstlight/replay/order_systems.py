"""Order systems of a replay: what they might have asked, answered as of that day, and what became of the cards."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from firstlight.guidance.cds import ids, keeping
from firstlight.guidance.cds.answering import answer
from firstlight.guidance.cds.exchange import Asked
from firstlight.guidance.cds.models import CardCount, Feedback
from firstlight.guidance.cds.names import public_id
from firstlight.outbreaks.models import Outbreak
from firstlight.replay.script import KOREA_2020, moment, read_toml

APART = timedelta(minutes=7)


def play_order_systems(outbreak: Outbreak, *, folder: Path = KOREA_2020) -> None:
    """Let them ask; what was played before is left alone."""
    if CardCount.objects.filter(is_replay=True).exists():
        return
    for raw in read_toml(folder / "order_systems.toml")["asked"]:
        _ask(raw, outbreak)


@transaction.atomic
def _ask(raw: Mapping[str, Any], outbreak: Outbreak) -> None:
    at, policy = moment(raw["on"], 10), keeping.policy_of_site()
    service = public_id(outbreak.slug, raw["guideline"])
    call = Asked("POST", f"/{service}", policy.origin, at, _call(raw), _header)
    cards = orjson.loads(answer(call, policy=policy).body)["cards"]
    card = ids.read(cards[0]["uuid"], policy.key)
    if card is None:
        raise ValueError("A card of the replay has no UUID of ours")
    keeping.forget_counts()  # the card above is one of those that are written as given
    CardCount.objects.create(kind_id=card.kind, on=at.date(), given=raw["given"], is_replay=True)
    Feedback.objects.bulk_create(_feedback(raw, card.kind, policy.key, at))


def _header(name: str) -> str:
    return "application/json" if name == "Content-Type" else ""


def _call(raw: Mapping[str, Any]) -> bytes:
    """A call with a filled form; its patient is nobody."""
    code = {"coding": [{"system": "http://loinc.org", "code": raw["order"]}]}
    order = {"resourceType": "ServiceRequest", "id": "order", "status": "draft", "intent": "order", "code": code}
    items = [{"linkId": name, "answer": [{"valueCoding": {"code": value}}]} for name, value in raw["answers"].items()]
    form = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}
    context = {
        "userId": "Practitioner/nobody",
        "patientId": "nobody",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
    }
    said = {"hook": "order-sign", "hookInstance": "replay", "context": context, "prefetch": {"answers": form}}
    return orjson.dumps(said)


def _feedback(raw: Mapping[str, Any], kind: int, key: bytes, at: datetime) -> Iterator[Feedback]:
    told: list[tuple[str, list[int], str]] = [("accepted", [number], "") for number in raw["accepted"]]
    told += [("overridden", [], reason) for reason in raw["overridden"]]
    for number, (outcome, suggestions, reason) in enumerate(told, start=1):
        then = at + number * APART
        yield Feedback(
            kind_id=kind, card=UUID(ids.written(ids.CardId(kind, number), key)), outcome=outcome,
            suggestions=suggestions, reason=reason, outcome_at=then, received_at=then, is_replay=True,
        )  # fmt: skip
