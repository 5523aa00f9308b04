"""Asking whether an address is the member's own, by a link or by a code of six digits."""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F

from firstlight.people.actions.contacts import give_consent, verify_contact
from firstlight.people.models import Consent, ContactPoint, Verification
from firstlight.people.rules.phones import BadPhone, read_phone

LINK_LASTS = timedelta(days=14)
CODE_LASTS = timedelta(days=1)
Verified = ContactPoint.Verified


class Answer(StrEnum):
    """What an answer to a verification came to."""

    VERIFIED = "verified"
    WRONG = "wrong"
    TOO_OFTEN = "too-often"
    EXPIRED = "expired"


def new_code() -> str:
    """Six digits that nobody can foretell."""
    return f"{secrets.randbelow(1_000_000):06d}"


def ask_whose(contact: ContactPoint, *, at: datetime, code: str = "") -> Verification:
    """Write that this address is asked now, by a link or by this code; an earlier question is thereby over."""
    return Verification.objects.create(
        contact=contact,
        digest=_digest(contact.address, code),
        asked_at=at,
        expires_at=at + (CODE_LASTS if code else LINK_LASTS),
    )


@transaction.atomic
def answer_link(contact: ContactPoint, *, at: datetime) -> Answer:
    """The member opened the link sent to this address, and says yes: it is verified, and consent is given."""
    if contact.verified_at is not None:
        return Answer.VERIFIED
    question = _last_question(contact)
    if question is None or not hmac.compare_digest(question.digest, _digest(contact.address, "")):
        return Answer.EXPIRED
    if question.expires_at <= at:
        return Answer.EXPIRED
    return _accept(contact, question, Verified.LINK, at)


@transaction.atomic
def answer_code(phone: str, code: str, *, at: datetime) -> Answer:
    """A phone and the code sent to it; wrong for an unknown phone too, so that nobody learns who is a member."""
    try:
        address = read_phone(phone, region=settings.COUNTRY)
    except BadPhone:
        return Answer.WRONG
    contact = ContactPoint.objects.unverified().filter(channel=ContactPoint.Channel.SMS, address=address).first()
    question = _last_question(contact) if contact else None
    if contact is None or question is None:
        return Answer.WRONG
    if question.tries >= Verification.MOST_TRIES:
        return Answer.TOO_OFTEN
    if not hmac.compare_digest(question.digest, _digest(address, code)):
        Verification.objects.filter(pk=question.pk).update(tries=F("tries") + 1)
        return Answer.TOO_OFTEN if question.tries + 1 >= Verification.MOST_TRIES else Answer.WRONG
    if question.expires_at <= at:
        return Answer.EXPIRED
    return _accept(contact, question, Verified.CODE, at)


def _last_question(contact: ContactPoint) -> Verification | None:
    """The last question; what was asked before it counts no more."""
    return contact.verifications.select_for_update().first()


def _accept(contact: ContactPoint, question: Verification, how: str, at: datetime) -> Answer:
    verify_contact(contact, how=how, by=contact.member, at=at)
    give_consent(contact.member, contact.channel, how=Consent.How.OWN_PAGE, by=contact.member, at=at)
    question.answered_at = at
    question.save(update_fields=["answered_at"])
    return Answer.VERIFIED


def _digest(address: str, code: str) -> str:
    """What is kept of a question; keyed, since a million codes are soon tried."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"verification:{address}:{code}".encode(), sha256).hex()
