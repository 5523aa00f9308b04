"""A member's own page from a link, leaving in one click, saying that an address is one's own."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from firstlight.alerts.actions import membership
from firstlight.alerts.actions.membership import ask_new_addresses, ask_now, read_refusal, send_fresh_link
from firstlight.alerts.queries.membership import LINK_LASTS
from firstlight.alerts.rules.leaving import is_refusal
from firstlight.delivery.actions import begin_mailing
from firstlight.delivery.hooks import LEAVE, Addressee, links
from firstlight.delivery.models import Delivery, Mailing
from firstlight.delivery.rules.codes import write_code
from firstlight.delivery.rules.messages import Reply
from firstlight.delivery.rules.words import Words
from firstlight.people import actions
from firstlight.people.models import Consent, ContactPoint, Member, TopicChoice, Verification
from tests.cast import DAWN, Cast

MORNING = datetime(2031, 3, 3, 1, 0, tzinfo=UTC)  # ten o'clock in Seoul
WORDS = [Words(channel, language, "x", "x") for channel in ("sms", "email") for language in ("ko", "en")]


def now() -> datetime:
    return timezone.now()


def message_to(member: Member, channel: str = "email", *, at: datetime | None = None, **given: Any) -> Delivery:
    """A message that went to a member over a channel."""
    sent_at = at or now()
    contact = member.contacts.get(channel=channel)
    given.setdefault("reference", f"notice:{900 + Mailing.objects.count()}")
    mailing = begin_mailing(
        topic="society",
        severity=1,
        wordings=WORDS,
        at=sent_at,
        addressees=[Addressee(member.pk, contact.pk, channel, member.language, sent_at)],
        **given,
    )
    return Delivery.objects.get(mailing=mailing)


def code_of(delivery: Delivery, purpose: str) -> str:
    return write_code(delivery.pk, purpose=purpose, key=settings.SECRET_KEY)


def page_of(delivery: Delivery) -> str:
    return f"/me/{code_of(delivery, 'me')}/"


def with_phone(member: Member, number: str = "010-1234-5678", *, at: datetime = DAWN) -> ContactPoint:
    return actions.set_contact(member, "sms", number, by="command:test", at=at, is_vouched=True)


def wishes(**changes: Any) -> dict[str, Any]:
    return {
        "what": "wishes",
        "language": "en",
        "digest": "weekly",
        "topics": ["society"],
        "email_is_wanted": "on",
        "email_least_severity": "1",
    } | changes


def test_the_links_in_messages_lead_to_these_pages() -> None:
    assert {"me", LEAVE, "verify"} <= set(links())


def test_a_member_reads_their_page_without_signing_in(cast: Cast, client: Client) -> None:
    with_phone(cast.noel)
    answer = client.get(page_of(message_to(cast.noel)))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "What you get" in text
    assert "noel@example.org" not in text, "a link that was passed on shows no whole address"
    assert "1234-5678" not in text
    assert "n•••@example.org" in text
    assert (answer["X-Robots-Tag"], "no-store" in answer["Cache-Control"]) == ("noindex", True)
    client.force_login(cast.noel)
    assert "noel@example.org" in client.get("/me/").content.decode()


def test_the_page_speaks_the_member_s_language(cast: Cast, client: Client) -> None:
    Member.objects.filter(pk=cast.noel.pk).update(language="ko")
    path = page_of(message_to(cast.noel))
    assert '<html lang="ko">' in client.get(path).content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert '<html lang="en">' in client.get(path).content.decode()


def test_what_a_member_wishes_is_kept(cast: Cast, client: Client) -> None:
    outbreak = cast.outbreak
    type(outbreak).objects.update(activated_at=now() - timedelta(days=1))
    path = page_of(message_to(cast.noel))
    form = wishes(
        language="ko",
        digest="daily",
        weekly_cap="2",
        email_least_severity="3",
        email_quiet_from="22:00",
        email_quiet_until="07:00",
    )
    assert client.post(path, form).status_code == 302
    noel = Member.objects.get(pk=cast.noel.pk)
    contact = noel.contacts.get()
    assert (noel.language, noel.digest, noel.weekly_cap) == ("ko", "daily", 2)
    assert (contact.least_severity, f"{contact.quiet_from:%H:%M}", f"{contact.quiet_until:%H:%M}") == (
        3,
        "22:00",
        "07:00",
    )
    assert TopicChoice.objects.get().topic == f"outbreak:{outbreak.slug}"
    client.post(path, wishes(topics=["society", f"outbreak:{outbreak.slug}"]))
    assert TopicChoice.objects.get().is_wanted


def test_a_channel_is_switched_off_and_on_with_its_history(cast: Cast, client: Client) -> None:
    path = page_of(message_to(cast.noel))
    off = wishes()
    del off["email_is_wanted"]
    client.post(path, off)
    assert not cast.noel.contacts.get().is_wanted
    client.post(path, wishes())
    assert list(cast.noel.consents.order_by("pk").values_list("is_given", "how")) == [
        (True, "desk"),
        (False, "own page"),
        (True, "own page"),
    ]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"time_zone": "Mars/Olympus"}, "no such time zone"),
        ({"email_quiet_from": "22:00"}, "when it ends"),
        ({"email_least_severity": "9"}, "valid choice"),
        ({"weekly_cap": "-1"}, "greater than or equal"),
    ],
)
def test_a_bad_wish_is_said_and_changes_nothing(cast: Cast, client: Client, changes: dict[str, str], word: str) -> None:
    answer = client.post(page_of(message_to(cast.noel)), wishes(digest="daily", **changes))
    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert Member.objects.get(pk=cast.noel.pk).digest == "weekly"


def test_leaving_on_the_page_takes_everything_back(cast: Cast, client: Client) -> None:
    with_phone(cast.noel)
    client.post(page_of(message_to(cast.noel)), {"what": "leave"})
    assert not cast.noel.contacts.reachable().exists()  # type: ignore[attr-defined]


def test_a_changed_address_is_asked_and_the_other_one_told(cast: Cast, client: Client) -> None:
    with_phone(cast.noel)
    path = page_of(message_to(cast.noel))
    client.post(path, {"what": "address", "channel": "email", "address": "new@example.org"})
    contact = cast.noel.contacts.get(channel="email")
    assert (contact.address, contact.verified_at) == ("new@example.org", None)
    assert Member.objects.get(pk=cast.noel.pk).email == "noel@example.org", "the name they sign in with stays"
    kinds = {each.mailing.reference.partition(":")[0]: each.channel for each in Delivery.objects.all()}
    assert kinds["verify"] == "email"
    assert kinds["changed"] == "sms"


def test_another_s_address_is_refused_in_a_sentence(cast: Cast, client: Client) -> None:
    path = page_of(message_to(cast.noel))
    form = {"what": "address", "channel": "email", "address": cast.sora.email}
    answer = client.post(path, form, follow=True)
    assert "Another member has this address." in answer.content.decode()
    assert cast.noel.contacts.get().address == "noel@example.org"


def test_a_forged_code_and_one_for_another_page_open_nothing(cast: Cast, client: Client) -> None:
    delivery = message_to(cast.noel)
    good = code_of(delivery, "me")
    for code in (good[:-1] + ("2" if good[-1] != "2" else "3"), code_of(delivery, LEAVE), "x", "z" * 30, "가"):
        for path in (f"/me/{code}/", f"/me/{good}/leave/", f"/verify/{good}/"):
            assert client.get(path).status_code == 404, path
    assert client.post(f"/me/{good}/leave/").status_code == 404
    assert cast.noel.contacts.get().is_wanted


def test_an_old_link_says_so_and_sends_a_fresh_one_once_an_hour(cast: Cast, client: Client) -> None:
    delivery = message_to(cast.noel, at=now() - LINK_LASTS - timedelta(minutes=1))
    path = page_of(delivery)
    answer = client.get(path)
    assert answer.status_code == 410
    assert "too old" in answer.content.decode()
    assert client.post(path, wishes(digest="daily")).status_code == 410
    assert "on its way" in client.post(f"{path}fresh/").content.decode()
    assert "within the last hour" in client.post(f"{path}fresh/").content.decode()
    fresh = Delivery.objects.get(mailing__reference__startswith=f"link:{cast.noel.pk}:")
    assert fresh.channel == "email"
    assert client.get(page_of(fresh)).status_code == 200


def test_a_fresh_link_goes_to_a_confirmed_address_alone(cast: Cast) -> None:
    actions.set_contact(cast.noel, "email", "stranger@example.org", by=cast.noel, at=DAWN)
    with pytest.raises(ValidationError, match="no address"):
        send_fresh_link(cast.noel, at=now())
    assert not Mailing.objects.exists()


def test_the_link_of_someone_who_is_gone_opens_nothing(cast: Cast, client: Client) -> None:
    delivery = message_to(cast.noel)
    actions.deactivate_member(cast.noel, by=cast.ara, at=now())
    assert client.get(page_of(delivery)).status_code == 410
    assert client.post(f"{page_of(delivery)}fresh/").status_code == 410
    assert Mailing.objects.count() == 1


def leaving(delivery: Delivery) -> str:
    return f"/me/{code_of(delivery, LEAVE)}/leave/"


def test_one_click_needs_neither_cookie_nor_token_and_looking_changes_nothing(cast: Cast) -> None:
    with_phone(cast.noel)
    path = leaving(message_to(cast.noel))
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(path).status_code == 200
    assert strict.head(path).status_code == 200
    assert cast.noel.contacts.filter(is_wanted=True).count() == 2
    strict = Client(enforce_csrf_checks=True)
    for _ in range(2):
        answer = strict.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
    assert list(cast.noel.contacts.filter(is_wanted=True).values_list("channel", flat=True)) == ["sms"]
    assert cast.noel.consents.filter(how=Consent.How.ONE_CLICK).count() == 1


def test_one_click_works_from_a_message_of_any_age(cast: Cast, client: Client) -> None:
    delivery = message_to(cast.noel, at=now() - timedelta(days=700))
    assert client.post(leaving(delivery)).status_code == 200
    assert not cast.noel.contacts.get().is_wanted


@pytest.mark.parametrize("text", ["STOP", " stop. ", "수신거부", "수신 거부", "거부", "ＳＴＯＰ", "수신거부!"])
def test_a_refusal_by_text_message_is_understood(cast: Cast, text: str) -> None:
    with_phone(cast.noel)
    delivery = message_to(cast.noel, "sms")
    assert read_refusal(Reply("+821012345678", text), delivery, now())
    assert not cast.noel.contacts.get(channel="sms").is_wanted
    assert cast.noel.contacts.get(channel="email").is_wanted


@pytest.mark.parametrize("text", ["", "1", "확인", "거부 반응 환자 있습니다", "stop scanning without masks?"])
def test_what_is_no_refusal_is_left_to_others(cast: Cast, text: str) -> None:
    with_phone(cast.noel)
    assert not is_refusal(text)
    assert not read_refusal(Reply("+821012345678", text), message_to(cast.noel, "sms"), now())
    assert cast.noel.contacts.get(channel="sms").is_wanted


def unvouched(member: Member, channel: str, address: str) -> ContactPoint:
    return actions.set_contact(member, channel, address, by=member, at=DAWN)


def test_new_addresses_are_asked_by_day_and_not_again_soon(cast: Cast) -> None:
    unvouched(cast.noel, "email", "noel2@example.org")
    unvouched(cast.sora, "email", "sora2@example.org")
    unvouched(cast.sora, "sms", "010-1111-2222")
    assert ask_new_addresses(MORNING + timedelta(hours=13)) == 0
    assert ask_new_addresses(MORNING) == 3
    assert ask_new_addresses(MORNING + timedelta(minutes=10)) == 0
    assert Mailing.objects.count() == 2, "the mailboxes together, each phone with its own code"
    assert Delivery.objects.count() == 3
    assert ask_new_addresses(MORNING + membership.ASKED_AGAIN_AFTER) == 3


def test_a_link_verifies_on_a_word_not_on_a_look(cast: Cast, client: Client) -> None:
    contact = unvouched(cast.noel, "email", "noel2@example.org")
    ask_now(contact, at=now())
    path = f"/verify/{code_of(Delivery.objects.get(), 'verify')}/"
    assert "n•••@example.org" in client.get(path).content.decode()
    contact.refresh_from_db()
    assert contact.verified_at is None
    assert "This address is yours" in client.post(path, {"answer": "yes"}).content.decode()
    contact.refresh_from_db()
    assert (contact.verified_how, contact.is_wanted) == ("link", True)
    assert "already" in client.get(path).content.decode()


def test_no_means_no(cast: Cast, client: Client) -> None:
    contact = unvouched(cast.noel, "email", "noel2@example.org")
    ask_now(contact, at=now())
    client.post(f"/verify/{code_of(Delivery.objects.get(), 'verify')}/", {"answer": "no"})
    contact.refresh_from_db()
    assert (contact.verified_at, contact.is_wanted) == (None, False)
    assert ask_new_addresses(MORNING) == 0


def test_an_old_verification_says_so_and_is_sent_again(cast: Cast, client: Client) -> None:
    contact = unvouched(cast.noel, "email", "noel2@example.org")
    ask_now(contact, at=now() - timedelta(days=20))
    path = f"/verify/{code_of(Delivery.objects.get(), 'verify')}/"
    answer = client.post(path, {"answer": "yes"})
    assert answer.status_code == 410
    assert "too old" in answer.content.decode()
    assert "on its way" in client.post(path, {"answer": "again"}).content.decode()
    assert Delivery.objects.count() == 2


def test_the_code_in_a_text_message_verifies_the_phone(cast: Cast, client: Client) -> None:
    contact = unvouched(cast.noel, "sms", "010-1111-2222")
    ask_now(contact, at=now())
    text = Delivery.objects.get().mailing.wordings.get(language="en").text
    code = re.findall(r"\b\d{6}\b", text)[0]
    assert f"{settings.ORIGIN}/verify/" in text
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for number in range(1, 6):
        said = client.post("/verify/", {"phone": "01011112222", "code": wrong}).content.decode()
        assert ("wrong five times" in said) == (number == 5)
    assert "wrong five times" in client.post("/verify/", {"phone": "01011112222", "code": code}).content.decode()
    ask_now(contact, at=now())
    text = Delivery.objects.latest("pk").mailing.wordings.get(language="ko").text
    code = re.findall(r"\d{6}", text)[0]
    assert "six digits" in client.post("/verify/", {"phone": "01011112222", "code": "12"}).content.decode()
    assert (
        "This phone is yours"
        in client.post("/verify/", {"phone": "010-1111-2222", "code": f"{code[:3]} {code[3:]}"}).content.decode()
    )
    contact.refresh_from_db()
    assert contact.verified_how == "code"


def test_nobody_is_asked_more_often_than_thrice_a_day(cast: Cast, client: Client) -> None:
    contact = unvouched(cast.noel, "sms", "010-1111-2222")
    for hour in range(3):
        ask_now(contact, at=DAWN + timedelta(hours=2 * hour))
    with pytest.raises(ValidationError, match="tomorrow"):
        ask_now(contact, at=DAWN + timedelta(hours=8))
    assert Verification.objects.count() == 3


def test_a_member_sees_what_was_sent_to_them_and_no_one_else(cast: Cast, client: Client) -> None:
    message_to(cast.sora, reference="digest:1:1")
    answer = client.get(page_of(message_to(cast.noel, reference="link:1:1"))).content.decode()
    assert "Link to your own page" in answer
    assert "Digest</th>" not in answer
