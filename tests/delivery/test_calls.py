"""Carriers that call: honest, forged, confused."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from firstlight.delivery import carriers, hooks
from firstlight.delivery.models import Delivery, Line
from firstlight.delivery.rules.call_codes import carrier_code
from firstlight.delivery.rules.client_ids import write_client_id
from firstlight.delivery.rules.codes import write_code
from firstlight.delivery.rules.messages import Channel
from firstlight.people.models import ContactPoint
from tests.cast import Cast
from tests.delivery.carriers import FakeCarrier
from tests.delivery.conftest import Post

CARRIER = FakeCarrier("fake:a b")
SLUG = "fake-a-b"


@pytest.fixture(autouse=True)
def _carrier(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(carriers, "carriers_of", lambda channel: (CARRIER,) if channel is Channel.SMS else ())
    yield


@pytest.fixture
def rows(post: Post) -> list[Delivery]:
    mailing = post.mailing(post.members(3, "sms"))
    Delivery.objects.filter(mailing=mailing).update(state="sent", sent_at=post.at, carrier=CARRIER.name)
    return list(Delivery.objects.order_by("pk"))


def report_path(row: Delivery, slug: str = SLUG) -> str:
    return f"/delivery/reports/{slug}/{write_code(row.pk, purpose='report', key=settings.SECRET_KEY)}/"


def own_path(what: str = "reports") -> str:
    return f"/delivery/{what}/{SLUG}/{carrier_code(SLUG, key=settings.SECRET_KEY)}/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_report_by_its_address_alone(rows: list[Delivery], method: str) -> None:
    client, path, form = Client(enforce_csrf_checks=True), report_path(rows[0]), "application/x-www-form-urlencoded"
    call = {
        "get": lambda: client.get(path, {"status": "delivered"}),
        "post": lambda: client.post(path, "status=delivered", content_type=form),
    }
    answer = call[method]()
    assert answer.status_code == 200
    assert [each.state for each in Delivery.objects.order_by("pk")] == ["delivered", "sent", "sent"]
    assert "sessionid" not in answer.cookies and "csrftoken" not in answer.cookies


def test_a_carriers_own_address_may_speak_of_any_message(rows: list[Delivery]) -> None:
    name = write_client_id(rows[1].mailing_id, rows[1].pk, key=settings.SECRET_KEY)
    assert Client().get(own_path(), {"status": "failed", "id": name, "why": "000"}).status_code == 200
    assert Delivery.objects.get(pk=rows[1].pk).reason == "000"


def test_a_forged_report_changes_nothing_and_is_counted(rows: list[Delivery]) -> None:
    true = report_path(rows[0])
    forged = true[:-2] + ("z/" if true[-2] != "z" else "y/")
    for path in (forged, "/delivery/reports/fake-a-b/x/", "/delivery/replies/fake-a-b/x/"):
        assert Client().get(path, {"status": "failed"}).status_code == 403
    other = write_client_id(rows[1].mailing_id, rows[1].pk, key=settings.SECRET_KEY)
    assert Client().get(report_path(rows[0]), {"status": "failed", "id": other}).status_code == 403
    assert {each.state for each in Delivery.objects.all()} == {"sent"}
    assert Line.objects.get().forged_calls == 4


@pytest.mark.parametrize(
    "fields", [{}, {"status": "great"}, {"status": "failed", "why": "a\x00b"}, {"status": "failed", "their_id": "\x00"}]
)
def test_nonsense_is_refused(rows: list[Delivery], fields: dict[str, str]) -> None:
    assert Client().get(report_path(rows[0]), fields).status_code == 400
    assert {each.state for each in Delivery.objects.all()} == {"sent"}


def test_a_call_may_not_be_long(rows: list[Delivery]) -> None:
    answer = Client().post(report_path(rows[0]), b"x" * 1_100_000, content_type="text/plain")
    assert answer.status_code == 400


def test_an_unknown_carrier_or_message(rows: list[Delivery]) -> None:
    assert Client().get(report_path(rows[0], "nobody"), {"status": "failed"}).status_code == 404
    path = report_path(rows[0])
    Delivery.objects.filter(pk=rows[0].pk).delete()
    assert Client().get(path, {"status": "failed"}).status_code == 404


def test_an_answer_reaches_those_who_read_them(
    rows: list[Delivery], post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(hooks, "_repliers", [lambda reply, delivery, at: bool(heard.append(reply.text)) or True])
    ContactPoint.objects.filter(pk=rows[0].contact_id).update(address="+821023456789")
    fields = {"from": "01023456789", "text": "1"}
    assert Client().get(own_path("replies"), fields).status_code == 200
    assert heard == ["1"]
    Client().get(report_path(rows[0]), fields)
    assert heard == ["1"], "one message's address does not let anyone speak for a member"


def test_the_pages_are_for_administrators(cast: Cast, rows: list[Delivery]) -> None:
    for path in ("/delivery/", "/outbox/"):
        client = Client()
        assert client.get(path).status_code == 302
        client.force_login(cast.haneul)
        assert client.get(path).status_code == 403
        client.force_login(cast.ara)
        assert client.get(path).status_code == 200


def test_an_administrator_holds_up_and_ends_a_mailing(cast: Cast, rows: list[Delivery]) -> None:
    client = Client()
    client.force_login(cast.ara)
    mailing = rows[0].mailing
    for what, state in (("pause", "paused"), ("pause", "paused"), ("resume", "sending"), ("stop", "stopped")):
        assert client.post(f"/delivery/mailings/{mailing.pk}/{what}/").status_code == 302
        mailing.refresh_from_db()
        assert mailing.state == state
    assert client.post(f"/delivery/mailings/{mailing.pk}/burn/").status_code == 404
    assert client.get(f"/delivery/mailings/{mailing.pk}/stop/").status_code == 405
