"""What a worker does for the depository while nobody waits for it."""

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from firstlight.imaging.recovering import recover
from firstlight.imaging.settling import settle_quiet

PAUSE_SECONDS = 1.0
log = logging.getLogger(__name__)


def keep_settling(stop: Event, *, now: Callable[[], datetime] = timezone.now) -> None:
    """Settle what has fallen quiet, every second until told to stop; several workers do not disturb each other."""
    if found := recover(at=now()):
        log.warning("After a power cut, %d instances were put back into the index.", len(found))
    while not stop.wait(PAUSE_SECONDS):
        close_old_connections()
        try:
            settle_quiet(at=now())
        except (DatabaseError, OSError) as error:
            log.warning("Series could not be settled now (%s); they are tried again.", type(error).__name__)
