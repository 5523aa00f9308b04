"""How the JSON API knows who asks: a program's token, or a browser's session with its CSRF token."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth

from firstlight.people.models import Member
from firstlight.people.queries import member_with_token


class TokenAuth(HttpBearer):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request: HttpRequest, token: str) -> Member | None:
        """The member whose usable token this is."""
        return member_with_token(token, at=timezone.now())


AUTH = [TokenAuth(), SessionAuth()]


def asker(request: HttpRequest) -> Member:
    """The member that `AUTH` found."""
    member: Member = request.auth  # type: ignore[attr-defined]
    return member
