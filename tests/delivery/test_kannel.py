import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.delivery.rules.messages import Answer, Fate, Message, Outcome, Reply, Report
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox
from firstlight.delivery.transports.kannel import REPLY_QUERY, KannelCarrier, KannelConnection, open_kannel
from tests.conftest import missing
from tests.delivery.kannel import FAKE_SMSC, PROGRAMS, Calls, Kannel, own_network, wait_for
from tests.delivery.smsc import Session, Smsc, Submitted

NUMBER = "+821012345678"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 24\r\n\r\n0: Accepted for delivery"


def write(client_id: str = "c1", text: str = "예방 안내", to: str = NUMBER, **more: object) -> Message:
    return Message(client_id, to, text, **more)  # type: ignore[arg-type]


def answers(outcomes: list[Outcome]) -> list[Answer]:
    return [outcome.answer for outcome in outcomes]


class Scripted:
    """A port that answers the n-th call with the n-th script; an empty one hangs up. The last is repeated."""

    def __init__(self, *scripts: bytes) -> None:
        self.scripts, self.calls = scripts, list[str]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"kannel://firstlight:secret@127.0.0.1:{self._listener.getsockname()[1]}?timeout=1"
        self.lines = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self.lines += 1
                with line, suppress(OSError):
                    line.settimeout(5)
                    self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        while True:
            call = line.recv(65536)
            if not call:
                return
            while b"\r\n\r\n" not in call or len(call.partition(b"\r\n\r\n")[2]) < _length(call):
                call += line.recv(65536)
            self.calls.append(call.decode())
            script = self.scripts[min(len(self.calls), len(self.scripts)) - 1]
            if not script:
                return
            line.sendall(script)
            if b"Connection: close" in script:
                return


def _length(call: bytes) -> int:
    lengths = [line for line in call.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lengths[0].partition(b":")[2]) if lengths else 0


def said(status: str, words: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(words)}\r\n\r\n{words}".encode()


@contextmanager
def connected(url: str) -> Iterator[KannelConnection]:
    connection = open_kannel(CarrierUrl.parse(url)).connect()
    try:
        yield connection
    finally:
        connection.close()


# What Kannel says


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ACCEPTED, Outcome("c1", Answer.TAKEN)),
        (said("202 Accepted", "3: Queued for later delivery"), Outcome("c1", Answer.TAKEN)),
        (
            said("503 Service Unavailable", "Temporal failure, try again later."),
            Outcome("c1", Answer.AGAIN, reason="503 Temporal failure, try again later."),
        ),
        (
            said("403 Forbidden", "Not routable. Do not try again."),
            Outcome("c1", Answer.NEVER, reason="403 Not routable. Do not try again."),
        ),
        (
            said("400 Bad Request", f"Number {NUMBER} denied by white- and/or black-lists."),
            Outcome("c1", Answer.NEVER, reason="400 Number [address] denied by white- and/or black-lists."),
        ),
        (
            said("429 Too Many Requests", "slower"),
            Outcome("c1", Answer.THROTTLED, reason="429 slower"),
        ),
        (
            said("200 OK", "<html>Welcome to the airport</html>"),
            Outcome("c1", Answer.UNSURE, reason="200 and words that are not Kannel's"),
        ),
        (
            said("500 Internal Server Error", "sendsms_request: failed"),
            Outcome("c1", Answer.UNSURE, reason="500 sendsms_request: failed"),
        ),
        (b"", Outcome("c1", Answer.UNSURE, reason="Kannel broke off (RemoteDisconnected)")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Outcome("c1", Answer.UNSURE, reason="Kannel broke off (BadStatusLine)")),
        (
            b"HTTP/1.1 202 Accepted\r\nContent-Length: 24\r\nConnection: close\r\n\r\n",
            Outcome("c1", Answer.UNSURE, reason="202 and words that are not Kannel's"),
        ),
        (b"HTTP/1.1 202 Acc", Outcome("c1", Answer.UNSURE, reason="Kannel broke off (TimeoutError)")),
    ],
)
def test_an_answer_says_what_to_do(answer: bytes, expected: Outcome) -> None:
    with Scripted(answer) as kannel, connected(kannel.url) as connection:
        assert connection.send([write()]) == [expected]
        assert len(kannel.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        said("403 Forbidden", "Authorization failed for sendsms"),
        said("400 Bad Request", "Sender missing and no global set, rejected"),
        said("404 Not Found", "Unknown request."),
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_refusal_of_us_is_no_fault_of_the_message(answer: bytes) -> None:
    with Scripted(answer) as kannel, connected(kannel.url) as connection:
        with pytest.raises(CarrierDown, match="refuses us") as raised:
            connection.send([write("a"), write("b")])
        assert "secret" not in str(raised.value)
        assert NUMBER[1:] not in str(raised.value)
    with Scripted(ACCEPTED, answer) as kannel, connected(kannel.url) as connection:
        outcomes = connection.send([write("a"), write("b"), write("c")])
        assert answers(outcomes) == [Answer.TAKEN, Answer.AGAIN, Answer.AGAIN]
        assert len(kannel.calls) == 2


def test_when_the_line_breaks_the_rest_waits() -> None:
    with Scripted(ACCEPTED, b"", ACCEPTED) as kannel, connected(kannel.url) as connection:
        outcomes = connection.send([write("a"), write("b"), write("c")])
        assert answers(outcomes) == [Answer.TAKEN, Answer.UNSURE, Answer.AGAIN]
        assert answers(connection.send([write("c")])) == [Answer.TAKEN]


def test_a_line_that_kannel_closed_between_messages_is_opened_again() -> None:
    closing = ACCEPTED.replace(b"\r\n\r\n", b"\r\nKeep-Alive: no\r\n\r\n")
    with Scripted(closing) as kannel, connected(kannel.url) as connection:
        kept = connection.line.connection
        assert answers(connection.send([write(), write()])) == [Answer.TAKEN] * 2
        assert kannel.lines == 1
        kept.sock.shutdown(socket.SHUT_RD)
        assert answers(connection.send([write()])) == [Answer.TAKEN]
        assert kannel.lines == 2


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    carrier = open_kannel(CarrierUrl.parse(f"kannel://a:b@127.0.0.1:{port}"))
    with pytest.raises(CarrierDown, match=r"^kannel: it cannot be reached \(ConnectionRefusedError\)$"):
        carrier.connect()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (write(to="010-1234-5678"), "the number is not a telephone number"),
        (write(to=f"{NUMBER} {NUMBER}"), "the number is not a telephone number"),
        (write(text=""), "the text is empty"),
        (write(text="반쪽 \ud800"), "the text holds half a character"),
        (write(report_to="http://h/a\r\nX-Kannel-To: 1"), "the address for reports is not written as a URL"),
    ],
)
def test_what_cannot_be_carried_never_leaves(message: Message, reason: str) -> None:
    with Scripted(ACCEPTED) as kannel, connected(kannel.url) as connection:
        outcomes = connection.send([message, write("b")])
        assert answers(outcomes) == [Answer.NEVER, Answer.TAKEN]
        assert outcomes[0].reason == reason
        assert len(kannel.calls) == 1


def test_what_kannel_is_told() -> None:
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    with Scripted(ACCEPTED) as kannel:
        carrier = open_kannel(CarrierUrl.parse(f"{kannel.url}&from=15776789&smsc=main&priority=3"))
        carrier.clock = at.timestamp
        connection = carrier.connect()
        connection.send([write(report_to="http://h/r/c1?x=%41", valid_until=at + timedelta(minutes=30, seconds=1))])
        connection.send([write(text="Hello", valid_until=at - timedelta(hours=1))])
        connection.close()
        hangul, late = kannel.calls
    assert hangul.startswith("POST /cgi-bin/sendsms HTTP/1.1\r\n")
    for line in (
        "X-Kannel-From: 15776789", "X-Kannel-SMSC: main", "X-Kannel-Priority: 3", f"X-Kannel-To: {NUMBER}",
        "X-Kannel-Coding: 2", "X-Kannel-Validity: 31", "X-Kannel-DLR-Mask: 31",
        "X-Kannel-DLR-Url: http://h/r/c1?x=%%41&status=%d&answer=%A&at=%T&foreign_id=%F",
    ):  # fmt: skip
        assert f"\r\n{line}\r\n" in hangul
    assert hangul.endswith("\r\n\r\n예방 안내")
    assert "X-Kannel-Coding: 0" in late
    assert "X-Kannel-Validity: 1\r\n" in late
    assert "DLR" not in late


# What it calls back


def carrier() -> KannelCarrier:
    return open_kannel(CarrierUrl.parse("kannel://firstlight:secret@127.0.0.1"))


@pytest.mark.parametrize(
    ("status", "answer", "report"),
    [
        ("1", "", Report(Fate.DELIVERED)),
        ("2", "", Report(Fate.FAILED)),
        ("4", "ACK/", Report(Fate.ACCEPTED, reason="ACK")),
        ("8", "ACK/", Report(Fate.ACCEPTED, reason="ACK")),
        ("16", "NACK/11/Invalid Destination", Report(Fate.FAILED, reason="NACK/11/Invalid Destination")),
        (
            "2",
            "id:5 sub:001 stat:EXPIRED err:012 text:Call 01012345678",
            Report(Fate.EXPIRED, reason="EXPIRED err:012"),
        ),
        ("1", "id:5 stat:DELIVRD err:000 text:hi", Report(Fate.DELIVERED, reason="DELIVRD")),
        ("16", "NACK/for +821012345678 no", Report(Fate.FAILED, reason="NACK/for [number] no")),
    ],
)
def test_reports_are_read(status: str, answer: str, report: Report) -> None:
    assert carrier().read_call({"status": status, "answer": answer}, b"") == Inbox(reports=(report,))


def test_a_report_tells_when_and_by_which_ids() -> None:
    fields = {"status": "1", "at": "1795419905", "foreign_id": "f-1", "client_id": "c1"}
    at = datetime.fromtimestamp(1795419905, UTC)
    assert carrier().read_call(fields, b"").reports == (Report(Fate.DELIVERED, "c1", "f-1", at=at),)


@pytest.mark.parametrize(
    "fields", [{}, {"status": "3"}, {"status": "-1"}, {"status": "٣"}, {"text": "hi"}, {"sender": "", "text": "hi"}]
)
def test_nonsense_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Kannel"):
        carrier().read_call(fields, b"")


@given(st.dictionaries(st.sampled_from(["status", "answer", "at", "foreign_id", "sender", "text"]), st.text()))
def test_any_call_is_read_or_refused(fields: dict[str, str]) -> None:
    with suppress(ValueError):
        inbox = carrier().read_call(fields, b"")
        assert len(inbox.reports) + len(inbox.replies) == 1


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("kannel://127.0.0.1", "the user is missing"),
        ("kannel://a:b@h?priority=9", "priority"),
        ("kannel://a:%ED%95%9C@h", "ASCII"),
        ("kannel://a:b@h?tls=1&ca=/no/such/file", "certificates"),
        ("kannel://a:b@h?colour=red", "colour is not known"),
    ],
)
def test_a_wrong_setting_is_refused(url: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        open_kannel(CarrierUrl.parse(url))


def test_a_carrier_shows_no_password() -> None:
    assert "secret" not in repr(carrier())
    assert "secret" not in repr(open_kannel(CarrierUrl.parse("kannel://a:secret@h?tls=1")))


# The real one


@pytest.fixture
def network(program: Callable[[str], str]) -> Iterator[None]:
    for name in (*PROGRAMS, "ip"):
        program(name)
    if not FAKE_SMSC.exists():
        missing("fakesmsc of kannel-extras")
    if os.geteuid():
        missing("the right to make a network")
    assert shutil.which("smsbox")
    with own_network():
        yield


@pytest.mark.interop
@pytest.mark.usefixtures("network")
def test_kannel_carries_every_alphabet_and_reports_back(tmp_path: Path) -> None:
    with Calls() as calls, Kannel(tmp_path) as kannel:
        carrier = open_kannel(CarrierUrl.parse(kannel.url(**{"from": "15776789"})))
        connection = carrier.connect()
        texts = ["Hello @_§{€}~", "예방 안내 😀", "가" * 100, "x" * 200 + "€"]
        reports = f"http://127.0.0.1:{calls.port}/r?code=a%25D0%41&client_id="
        messages = [
            write(
                f"c{number}", text, report_to=f"{reports}c{number}", valid_until=datetime.now(UTC) + timedelta(hours=1)
            )
            for number, text in enumerate(texts)
        ]
        assert answers(connection.send(messages)) == [Answer.TAKEN] * 4
        wait_for(lambda: len(kannel.carried()) == 6 and len(calls.heard) >= 8)
        connection.close()
        carried = kannel.carried()
        assert {(each.sender, each.to) for each in carried} == {("15776789", NUMBER)}
        assert [each.text for each in carried[:2]] == texts[:2]
        assert [each.kind for each in carried[2:]] == ["udh"] * 4
        read = [carrier.read_call(fields, b"").reports[0] for fields in calls.heard]
        for client_id in ("c0", "c1", "c2", "c3"):
            fates = [report.fate for report in read if report.client_id == client_id]
            assert set(fates) == {Fate.ACCEPTED, Fate.DELIVERED}
        assert all(fields["code"] == "a%D0A" for fields in calls.heard)
        assert all(report.at and abs(report.at - datetime.now(UTC)) < timedelta(minutes=1) for report in read)
        assert not any("1012345678" in path for path in calls.paths)


@pytest.mark.interop
@pytest.mark.usefixtures("network")
def test_a_persons_reply_comes_through_kannel(tmp_path: Path) -> None:
    with Calls() as calls:
        replies_to = f"http://127.0.0.1:{calls.port}/reply?{REPLY_QUERY}"
        phones = ["01012345678 15776789 text 예 확인했습니다 & 100% +1"]
        with Kannel(tmp_path, phones=phones, replies_to=replies_to):
            wait_for(lambda: calls.heard)
        (reply,) = carrier().read_call(calls.heard[0], b"").replies
        assert reply == Reply("01012345678", "예 확인했습니다 & 100% +1", to="15776789", carrier_id=reply.carrier_id)
        assert reply.carrier_id


@pytest.mark.interop
@pytest.mark.usefixtures("network")
def test_a_wrong_password_a_stop_and_a_start_again(tmp_path: Path) -> None:
    with Kannel(tmp_path) as kannel:
        wrong = kannel.url(**{"from": "15776789"}).replace("secret", "other")
        with connected(wrong) as connection, pytest.raises(CarrierDown, match="Authorization failed"):
            connection.send([write()])
        connection = open_kannel(CarrierUrl.parse(kannel.url(**{"from": "15776789"}))).connect()
        assert answers(connection.send([write(), write(to="12")])) == [Answer.TAKEN, Answer.NEVER]
        kannel.processes.kill("smsbox")
        with pytest.raises(CarrierDown, match="cannot be reached"):
            connection.send([write("a"), write("b")])
        kannel.processes.start("smsbox", "smsbox", "-v", "1", "kannel.conf")
        wait_for(lambda: _is_taken(connection))
        connection.close()


def _is_taken(connection: KannelConnection) -> bool:
    with suppress(CarrierDown):
        return answers(connection.send([write()])) == [Answer.TAKEN]
    return False


@pytest.mark.interop
@pytest.mark.usefixtures("network")
def test_what_a_message_centre_behind_kannel_says_is_read(tmp_path: Path) -> None:
    """Kannel speaks SMPP to a scripted centre: its receipts reach us without the text that they quote."""
    states = {"001": "DELIVRD", "002": "UNDELIV", "003": "EXPIRED"}

    def answer(number: int, submitted: Submitted) -> int:
        return 0x0B if submitted.pdu.destination_addr.endswith(b"004") else 0

    def after(session: Session, number: int, submitted: Submitted) -> None:
        to = submitted.pdu.destination_addr.decode()
        if to[-3:] in states:
            session.receipt(str(1000 + number), states[to[-3:]], to=to)

    with Calls() as calls, Smsc(answer, message_id=lambda number: str(1000 + number), after=after) as smsc:
        smpp = f"""
group = smsc
smsc = smpp
smsc-id = scripted
host = 127.0.0.1
port = {smsc.port}
transceiver-mode = true
smsc-username = firstlight
smsc-password = secret
system-type = ""
msg-id-type = 0
reconnect-delay = 1
"""
        with Kannel(tmp_path, smscs=smpp) as kannel:
            connection = open_kannel(CarrierUrl.parse(kannel.url(**{"from": "15776789"}))).connect()
            reports = f"http://127.0.0.1:{calls.port}/r?client_id="
            numbers = ["001", "002", "003", "004"]
            messages = [
                write(each, "Call 01098765432", f"+821055550{each}", report_to=reports + each) for each in numbers
            ]
            assert answers(connection.send(messages)) == [Answer.TAKEN] * 4
            wait_for(lambda: len(calls.heard) >= 7)
            connection.close()
        read = [carrier().read_call(fields, b"").reports[0] for fields in calls.heard]
    last = {report.client_id: report for report in read if report.fate != Fate.ACCEPTED}
    assert {each: last[each].fate for each in numbers} == {
        "001": Fate.DELIVERED, "002": Fate.FAILED, "003": Fate.EXPIRED, "004": Fate.FAILED,
    }  # fmt: skip
    assert last["002"].reason == "UNDELIV"
    assert "NACK" in last["004"].reason
    assert not any("98765432" in report.reason or "55550" in report.reason for report in read)
