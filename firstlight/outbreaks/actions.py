from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.outbreaks.models import RESERVED_SLUGS, Outbreak, Phase
from firstlight.outbreaks.policies import check_can_activate
from firstlight.people.models import Member


@transaction.atomic
def activate_outbreak(*, by: Member | str, at: datetime, **fields: Any) -> Outbreak:
    """Switch an outbreak on; raises ValidationError, by field, for what is missing or taken."""
    check_can_activate(by)
    outbreak = Outbreak(activated_at=at, **fields)
    if outbreak.slug in RESERVED_SLUGS:
        raise ValidationError({"slug": _("This word is an address of the site. Choose another.")})
    outbreak.full_clean()
    outbreak.save()
    begin_phase(outbreak, Phase.Key.WATCH, by=by, at=at)
    record("outbreak.activated", outbreak, by=by, at=at)
    return outbreak


@transaction.atomic
def begin_phase(outbreak: Outbreak, key: str, *, by: Member | str, at: datetime, **notes: str) -> Phase:
    """Enter a phase of the response, from that moment on; the same moment again replaces it."""
    check_can_activate(by)
    phase, _made = Phase.objects.update_or_create(
        outbreak=outbreak, began_at=at, defaults={"key": Phase.Key(key), **notes}
    )
    record("outbreak.phase", outbreak, by=by, at=at, phase=phase.key)
    return phase
