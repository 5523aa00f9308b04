import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from firstlight.alerts import actions
from firstlight.alerts.models import Acknowledgement, Notice
from firstlight.delivery.actions import write_rows
from firstlight.delivery.models import Delivery
from firstlight.delivery.rules.codes import write_code
from firstlight.delivery.rules.messages import Reply
from firstlight.people.models import Severity
from tests.alerts.scene import HOUR, draft, emergency, reachable
from tests.cast import Cast

# Pages go by the clock on the wall.
YESTERDAY = timezone.now() - timedelta(days=1)


def delivery_to_noel(cast: Cast, notice: Notice) -> Delivery:
    write_rows(notice.mailings().get(), YESTERDAY)
    return Delivery.objects.get(member=cast.noel, channel="sms")


def link(delivery: Delivery, *, purpose: str = "ack") -> str:
    return reverse("ack", args=[write_code(delivery.pk, purpose=purpose, key=settings.SECRET_KEY)])


def answers() -> list[tuple[str, str]]:
    return list(Acknowledgement.objects.values_list("member__name", "how"))


def test_the_first_word_counts(cast: Cast) -> None:
    notice = emergency(cast, at=YESTERDAY)
    assert actions.acknowledge(notice, cast.noel, how="reply", at=YESTERDAY)
    assert not actions.acknowledge(notice, cast.noel, how="link", at=YESTERDAY + HOUR)
    assert (answers(), Acknowledgement.objects.get().at) == ([("Noel", "reply")], YESTERDAY)


def test_a_notice_that_is_not_out_cannot_be_confirmed(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        actions.acknowledge(draft(cast, at=YESTERDAY), cast.noel, how="page", at=YESTERDAY)


def test_opening_the_link_confirms_nothing_and_pressing_the_button_does(cast: Cast, client: Client) -> None:
    delivery = delivery_to_noel(cast, emergency(cast, at=YESTERDAY))
    for method in (client.get, client.head, client.get):
        assert method(link(delivery)).status_code == 200
    assert answers() == []
    page = client.get(link(delivery)).content.decode()
    assert page.count("<button") - page.count("data-theme-toggle") >= 1
    assert "I have read this" in page
    assert client.post(link(delivery)).status_code == 302
    assert answers() == [("Noel", "link")]
    again = client.get(link(delivery)).content.decode()
    assert "You confirmed" in again
    assert "I have read this" not in again


def test_the_button_works_without_cookies(cast: Cast) -> None:
    delivery = delivery_to_noel(cast, emergency(cast, at=YESTERDAY))
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link(delivery)).status_code == 302
    assert answers() == [("Noel", "link")]


def test_it_is_in_the_language_of_its_message_and_nothing_keeps_it(cast: Cast, client: Client) -> None:
    type(cast.noel).objects.filter(pk=cast.noel.pk).update(language="ko")
    answer = client.get(link(delivery_to_noel(cast, emergency(cast, at=YESTERDAY))))
    assert 'lang="ko"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert 'content="noindex"' in answer.content.decode()


def test_a_link_that_is_not_ours_says_so(cast: Cast, client: Client) -> None:
    good = link(delivery_to_noel(cast, emergency(cast, at=YESTERDAY)))
    other = link(Delivery.objects.first(), purpose="leave")  # type: ignore[arg-type]
    changed = good[:-2] + ("z/" if good[-2] != "z" else "y/")
    for bad in (good[:-3] + "/", changed, other, "/a/0/", "/a/nonsense/", "/a/%EA%B0%80/"):
        answer = client.post(bad)
        assert answer.status_code == 404, bad
        assert "This link does not work" in answer.content.decode()
    assert answers() == []


def test_a_member_who_has_gone_and_a_test_count_nothing(cast: Cast, client: Client) -> None:
    notice = emergency(cast, at=YESTERDAY)
    delivery = delivery_to_noel(cast, notice)
    Delivery.objects.filter(pk=delivery.pk).update(member=None)
    assert client.post(link(delivery)).status_code == 200
    reachable(cast.haneul, "sms")
    actions.test_send(notice, by=cast.haneul, at=YESTERDAY)
    tested = Delivery.objects.filter(mailing__reference=f"test:{notice.pk}", language="en").first()
    assert tested is not None
    assert "This was a test" in client.post(link(tested)).content.decode()
    assert answers() == []


def test_the_page_says_when_the_notice_was_cancelled(cast: Cast, client: Client) -> None:
    notice = emergency(cast, at=YESTERDAY)
    delivery = delivery_to_noel(cast, notice)
    cancel = actions.begin_notice(outbreak=None, by=cast.bora, at=YESTERDAY, kind=Notice.Kind.CANCEL, follows=notice)
    actions.submit_notice(cancel, by=cast.bora, at=YESTERDAY)
    actions.approve_notice(cancel, by=cast.haneul, at=YESTERDAY)
    page = client.get(link(delivery)).content.decode()
    assert re.search("cancelled", page, re.IGNORECASE)


@pytest.mark.parametrize(("text", "understood"), [("1", True), ("네", True), ("who is this?", False)])
def test_a_reply_confirms(cast: Cast, text: str, understood: bool) -> None:
    delivery = delivery_to_noel(cast, emergency(cast, at=YESTERDAY))
    reply = Reply(sender="+821000000000", text=text)
    assert actions.read_reply(reply, delivery, YESTERDAY) is understood
    assert answers() == ([("Noel", "reply")] if understood else [])


def test_a_reply_to_a_test_confirms_nothing(cast: Cast) -> None:
    notice = draft(cast, severity=Severity.EMERGENCY)
    reachable(cast.haneul, "sms")
    actions.test_send(notice, by=cast.haneul, at=YESTERDAY)
    delivery = Delivery.objects.first()
    assert delivery is not None
    actions.read_reply(Reply(sender="+821000000000", text="1"), delivery, YESTERDAY)
    assert answers() == []


def test_a_member_confirms_on_the_page(cast: Cast, client: Client) -> None:
    notice = emergency(cast, at=YESTERDAY)
    address = reverse("acknowledge_notice", args=[notice.number])
    assert "login" in client.post(address)["Location"]
    client.force_login(cast.noel)
    assert client.post(address)["Location"] == reverse("notice", args=[notice.number])
    assert client.get(address).status_code == 405
    assert answers() == [("Noel", "page")]
