from datetime import datetime

from firstlight.people.models import ApiToken, Member
from firstlight.people.rules.tokens import token_digest


def member_with_token(token: str, *, at: datetime) -> Member | None:
    """The member whose program sends this token, while it is usable."""
    found = ApiToken.objects.usable(at).select_related("member").filter(digest=token_digest(token)).first()
    return found.member if found else None
