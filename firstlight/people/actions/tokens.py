import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from firstlight.audit.actions import record
from firstlight.people.models import ApiToken, Member
from firstlight.people.rules.tokens import token_digest


@transaction.atomic
def create_token(*, member: Member, name: str, by: Member | str, at: datetime) -> str:
    """Make a token for a program and return it, the only time it is ever shown."""
    if not name.strip():
        raise ValidationError("A token needs a name, so that it can be told from others and revoked.")
    token = f"flt_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(member=member, name=name, digest=token_digest(token), created_at=at)
    record("token.created", row, by=by, at=at)
    return token
