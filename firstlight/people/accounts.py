from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Members are added by the society; nobody signs themselves up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
