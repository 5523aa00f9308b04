import secrets
from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from firstlight.audit.actions import record
from firstlight.people.models import ApiToken, Member, Role, RoleGrant
from firstlight.people.rules import token_digest


@transaction.atomic
def add_member(
    *,
    email: str,
    name: str,
    roles: Iterable[Role],
    by: Member | str,
    at: datetime,
    password: str | None = None,
    language: str = "ko",
) -> Member:
    """Add a member, or grant more roles to the one who has this address; without a password they set their own.

    Raises ValidationError when the address is none.
    """
    validate_email(email)
    address = email.strip().lower()
    member = Member.objects.filter(email=address).first()
    if member is None:
        member = Member(email=address, name=name.strip(), joined_at=at, language=language)
        member.set_password(password)
        member.save()
        EmailAddress.objects.create(user=member, email=address, verified=True, primary=True)
    elif password:
        member.set_password(password)
        member.save(update_fields=["password"])
    granted = grant_roles(member, roles, at=at)
    record("member.added", member, by=by, at=at, roles=granted)
    return member


def grant_roles(member: Member, roles: Iterable[Role], *, at: datetime) -> list[str]:
    """Grant each role once, and say which."""
    wanted = sorted({Role(role).value for role in roles})
    for role in wanted:
        RoleGrant.objects.get_or_create(member=member, role=role, defaults={"granted_at": at})
    return wanted


@transaction.atomic
def create_token(*, member: Member, name: str, by: Member | str, at: datetime) -> str:
    """Make a token for a program and return it, the only time it is ever shown."""
    if not name.strip():
        raise ValidationError("A token needs a name, so that it can be told from others and revoked.")
    token = f"flt_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(member=member, name=name, digest=token_digest(token), created_at=at)
    record("token.created", row, by=by, at=at)
    return token
