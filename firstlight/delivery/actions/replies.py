"""Take the text messages that people send back."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from firstlight.delivery.hooks import repliers
from firstlight.delivery.models import Delivery
from firstlight.delivery.rules.messages import Channel, Reply
from firstlight.people.rules.phones import BadPhone, read_phone


def take_replies(replies: Sequence[Reply], *, at: datetime) -> int:
    """Show each reply to those who read them, with the last text message its sender got; says how many understood."""
    return sum(_take(reply, at) for reply in replies)


def _take(reply: Reply, at: datetime) -> bool:
    last = _last_to(reply.sender)
    return last is not None and any(understands(reply, last, at) for understands in repliers())


def _last_to(sender: str) -> Delivery | None:
    """The last text message that left for this number; several members may never share one."""
    try:
        number = read_phone(sender, region=settings.COUNTRY)
    except BadPhone:
        return None
    sent = Delivery.objects.filter(contact__address=number, channel=Channel.SMS, sent_at__isnull=False)
    return sent.select_related("mailing", "member").order_by("-sent_at", "-pk").first()
