"""The rows of a members' list as rows of the database, many at a time."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from firstlight.people.models import Consent, ContactPoint, Institution, Member, RoleGrant
from firstlight.people.queries.matching import Match, Terms
from firstlight.people.rules.words import plain_word

Channel = ContactPoint.Channel
BATCH = 500


def write_matches(matches: Sequence[Match], *, terms: Terms, institutions: dict[str, int], at: datetime) -> None:
    """Write what the rows say; `institutions` grows by those that are new."""
    _add_institutions((match.institution for match in matches if match.institution), institutions)
    new = [match for match in matches if match.member is None]
    old = [match for match in matches if match.member is not None and match.is_change]
    _add_members(new, institutions, terms=terms, at=at)
    _change_members(old, institutions)
    _write_contacts([*new, *old], terms=terms, at=at)
    _write_words([*new, *old], terms=terms, at=at)


def _add_institutions(names: Iterable[str], institutions: dict[str, int]) -> None:
    unknown = {plain_word(name): name for name in names if plain_word(name) not in institutions}
    rows = [Institution(slug=_slug(key), name_ko=name, name_en=name) for key, name in unknown.items()]
    for row in Institution.objects.bulk_create(rows):
        institutions[plain_word(row.name_ko)] = row.pk


def _slug(key: str) -> str:
    """An address from a name in any letters, the same each time."""
    return f"i-{sha256(key.encode()).hexdigest()[:12]}"


def _add_members(matches: Sequence[Match], institutions: dict[str, int], *, terms: Terms, at: datetime) -> None:
    rows = [
        Member(
            email=match.listed.email or None,
            name=match.listed.name,
            language=match.listed.language or "ko",
            specialty=match.listed.specialty,
            institution_id=institutions.get(plain_word(match.institution)) if match.institution else None,
            joined_at=at,
            password=UNUSABLE_PASSWORD_PREFIX + secrets.token_urlsafe(30),
        )
        for match in matches
    ]
    for match, member in zip(matches, Member.objects.bulk_create(rows, batch_size=BATCH), strict=True):
        match.member = member
    _let_sign_in((match.member for match in matches if match.member and match.member.email), terms)


def _let_sign_in(members: Iterable[Member], terms: Terms) -> None:
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=each, email=each.email, verified=terms.is_vouched, primary=True) for each in members],
        batch_size=BATCH,
    )


def _change_members(matches: Sequence[Match], institutions: dict[str, int]) -> None:
    changed, newly_signing_in = [], []
    for match in matches:
        member = match.member
        if member is None:
            continue
        for name, text in match.fields.items():
            setattr(member, name, text)
        if match.institution:
            member.institution_id = institutions[plain_word(match.institution)]
        if member.email is None and Channel.EMAIL in match.addresses:
            member.email = match.addresses[Channel.EMAIL]
            newly_signing_in.append(member)
        changed.append(member)
    Member.objects.bulk_update(changed, ["name", "language", "specialty", "institution", "email"], batch_size=BATCH)
    _let_sign_in(newly_signing_in, Terms())


def _write_contacts(matches: Sequence[Match], *, terms: Terms, at: datetime) -> None:
    new: list[ContactPoint] = []
    changed: list[ContactPoint] = []
    how = ContactPoint.Verified.SOCIETY if terms.is_vouched else ""
    for match in matches:
        for channel, address in match.addresses.items():
            contact = match.contacts.get(channel)
            (changed if contact else new).append(contact or ContactPoint(member=match.member, channel=channel))
            contact = (changed if contact else new)[-1]
            contact.address, contact.added_at = address, at
            contact.verified_at, contact.verified_how = at if terms.is_vouched else None, how
            contact.dead_since, contact.dead_reason = None, ""
        for contact in match.vouched:
            contact.verified_at, contact.verified_how = at, how
            changed.append(contact)
    ContactPoint.objects.bulk_create(new, batch_size=BATCH)
    fields = ["address", "added_at", "verified_at", "verified_how", "dead_since", "dead_reason"]
    ContactPoint.objects.bulk_update(changed, fields, batch_size=BATCH)


def _write_words(matches: Sequence[Match], *, terms: Terms, at: datetime) -> None:
    """Roles granted and consents given."""
    RoleGrant.objects.bulk_create(
        [RoleGrant(member=match.member, role=role, granted_at=at) for match in matches for role in match.roles],
        batch_size=BATCH,
    )
    Consent.objects.bulk_create(
        [
            Consent(
                member=match.member,
                channel=channel,
                is_given=True,
                at=at,
                how=Consent.How.IMPORT,
                wording=terms.consent_wording,
            )
            for match in matches
            for channel in match.consents
        ],
        batch_size=BATCH,
    )
