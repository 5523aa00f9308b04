"""What is done by the clock, and the writing of addresses, beside the sending."""

import logging
import threading
from datetime import datetime, timedelta

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from django.utils import timezone

from firstlight.delivery.actions.addressing import write_chunk
from firstlight.delivery.actions.shifts import leave_shift, take_shift
from firstlight.delivery.hooks import Chore, chores
from firstlight.delivery.models import Mailing

log = logging.getLogger(__name__)

CLOCK = "clock"
# A chore may take minutes; one that takes longer may be begun by another process that stands by.
CLOCK_LEASE = timedelta(minutes=5)
TICK_SECONDS = 0.5


def address(stop: threading.Event) -> None:
    """Write out audiences a chunk at a time, always of what presses most; several processes may."""
    while not stop.is_set():
        try:
            close_old_connections()
            is_more = address_once(timezone.now())
        except DatabaseError as error:
            log.error("Addressing: the database failed (%s); trying again", type(error).__name__)  # noqa: TRY400
            connections.close_all()
            is_more = False
        except Exception as error:  # noqa: BLE001 — an audience is another app's: its fault must not stop the others'
            log.error("Addressing failed (%s); trying again", type(error).__name__)  # noqa: TRY400
            is_more = False
        if not is_more:
            stop.wait(TICK_SECONDS)
    connections.close_all()


def address_once(at: datetime) -> bool:
    """Write the next chunk of the most pressing mailing; False when there is none."""
    mailing = Mailing.objects.unaddressed().first()
    if mailing is None:
        return False
    write_chunk(mailing, at)
    return True


def do_chores(stop: threading.Event, *, sender: str) -> None:
    """Do each chore when its time has come, in one process at a time."""
    due: dict[str, datetime] = {}
    asked_at, is_ours = None, False
    while not stop.is_set():
        now = timezone.now()
        try:
            close_old_connections()
            if asked_at is None or not is_ours or now - asked_at > CLOCK_LEASE / 3:
                is_ours, asked_at = take_shift(CLOCK, by=sender, at=now, lease=CLOCK_LEASE), now
            if is_ours:
                do_due_chores(due, now)
        except DatabaseError as error:
            log.error("Chores: the database failed (%s); trying again", type(error).__name__)  # noqa: TRY400
            connections.close_all()
        stop.wait(1.0 if is_ours else 5.0)
    leave_shift(CLOCK, by=sender)
    connections.close_all()


def do_due_chores(due: dict[str, datetime], at: datetime) -> None:
    """Do what is due at this moment, and note when it is due again."""
    for chore in chores():
        if due.get(chore.name, at) <= at:
            due[chore.name] = at + chore.every
            do_chore(chore, at)


def do_chore(chore: Chore, at: datetime) -> None:
    """Do one; a failure is logged without its words, which may hold anything, and the chore comes again."""
    try:
        chore.do(at)
    except Exception as error:  # noqa: BLE001 — one chore's fault must not stop the others
        log.error("The chore %s failed (%s)", chore.name, type(error).__name__)  # noqa: TRY400
        connections.close_all()
