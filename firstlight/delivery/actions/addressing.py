"""Write out who gets a mailing: one row a member and channel, in chunks that a crash neither loses nor doubles."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction

from firstlight.delivery.actions.alarms import pause_for
from firstlight.delivery.hooks import Addressee, audience_of
from firstlight.delivery.models import Mailing

MEMBERS_A_CHUNK = 1000
NO_AUDIENCE = "no audience"


def write_rows(mailing: Mailing, at: datetime) -> None:
    """Write all rows that are still to be written."""
    while write_chunk(mailing, at):
        pass


def write_chunk(mailing: Mailing, at: datetime, members: int = MEMBERS_A_CHUNK) -> bool:
    """Write the rows of the next members; False when there is no more to do.

    The audience is read before the transaction begins; where another process was quicker, nothing is written twice.
    """
    read = audience_of(mailing)
    if read is None:
        # Its app is not installed any more: to send to nobody and call it done would hide that.
        pause_for(mailing, NO_AUDIENCE, at)
        return False
    after = mailing.addressed_to
    rows, last = read(mailing, after, members, at)
    done_at = at if last <= after else None
    if not _advance(mailing, after, max(last, after), done_at, rows):
        mailing.refresh_from_db()
        return mailing.addressed_at is None and mailing.state == Mailing.State.SENDING
    mailing.addressed_to, mailing.addressed_at = max(last, after), done_at
    return done_at is None


@transaction.atomic
def _advance(mailing: Mailing, after: int, last: int, done_at: datetime | None, rows: Sequence[Addressee]) -> bool:
    still_there = Mailing.objects.unaddressed().filter(pk=mailing.pk, addressed_to=after)
    if not still_there.order_by().update(addressed_to=last, addressed_at=done_at):
        return False
    insert_rows(mailing, rows)
    return True


def insert_rows(mailing: Mailing, rows: Sequence[Addressee]) -> None:
    """Add the rows that are not there yet.

    Plain SQL, which both databases speak: building a model for each of 200,000 rows takes longer than sending them.
    """
    adapt = lru_cache(maxsize=1024)(connection.ops.adapt_datetimefield_value)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO delivery_delivery (mailing_id, member_id, contact_id, channel, language, state, due_at, "
            "attempts, claimed_by, carrier, carrier_id, reason) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, 0, '', '', '', '') ON CONFLICT DO NOTHING",
            [
                (
                    mailing.pk,
                    each.member_id,
                    each.contact_id,
                    each.channel,
                    each.language,
                    each.state,
                    adapt(each.due_at),
                )
                for each in rows
            ],
        )
