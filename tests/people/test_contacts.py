"""Addresses, consent, verification: what is asked, what is kept, what is never overruled."""

from datetime import time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from firstlight.audit.models import Entry
from firstlight.people import actions
from firstlight.people.actions import Answer, ChannelWish
from firstlight.people.models import Consent, ContactPoint, Member, Role, TopicChoice, Verification
from firstlight.people.queries import count_reachability, find_members, unasked_contacts
from tests.cast import DAWN, Cast

SMS, EMAIL = ContactPoint.Channel.SMS, ContactPoint.Channel.EMAIL
LATER = DAWN + timedelta(hours=1)


def phone_of(member: Member, number: str = "010-1234-5678") -> ContactPoint:
    return actions.set_contact(member, SMS, number, by=member, at=DAWN)


def test_whoever_is_added_is_reached_where_the_society_says(cast: Cast) -> None:
    contact = cast.noel.contacts.get()
    assert (contact.address, contact.verified_how, contact.is_wanted) == ("noel@example.org", "society", True)
    assert cast.noel.consents.get().how == Consent.How.DESK
    phone_only = actions.add_member(name="Sol", phone="01098765432", roles=[Role.MEMBER], by="command:test", at=DAWN)
    assert (phone_only.email, phone_only.contacts.get().address) == (None, "+821098765432")
    again = actions.add_member(name="x", phone="010 9876 5432", roles=[Role.READER], by="command:test", at=DAWN)
    assert again == phone_only
    with pytest.raises(ValidationError):
        actions.add_member(name="Nobody", roles=[], by="command:test", at=DAWN)


def test_a_changed_address_is_verified_again(cast: Cast) -> None:
    contact = actions.set_contact(cast.noel, EMAIL, "Other@Example.org", by=cast.noel, at=LATER)
    assert (contact.address, contact.verified_at, contact.verified_how) == ("other@example.org", None, "")
    assert list(ContactPoint.objects.unverified()) == [contact]
    same = actions.set_contact(cast.noel, EMAIL, "other@example.org", by=cast.ara, at=LATER, is_vouched=True)
    assert (same.pk, same.verified_how) == (contact.pk, "society")


def test_nobody_takes_another_s_address_or_vouches_for_their_own(cast: Cast) -> None:
    phone_of(cast.noel)
    for address, channel in (("010-1234-5678", SMS), (cast.noel.email or "", EMAIL)):
        with pytest.raises(ValidationError, match="Another member"):
            actions.set_contact(cast.sora, channel, address, by=cast.sora, at=DAWN)
    with pytest.raises(PermissionDenied):
        actions.set_contact(cast.sora, SMS, "010-2222-3333", by=cast.sora, at=DAWN, is_vouched=True)
    with pytest.raises(PermissionDenied):
        actions.set_contact(cast.sora, SMS, "010-2222-3333", by=cast.haneul, at=DAWN)
    with pytest.raises(ValidationError, match="too few digits"):
        actions.set_contact(cast.sora, SMS, "010-222", by=cast.sora, at=DAWN)


def test_consent_is_history_and_the_last_word_counts(cast: Cast) -> None:
    noel = cast.noel
    assert actions.withdraw_consent(noel, EMAIL, how=Consent.How.ONE_CLICK, by=noel, at=LATER)
    assert not actions.withdraw_consent(noel, EMAIL, how=Consent.How.ONE_CLICK, by=noel, at=LATER)
    assert not noel.contacts.reachable().exists()  # type: ignore[attr-defined]
    assert actions.give_consent(noel, EMAIL, how=Consent.How.OWN_PAGE, by=noel, at=LATER)
    assert noel.contacts.reachable().exists()  # type: ignore[attr-defined]
    assert list(noel.consents.values_list("is_given", flat=True)) == [True, False, True]


def test_leaving_takes_every_channel_back(cast: Cast) -> None:
    phone_of(cast.noel)
    assert actions.leave(cast.noel, how=Consent.How.OWN_PAGE, by=cast.noel, at=LATER) == 2
    assert not cast.noel.contacts.filter(is_wanted=True).exists()
    assert actions.leave(cast.noel, how=Consent.How.OWN_PAGE, by=cast.noel, at=LATER) == 0


def test_a_dead_address_is_not_used_until_it_works_again(cast: Cast) -> None:
    contact = cast.noel.contacts.get()
    assert actions.mark_dead(contact, reason="5.1.1", at=LATER)
    assert not actions.mark_dead(contact, reason="5.1.1", at=LATER)
    assert not ContactPoint.objects.reachable().exists()
    assert actions.revive(contact, by=cast.ara, at=LATER)
    assert ContactPoint.objects.reachable().filter(pk=contact.pk).exists()


def test_a_link_verifies_the_address_it_was_sent_to_and_no_other(cast: Cast) -> None:
    contact = actions.set_contact(cast.noel, EMAIL, "first@example.org", by=cast.noel, at=DAWN)
    actions.ask_whose(contact, at=DAWN)
    contact = actions.set_contact(cast.noel, EMAIL, "second@example.org", by=cast.noel, at=DAWN)
    assert actions.answer_link(contact, at=LATER) == Answer.EXPIRED
    actions.ask_whose(contact, at=DAWN)
    assert actions.answer_link(contact, at=LATER) == Answer.VERIFIED
    contact.refresh_from_db()
    assert (contact.verified_how, contact.is_wanted) == ("link", True)
    assert actions.answer_link(contact, at=LATER) == Answer.VERIFIED


def test_a_link_is_good_for_two_weeks(cast: Cast) -> None:
    contact = actions.set_contact(cast.noel, EMAIL, "first@example.org", by=cast.noel, at=DAWN)
    actions.ask_whose(contact, at=DAWN)
    assert actions.answer_link(contact, at=DAWN + timedelta(days=14)) == Answer.EXPIRED


def test_a_code_is_typed_right_within_five_tries_and_a_day(cast: Cast) -> None:
    contact = phone_of(cast.noel)
    actions.ask_whose(contact, at=DAWN, code="123456")
    assert "123456" not in str(list(Verification.objects.values()))
    answers = [actions.answer_code("010-1234-5678", "000000", at=LATER) for _ in range(5)]
    assert answers == [Answer.WRONG] * 4 + [Answer.TOO_OFTEN]
    assert actions.answer_code("010-1234-5678", "123456", at=LATER) == Answer.TOO_OFTEN
    actions.ask_whose(contact, at=LATER, code="654321")
    assert actions.answer_code("010-1234-5678", "123456", at=LATER) == Answer.WRONG
    assert actions.answer_code("010-1234-5678", "654321", at=LATER + timedelta(days=1)) == Answer.EXPIRED
    assert actions.answer_code("+82 10 1234 5678", "654321", at=LATER) == Answer.VERIFIED
    contact.refresh_from_db()
    assert (contact.verified_how, cast.noel.consents.filter(channel="sms").get().is_given) == ("code", True)


def test_a_stranger_s_phone_answers_like_a_wrong_code(cast: Cast) -> None:
    assert actions.answer_code("010-9999-8888", "123456", at=DAWN) == Answer.WRONG
    assert actions.answer_code("nonsense", "123456", at=DAWN) == Answer.WRONG


def test_an_address_is_asked_at_most_three_times(cast: Cast) -> None:
    contact, week = phone_of(cast.noel), timedelta(days=7)
    for number in range(3):
        at = DAWN + number * 2 * week
        assert list(unasked_contacts(at=at, again_after=week)) == [contact]
        actions.ask_whose(contact, at=at, code="123456")
        assert not unasked_contacts(at=at + timedelta(days=6), again_after=week).exists()
    assert not unasked_contacts(at=DAWN + 60 * week, again_after=week).exists()


def test_wishes_are_kept_and_written_down_once(cast: Cast) -> None:
    wish = ChannelWish(3, time(22, 0), time(7, 0))
    changed = actions.set_preferences(
        cast.noel, by=cast.noel, at=LATER, language="ko", digest="daily", weekly_cap=2, channels={"email": wish}
    )
    assert changed == ["language", "digest", "weekly_cap", "email"]
    contact = cast.noel.contacts.get()
    assert (contact.least_severity, contact.quiet_from, contact.quiet_until) == (3, time(22, 0), time(7, 0))
    assert actions.set_preferences(cast.noel, by=cast.noel, at=LATER, channels={"email": wish}) == []
    half = ChannelWish(3, time(22, 0), None)
    assert actions.set_preferences(cast.noel, by=cast.noel, at=LATER, channels={"email": half}) == ["email"]
    with pytest.raises(PermissionDenied):
        actions.set_preferences(cast.noel, by=cast.haneul, at=LATER, language="en")


def test_a_topic_is_wanted_until_it_is_left(cast: Cast) -> None:
    assert not actions.choose_topic(cast.noel, "society", is_wanted=True, by=cast.noel, at=LATER)
    assert actions.choose_topic(cast.noel, "society", is_wanted=False, by=cast.noel, at=LATER)
    assert TopicChoice.objects.get().is_wanted is False


def test_roles_and_membership_are_kept_by_administrators(cast: Cast) -> None:
    actions.set_roles(cast.noel, [Role.READER], by=cast.ara, at=LATER)
    assert cast.noel.has_role(Role.READER)
    assert not cast.noel.has_role(Role.MEMBER)
    with pytest.raises(PermissionDenied, match="Another administrator"):
        actions.set_roles(cast.ara, [Role.MEMBER], by=cast.ara, at=LATER)
    with pytest.raises(PermissionDenied, match="Another administrator"):
        actions.deactivate_member(cast.ara, by=cast.ara, at=LATER)
    actions.deactivate_member(cast.noel, by=cast.ara, at=LATER)
    assert not ContactPoint.objects.reachable().filter(member=cast.noel).exists()
    actions.reactivate_member(cast.noel, by=cast.ara, at=LATER)
    assert ContactPoint.objects.reachable().filter(member=cast.noel).exists()


def test_members_are_found_by_name_address_role_and_reach(cast: Cast) -> None:
    cast.everyone()
    phone_of(cast.noel)
    actions.withdraw_consent(cast.sora, EMAIL, how=Consent.How.DESK, by=cast.ara, at=LATER)

    def names(**asked: str) -> set[str]:
        return {each.name for each in find_members(**asked)}  # type: ignore[arg-type]

    assert names(text="noel") == names(text="noel@ex") == names(text="010 1234 5678") == {"Noel"}
    assert names(role=Role.READER) == {"Sora"}
    assert names(reachable="none") == {"Sora"}
    assert names(reachable="sms") == set()
    reach = count_reachability()
    assert (reach.members, reach.sms, reach.email, reach.nowhere) == (5, 0, 4, 1)


def test_no_address_reaches_the_audit_trail(cast: Cast) -> None:
    contact = phone_of(cast.noel)
    actions.set_contact(cast.noel, EMAIL, "hidden@example.org", by=cast.noel, at=LATER)
    actions.ask_whose(contact, at=DAWN, code="123456")
    actions.answer_code("010-1234-5678", "123456", at=LATER)
    actions.remove_contact(contact, by=cast.ara, at=LATER)
    said = str(list(Entry.objects.values()))
    assert "hidden" not in said
    assert "1234" not in said
