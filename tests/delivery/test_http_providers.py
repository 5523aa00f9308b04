"""The generic provider and the Korean gateway, against providers that check, throttle, break off and talk nonsense."""

import hmac
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.delivery.rules.messages import Answer, Fate, Message, Reply
from firstlight.delivery.transports import Carrier, CarrierDown, Connection, Inbox
from firstlight.delivery.transports.korea import KoreaCarrier, cut_subject
from firstlight.delivery.transports.opening import open_carrier
from tests.delivery.providers import Call, Gateway, Generic, Said, provider, said

REPORTS = "&secret=hush&report_status=state&delivered=OK,DONE"


def opened(url: str) -> Carrier:
    return open_carrier(url, data=Path("/nowhere"), host="fl.example.org")


@contextmanager
def generic(server: Generic, rest: str = "") -> Iterator[Connection]:
    with provider(server) as port:
        url = f"http+sms://token@127.0.0.1:{port}/v1/messages?id_path=data.id&sender=Firstlight&timeout=1{rest}"
        line = opened(url).connect()
        try:
            yield line
        finally:
            line.close()
            line.close()


@contextmanager
def korean(server: Gateway, rest: str = "") -> Iterator[tuple[KoreaCarrier, Connection]]:
    with provider(server) as port:
        url = f"korea+http://access-key:secret-key@127.0.0.1:{port}/sms/v2/services/ncp:sms:kr:1:fl?sender=0212345678"
        carrier = opened(f"{url}&timeout=1&poll_seconds=0.01{rest}")
        assert isinstance(carrier, KoreaCarrier)
        line = carrier.connect()
        try:
            yield carrier, line
        finally:
            line.close()


def text(client_id: str, to: str = "+821012345678", words: str = "흉부 소견", **more: str) -> Message:
    return Message(client_id, to, words, **more)  # type: ignore[arg-type]


def numbered(count: int, words: str = "흉부 소견") -> list[Message]:
    return [text(f"m{place}", f"+8210{20000000 + place}", words) for place in range(count)]


# the generic provider


def test_a_message_is_posted_once_over_a_kept_line_with_its_key() -> None:
    server = Generic()
    with generic(server) as line:
        messages = [text("a1", report_to="https://fl.example.org/r/x"), text("b2")]
        outcomes = [line.send([message])[0] for message in messages]
        again = line.send([messages[0]])[0]
    assert [(each.answer, each.carrier_id) for each in outcomes] == [(Answer.TAKEN, "p-a1"), (Answer.TAKEN, "p-b2")]
    assert again.answer is Answer.TAKEN and len(server.taken) == 2, "the provider can tell the double"
    assert server.taken["a1"] == {
        "id": "a1", "to": "+821012345678", "text": "흉부 소견", "from": "Firstlight",
        "report_to": "https://fl.example.org/r/x",
    }  # fmt: skip
    assert server.calls[0].path == "/v1/messages"


ANSWERS = [
    (said(200, {"data": {"id": 17}}), Answer.TAKEN, 0.0),
    (Said(204, b""), Answer.TAKEN, 0.0),
    (said(202, []), Answer.TAKEN, 0.0),
    (Said(200, b"<html>Please sign in</html>"), Answer.UNSURE, 0.0),
    (Said(200, b"[" * 100_000), Answer.UNSURE, 0.0),
    (Said(200, b" " * 2_000_000), Answer.TAKEN, 0.0),
    (Said(400, b"[" * 100_000), Answer.NEVER, 0.0),
    (said(400, {"error": {"message": "bad number +82 10 1234 5678"}}), Answer.NEVER, 0.0),
    (said(422, {"message": "kim@h.example"}), Answer.NEVER, 0.0),
    (said(429, Retry_After="7"), Answer.THROTTLED, 7.0),
    (said(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), Answer.THROTTLED, 0.0),
    (said(429, Retry_After="999999999"), Answer.THROTTLED, 3600.0),
    (said(429, Retry_After="soon"), Answer.THROTTLED, 0.0),
    (said(503, Retry_After="30"), Answer.AGAIN, 30.0),
    (said(500), Answer.AGAIN, 0.0),
    (said(502), Answer.UNSURE, 0.0),
    (said(504), Answer.UNSURE, 0.0),
    (said(409), Answer.UNSURE, 0.0),
    (Said(200, b"{}", after_seconds=1.6), Answer.UNSURE, 0.0),
    (Said(200, b"{}", cut="before"), Answer.UNSURE, 0.0),
    (Said(200, b'{"data": {"id": "x"}}', cut="middle"), Answer.UNSURE, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "answer", "wait"), ANSWERS)
def test_what_the_provider_says_is_understood(reply: Said, answer: Answer, wait: float) -> None:
    server = Generic(first=lambda _: reply)
    with generic(server) as line:
        outcome = line.send([text("a1")])[0]
    assert (outcome.client_id, outcome.answer, outcome.wait_seconds) == ("a1", answer, wait)
    assert "1234" not in outcome.reason and "@" not in outcome.reason
    assert len(server.calls) == 1, "a call is never repeated behind the outbox's back"


@pytest.mark.parametrize("status", [301, 307, 401, 402, 403, 404, 405])
def test_a_refusal_of_us_is_the_carriers_trouble(status: int) -> None:
    server = Generic(first=lambda _: said(status, Location="/elsewhere"))
    with generic(server) as line, pytest.raises(CarrierDown, match=str(status)):
        line.send([text("a1")])


def test_a_provider_that_is_away_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    line = opened(f"http+sms://hush-hush@127.0.0.1:{port}/x").connect()
    with pytest.raises(CarrierDown, match="cannot be reached") as down:
        line.send([text("a1")])
    assert "hush" not in str(down.value)


def test_a_line_that_the_provider_closed_is_opened_again() -> None:
    server = Generic(first=lambda call: Said(200, b'{"data": {"id": "x"}}', cut="idle"))
    with generic(server) as line:
        for name in ("a1", "b2", "c3"):
            assert line.send([text(name)])[0].answer is Answer.TAKEN
            time.sleep(0.05)  # a line that closes while a call is on its way is another matter: that call is unsure


def test_after_a_break_the_rest_of_the_batch_waits() -> None:
    def broken(call: Call) -> Said | None:
        return Said(200, b"{}", cut="before") if call.json["id"] == "b2" else None

    with generic(Generic(first=broken)) as line:
        outcomes = line.send([text("a1"), text("b2"), text("c3")])
        assert [each.answer for each in outcomes] == [Answer.TAKEN, Answer.UNSURE, Answer.AGAIN]


def test_a_text_that_is_none_is_refused_alone() -> None:
    with generic(Generic()) as line:
        outcomes = line.send([text("a1", words="\ud800"), text("b\r\n2"), text("c3")])
    assert [each.answer for each in outcomes] == [Answer.NEVER, Answer.NEVER, Answer.TAKEN]


def signed(body: bytes, secret: bytes = b"hush") -> dict[str, str]:
    return {"X-Signature": "sha256=" + hmac.digest(secret, body, sha256).hex()}


def test_reports_and_replies_are_read_when_signed() -> None:
    carrier = opened(f"https+sms://token@h.example/x?{REPORTS[1:]}")
    body = json.dumps([
        {"id": "a1", "message_id": "p1", "state": "Done", "at": "2031-03-02T09:00:00+00:00"},
        {"id": "b2", "state": "failed", "reason": "no +821012345678", "to": "+821012345678"},
        {"id": "c3", "state": "expired"}, {"id": "d4", "state": "sent"},
        {"id": "e5", "state": "martian", "at": "later"},
        {"from": "+821099998888", "text": "1", "to": "0212345678", "message_id": "r1"},
    ]).encode()  # fmt: skip
    inbox = carrier.read_call(signed(body), body)
    assert [(each.client_id, each.fate) for each in inbox.reports] == [
        ("a1", Fate.DELIVERED), ("b2", Fate.FAILED), ("c3", Fate.EXPIRED), ("d4", Fate.ACCEPTED), ("e5", Fate.UNKNOWN),
    ]  # fmt: skip
    assert (inbox.reports[0].carrier_id, inbox.reports[0].at) == ("p1", datetime(2031, 3, 2, 9, tzinfo=UTC))
    assert inbox.reports[1].reason == "failed no [address]" and inbox.reports[4].at is None
    assert inbox.replies == (Reply("+821099998888", "1", "0212345678", "r1"),)


@pytest.mark.parametrize(
    "fields", [{}, {"X-Signature": ""}, {"X-Signature": "ÿ"}, signed(b"other"), signed(b'{"id": "a"}', b"guess")]
)
def test_a_forged_report_is_refused(fields: dict[str, str]) -> None:
    carrier = opened(f"https+sms://token@h.example/x?{REPORTS[1:]}")
    with pytest.raises(ValueError, match="not signed"):
        carrier.read_call(fields, b'{"id": "a"}')


NONSENSE = [
    b"",
    b"[",
    b"3",
    b"null",
    b'"x"',
    b"[[]]",
    b"[" * 100_000,
    b"\xff",
    b"{}",
    b'{"state": {}}',
    json.dumps([{}] * 1001).encode(),
]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
def test_a_nonsensical_report_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="the call is"):
        opened("https+sms://token@h.example/x").read_call({}, body)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "status", "from", "text", "at"]), each, max_size=4)
        ),
    ).map(lambda each: json.dumps(each).encode())
)
def test_any_report_is_read_or_refused(body: bytes) -> None:
    try:
        opened("https+sms://token@h.example/x").read_call({}, body)
    except ValueError as refused:
        assert str(refused).startswith("the call")


@pytest.mark.parametrize(
    ("fields", "body"), [({"id": "a1", "status": "DELIVRD"}, b""), ({"status": "failed"}, b"id=a1&status=delivered")]
)
def test_a_report_may_come_as_fields_or_as_a_form(fields: dict[str, str], body: bytes) -> None:
    inbox = opened("https+sms://token@h.example/x").read_call(fields, body)
    assert [(each.client_id, each.fate) for each in inbox.reports] == [("a1", Fate.DELIVERED)]


def test_beside_a_signature_only_the_body_counts() -> None:
    carrier = opened(f"https+sms://token@h.example/x?{REPORTS[1:]}")
    with pytest.raises(ValueError, match="neither a report nor a reply"):
        carrier.read_call(signed(b"") | {"id": "a1", "state": "OK", "from": "+82"}, b"")
    body = b"id=a1&state=OK"
    assert carrier.read_call(signed(body) | {"id": "b2"}, body).reports[0].client_id == "a1"


# the Korean gateway


def test_a_hundred_people_a_call_short_and_long_apart() -> None:
    server = Gateway()
    long = "새로운 폐렴의 흉부 소견이 보고되었습니다. " * 10
    messages = [*numbered(60), *(text(f"l{n}", f"+8210{30000000 + n}", long, subject="긴급: " * 20) for n in range(40))]
    with korean(server) as (_, line):
        outcomes = line.send(messages)
    assert [each.client_id for each in outcomes] == [each.client_id for each in messages]
    assert {each.answer for each in outcomes} == {Answer.TAKEN}
    short, wide = (call.json for call in server.calls)
    assert (short["type"], wide["type"], short["contentType"], short["from"]) == ("SMS", "LMS", "COMM", "0212345678")
    assert short["messages"][0] == {"to": "01020000000", "content": "흉부 소견"}
    assert len(wide["messages"][0]["subject"].encode("cp949")) <= 40
    assert len(short["messages"]) == 60 and len(wide["messages"]) == 40
    assert not any("0102" in each.carrier_id for each in outcomes), "no number in an id"


def test_what_cannot_be_sent_is_refused_alone_and_before_the_call() -> None:
    server = Gateway()
    messages = [
        text("emoji", words="소견 😷"), text("long", words="가" * 1001), text("empty", words=""),
        text("abroad", "+14155552671"), text("none", "hello"), text("good"),
    ]  # fmt: skip
    with korean(server) as (_, line):
        outcomes = line.send(messages)
    assert [each.answer for each in outcomes] == [Answer.NEVER] * 5 + [Answer.TAKEN]
    assert not any("4155552671" in each.reason for each in outcomes)
    assert server.numbers == ["01012345678"]


def test_a_number_twice_is_two_calls_and_each_has_its_result() -> None:
    server = Gateway()
    with korean(server) as (_, line):
        first, second = line.send([text("a1"), text("b2", words="다른 소견")])
        assert len(server.calls) == 2 and first.carrier_id != second.carrier_id
        reports = [report for _ in range(40) for report in _later(line).reports]
    assert {report.carrier_id for report in reports} == {first.carrier_id, second.carrier_id}


def _later(line: Connection) -> Inbox:
    time.sleep(0.01)
    return line.inbox()


def test_one_bad_number_does_not_stop_the_other_ninety_nine() -> None:
    server = Gateway(bad_numbers={"01020000037"})
    with korean(server) as (_, line):
        outcomes = line.send(numbered(100))
    assert [each.client_id for each in outcomes if each.answer is Answer.NEVER] == ["m37"]
    assert (
        sum(each.answer is Answer.TAKEN for each in outcomes) == 99 == len(set(server.numbers)) == len(server.numbers)
    )
    assert "1234" not in outcomes[37].reason and outcomes[37].reason.startswith("400")


def test_a_sender_that_is_not_registered_fails_nobody() -> None:
    with korean(Gateway(sender="0299999999")) as (_, line), pytest.raises(CarrierDown, match="refuses every message"):
        line.send(numbered(20))


BROKEN = [
    (said(429, Retry_After="3"), Answer.THROTTLED),
    (said(503), Answer.AGAIN),
    (said(500), Answer.UNSURE),
    (Said(202, b"{}", cut="before"), Answer.UNSURE),
    (Said(202, b"{}", cut="middle"), Answer.UNSURE),
    (Said(202, b"{}", after_seconds=1.6), Answer.UNSURE),
]


@pytest.mark.parametrize(("reply", "answer"), BROKEN)
def test_a_call_that_went_wrong_leaves_the_rest_for_later(reply: Said, answer: Answer) -> None:
    server = Gateway(first=lambda call: reply)
    with korean(server) as (_, line):
        outcomes = line.send([*numbered(3), text("l", words="가" * 100)])
    waits = Answer.THROTTLED if answer is Answer.THROTTLED else Answer.AGAIN
    assert [each.answer for each in outcomes] == [answer] * 3 + [waits]
    assert len(server.calls) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"requestId": 3}', b"[" * 100_000])
def test_a_yes_without_a_request_is_unsure(body: bytes) -> None:
    class Odd(Gateway):
        def _take(self, call: Call) -> Said:
            return Said(202, body)

    with korean(Odd()) as (_, line):
        assert line.send([text("a1")])[0].answer is Answer.UNSURE


@pytest.mark.parametrize("status", [401, 403, 404])
def test_keys_that_are_wrong_are_the_carriers_trouble(status: int) -> None:
    with korean(Gateway(first=lambda _: said(status))) as (_, line), pytest.raises(CarrierDown, match=str(status)):
        line.send([text("a1")])


def test_results_are_asked_for_until_each_is_known_and_told_once() -> None:
    server = Gateway(
        results={"01020000001": ("3001", "가입자 없음 01020000001"), "01020000002": ("2000", "전송 시간 초과"),
                 "01020000003": ("3012", "스팸")},
        unfinished={"01020000004"},
    )  # fmt: skip
    clock = [1000.0]
    with korean(server) as (carrier, line):
        carrier.clock = lambda: clock[0] + 1_900_000_000
        server._is_signed = lambda call: True  # type: ignore[method-assign]
        outcomes = line.send(numbered(5))
        assert line.inbox().reports == (), "nothing is due yet"
        clock[0] += 1
        told = line.inbox().reports
        fates = {
            outcome.client_id: report
            for outcome in outcomes
            for report in told
            if report.carrier_id == outcome.carrier_id
        }
        assert [fates[f"m{n}"].fate for n in range(4)] == [Fate.DELIVERED, Fate.FAILED, Fate.EXPIRED, Fate.FAILED]
        assert [fates[f"m{n}"].is_address_dead for n in range(4)] == [False, True, False, False]
        assert fates["m1"].reason == "3001 가입자 없음 [address]" and fates["m0"].reason == ""
        assert fates["m0"].at == datetime(2031, 3, 2, 9, 30, tzinfo=UTC)
        assert line.inbox().reports == (), "asked no sooner than the pause allows"
        server.unfinished.clear()
        clock[0] += 60
        assert [report.carrier_id for report in line.inbox().reports] == [outcomes[4].carrier_id]
        asked = len(server.calls)
        clock[0] += 100_000
        assert line.inbox().reports == () and len(server.calls) == asked, "all is known: no more asking"


def test_a_new_process_asks_for_what_the_old_one_awaited() -> None:
    server = Gateway()
    with provider(server) as port:
        url = f"korea+http://access-key:secret-key@127.0.0.1:{port}/s/1?sender=0212345678&poll_seconds=0.01"
        before = opened(url)
        assert isinstance(before, KoreaCarrier)
        first = before.connect()
        outcomes = first.send(numbered(3))
        first.close()
        after = opened(url)
        assert isinstance(after, KoreaCarrier)
        after.resume([outcome.carrier_id for outcome in outcomes])
        time.sleep(0.02)
        line = after.connect()
        assert {report.carrier_id for report in line.inbox().reports} == {each.carrier_id for each in outcomes}
        line.close()


@pytest.mark.parametrize(
    "reply",
    [said(500), said(404), Said(200, b"<html>"), Said(200, b'{"messages": [3, {}]}'), Said(200, b"{}", cut="middle")],
)
def test_results_that_cannot_be_had_are_no_results(reply: Said) -> None:
    server = Gateway(first=lambda call: reply if call.method == "GET" else None)
    if reply.status == 200:
        server._list = lambda call: reply  # type: ignore[method-assign]
    with korean(server) as (_, line):
        line.send([text("a1")])
        time.sleep(0.02)
        assert line.inbox().reports == ()


def test_nobody_is_asked_about_after_three_days() -> None:
    server = Gateway(unfinished={"01012345678"})
    clock = [1_900_000_000.0]
    with korean(server) as (carrier, line):
        carrier.clock = lambda: clock[0]
        server._is_signed = lambda call: True  # type: ignore[method-assign]
        line.send([text("a1")])
        for _ in range(1000):
            clock[0] += 600
            line.inbox()
        assert 100 < len(server.calls) < 200, "every half hour for three days, then no more"


@given(st.text(max_size=80))
def test_a_subject_always_fits(subject: str) -> None:
    assert len(cut_subject(subject).encode("cp949")) <= 40


def test_a_gateway_that_is_asked_does_not_call() -> None:
    with korean(Gateway()) as (carrier, _), pytest.raises(ValueError, match="does not call"):
        carrier.read_call({}, b"{}")
