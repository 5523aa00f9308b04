"""How a request says who is asking: a browser by its session, a program by its token."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from firstlight.people.models import Member
from firstlight.people.queries import member_with_token


def who_asks(request: HttpRequest, *, at: datetime) -> Member | None:
    """The member behind the request; None for a stranger, and for a token that is not usable."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return member_with_token(token.strip(), at=at)
    user = request.user
    return user if isinstance(user, Member) and user.is_active else None


def signed_in(request: HttpRequest) -> Member:
    """The member of a view that requires one; raises PermissionDenied for anyone else."""
    if not isinstance(request.user, Member):
        raise PermissionDenied
    return request.user
