"""A reader's word that they have read a notice."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.alerts.queries.audience import notice_of
from firstlight.alerts.rules.answers import is_confirmation
from firstlight.delivery.models import Delivery
from firstlight.delivery.rules.messages import Reply
from firstlight.people.models import Member


def acknowledge(notice: Notice, member: Member, *, how: str, at: datetime) -> bool:
    """Keep that a member has read a notice; the first word counts, and False says that it was there already.

    The row is its own record: who, when, how. Raises ValidationError for a notice that is not out.
    """
    if not Notice.objects.issued(at).filter(pk=notice.pk).exists():
        raise ValidationError(_("This notice is not out yet."))
    _kept, is_new = Acknowledgement.objects.get_or_create(
        notice=notice, member=member, defaults={"at": at, "how": Acknowledgement.How(how)}
    )
    return is_new


def read_reply(reply: Reply, delivery: Delivery, at: datetime) -> bool:
    """Take a text message sent back as a confirmation, when it says no more than that; False for anything else."""
    notice = notice_of(delivery.mailing.reference)
    if notice is None or delivery.member is None or not is_confirmation(reply.text):
        return False
    if not Notice.objects.issued(at).filter(pk=notice.pk).exists():
        return False  # a test sent before the notice itself
    acknowledge(notice, delivery.member, how=Acknowledgement.How.REPLY, at=at)
    return True
