"""What other processes are asked to do: it wakes Django itself, so that it can be sent and looked at anywhere."""

import hashlib
import os
from datetime import datetime


class AnotherDepository(RuntimeError):
    """A worker stands before another database or store than the one who asks."""


def depository() -> str:
    """Which database and store this process stands before, without telling it."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    said = "\0".join(str(database.get(each, "")) for each in ("ENGINE", "HOST", "PORT", "NAME"))
    return hashlib.sha256(f"{said}\0{settings.STORE}".encode()).hexdigest()


def reread_there(place: str, key: int, cleans: bool, at: datetime) -> int:
    """Read a series again in a process that may have to be woken; raises AnotherDepository."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firstlight.config.settings")
    django.setup()
    from firstlight.imaging.rereading import reread_series

    if depository() != place:
        raise AnotherDepository("A worker has another DATABASE_URL or FIRSTLIGHT_STORAGE than this command.")
    return reread_series(key, cleans=cleans, at=at)
