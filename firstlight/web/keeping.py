"""What is the same for every reader, kept for a moment: a busy site asks its database for it once a second."""

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T")
MOST = 512
_kept: dict[Hashable, tuple[float, Any]] = {}


def for_a_moment(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gave for this key at most `settings.KEPT_SECONDS` ago; never for anything of one person."""
    if not settings.KEPT_SECONDS:
        return make()
    now = time.monotonic()
    until, value = _kept.get(key, (0.0, None))
    if until > now:
        return value  # type: ignore[no-any-return]
    made = make()
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = (now + settings.KEPT_SECONDS, made)
    return made
