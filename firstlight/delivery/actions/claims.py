"""Take rows in hand to send them, and give them back."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from firstlight.delivery.models import Delivery


class Claimed(NamedTuple):
    """A row in hand; `carrier` is the one that may have taken it before, or empty."""

    delivery_id: int
    mailing_id: int
    language: str
    attempts: int
    carrier: str
    contact_id: int | None
    address: str | None
    is_wanted: bool | None
    dead_since: datetime | None
    is_member_active: bool | None

    @property
    def can_be_reached(self) -> bool:
        """Whether, since its row was written, nobody left and no address died."""
        return bool(self.address and self.is_wanted and self.is_member_active and self.dead_since is None)


_FIELDS = (
    "pk",
    "mailing_id",
    "language",
    "attempts",
    "carrier",
    "contact_id",
    "contact__address",
    "contact__is_wanted",
    "contact__dead_since",
    "member__is_active",
)


def claim(
    *,
    channel: str,
    mailings: Sequence[int],
    carrier: str,
    by: str,
    at: datetime,
    until: datetime,
    limit: int,
    not_of: Collection[str] = (),
    only_of: str | None = None,
) -> list[Claimed]:
    """Take due rows in hand for a carrier: of the first mailing as many as there are, then of the next.

    Rows that one of the carriers in `not_of` may have taken are left to it; with `only_of`, only that carrier's own
    are taken.
    """
    claimed: list[Claimed] = []
    with transaction.atomic():
        for mailing_id in mailings:
            if len(claimed) >= limit:
                break
            due = Delivery.objects.due(at).filter(mailing_id=mailing_id, channel=channel)
            due = due.exclude(carrier__in=not_of) if not_of else due
            due = due.filter(carrier=only_of) if only_of is not None else due
            # In the index's own order; several processes pass over each other's rows.
            rows = due.order_by("due_at").select_for_update(skip_locked=True, of=("self",)).values_list(*_FIELDS)
            claimed += [Claimed(*row) for row in rows[: limit - len(claimed)]]
        _mark(claimed, carrier=carrier, by=by, until=until)
    return claimed


def _mark(claimed: list[Claimed], *, carrier: str, by: str, until: datetime) -> None:
    if claimed:
        rows = Delivery.objects.filter(pk__in=[each.delivery_id for each in claimed])
        # The carrier is written first: after a crash it is the one that may have the message.
        rows.update(state=Delivery.State.SENDING, claimed_by=by, claimed_until=until, carrier=carrier)


@transaction.atomic
def give_back(claimed: Iterable[Claimed], *, by: str, due_at: datetime | None = None) -> None:
    """Let go of rows that were certainly not handed over, as if they had never been claimed."""
    by_carrier: dict[str, list[int]] = {}
    for each in claimed:
        by_carrier.setdefault(each.carrier, []).append(each.delivery_id)
    put_off = {} if due_at is None else {"due_at": due_at}
    for carrier, rows in by_carrier.items():
        Delivery.objects.filter(pk__in=rows, claimed_by=by, state=Delivery.State.SENDING).update(
            state=Delivery.State.CREATED, claimed_by="", claimed_until=None, carrier=carrier, **put_off
        )


def give_back_claims(at: datetime) -> int:
    """Let go of the rows of senders that did not come back in time; they keep their carrier, and their message's id."""
    return Delivery.objects.in_doubt(at).update(state=Delivery.State.CREATED, claimed_by="", claimed_until=None)


def give_back_claims_of(sender: str) -> int:
    """Let go of the rows of a sender that is known to be dead."""
    held = Delivery.objects.filter(state=Delivery.State.SENDING, claimed_until__isnull=False, claimed_by=sender)
    return held.update(state=Delivery.State.CREATED, claimed_by="", claimed_until=None)
