"""Which outbreak a study belongs to and who brought it, written beside its instances: the store alone can tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.conf import settings

from firstlight.dicom.profile import Profile
from firstlight.imaging import store
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member

SCHEMA = "firstlight-membership/1"
ROOM = "memberships"
MOST_REMEMBERED = 4096
_remembered: dict[tuple[str, str], None] = {}


@dataclass(frozen=True)
class Terms:
    """Under what files are taken in: for which outbreak, from whom, when, what must vouch for them, of which study."""

    outbreak: Outbreak | None
    by: Member | None
    at: datetime
    requires_receipt: bool
    profile: Profile
    confirmed: bool = False
    study: str = ""

    @property
    def outbreak_key(self) -> int | None:
        """The outbreak's row."""
        return self.outbreak.pk if self.outbreak else None

    @property
    def by_key(self) -> int | None:
        """The sender's row."""
        return self.by.pk if self.by else None


def memberships(studies: Iterable[str], terms: Terms) -> dict[str, bytes]:
    """For each study that was not written down yet: the name and the content to keep. The first to say so stays."""
    names = {_name(study, terms): study for study in studies}
    return {name: _content(study, terms) for name, study in names.items() if (settings.STORE, name) not in _remembered}


def remember(names: Iterable[str]) -> None:
    """Note that these are kept, so that the next instance of the same study need not ask."""
    _remembered.update(dict.fromkeys((settings.STORE, name) for name in names))
    while len(_remembered) > MOST_REMEMBERED:
        _remembered.pop(next(iter(_remembered)), None)


def _name(study: str, terms: Terms) -> str:
    outbreak = terms.outbreak.slug if terms.outbreak else ""
    return store.name_of(store.digest_of(f"{study} {outbreak}".encode()), room=ROOM)


def _content(study: str, terms: Terms) -> bytes:
    return orjson.dumps(
        {
            "schema": SCHEMA,
            "study_instance_uid": study,
            "outbreak": terms.outbreak.slug if terms.outbreak else None,
            "received_by": terms.by_key,
            "received_at": terms.at.isoformat(),
        }
    )
