"""The key that a day's visitors are marked with: one for all processes, and gone when the day is."""

import secrets
from datetime import date

from firstlight.visits.models import Day
from firstlight.visits.rules.visitors import KEY_BYTES

_held: dict[date, bytes] = {}


def key_of(day: date) -> bytes | None:
    """The day's key, made when it is first needed; None once the day is over and its key forgotten."""
    if day not in _held:
        found, _is_new = Day.objects.get_or_create(on=day, defaults={"key": secrets.token_bytes(KEY_BYTES)})
        if found.key is None:
            return None
        forget(before=day)
        _held[day] = bytes(found.key)
    return _held[day]


def forget(*, before: date) -> None:
    """Let go of the keys of earlier days that this process still holds."""
    for day in [each for each in _held if each < before]:
        _held.pop(day, None)
