"""What the postman carries for members alone: questions about addresses, fresh links, word of a change."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from firstlight.alerts.queries.membership import link_was_sent
from firstlight.alerts.rules.leaving import is_refusal
from firstlight.delivery.actions import begin_mailing
from firstlight.delivery.hooks import Addressee
from firstlight.delivery.models import Delivery
from firstlight.delivery.rules.messages import Reply
from firstlight.delivery.rules.words import Words
from firstlight.people.actions import ask_whose, new_code, withdraw_consent
from firstlight.people.actions.verification import CODE_LASTS, LINK_LASTS
from firstlight.people.models import Consent, ContactPoint, Member, Severity, Verification
from firstlight.people.queries import unasked_contacts
from firstlight.web.languages import LANGUAGES

ASKED_AGAIN_AFTER = timedelta(days=14)
FRESH_LINK_EVERY = timedelta(hours=1)
MOST_ASKED_A_DAY = 3
MOST_EMAILS_AT_ONCE, MOST_TEXTS_AT_ONCE = 1000, 100
POLITE_FROM, POLITE_UNTIL = 9, 20
Channel = ContactPoint.Channel


def ask_new_addresses(at: datetime) -> int:
    """Ask the addresses that nobody vouched for and that were not asked lately, by day only; gives how many."""
    if not POLITE_FROM <= timezone.localtime(at).hour < POLITE_UNTIL:
        return 0
    waiting = unasked_contacts(at=at, again_after=ASKED_AGAIN_AFTER)
    texts = list(waiting.filter(channel=Channel.SMS)[:MOST_TEXTS_AT_ONCE])
    emails = list(waiting.filter(channel=Channel.EMAIL)[:MOST_EMAILS_AT_ONCE])
    ask_by_link(emails, at=at)
    for contact in texts:
        ask_by_code(contact, at=at)
    return len(texts) + len(emails)


def ask_now(contact: ContactPoint, *, at: datetime) -> None:
    """Ask one address because its member wants to be asked; raises ValidationError when that was done too often."""
    asked = Verification.objects.filter(contact=contact, asked_at__gt=at - timedelta(days=1))
    if asked.count() >= MOST_ASKED_A_DAY or asked.filter(asked_at__gt=at - FRESH_LINK_EVERY).count() > 1:
        raise ValidationError(_("We have just written to this address. Look there, or try again tomorrow."))
    if contact.channel == Channel.SMS:
        ask_by_code(contact, at=at)
    else:
        ask_by_link([contact], at=at)


@transaction.atomic
def ask_by_link(contacts: Sequence[ContactPoint], *, at: datetime) -> None:
    """Send each mailbox a link that says it is the member's own."""
    questions = [ask_whose(each, at=at) for each in contacts]
    if not questions:
        return
    begin_mailing(
        reference=f"verify:{questions[0].pk}",
        topic="",
        severity=Severity.INFORMATION,
        wordings=[_link_words(language) for language in LANGUAGES],
        at=at,
        expires_at=at + LINK_LASTS,
        falls_back=False,
        addressees=[_addressee(each, at) for each in contacts],
    )


def _link_words(language: str) -> Words:
    with translation.override(language):
        sender = {"sender": settings.SENDER_NAME}
        subject = _("%(sender)s: is this address yours?") % sender
        text = "\n\n".join(
            [
                _("%(sender)s wants to send you warnings and news for radiologists at this address.") % sender,
                _("If it is yours and you want that, open this page and say yes:") + "\n{verify}",
                _("If not, do nothing, or say no on the same page. The link is good for 14 days."),
            ]
        )
    return Words(Channel.EMAIL, language, subject, text)


@transaction.atomic
def ask_by_code(contact: ContactPoint, *, at: datetime) -> None:
    """Send a phone a code of six digits, to be typed on the page that the message names."""
    code = new_code()
    question = ask_whose(contact, at=at, code=code)
    begin_mailing(
        reference=f"verify:{question.pk}",
        topic="",
        severity=Severity.INFORMATION,
        wordings=[_code_words(language, code) for language in LANGUAGES],
        at=at,
        expires_at=at + CODE_LASTS,
        falls_back=False,
        addressees=[_addressee(contact, at)],
    )


def _code_words(language: str, code: str) -> Words:
    what = {"sender": settings.SENDER_NAME, "code": code, "page": settings.ORIGIN + reverse("verify_code")}
    with translation.override(language):
        text = (
            _("[%(sender)s] Your code is %(code)s. For warnings by text message type it within a day at %(page)s")
            % what
        )
    return Words(Channel.SMS, language, "", text)


def _addressee(contact: ContactPoint, at: datetime) -> Addressee:
    return Addressee(contact.member_id, contact.pk, contact.channel, contact.member.language, at)


@transaction.atomic
def send_fresh_link(member: Member, *, at: datetime) -> None:
    """Send a member a new link to their own page, to the address that is verified; by e-mail where there is one.

    Raises ValidationError when there is no such address, or one went out within the hour.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    if link_was_sent(member, at=at, within=FRESH_LINK_EVERY):
        raise ValidationError(_("A link was sent within the last hour. Look in your mailbox or your messages."))
    contact = ContactPoint.objects.reachable().filter(member=member).order_by("channel").first()
    if contact is None:
        raise ValidationError(_("There is no address left to which we may write. Sign in, or ask the society."))
    begin_mailing(
        reference=f"link:{member.pk}:{int(at.timestamp())}",
        topic="",
        severity=Severity.INFORMATION,
        wordings=[words for language in LANGUAGES for words in _fresh_words(language)],
        at=at,
        expires_at=at + timedelta(days=1),
        falls_back=False,
        addressees=[_addressee(contact, at)],
    )


def _fresh_words(language: str) -> list[Words]:
    with translation.override(language):
        subject = _("%(sender)s: the link to your own page") % {"sender": settings.SENDER_NAME}
        text = _("Here you choose what you get, where and when:") + "\n{me}"
    return [
        Words(Channel.EMAIL, language, subject, text),
        Words(Channel.SMS, language, "", f"[{settings.SENDER_NAME}] {text}"),
    ]


@transaction.atomic
def tell_of_change(member: Member, channel: str, *, at: datetime) -> bool:
    """Tell a member over their other channel that an address was changed, lest someone else changed it."""
    others = ContactPoint.objects.reachable().filter(member=member).exclude(channel=channel)
    if not others:
        return False
    begin_mailing(
        reference=f"changed:{member.pk}:{int(at.timestamp())}",
        topic="",
        severity=Severity.INFORMATION,
        wordings=[words for language in LANGUAGES for words in _change_words(language, channel)],
        at=at,
        expires_at=at + timedelta(days=3),
        falls_back=False,
        addressees=[_addressee(each, at) for each in others],
    )
    return True


def _change_words(language: str, channel: str) -> list[Words]:
    with translation.override(language):
        what = {"sender": settings.SENDER_NAME, "channel": Channel(channel).label}
        subject = _("%(sender)s: an address of yours was changed") % what
        text = _("Your address for this channel was changed: %(channel)s. If it was not you, change it back:") % what
    return [
        Words(Channel.EMAIL, language, subject, f"{text}\n{{me}}"),
        Words(Channel.SMS, language, "", f"[{settings.SENDER_NAME}] {text} {{me}}"),
    ]


def read_refusal(reply: Reply, delivery: Delivery, at: datetime) -> bool:
    """Take a text message that says stop for what it is: no more text messages. False for anything else."""
    if delivery.member is None or not is_refusal(reply.text):
        return False
    withdraw_consent(delivery.member, Channel.SMS, how=Consent.How.REPLY, by=delivery.member, at=at)
    return True
