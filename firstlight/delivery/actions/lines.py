"""Write down what is known of a carrier, for people to see."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from firstlight.delivery.models import Line
from firstlight.delivery.rules.circuit import Trust


@dataclass(frozen=True, slots=True)
class Standing:
    """How a carrier does."""

    trust: Trust
    down_since: datetime | None
    trouble: str
    trouble_at: datetime | None
    per_second: float


def note_line(carrier: str, channel: str, place: int, standing: Standing, *, at: datetime) -> None:
    """Remember how a carrier does at this moment."""
    Line.objects.update_or_create(
        carrier=carrier,
        channel=channel,
        defaults={
            "place": place,
            "trust": standing.trust.value,
            "down_since": standing.down_since,
            "trouble": standing.trouble[:200],
            "trouble_at": standing.trouble_at,
            "per_second": standing.per_second,
            "seen_at": at,
        },
    )


def count_forgery(carrier: str, channel: str) -> None:
    """Count a call to a carrier's report address that this server's code did not sign."""
    line, _ = Line.objects.get_or_create(carrier=carrier, channel=channel)
    Line.objects.filter(pk=line.pk).update(forged_calls=F("forged_calls") + 1)
