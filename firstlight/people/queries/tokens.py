from datetime import datetime
from typing import NamedTuple

from firstlight.people.models import ApiToken, Member
from firstlight.people.rules.tokens import token_digest
from firstlight.rows import rows

STANDING = """SELECT member.id, role.role FROM people_apitoken token
    JOIN people_member member ON member.id = token.member_id
    LEFT JOIN people_rolegrant role ON role.member_id = member.id
    WHERE token.digest = %s AND token.revoked_at IS NULL AND member.is_active
    AND (token.expires_at IS NULL OR token.expires_at > %s)"""


class Standing(NamedTuple):
    """Whose program asks, and with which roles."""

    member: int
    roles: frozenset[str]


def member_with_token(token: str, *, at: datetime) -> Member | None:
    """The member whose program sends this token, while it is usable."""
    found = ApiToken.objects.usable(at).select_related("member").filter(digest=token_digest(token)).first()
    return found.member if found else None


def standing_with_token(token: str, *, at: datetime) -> Standing | None:
    """The same as `member_with_token` for who needs no more than key and roles, at the cost of its rows."""
    found = rows(STANDING, [token_digest(token), at])
    return Standing(found[0][0], frozenset(role for _, role in found if role)) if found else None
