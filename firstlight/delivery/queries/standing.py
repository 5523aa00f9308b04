"""How each carrier does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from firstlight.delivery.carriers import carriers_of
from firstlight.delivery.models import Line
from firstlight.delivery.queries.sending import Queue, queue_of
from firstlight.delivery.rules.call_codes import carrier_code
from firstlight.delivery.rules.carrier_names import carrier_slug
from firstlight.delivery.rules.messages import Channel
from firstlight.people.models import ContactPoint

SILENT_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class CarrierNow:
    """A carrier of our settings, what the sender last knew of it, and what waits on its channel."""

    name: str
    channel: Channel
    place: int
    line: Line | None
    queue: Queue
    is_attended: bool

    @property
    def channel_label(self) -> str:
        """The channel in the reader's language."""
        return str(ContactPoint.Channel(self.channel).label)

    @property
    def report_url(self) -> str:
        """Where this carrier may call with reports that name their message."""
        return self._own_url("carrier_report")

    @property
    def reply_url(self) -> str:
        """Where this carrier calls with what people answered."""
        return self._own_url("carrier_reply")

    def _own_url(self, name: str) -> str:
        slug = carrier_slug(self.name)
        code = carrier_code(slug, key=settings.SECRET_KEY)
        return f"{settings.ORIGIN}{reverse(name, args=(slug, code))}"


def carriers_now(at: datetime) -> list[CarrierNow]:
    """Every carrier of our settings, in the order of their use."""
    lines = {(line.channel, line.carrier): line for line in Line.objects.all()}
    found = []
    for channel in Channel:
        queue = queue_of(channel, at)
        for place, carrier in enumerate(carriers_of(channel)):
            line = lines.get((channel.value, carrier.name))
            is_attended = line is not None and line.seen_at is not None and line.seen_at > at - SILENT_AFTER
            found.append(CarrierNow(carrier.name, channel, place, line, queue, is_attended))
    return found
