"""Who does a kind of work: one process at a time, the next one when it is gone."""

import os
import socket
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from firstlight.delivery.actions.claims import give_back_claims_of
from firstlight.delivery.models import Shift

LEASE = timedelta(seconds=20)


def sender_name() -> str:
    """This process: its machine and its number there."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def take_shift(work: str, *, by: str, at: datetime, lease: timedelta = LEASE) -> bool:
    """Begin a kind of work, or go on with it; False while another process does it.

    A process of this machine that is known to be dead is not waited for, and what it had in hand is let go.
    """
    shift, _ = Shift.objects.get_or_create(work=work, defaults={"held_until": at})
    if shift.held_by and shift.held_by != by and is_gone(shift.held_by):
        _take_over(shift)
    mine = Shift.objects.filter(Q(held_by=by) | Q(held_by="") | Q(held_until__lte=at), pk=shift.pk)
    return bool(mine.update(held_by=by, held_until=at + lease))


def leave_shift(work: str, *, by: str) -> None:
    """Let another process go on at once; nothing when `by` does not have it."""
    Shift.objects.filter(work=work, held_by=by).update(held_by="")


@transaction.atomic
def _take_over(shift: Shift) -> None:
    if Shift.objects.filter(pk=shift.pk, held_by=shift.held_by).update(held_by=""):
        give_back_claims_of(shift.held_by)


def is_gone(holder: str) -> bool:
    """Whether a process is surely dead: it was of this machine, and no process has its number now."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname()[:60] or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
