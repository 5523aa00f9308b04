from collections.abc import Iterable
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.people.actions.contacts import check_is_free, give_consent, read_address, set_contact
from firstlight.people.models import Consent, ContactPoint, Member, Role, RoleGrant
from firstlight.people.policies import check_can_keep_members

FIELDS = ("name", "language", "institution", "specialty", "time_zone")
Channel = ContactPoint.Channel


@transaction.atomic
def add_member(
    *,
    name: str,
    roles: Iterable[Role],
    by: Member | str,
    at: datetime,
    email: str | None = None,
    phone: str | None = None,
    password: str | None = None,
    language: str = "ko",
) -> Member:
    """Add a member, or grant more roles to the one who has this address; without a password they set their own.

    One with a phone alone is reached by text message and has no account. The society vouches for both addresses.
    Raises ValidationError for an address that is none, or another member's, or when there is neither.
    """
    check_can_keep_members(by)
    addresses = _addresses(email, phone)
    member = _member_with(addresses)
    if member is None:
        member = Member(email=addresses.get(Channel.EMAIL), name=name.strip(), joined_at=at, language=language)
        member.set_password(password)
        member.save()
        if member.email:
            EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    elif password:
        member.set_password(password)
        member.save(update_fields=["password"])
    for channel, address in addresses.items():
        _reach(member, channel, address, by=by, at=at)
    granted = grant_roles(member, roles, at=at)
    record("member.added", member, by=by, at=at, roles=granted)
    return member


def _addresses(email: str | None, phone: str | None) -> dict[str, str]:
    addresses = {}
    if email:
        validate_email(email)
        addresses[Channel.EMAIL.value] = email.strip().lower()
    if phone:
        addresses[Channel.SMS.value] = read_address(Channel.SMS, phone)
    if not addresses:
        raise ValidationError(_("A member needs an e-mail address or a mobile phone."))
    return addresses


def _member_with(addresses: dict[str, str]) -> Member | None:
    """The member who signs in by the e-mail address or is reached there; else the one with the phone."""
    for channel, address in addresses.items():
        found = Member.objects.filter(contacts__channel=channel, contacts__address=address).first()
        if channel == Channel.EMAIL:
            found = Member.objects.filter(email=address).first() or found
        if found:
            return found
    return None


def _reach(member: Member, channel: str, address: str, *, by: Member | str, at: datetime) -> None:
    """Reach a member there; whoever took consent back is asked, not told."""
    check_is_free(channel, address, member)
    is_new = not member.contacts.filter(channel=channel, address=address).exists()
    set_contact(member, channel, address, by=by, at=at, is_vouched=True)
    if is_new and not member.consents.filter(channel=channel).exists():
        give_consent(member, channel, how=Consent.How.DESK, by=by, at=at)


def grant_roles(member: Member, roles: Iterable[Role], *, at: datetime) -> list[str]:
    """Grant each role once, and say which."""
    wanted = sorted({Role(role).value for role in roles})
    for role in wanted:
        RoleGrant.objects.get_or_create(member=member, role=role, defaults={"granted_at": at})
    return wanted


@transaction.atomic
def set_roles(member: Member, roles: Iterable[Role], *, by: Member | str, at: datetime) -> None:
    """Let a member have these roles and no other; raises PermissionDenied for giving up one's own administration."""
    check_can_keep_members(by)
    wanted, held = {Role(role).value for role in roles}, set(member.grants.values_list("role", flat=True))
    if wanted == held:
        return
    if isinstance(by, Member) and by.pk == member.pk and Role.ADMINISTRATOR in held - wanted:
        raise PermissionDenied(_("Another administrator must take this role from you."))
    member.grants.exclude(role__in=wanted).delete()
    grant_roles(member, [Role(each) for each in wanted], at=at)
    member.__dict__.pop("_granted", None)
    record("member.roles_set", member, by=by, at=at, roles=sorted(wanted))


@transaction.atomic
def change_member(member: Member, *, by: Member | str, at: datetime, **fields: Any) -> list[str]:
    """Change what is known of a member (name, language, institution, specialty, time zone); gives what changed."""
    check_can_keep_members(by)
    changed = [name for name in FIELDS if name in fields and getattr(member, name) != fields[name]]
    for name in changed:
        setattr(member, name, fields[name])
    if changed:
        member.save(update_fields=changed)
        record("member.changed", member, by=by, at=at, fields=changed)
    return changed


@transaction.atomic
def deactivate_member(member: Member, *, by: Member | str, at: datetime) -> None:
    """Let a member neither sign in nor be written to; what they did stays. Nobody deactivates themselves."""
    check_can_keep_members(by)
    if isinstance(by, Member) and by.pk == member.pk:
        raise PermissionDenied(_("Another administrator must deactivate you."))
    if member.is_active:
        member.is_active = False
        member.save(update_fields=["is_active"])
        record("member.deactivated", member, by=by, at=at)


@transaction.atomic
def reactivate_member(member: Member, *, by: Member | str, at: datetime) -> None:
    """Take a member back, with the roles, addresses and consents they had."""
    check_can_keep_members(by)
    if not member.is_active:
        member.is_active = True
        member.save(update_fields=["is_active"])
        record("member.reactivated", member, by=by, at=at)
