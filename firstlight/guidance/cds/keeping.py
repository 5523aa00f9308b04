"""What is kept of order systems' calls: who may call, how many cards of each kind were given, what became of them."""

import hmac
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from firstlight.guidance.cds.cards import Numbered
from firstlight.guidance.cds.exchange import Asked, Refusal
from firstlight.guidance.cds.feedback import Told
from firstlight.guidance.cds.fhir_server import Rules
from firstlight.guidance.cds.models import CardCount, CardKind, Feedback, OrderSystem, SeenToken
from firstlight.guidance.cds.trust import Issuer, Token, read_token
from firstlight.guidance.cds.wording import Sayings
from firstlight.web.keeping import for_a_moment

SECONDS_BETWEEN_WRITES = 2.0
LONGEST_LIST = 400


@dataclass(frozen=True)
class Policy:
    """How this site answers: anyone or signed calls alone; whom it asks; what its UUIDs are written with."""

    is_open: bool
    origin: str
    fhir: Rules
    key: bytes


def policy_of_site() -> Policy:
    """The site's policy, from its settings."""
    rules = Rules(frozenset(settings.CDS_FHIR_SERVERS), settings.CDS_FHIR_SECONDS)
    key = hmac.digest(settings.SECRET_KEY.encode(), b"firstlight cards", sha256)
    return Policy(settings.CDS_OPEN, settings.ORIGIN, rules, key)


# Who calls


def caller(asked: Asked, policy: Policy) -> int | None:
    """The order system that signed the call, None for an unsigned one that may be answered; raises Refusal."""
    scheme, _, written = asked.header("Authorization").partition(" ")
    if not scheme:
        if policy.is_open:
            return None
        raise Refusal(401, "This site answers signed calls alone", WWW_Authenticate="Bearer")
    if scheme.lower() != "bearer":
        raise Refusal(401, "A call is signed with a Bearer token", WWW_Authenticate="Bearer")
    addresses = {f"{origin}{_address(asked)}" for origin in (asked.root, settings.ORIGIN)}
    token = read_token(written.strip(), issuers=_issuer, audience=addresses, at=asked.at)
    _use_once(token)
    return token.issuer.id


def _address(asked: Asked) -> str:
    return f"/cds-services{asked.path.rstrip('/')}"


def _issuer(name: str) -> Issuer | None:
    return for_a_moment(("order system", name), lambda: _registered(name))


def _registered(name: str) -> Issuer | None:
    found = OrderSystem.objects.filter(issuer=name, revoked_at=None).first()
    return Issuer(found.pk, found.name, tuple(found.keys.get("keys", ())), found.keys_url) if found else None


def _use_once(token: Token) -> None:
    try:
        with transaction.atomic():
            SeenToken.objects.create(system_id=token.issuer.id, digest=token.digest, expires_at=token.expires_at)
    except IntegrityError:
        raise Refusal(
            401, "This token is not valid", "It was used before.", WWW_Authenticate='Bearer error="invalid_token"'
        ) from None


def forget_tokens(at: datetime) -> int:
    """Drop what can not come again because it has expired; how many."""
    return SeenToken.objects.filter(expires_at__lt=at).delete()[0]


# Cards

_kinds: dict[tuple[str, ...], int] = {}
_given: Counter[tuple[int, date]] = Counter()
_lock = threading.Lock()
_writer: threading.Thread | None = None


def numbered(
    service: str, hook: str, modality: str, rating: str, sayings: Sayings, *, chance: int, policy: Policy
) -> Numbered:
    """The kind of a card, made known on its first use, and what its UUIDs are written from."""
    versions = ",".join(f"{one.outbreak_slug}.{one.guideline.slug}@{one.number}" for one, _opinion in sayings)
    ids = ",".join(each.id for _one, opinion in sayings for each in opinion.recommendations)
    key = (service, hook, versions[:LONGEST_LIST], modality, str(rating), ids[:LONGEST_LIST])
    if key not in _kinds:
        names = ("service", "hook", "guidelines", "modality", "rating", "recommendations")
        wanted: dict[str, Any] = dict(zip(names, key, strict=True))
        _kinds[key] = CardKind.objects.get_or_create(**wanted)[0].pk
    return Numbered(_kinds[key], chance, policy.key)


def count(kind: int, *, on: date) -> None:
    """Count one card; it is written a moment later, together with others."""
    with _lock:
        _given[kind, on] += 1


def write_counts() -> int:
    """Write what was counted and not yet written; how many cards."""
    with _lock:
        taken = dict(_given)
        _given.clear()
    try:
        with transaction.atomic():
            for (kind, on), given in taken.items():
                row, _is_new = CardCount.objects.get_or_create(kind_id=kind, on=on)
                CardCount.objects.filter(pk=row.pk).update(given=F("given") + given)
    except DatabaseError:
        with _lock:
            _given.update(taken)
        raise
    return sum(taken.values())


def write_counts_from_now_on() -> None:
    """Let a thread of this process write counts every few seconds, so that no caller waits for it."""
    global _writer  # noqa: PLW0603 — a process has one writer
    with _lock:
        if _writer is None or not _writer.is_alive():
            _writer = threading.Thread(target=_write_on, name="card counts", daemon=True)
            _writer.start()


def _write_on() -> None:
    import logging

    from django.db import close_old_connections

    while True:
        time.sleep(SECONDS_BETWEEN_WRITES)
        try:
            close_old_connections()
            write_counts()
        except DatabaseError:  # counts wait for the next round
            logging.getLogger(__name__).warning("Counts of cards could not be written; they are tried again")


def forget_counts() -> None:
    """Drop what was counted and not yet written."""
    with _lock:
        _given.clear()


def forget_kinds() -> None:
    """Look kinds up again, where the database is not the one they were found in."""
    _kinds.clear()
    forget_counts()


# Feedback


def keep_feedback(told: Sequence[Told], *, service: str, system: int | None, at: datetime) -> int:
    """Keep what became of cards; what was told before is kept once. Raises Refusal for another service's card."""
    known = set(
        CardKind.objects.filter(service=service, pk__in={each.kind for each in told}).values_list("pk", flat=True)
    )
    for number, each in enumerate(told):
        if each.kind not in known:
            raise Refusal(400, "This feedback cannot be used", f"feedback[{number}]: card is not one of this service.")
    rows = [_row(each, system, at) for each in told]
    return len(Feedback.objects.bulk_create(rows, ignore_conflicts=True))


def _row(told: Told, system: int | None, at: datetime) -> Feedback:
    values: dict[str, Any] = {name: getattr(told, name) for name in _KEPT}
    return Feedback(kind_id=told.kind, suggestions=list(told.suggestions), received_at=at, system_id=system, **values)


_KEPT = ("card", "outcome", "reason", "has_comment", "outcome_at")
