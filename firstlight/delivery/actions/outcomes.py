"""Write down what a carrier answered: the plain way in one statement, everything else with its line in the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from firstlight.delivery.actions.addresses import DeadAddress, mark_dead_addresses
from firstlight.delivery.models import Attempt
from firstlight.delivery.rules.messages import Answer
from firstlight.delivery.rules.reasons import enhanced_status, is_dead_address
from firstlight.delivery.rules.states import State


class Settled(NamedTuple):
    """A row's answer, and what follows from it.

    `due_at` is set when it is tried again; by the same carrier when it `stays`. Without an answer, nobody was asked.
    """

    delivery_id: int
    contact_id: int | None
    answer: Answer | None
    state: State
    carrier: str
    carrier_id: str = ""
    reason: str = ""
    due_at: datetime | None = None
    stays: bool = True


@transaction.atomic
def settle(settled: Sequence[Settled], *, by: str, at: datetime) -> None:
    """Write what became of rows that `by` had claimed; what a report said in the meantime stands.

    A row that another sender has claimed since is left to that one.
    """
    taken = [each for each in settled if each.state is State.SENT]
    others = [each for each in settled if each.state is not State.SENT]
    if taken:
        _write_taken(taken, by, at)
    if others:
        _write_others(others, by, at)
        _log(others, at)
        mark_dead_addresses(_dead(others), at=at)


def _write_taken(taken: list[Settled], by: str, at: datetime) -> None:
    """One statement for all: SQLite and PostgreSQL both join an UPDATE to a list of values."""
    values = ", ".join(["(%s, %s)"] * len(taken))
    now = connection.ops.adapt_datetimefield_value(at)
    rows = [value for each in taken for value in (each.delivery_id, each.carrier_id)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH taken (id, carrier_id) AS (VALUES {values}) "  # noqa: S608 — placeholders alone
            "UPDATE delivery_delivery SET carrier_id = taken.carrier_id, carrier = %s, sent_at = %s, reason = '', "
            "attempts = attempts + 1, claimed_by = '', claimed_until = NULL, "
            "state = CASE WHEN state = 'sending' THEN 'sent' ELSE state END "
            "FROM taken WHERE delivery_delivery.id = taken.id AND claimed_by = %s",
            [*rows, taken[0].carrier, now, by],
        )


def _write_others(others: list[Settled], by: str, at: datetime) -> None:
    """Row by row, since each has a reason and an hour of its own."""
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE delivery_delivery SET state = CASE WHEN state = 'sending' THEN %s ELSE state END, "
            "carrier = %s, reason = %s, due_at = COALESCE(%s, due_at), ended_at = COALESCE(ended_at, %s), "
            "attempts = attempts + %s, claimed_by = '', claimed_until = NULL WHERE id = %s AND claimed_by = %s",
            [
                (
                    each.state.value,
                    each.carrier if each.stays else "",
                    each.reason,
                    moment(each.due_at) if each.due_at else None,
                    None if each.state is State.CREATED else moment(at),
                    0 if each.answer is None else 1,
                    each.delivery_id,
                    by,
                )
                for each in others
            ],
        )


def _log(others: list[Settled], at: datetime) -> None:
    Attempt.objects.bulk_create(
        Attempt(
            delivery_id=each.delivery_id,
            at=at,
            what=(each.answer or each.state).value,
            carrier=each.carrier,
            reason=each.reason,
        )
        for each in others
    )


def _dead(others: list[Settled]) -> list[DeadAddress]:
    return [
        DeadAddress(each.contact_id, status)
        for each in others
        if each.answer is Answer.NEVER
        and each.contact_id is not None
        and is_dead_address(status := enhanced_status(each.reason))
    ]
