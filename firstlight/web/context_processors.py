from functools import cache
from importlib.metadata import version

from django.http import HttpRequest


def firstlight_version(request: HttpRequest) -> dict[str, str]:
    """The running version, which every page's footer names."""
    return {"firstlight_version": installed_version()}


@cache
def installed_version() -> str:
    """The version the installed package carries."""
    return version("firstlight")
