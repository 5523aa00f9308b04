"""The page that shows authors what was asked, the order systems' door, and how it stands beside Django."""

import io
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from jwt.algorithms import ECAlgorithm

from firstlight.audit.models import Entry
from firstlight.config import order_systems
from firstlight.config.environment import BadSetting
from firstlight.guidance.cds import keeping
from firstlight.guidance.cds.models import CardCount, Feedback, OrderSystem
from firstlight.guidance.cds.wsgi import asked, beside
from firstlight.replay.order_systems import play_order_systems
from tests.cast import Cast
from tests.order_systems.conftest import NOW, RADIOGRAPH, Ask, answers, hook, order, said

KEY = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
PRIVATE = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()), as_dict=True)


def test_authors_see_what_became_of_cards(client: Client, cast: Cast, ask: Ask, guidelines: object) -> None:
    service = "novel-2031.fleischner-2020"
    card = said(ask(service, hook("order-sign", order(RADIOGRAPH), prefetch=answers(symptoms="none"))))["cards"][0]
    told = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-01T10:00:00Z",
            "overrideReason": {"reason": {"code": "cannot-wait"}}}  # fmt: skip
    ask(f"{service}/feedback", {"feedback": [told]})
    keeping.write_counts()
    client.force_login(cast.haneul)
    page = client.get("/guidance/order-systems/").content.decode()
    assert "FL-1" in page
    assert "The decision cannot wait (1)" in page
    assert "100 %" in page
    assert "FL-1" not in client.get("/guidance/order-systems/?guideline=novel-2031.who-2020").content.decode()
    assert "FL-1" in client.get(f"/guidance/order-systems/?guideline={service}").content.decode()
    assert "FL-1" not in client.get("/guidance/order-systems/?on=2020-01-01").content.decode()


def test_others_do_not(client: Client, cast: Cast) -> None:
    assert client.get("/guidance/order-systems/").status_code == 302
    for member, status in ((cast.noel, 403), (cast.sora, 403), (cast.ara, 200)):
        client.force_login(member)
        assert client.get("/guidance/order-systems/").status_code == status
    client.force_login(cast.haneul)
    assert client.get("/guidance/order-systems/register/").status_code == 403
    assert client.post("/guidance/order-systems/1/revoke/").status_code == 404


BAD_KEYS = [
    "{}", "[]", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "x", "kid": "a"}]}',
    orjson.dumps({"keys": [KEY]}).decode(),
    orjson.dumps({"keys": [{**PRIVATE, "kid": "a"}]}).decode(),
    orjson.dumps({"keys": [{**KEY, "kid": "a"}, {**KEY, "kid": "a"}]}).decode(),
    orjson.dumps({"keys": [{**KEY, "kid": "a", "crv": "P-256"}]}).decode(),
]  # fmt: skip


def test_an_administrator_registers_and_revokes(client: Client, cast: Cast) -> None:
    client.force_login(cast.ara)
    form = {"name": "EHR", "issuer": "https://ehr.example.org", "keys_url": ""}
    for keys in BAD_KEYS:
        assert client.post("/guidance/order-systems/register/", {**form, "keys": keys}).status_code == 422
    good = {**form, "keys": orjson.dumps({"keys": [{**KEY, "kid": "a"}]}).decode()}
    assert (
        client.post("/guidance/order-systems/register/", {**good, "keys_url": "http://x.example.org"}).status_code
        == 422
    )
    assert client.post("/guidance/order-systems/register/", good).status_code == 302
    system = OrderSystem.objects.get()
    assert system.registered_by == cast.ara
    assert client.post(f"/guidance/order-systems/{system.pk}/revoke/").status_code == 302
    system.refresh_from_db()
    assert system.revoked_at
    assert list(Entry.objects.filter(verb__startswith="order system").values_list("verb", flat=True)) == [
        "order system revoked", "order system registered"
    ]  # fmt: skip


def test_the_same_answers_come_under_django_and_beside_it(client: Client, guidelines: object, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeping, "write_counts_from_now_on", lambda: None)
    call = orjson.dumps(hook("order-sign", order(RADIOGRAPH), prefetch=answers(symptoms="none")))
    under = client.post("/cds-services/novel-2031.fleischner-2020", call, "application/json")
    assert under.status_code == 200
    assert CardCount.objects.get().given == 1
    sent: list[Any] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/cds-services/novel-2031.fleischner-2020", "HTTP_HOST": "testserver",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(call)), "wsgi.input": io.BytesIO(call),
        "wsgi.url_scheme": "http",
    }  # fmt: skip
    body = b"".join(beside(lambda *_given: [b"django"])(environ, lambda *given: sent.append(given)))
    beside_it, below = orjson.loads(body), under.json()
    assert sent[0][0] == "200 OK"
    for each in (beside_it, below):
        each["cards"][0].pop("uuid")
        each["cards"][0].pop("suggestions")
        each.pop("systemActions")
    assert beside_it == below
    assert (
        b"".join(beside(lambda *_given: [b"django"])({**environ, "PATH_INFO": "/cds"}, lambda *_given: None))
        == b"django"
    )
    assert client.get("/cds-services").json()["services"]
    assert client.get("/cds-services/nothing").status_code == 405


def test_a_body_in_chunks_is_read_and_one_of_no_length_is_empty() -> None:
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"{}"), "wsgi.url_scheme": "http"}
    assert asked({**environ, "HTTP_TRANSFER_ENCODING": "chunked"}).body == b"{}"
    for length in ("", "-1", "many"):
        assert asked({**environ, "wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": length}).body == b""


def test_settings_are_refused_loudly() -> None:
    assert order_systems.is_open({}) is True
    assert order_systems.is_open({"FIRSTLIGHT_CDS_OPEN": "0"}) is False
    assert order_systems.fhir_servers({"FIRSTLIGHT_CDS_FHIR_SERVERS": "https://a.example/ http://10.0.0.1:8080"}) == (
        "https://a.example", "http://10.0.0.1:8080"
    )  # fmt: skip
    with pytest.raises(BadSetting, match="FIRSTLIGHT_CDS_OPEN"):
        order_systems.is_open({"FIRSTLIGHT_CDS_OPEN": "yes"})
    for bad in ("fhir.example", "https://", "https://a.example/r4", "ftp://a.example", "https://a:b@c.example"):
        with pytest.raises(BadSetting, match="FIRSTLIGHT_CDS_FHIR_SERVERS"):
            order_systems.fhir_servers({"FIRSTLIGHT_CDS_FHIR_SERVERS": bad})


def test_the_replay_is_marked_and_played_once(cast: Cast, guidelines: dict[str, Any], client: Client) -> None:
    from datetime import UTC, datetime

    cast.outbreak.__class__.objects.update(activated_at=datetime(2020, 1, 20, tzinfo=UTC))
    for each in guidelines.values():
        each.in_force_from = datetime(2020, 1, 21, tzinfo=UTC)
        each.save()
    for _again in range(2):
        play_order_systems(cast.outbreak)
    assert CardCount.objects.filter(is_replay=True).count() == CardCount.objects.count() == 5
    assert Feedback.objects.filter(is_replay=False).count() == 0
    assert Feedback.objects.filter(received_at__gt=NOW).count() == 0
    client.force_login(cast.haneul)
    assert "no hospital sent them" in client.get("/guidance/order-systems/").content.decode()
