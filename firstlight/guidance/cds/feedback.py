"""Feedback on cards (CDS Hooks 2.0, "Feedback"): read strictly, less all that could be about a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from firstlight.guidance.cds import ids
from firstlight.guidance.cds.cards import REASONS
from firstlight.guidance.cds.exchange import Refusal
from firstlight.guidance.cds.shapes import record

MOST_AT_ONCE = 500
CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """What became of one card."""

    card: UUID
    kind: int
    outcome: str
    suggestions: tuple[int, ...]
    reason: str
    has_comment: bool
    outcome_at: datetime


def read_feedback(document: dict[str, Any], *, key: bytes, at: datetime) -> list[Told]:
    """Every item of a call; raises Refusal with the number of the first that cannot be used, and keeps none then."""
    items = document.get("feedback")
    if not isinstance(items, list) or not items:
        raise Refusal(400, "feedback is required and must be a list with at least one item")
    if len(items) > MOST_AT_ONCE:
        raise Refusal(413, "This is too much feedback at once", f"At most {MOST_AT_ONCE} items are read.")
    return [_told(each, number, key, at) for number, each in enumerate(items)]


def _told(raw: Any, number: int, key: bytes, at: datetime) -> Told:
    item = record(raw)
    card = ids.read(item["card"], key) if isinstance(item.get("card"), str) else None
    if card is None or card.number:
        raise _refused(number, "card is the uuid of no card that was given here")
    outcome = item.get("outcome")
    if outcome not in ("accepted", "overridden"):
        raise _refused(number, "outcome is accepted or overridden")
    suggestions = tuple(_accepted(item.get("acceptedSuggestions"), card, number, key)) if outcome == "accepted" else ()
    if outcome == "accepted" and not suggestions:
        raise _refused(number, "acceptedSuggestions is required where the outcome is accepted")
    reason, has_comment = _reason(item.get("overrideReason"), number) if outcome == "overridden" else ("", False)
    return Told(UUID(item["card"]), card.kind, outcome, suggestions, reason, has_comment, _moment(item, number, at))


def _refused(number: int, why: str) -> Refusal:
    return Refusal(400, "This feedback cannot be used", f"feedback[{number}]: {why}.")


def _accepted(raw: Any, card: ids.CardId, number: int, key: bytes) -> Iterator[int]:
    for each in raw if isinstance(raw, list) else ():
        found = ids.read(record(each)["id"], key) if isinstance(record(each).get("id"), str) else None
        if found is None or not found.number or found[:2] != card[:2]:
            raise _refused(number, "acceptedSuggestions names a suggestion that is not this card's")
        yield found.number


def _reason(raw: Any, number: int) -> tuple[str, bool]:
    """The reason's code, one of ours or `other`, and whether words came with it; the words are not kept."""
    if raw is None:
        return "", False
    if not isinstance(raw, dict):
        raise _refused(number, "overrideReason must be an object")
    coding, comment = raw.get("reason"), raw.get("userComment")
    code = record(coding).get("code")
    if coding is not None and not isinstance(code, str):
        raise _refused(number, "overrideReason.reason needs a code")
    known = str(code) if code in REASONS else "other" if code else ""
    has_comment = isinstance(comment, str) and bool(comment.strip())
    return known, has_comment


def _moment(item: dict[str, Any], number: int, at: datetime) -> datetime:
    written = item.get("outcomeTimestamp")
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) and "T" in written.upper() else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _refused(number, "outcomeTimestamp is required, as in 2020-12-11T00:00:00Z")
    if moment > at + CLOCKS_APART:
        raise _refused(number, "outcomeTimestamp lies in the future")
    return moment
