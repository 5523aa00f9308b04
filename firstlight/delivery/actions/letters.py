"""A letter to one member: word of something that waits for them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import translation

from firstlight.delivery.actions.mailings import begin_mailing
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.rules.words import Words
from firstlight.people.models import ContactPoint, Member, Severity
from firstlight.web.languages import LANGUAGES

STANDS_FOR = timedelta(days=7)


def write_letter(member: Member, *, reference: str, say: Callable[[], tuple[str, str]], at: datetime) -> bool:
    """Send a member one e-mail; False when they have no address to which we may write.

    `say` gives subject and text, and is asked once in each language.
    The same reference at the same moment is one letter.
    """
    reachable = ContactPoint.objects.reachable().filter(member=member, channel=ContactPoint.Channel.EMAIL)
    mailbox = reachable.order_by("pk").first()
    if mailbox is None:
        return False
    begin_mailing(
        reference=f"{reference}:{member.pk}:{int(at.timestamp())}",
        topic="",
        severity=Severity.INFORMATION,
        wordings=[_words(say, language) for language in LANGUAGES],
        at=at,
        expires_at=at + STANDS_FOR,
        falls_back=False,
        addressees=[Addressee(member.pk, mailbox.pk, mailbox.channel, member.language, at)],
    )
    return True


def _words(say: Callable[[], tuple[str, str]], language: str) -> Words:
    with translation.override(language):
        subject, text = say()
    return Words(ContactPoint.Channel.EMAIL, language, subject, text)
