"""Take the text messages that people send back."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import transaction

from firstlight.delivery.hooks import repliers
from firstlight.delivery.models import Delivery
from firstlight.delivery.rules.messages import Channel, Reply
from firstlight.people.rules.phones import BadPhone, read_phone

log = logging.getLogger(__name__)

Replier = Callable[[Reply, Delivery, datetime], bool]


def take_replies(replies: Sequence[Reply], *, at: datetime) -> int:
    """Show each reply to those who read them, with the last text message its sender got; says how many understood."""
    return sum(_take(reply, at) for reply in replies)


def _take(reply: Reply, at: datetime) -> bool:
    last = _last_to(reply.sender)
    return last is not None and any(_understands(each, reply, last, at) for each in repliers())


def _understands(replier: Replier, reply: Reply, last: Delivery, at: datetime) -> bool:
    """Whether this app understood; a fault of one must neither hide the reply from the others nor stop the sending."""
    try:
        with transaction.atomic():
            return replier(reply, last, at)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 — another app's fault, whose words may hold what a person wrote
        log.error("A reply could not be read (%s)", type(error).__name__)  # noqa: TRY400
        return False


def _last_to(sender: str) -> Delivery | None:
    """The last text message that left for this number; several members may never share one."""
    try:
        number = read_phone(sender, region=settings.COUNTRY)
    except BadPhone:
        return None
    sent = Delivery.objects.filter(contact__address=number, channel=Channel.SMS, sent_at__isnull=False)
    return sent.select_related("mailing", "member").order_by("-sent_at", "-pk").first()
