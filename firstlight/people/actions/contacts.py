"""Where a member is reached, whether they agree to it, and whether the address works."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from firstlight.audit.actions import record
from firstlight.people.models import Consent, ContactPoint, Member
from firstlight.people.policies import check_can_change, check_can_keep_members
from firstlight.people.rules.addresses import BadEmail, read_email
from firstlight.people.rules.consent import CURRENT_WORDING
from firstlight.people.rules.phones import BadPhone, read_phone
from firstlight.people.sentences import phone_sentence

LONGEST_REASON = 120
Channel = ContactPoint.Channel


def read_address(channel: str, text: str) -> str:
    """The address as it is kept; raises ValidationError with a sentence that does not hold it."""
    try:
        return read_email(text) if channel == Channel.EMAIL else read_phone(text, region=settings.COUNTRY)
    except BadEmail:
        raise ValidationError(_("This is not an e-mail address.")) from None
    except BadPhone as error:
        raise ValidationError(phone_sentence(error.fault)) from None


@transaction.atomic
def set_contact(
    member: Member, channel: str, address: str, *, by: Member | str, at: datetime, is_vouched: bool = False
) -> ContactPoint:
    """Give a member the address of a channel; a changed one must be verified again unless the society vouches for it.

    Raises ValidationError for what is no address, or another member's.
    """
    check_can_change(member, by=by)
    if is_vouched:
        check_can_keep_members(by)
    kept = read_address(channel, address)
    check_is_free(channel, kept, member)
    contact = ContactPoint.objects.select_for_update().filter(member=member, channel=channel).first()
    if contact and contact.address == kept:
        return verify_contact(contact, how=ContactPoint.Verified.SOCIETY, by=by, at=at) if is_vouched else contact
    contact = contact or ContactPoint(member=member, channel=channel)
    contact.address, contact.added_at = kept, at
    contact.verified_at = at if is_vouched else None
    contact.verified_how = ContactPoint.Verified.SOCIETY if is_vouched else ""
    contact.dead_since, contact.dead_reason = None, ""
    contact.save()
    record("contact.set", member, by=by, at=at, channel=str(channel), vouched=is_vouched)
    return contact


def check_is_free(channel: str, address: str, member: Member | None) -> None:
    """An address is of one member; raises ValidationError for another's, also when they only sign in by it."""
    pk = member.pk if member else 0
    is_anothers = ContactPoint.objects.filter(channel=channel, address=address).exclude(member=pk).exists()
    signs_in = Member.objects.filter(email=address) | Member.objects.filter(
        emailaddress__email=address, emailaddress__verified=True
    )
    if is_anothers or (channel == Channel.EMAIL and signs_in.exclude(pk=pk).exists()):
        raise ValidationError(_("Another member has this address."))


@transaction.atomic
def remove_contact(contact: ContactPoint, *, by: Member | str, at: datetime) -> None:
    """Forget an address; what was sent there stays in the member's log."""
    check_can_change(contact.member, by=by)
    record("contact.removed", contact.member, by=by, at=at, channel=contact.channel)
    contact.delete()


@transaction.atomic
def verify_contact(contact: ContactPoint, *, how: str, by: Member | str, at: datetime) -> ContactPoint:
    """Take an address as the member's own; one that was verified before stays as it is."""
    check_can_change(contact.member, by=by)
    if how == ContactPoint.Verified.SOCIETY:
        check_can_keep_members(by)
    if contact.verified_at is None:
        contact.verified_at, contact.verified_how = at, how
        contact.save(update_fields=["verified_at", "verified_how"])
        record("contact.verified", contact.member, by=by, at=at, channel=contact.channel, how=str(how))
    return contact


@transaction.atomic
def give_consent(
    member: Member, channel: str, *, how: str, by: Member | str, at: datetime, wording: str = CURRENT_WORDING
) -> bool:
    """Write a member's consent to a channel; False when it stood already."""
    check_can_change(member, by=by)
    return _write_consent(member, channel, is_given=True, how=how, wording=wording, by=by, at=at)


@transaction.atomic
def withdraw_consent(
    member: Member, channel: str, *, how: str, by: Member | str, at: datetime, wording: str = CURRENT_WORDING
) -> bool:
    """Take a member's consent to a channel back; False when it was taken back already."""
    check_can_change(member, by=by)
    return _write_consent(member, channel, is_given=False, how=how, wording=wording, by=by, at=at)


def _write_consent(
    member: Member, channel: str, *, is_given: bool, how: str, wording: str, by: Member | str, at: datetime
) -> bool:
    Member.objects.select_for_update().get(pk=member.pk)
    contact = ContactPoint.objects.filter(member=member, channel=channel).first()
    last = Consent.objects.filter(member=member, channel=channel).order_by("-pk").first()
    stands = contact is None or contact.is_wanted == is_given
    if stands and last is not None and last.is_given == is_given:
        return False
    Consent.objects.create(member=member, channel=channel, is_given=is_given, at=at, how=how, wording=wording)
    if contact and contact.is_wanted != is_given:
        contact.is_wanted = is_given
        contact.save(update_fields=["is_wanted"])
    verb = "consent.given" if is_given else "consent.withdrawn"
    record(verb, member, by=by, at=at, channel=str(channel), how=str(how))
    return True


@transaction.atomic
def leave(member: Member, *, how: str, by: Member | str, at: datetime) -> int:
    """Take consent to every channel back; gives how many stood."""
    channels = member.contacts.values_list("channel", flat=True)
    return sum(withdraw_consent(member, channel, how=how, by=by, at=at) for channel in channels)


@transaction.atomic
def mark_dead(contact: ContactPoint, *, reason: str, at: datetime, by: Member | str = "delivery") -> bool:
    """Stop using an address that its carrier says will never work; False when that was known."""
    if not ContactPoint.objects.filter(pk=contact.pk, dead_since__isnull=True).update(
        dead_since=at, dead_reason=reason[:LONGEST_REASON]
    ):
        return False
    contact.refresh_from_db(fields=["dead_since", "dead_reason"])
    record("contact.dead", contact.member, by=by, at=at, channel=contact.channel)
    return True


@transaction.atomic
def revive(contact: ContactPoint, *, by: Member | str, at: datetime) -> bool:
    """Use an address again that was taken for dead; False when it was not."""
    check_can_change(contact.member, by=by)
    if contact.dead_since is None:
        return False
    contact.dead_since, contact.dead_reason = None, ""
    contact.save(update_fields=["dead_since", "dead_reason"])
    record("contact.revived", contact.member, by=by, at=at, channel=contact.channel)
    return True
