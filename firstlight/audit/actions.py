from datetime import datetime
from typing import Any

from django.db.models import Model

from firstlight.audit.models import Entry


def record(verb: str, target: Model | str, *, by: Model | str, at: datetime, **details: Any) -> Entry:
    """Write one audit entry; details carry counts, states and reasons, never a patient's data."""
    return Entry.objects.create(at=at, actor=name_of(by), verb=verb, target=name_of(target), details=details)


def name_of(thing: Model | str) -> str:
    """'member:12' for a row, and a command's name as it is."""
    return thing if isinstance(thing, str) else f"{thing._meta.model_name}:{thing.pk}"
