"""What pages and the postman read of what is being sent."""

from firstlight.delivery.queries.outbox import outbox_of
from firstlight.delivery.queries.sending import (
    Failures,
    Queue,
    Tally,
    failures_by_reason,
    going_mailings,
    queue_of,
    tallies,
    tally_of,
)
from firstlight.delivery.queries.standing import CarrierNow, carriers_now

__all__ = [
    "CarrierNow",
    "Failures",
    "Queue",
    "Tally",
    "carriers_now",
    "failures_by_reason",
    "going_mailings",
    "outbox_of",
    "queue_of",
    "tallies",
    "tally_of",
]
