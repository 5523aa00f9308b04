import importlib.util
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from smpplib.consts import DESCRIPTIONS
from smpplib.smpp import make_pdu, parse_pdu

from firstlight.delivery.rules.messages import Answer, Fate, Message, Outcome, Reply, Report
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox
from firstlight.delivery.transports.smpp import SmppCarrier, open_smpp
from firstlight.delivery.transports.smpp.book import Book, Entry, Notation
from firstlight.delivery.transports.smpp.composing import Alphabet, Joining, compose, recipient, sender, validity_period
from firstlight.delivery.transports.smpp.connection import SmppConnection
from firstlight.delivery.transports.smpp.pdu import Command, Incoming, Malformed, Option, Pdu, cut, read_incoming
from firstlight.delivery.transports.smpp.receipts import Receipt, is_receipt, read_receipt, read_state
from firstlight.delivery.transports.smpp.replies import read_reply
from firstlight.delivery.transports.smpp.statuses import answer_of, words_of
from tests.conftest import missing
from tests.delivery.kannel import DRIVE_SMPP, Processes, own_network, wait_for
from tests.delivery.sinks import certificate
from tests.delivery.smsc import BAD_NUMBER, BAD_PASSWORD, OK, QUEUE_FULL, RECEIPT, THROTTLED, Smsc, Submitted

NUMBER = "+821012345678"
LONG = "가나다라마바사아자차" * 20  # 200 characters: three parts of 67


def write(client_id: str = "c1", text: str = "예방 안내", to: str = NUMBER, **more: object) -> Message:
    return Message(client_id, to, text, **more)  # type: ignore[arg-type]


def batch(size: int) -> list[Message]:
    return [write(f"c{number}") for number in range(size)]


def opened(smsc: Smsc, **options: object) -> SmppCarrier:
    return open_smpp(CarrierUrl.parse(smsc.url(**({"timeout": 2} | options))))


@contextmanager
def connected(smsc: Smsc, **options: object) -> Iterator[SmppConnection]:
    connection = opened(smsc, **options).connect()
    try:
        yield connection
    finally:
        connection.close()


def gather(connection: SmppConnection, enough: Callable[[Inbox], bool], seconds: float = 5.0) -> Inbox:
    """Look into the inbox until it holds enough."""
    until, reports, replies = time.monotonic() + seconds, [], []
    while True:
        inbox = connection.inbox()
        reports += inbox.reports
        replies += inbox.replies
        if enough(Inbox(tuple(reports), tuple(replies))):
            return Inbox(tuple(reports), tuple(replies))
        assert time.monotonic() < until, f"only {len(reports)} reports and {len(replies)} replies came"
        time.sleep(0.01)


def reports_of(connection: SmppConnection, count: int) -> list[Report]:
    return list(gather(connection, lambda inbox: len(inbox.reports) >= count).reports)


def answers(outcomes: list[Outcome]) -> list[Answer]:
    return [outcome.answer for outcome in outcomes]


# What is written


def test_each_message_is_taken_under_the_carriers_id() -> None:
    with Smsc() as smsc, connected(smsc, **{"from": "15776789", "priority": 2}) as connection:
        until = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=9)))
        outcomes = connection.send([write("c1", "Hello [€]", valid_until=until), write("c2", "안녕하세요")])
        assert outcomes == [
            Outcome("c1", Answer.TAKEN, carrier_id="id-0"),
            Outcome("c2", Answer.TAKEN, carrier_id="id-1"),
        ]
        first, second = (submitted.pdu for submitted in smsc.submitted)
        assert first.short_message == b"Hello \x1b\x3c\x1b\x65\x1b\x3e"
        assert (first.data_coding, first.registered_delivery, first.priority_flag) == (0, 1, 2)
        assert (first.dest_addr_ton, first.dest_addr_npi, first.destination_addr) == (1, 1, b"821012345678")
        assert (first.source_addr_ton, first.source_addr) == (0, b"15776789")
        assert first.validity_period == b"261124003000000+"
        assert (second.data_coding, smsc.submitted[1].text) == (8, "안녕하세요")


@pytest.mark.parametrize("parts", ["udh", "sar", "payload"])
@pytest.mark.parametrize("text", [LONG, "x" * 150 + "[€]" * 30, "😀" * 100])
def test_a_long_text_arrives_whole(parts: str, text: str) -> None:
    with Smsc() as smsc, connected(smsc, parts=parts) as connection:
        assert answers(connection.send([write(text=text)])) == [Answer.TAKEN]
        pdus = [submitted.pdu for submitted in smsc.submitted]
        contents = [pdu.message_payload or pdu.short_message for pdu in pdus]
        if parts == "udh":
            heads, contents = [content[:6] for content in contents], [content[6:] for content in contents]
            assert {head[:4] for head in heads} == {heads[0][:4]}
            assert [tuple(head[4:]) for head in heads] == [(len(pdus), n + 1) for n in range(len(pdus))]
            assert all(pdu.esm_class == 0x40 for pdu in pdus)
        elif parts == "sar":
            assert len({pdu.sar_msg_ref_num for pdu in pdus}) == 1
            assert [pdu.sar_segment_seqnum for pdu in pdus] == [n + 1 for n in range(len(pdus))]
        assert len(pdus) == 1 if parts == "payload" else all(len(pdu.short_message) <= 160 for pdu in pdus)
        whole = b"".join(contents)
        plain = whole.decode("utf-16-be") if pdus[0].data_coding == 8 else whole.replace(b"\x1b\x3c", b"[")
        assert plain == text or plain == text.replace("€", "\x1be").replace("]", "\x1b>").encode()


def test_the_same_message_is_written_the_same_at_every_attempt() -> None:
    with Smsc() as smsc, connected(smsc, client_id_tag="0x1501") as connection:
        connection.send([write("abc123", LONG)])
        connection.send([write("abc123", LONG)])
        bodies = [submitted.raw[16:] for submitted in smsc.submitted]
        assert bodies[:3] == bodies[3:]
        assert all(struct.pack(">HH", 0x1501, 6) + b"abc123" in body for body in bodies)
        assert len({submitted.pdu.user_message_reference for submitted in smsc.submitted}) == 1


def test_our_options_can_be_left_out() -> None:
    with Smsc() as smsc, connected(smsc, reference=0) as connection:
        connection.send([write()])
        assert smsc.submitted[0].pdu.user_message_reference is None


def test_korean_can_travel_in_ks_c_5601() -> None:
    with Smsc() as smsc, connected(smsc, alphabet="ksc5601") as connection:
        connection.send([write(text="똠방각하"), write(text="가" * 100), write(text="😀")])
        assert [submitted.pdu.data_coding for submitted in smsc.submitted] == [14, 14, 14, 8]
        texts = [submitted.text for submitted in smsc.submitted]
        assert texts == ["똠방각하", "가" * 67, "가" * 33, "😀"]


@given(st.text(min_size=1, max_size=400))
def test_parts_join_to_the_text_they_were_cut_from(text: str) -> None:
    for alphabet in Alphabet:
        try:
            parts = compose(text, alphabet=alphabet, joining=Joining.UDH, reference=7)
        except ValueError as error:
            assert str(error) == "the text holds half a character"
            return
        assert all(len(part.content) <= 160 for part in parts)
        assert all(len(part.content) <= 140 for part in parts if part.data_coding)
        whole = b"".join(part.content[6:] if part.esm_class else part.content for part in parts)
        coding = parts[0].data_coding
        if coding:
            assert whole.decode({8: "utf-16-be", 14: "cp949"}[coding]) == text


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (write(to="010-1234-5678"), "the number is not a telephone number"),
        (write(to="8" * 25), "the number is not a telephone number"),
        (write(to="+82\0001012"), "the number is not a telephone number"),
        (write(to="٠١٠١٢٣٤٥"), "the number is not a telephone number"),
        (write(text=""), "the text is empty"),
        (write(text="가" * 67 * 256), "the text is too long"),
        (write(text="반쪽 \ud800"), "the text holds half a character"),
    ],
)
def test_what_cannot_be_written_is_never_sent_and_the_rest_is(message: Message, reason: str) -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        outcomes = connection.send([write("a"), message, write("b")])
        assert answers(outcomes) == [Answer.TAKEN, Answer.NEVER, Answer.TAKEN]
        assert outcomes[1].reason == reason
        assert len(smsc.submitted) == 2


def test_senders() -> None:
    assert (sender("15776789").ton, sender("+8215776789").ton, sender("Firstlight").ton) == (0, 1, 5)
    assert (recipient("01012345678").ton, recipient(NUMBER).digits) == (0, "821012345678")
    assert validity_period(None) == ""


# What the carrier answers


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (OK, Answer.TAKEN),
        (THROTTLED, Answer.THROTTLED),
        (QUEUE_FULL, Answer.AGAIN),
        (0x08, Answer.AGAIN),  # system error
        (0x0A, Answer.AGAIN),  # our sender: a setting to be corrected, not this message
        (0x45, Answer.AGAIN),
        (0x64, Answer.AGAIN),
        (0x411, Answer.AGAIN),  # the carrier's own
        (BAD_NUMBER, Answer.NEVER),
        (0x01, Answer.NEVER),
        (0x62, Answer.NEVER),
        (0x65, Answer.NEVER),
        (0x66, Answer.NEVER),
    ],
)
def test_a_status_says_what_to_do(status: int, answer: Answer) -> None:
    with Smsc(lambda number, submitted: status) as smsc, connected(smsc) as connection:
        (outcome,) = connection.send([write()])
        assert outcome.answer == answer
        assert outcome.reason == ("" if status == OK else words_of(status))


def test_every_status_of_the_standard_has_a_name_and_an_answer() -> None:
    assert words_of(BAD_NUMBER) == "ESME_RINVDSTADR: Invalid Destination Address"
    assert words_of(0x411) == "status 0x00000411"
    for status in DESCRIPTIONS:
        assert words_of(status).startswith("ESME_R")
        assert (answer_of(status) == Answer.TAKEN) == (status == OK)


def test_after_a_throttle_nothing_more_is_begun() -> None:
    def answer(number: int, submitted: Submitted) -> int:
        return THROTTLED if number == 5 else OK

    with Smsc(answer) as smsc, connected(smsc, window=3) as connection:
        outcomes = connection.send(batch(50))
        assert answers(outcomes)[:5] == [Answer.TAKEN] * 5
        assert answers(outcomes)[5] == Answer.THROTTLED
        assert set(answers(outcomes)[10:]) == {Answer.THROTTLED}
        assert len(smsc.submitted) == answers(outcomes).count(Answer.TAKEN) + 1 <= 10


def test_a_long_text_is_taken_only_when_all_its_parts_are() -> None:
    statuses = {1: QUEUE_FULL, 4: BAD_NUMBER}
    with Smsc(lambda number, submitted: statuses.get(number, OK)) as smsc, connected(smsc, window=1) as connection:
        again, never, taken = connection.send([write("a", LONG), write("b", LONG), write("c", LONG)])
        assert (again.answer, never.answer, taken.answer) == (Answer.AGAIN, Answer.NEVER, Answer.TAKEN)
        assert (again.carrier_id, taken.carrier_id) == ("", "id-7")
        assert len(smsc.submitted) == 2 + 3 + 3


def test_the_window_keeps_so_many_out_and_no_more() -> None:
    most, lock = [0], threading.Lock()
    held: list[tuple[object, Submitted, int]] = []

    def after(session: object, number: int, submitted: Submitted) -> None:
        with lock:
            held.append((session, submitted, number))
            most[0] = max(most[0], len(held))
            if len(held) == 7 or number == 20:
                for where, which, nth in reversed(held):  # answered in the wrong order
                    where.answer("submit_sm_resp", which.pdu.sequence, message_id=f"id-{nth}")  # type: ignore[attr-defined]
                held.clear()

    with Smsc(lambda number, submitted: None, after=after) as smsc, connected(smsc, window=7) as connection:
        outcomes = connection.send(batch(21))
    assert [outcome.carrier_id for outcome in outcomes] == [f"id-{number}" for number in range(21)]
    assert most[0] == 7


# Lines that break, stall and lie


@pytest.mark.parametrize("bind", ["transceiver", "pair"])
def test_a_line_that_breaks_in_the_middle(bind: str) -> None:
    def after(session: object, number: int, submitted: Submitted) -> None:
        if number == 4:
            session.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]

    answer = lambda number, submitted: OK if number < 3 else None  # noqa: E731
    with Smsc(answer, after=after) as smsc, connected(smsc, window=4, bind=bind) as connection:
        outcomes = connection.send(batch(20))
        assert answers(outcomes)[:3] == [Answer.TAKEN] * 3
        assert set(answers(outcomes)[3:7]) == {Answer.UNSURE}
        assert set(answers(outcomes)[7:]) == {Answer.AGAIN}
        with pytest.raises(CarrierDown):
            connection.send([write()])
        connection.close()


def test_a_line_that_broke_before_a_batch_is_said_so_and_nothing_was_taken() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        smsc.hang_up()
        time.sleep(0.05)
        with pytest.raises(CarrierDown, match="closed the line"):
            connection.send(batch(3))
        assert smsc.submitted == []


def test_an_answer_that_never_comes_leaves_that_message_unsure() -> None:
    lost = lambda number, submitted: None if number == 2 else OK  # noqa: E731
    with Smsc(lost) as smsc, connected(smsc, timeout=0.5, window=3) as connection:
        outcomes = connection.send(batch(10))
        assert answers(outcomes) == [Answer.TAKEN] * 2 + [Answer.UNSURE] + [Answer.TAKEN] * 7
        assert answers(connection.send([write("next")])) == [Answer.TAKEN]


def test_a_centre_that_falls_silent_is_given_up() -> None:
    with Smsc(lambda number, submitted: None) as smsc, connected(smsc, timeout=0.3, window=2) as connection:
        began = time.monotonic()
        outcomes = connection.send(batch(5))
        assert time.monotonic() - began < 5
        assert answers(outcomes) == [Answer.UNSURE] * 2 + [Answer.AGAIN] * 3
        with pytest.raises(CarrierDown, match="did not answer in time"):
            connection.send(batch(1))


def test_a_slow_centre_does_not_keep_a_batch_for_ever() -> None:
    with Smsc(slow_seconds=0.2) as smsc, connected(smsc, timeout=0.5, window=1) as connection:
        began = time.monotonic()
        outcomes = connection.send(batch(50))
        assert time.monotonic() - began < 5
        assert outcomes[0].answer == Answer.TAKEN
        assert outcomes[-1] == Outcome("c49", Answer.THROTTLED, reason="the carrier answers slowly")


def test_a_late_answer_is_told_by_the_inbox() -> None:
    late: list[tuple[object, int]] = []

    def after(session: object, number: int, submitted: Submitted) -> None:
        if number == 0:
            late.append((session, submitted.pdu.sequence))

    lost = lambda number, submitted: OK if number else None  # noqa: E731
    with Smsc(lost, after=after) as smsc, connected(smsc, timeout=0.3, window=2) as connection:
        outcomes = connection.send(batch(10))
        assert outcomes[0].answer == Answer.UNSURE
        late[0][0].answer("submit_sm_resp", late[0][1], message_id="late-1")  # type: ignore[attr-defined]
        assert reports_of(connection, 1) == [Report(Fate.ACCEPTED, client_id="c0", carrier_id="late-1")]


def test_a_goodbye_is_answered_and_what_was_answered_before_counts() -> None:
    def after(session: object, number: int, submitted: Submitted) -> None:
        if number == 1:
            session.request("unbind")  # type: ignore[attr-defined]

    answer = lambda number, submitted: OK if number < 2 else None  # noqa: E731
    with Smsc(answer, after=after) as smsc, connected(smsc, window=2) as connection:
        outcomes = connection.send(batch(6))
        assert answers(outcomes)[:2] == [Answer.TAKEN] * 2
        assert Answer.NEVER not in answers(outcomes)
        smsc.wait_for(lambda: ("unbind_resp", 0, 1) in smsc.heard)
        with pytest.raises(CarrierDown, match="goodbye"):
            connection.inbox()


def test_a_refused_bind_says_why() -> None:
    with Smsc(bind_status=BAD_PASSWORD) as smsc, pytest.raises(CarrierDown) as raised:
        opened(smsc).connect()
    assert str(raised.value) == "smpp: the carrier refused the bind, ESME_RINVPASWD: Invalid Password"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    carrier = open_smpp(CarrierUrl.parse(f"smpp://firstlight:secret@127.0.0.1:{port}?timeout=1"))
    with pytest.raises(CarrierDown, match="cannot be reached"):
        carrier.connect()


def test_a_centre_that_takes_the_call_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"smpp://firstlight:secret@127.0.0.1:{mute.getsockname()[1]}?timeout=0.2"
        with pytest.raises(CarrierDown, match="did not answer the bind"):
            open_smpp(CarrierUrl.parse(url)).connect()


def test_an_idle_line_is_kept_awake_and_a_dead_one_noticed() -> None:
    with Smsc() as smsc, connected(smsc, idle=0.1, timeout=0.3) as connection:
        smsc.wait_for(
            lambda: connection.inbox() == Inbox() and [name for name, _, _ in smsc.heard].count("enquire_link") >= 3
        )

    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"smpp://firstlight:secret@127.0.0.1:{mute.getsockname()[1]}?timeout=0.3&idle=0.1"
        threading.Thread(target=_bind_and_sleep, args=(mute,), daemon=True).start()
        connection = open_smpp(CarrierUrl.parse(url)).connect()
        with pytest.raises(CarrierDown, match="fell silent"):
            gather(connection, lambda inbox: False, seconds=3)


def _bind_and_sleep(listener: socket.socket) -> None:
    line, _ = listener.accept()
    with line:
        line.recv(4096)
        line.sendall(Pdu(Command.BIND_TRANSCEIVER | 0x80000000, 0, 1, b"x\0").encoded())
        with suppress(OSError):
            while line.recv(4096):
                pass


def test_the_centres_enquiries_and_strange_requests_are_answered() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        session = smsc.sessions[0]
        session.request("enquire_link")
        session.send(Pdu(0x00000777, 0, 99, b"what is this").encoded())
        session.send(Pdu(Command.ALERT_NOTIFICATION, 0, 100, b"\0\0\0\0\0\0").encoded())
        smsc.wait_for(lambda: connection.inbox() == Inbox() and len(smsc.heard) >= 3)
        assert ("enquire_link_resp", 0, 1) in smsc.heard
        assert ("generic_nack", 3, 99) in smsc.heard
        assert answers(connection.send([write()])) == [Answer.TAKEN]


def test_a_nack_of_a_message_is_its_answer() -> None:
    def after(session: object, number: int, submitted: Submitted) -> None:
        nack = Pdu(Command.GENERIC_NACK, 0x02 if number else 0, submitted.pdu.sequence)
        session.send(nack.encoded())  # type: ignore[attr-defined]

    with Smsc(lambda number, submitted: None, after=after) as smsc, connected(smsc) as connection:
        first, second = connection.send(batch(2))
        assert (first.answer, second.answer) == (Answer.AGAIN, Answer.AGAIN)
        assert second.reason.startswith("ESME_RINVCMDLEN")


def test_a_centre_that_gives_no_id() -> None:
    with Smsc(message_id=lambda number: "") as smsc, connected(smsc) as connection:
        assert [outcome.carrier_id for outcome in connection.send([write("a", LONG), write("b")])] == ["", ""]


def test_closing_unbinds_once_and_may_be_repeated() -> None:
    with Smsc() as smsc:
        connection = opened(smsc, bind="pair").connect()
        connection.close()
        connection.close()
        assert [session.bind for session in smsc.sessions] == ["bind_transmitter", "bind_receiver"]
        smsc.wait_for(lambda: [name for name, _, _ in smsc.heard].count("unbind") == 2)
        with pytest.raises(CarrierDown):
            connection.send([write()])


def test_a_secured_line(tmp_path: Path) -> None:
    ca, context = certificate(tmp_path)
    with Smsc(tls=context, after=lambda session, number, _: session.receipt(f"id-{number}")) as smsc:
        with connected(smsc, tls=1, ca=ca, window=50) as connection:
            assert set(answers(connection.send(batch(100)))) == {Answer.TAKEN}
            assert len(reports_of(connection, 100)) == 100
        with pytest.raises(CarrierDown, match="SSLCertVerificationError"):
            opened(smsc, tls=1).connect()


# What it tells later


@pytest.mark.parametrize("bind", ["transceiver", "pair"])
def test_receipts_come_back_by_both_ids_and_are_acknowledged(bind: str) -> None:
    states = ["DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "UNKNOWN", "ENROUTE", "ACCEPTD", "DELETED"]
    with Smsc() as smsc, connected(smsc, bind=bind) as connection:
        connection.send(batch(8))
        sequences = [smsc.sessions[-1].receipt(f"id-{number}", state) for number, state in enumerate(states)]
        reports = reports_of(connection, 8)
        assert [report.fate.value for report in reports] == [
            "delivered", "failed", "expired", "failed", "unknown", "accepted", "accepted", "failed",
        ]  # fmt: skip
        assert [report.client_id for report in reports] == [f"c{number}" for number in range(8)]
        assert [report.carrier_id for report in reports] == [f"id-{number}" for number in range(8)]
        assert reports[1].reason == "UNDELIV"
        smsc.wait_for(lambda: all(("deliver_sm_resp", 0, sequence) in smsc.heard for sequence in sequences))


def test_a_long_text_is_delivered_when_all_parts_are_in_any_order_and_doubled() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        connection.send([write("long", LONG), write("short")])
        session = smsc.sessions[0]
        for number in (2, 2, 0):
            session.receipt(f"id-{number}")
        session.receipt("id-3")
        assert [report.client_id for report in reports_of(connection, 1)] == ["short"]
        session.receipt("id-1")
        (report,) = reports_of(connection, 1)
        assert (report.fate, report.client_id, report.carrier_id) == (Fate.DELIVERED, "long", "id-2")


def test_a_long_text_has_failed_when_one_part_has() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        connection.send([write("long", LONG)])
        session = smsc.sessions[0]
        session.receipt("id-0")
        session.receipt("id-1", "UNDELIV")
        session.receipt("id-2")
        (report,) = reports_of(connection, 1)
        assert (report.fate, report.client_id, report.carrier_id) == (Fate.FAILED, "long", "id-2")
        assert connection.inbox() == Inbox()


def test_receipts_for_parts_of_a_message_that_was_not_taken_are_silent() -> None:
    statuses = {1: QUEUE_FULL}
    with Smsc(lambda number, submitted: statuses.get(number, OK)) as smsc, connected(smsc, window=1) as connection:
        assert answers(connection.send([write("a", LONG)])) == [Answer.AGAIN]
        assert answers(connection.send([write("a", LONG)])) == [Answer.TAKEN]
        session = smsc.sessions[0]
        session.receipt("id-0", "UNDELIV")
        for number in (2, 3, 4):
            session.receipt(f"id-{number}")
        assert [report.fate for report in reports_of(connection, 1)] == [Fate.DELIVERED]


def test_a_receipt_may_come_before_the_answer() -> None:
    def after(session: object, number: int, submitted: Submitted) -> None:
        session.receipt(f"id-{number}")  # type: ignore[attr-defined]
        session.answer("submit_sm_resp", submitted.pdu.sequence, message_id=f"id-{number}")  # type: ignore[attr-defined]

    with Smsc(lambda number, submitted: None, after=after) as smsc, connected(smsc) as connection:
        assert set(answers(connection.send([write("a", LONG), write("b")]))) == {Answer.TAKEN}
        assert [report.client_id for report in reports_of(connection, 2)] == ["a", "b"]


def test_a_receipt_may_come_over_another_line_and_even_before_the_answer_there() -> None:
    book = Book(Notation.SAME)
    receipt = Receipt("m1", Fate.DELIVERED, recipient="82101")
    assert book.settle(receipt) == Report(Fate.DELIVERED, carrier_id="m1")
    book.enter("m1", Entry("c1", "82101", parts=1), 0)
    assert book.fetch().reports == (Report(Fate.DELIVERED, client_id="c1", carrier_id="m1"),)
    assert book.fetch() == Inbox()
    with Smsc() as smsc:
        carrier = opened(smsc)
        first, second = carrier.connect(), carrier.connect()
        first.send([write("c7")])
        smsc.sessions[1].receipt("id-0")
        assert [report.client_id for report in reports_of(second, 1)] == ["c7"]
        first.close()
        second.close()


@pytest.mark.parametrize("ends", ["closed", "broken"])
def test_what_a_line_heard_is_told_by_the_next_one(ends: str) -> None:
    with Smsc() as smsc:
        carrier = opened(smsc)
        first = carrier.connect()
        first.send([write("c1")])
        smsc.sessions[0].receipt("id-0")
        smsc.sessions[0].request("deliver_sm", source_addr="8210", short_message=b"OK")
        if ends == "broken":
            smsc.hang_up()
            time.sleep(0.05)
            with pytest.raises(CarrierDown):
                first.send([write("c2")])
        else:
            time.sleep(0.05)
            assert answers(first.send([write("c2")])) == [Answer.TAKEN]
            first.close()
        second = carrier.connect()
        inbox = gather(second, lambda inbox: bool(inbox.reports and inbox.replies))
        assert (inbox.reports[0].client_id, inbox.replies[0].text) == ("c1", "OK")
        second.close()


def test_after_a_restart_a_receipt_is_passed_on_by_the_id_that_rows_keep() -> None:
    with Smsc() as smsc:
        with connected(smsc) as connection:
            (outcome,) = connection.send([write("c1", LONG)])
        with connected(smsc) as connection:
            smsc.sessions[-1].receipt(outcome.carrier_id)
            assert reports_of(connection, 1)[0].carrier_id == outcome.carrier_id


@pytest.mark.parametrize(
    ("answered", "receipted"),
    [
        ("1A2B3C", "1715004"),
        ("1a2b3c", "1715004"),
        ("001A2B3C", "1715004"),
        ("1715004", "1A2B3C"),
        ("12", "0000000012"),
        ("C", "0000000012"),
    ],
)
def test_an_id_written_in_another_way_is_known_by_its_recipient(answered: str, receipted: str) -> None:
    with Smsc(message_id=lambda number: answered) as smsc, connected(smsc) as connection:
        connection.send([write("c1")])
        smsc.sessions[0].receipt(receipted, to="821099999999")  # somebody else's
        smsc.sessions[0].receipt(receipted)
        reports = reports_of(connection, 2)
        assert [report.client_id for report in reports] == ["", "c1"]
        assert (reports[1].client_id, reports[1].carrier_id) == ("c1", answered)


def test_a_carrier_known_to_write_ids_in_two_ways_keeps_one() -> None:
    with Smsc(message_id=lambda number: f"{0xABC0 + number:08X}") as smsc:
        carrier = opened(smsc, ids="hex-decimal")
        connection = carrier.connect()
        assert connection.send([write("c1")])[0].carrier_id == str(0xABC0)
        connection.close()
        with connected(smsc, ids="hex-decimal") as after_restart:
            smsc.sessions[-1].receipt(str(0xABC0))
            assert reports_of(after_restart, 1)[0].carrier_id == str(0xABC0)
    assert Notation.DECIMAL_THEN_HEX.of_receipt("0000ABC0") == str(0xABC0)
    assert Notation.HEX_THEN_DECIMAL.of_answer("not-a-number") == "not-a-number"


def test_receipts_by_options_alone() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        connection.send(batch(2))
        session = smsc.sessions[0]
        session.request(
            "deliver_sm",
            esm_class=RECEIPT,
            source_addr="821012345678",
            receipted_message_id="id-1",
            message_state=5,
            network_error_code=b"\x03\x00\x01",
            extra=struct.pack(">HH3s", 0x1501, 3, b"abc"),
        )
        (report,) = reports_of(connection, 1)
        assert (report.client_id, report.fate, report.is_address_dead) == ("c1", Fate.FAILED, True)
        assert report.reason == "UNDELIV network 3:1"


def test_an_id_without_end_does_no_harm() -> None:
    digits = b"9" * 5000
    with Smsc(message_id=lambda number: "1" * 64) as smsc, connected(smsc, ids="decimal-hex") as connection:
        connection.send([write("c1")])
        option = struct.pack(">HH", Option.RECEIPTED_MESSAGE_ID, len(digits)) + digits
        smsc.sessions[0].request("deliver_sm", esm_class=RECEIPT, message_state=2, extra=option)
        (report,) = reports_of(connection, 1)
        assert report.client_id == ""
        assert len(report.carrier_id) < 100


def test_a_receipts_words_hold_no_text_and_no_number() -> None:
    text = (
        b"id:77 sub:001 dlvrd:000 submit date:2611230910 done date:2611230911 stat:UNDELIV err:069 "
        b"text:Call 01012345678 now"
    )
    incoming = Incoming("821012345678", "15776789", RECEIPT, 0, text)
    receipt = read_receipt(incoming, zone=ZoneInfo("Asia/Seoul"))
    assert receipt is not None
    assert receipt.reason == "UNDELIV err:069"
    assert receipt.at == datetime(2026, 11, 23, 0, 11, tzinfo=UTC)
    assert receipt.message_id == "77"
    untimed = read_receipt(incoming)
    assert untimed is not None
    assert untimed.at is None
    odd = b"ID:88 STAT:delivrd ERR:01012345678901 done date:9913329999"
    read = read_receipt(Incoming("", "", RECEIPT, 0, odd), zone=ZoneInfo("Asia/Seoul"))
    assert read is not None
    assert (read.fate, read.reason, read.at) == (Fate.DELIVERED, "DELIVRD", None)
    assert read_receipt(Incoming("", "", RECEIPT, 0, b"nothing of the kind")) is None
    assert read_state("Call me") == ""
    hidden = read_receipt(Incoming("", "", RECEIPT, 0, b"id:5 stat:REJECTD err:000 text:id:6 stat:DELIVRD"))
    assert hidden is not None
    assert (hidden.message_id, hidden.fate) == ("5", Fate.FAILED)


def test_a_person_cannot_write_a_receipt() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        connection.send([write("c1")])
        smsc.sessions[0].receipt("id-0", esm_class=0)
        inbox = gather(connection, lambda inbox: bool(inbox.replies))
        assert inbox.reports == ()
        assert inbox.replies[0].text.startswith("id:id-0")
    assert not is_receipt(Incoming("", "", 0x10, 0, b"id:1 stat:DELIVRD"))


@pytest.mark.parametrize(
    ("coding", "content", "text"),
    [
        (0, b"OK \x1b\x65 \x00\x1b", "OK € @\ufffd"),
        (1, b"OK", "OK"),
        (3, "é".encode("latin-1"), "é"),
        (8, "확인 😀".encode("utf-16-be"), "확인 😀"),
        (8, b"\xd8", "\ufffd"),
        (14, "확인 똠".encode("cp949"), "확인 똠"),
        (1, b"O\0K", "OK"),
        (0x18, "확인".encode("utf-16-be"), "확인"),
        (0xF1, b"OK", "OK"),
        (0x42, b"\xe9", "é"),
    ],
)
def test_replies_are_read_in_every_alphabet(coding: int, content: bytes, text: str) -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        smsc.sessions[0].request(
            "deliver_sm", source_addr="821012345678", destination_addr="15776789",
            data_coding=coding, short_message=content,
        )  # fmt: skip
        inbox = gather(connection, lambda inbox: bool(inbox.replies))
        assert inbox.replies == (Reply("821012345678", text, to="15776789"),)


def test_replies_with_a_header_a_payload_or_as_data() -> None:
    joined = read_reply(Incoming("8210", "1577", 0x40, 8, b"\x05\x00\x03\x01\x02\x01" + "확인".encode("utf-16-be")))
    assert joined.text == "확인"
    assert read_reply(Incoming("8210", "1577", 0x40, 0, b"")).text == ""
    with Smsc() as smsc, connected(smsc) as connection:
        session = smsc.sessions[0]
        session.request("deliver_sm", source_addr="8210", message_payload=b"long")
        session.request("data_sm", source_addr="8210", message_payload=b"data")
        session.request("deliver_sm", source_addr="8210", esm_class=0x10, short_message=b"a phone's own")
        inbox = gather(connection, lambda inbox: len(inbox.replies) == 2)
        assert [reply.text for reply in inbox.replies] == ["long", "data"]
        smsc.wait_for(lambda: len([1 for name, *_ in smsc.heard if name in {"deliver_sm_resp", "data_sm_resp"}]) == 3)


def test_a_unit_that_cannot_be_read_is_refused_for_good() -> None:
    with Smsc() as smsc, connected(smsc) as connection:
        smsc.sessions[0].send(Pdu(Command.DELIVER_SM, 0, 41, b"\0\1\1" + b"8" * 30).encoded())
        smsc.wait_for(lambda: connection.inbox() == Inbox() and smsc.heard[1:])
        assert smsc.heard[-1] == ("deliver_sm_resp", 0x65, 41)


def test_receipts_right_behind_the_answer_to_the_bind_are_not_lost() -> None:
    receipt = make_pdu("deliver_sm", sequence=0, status=0, esm_class=RECEIPT, short_message=b"id:9 stat:DELIVRD")
    receipt.sequence = 5
    bound = Pdu(Command.BIND_TRANSCEIVER | 0x80000000, 0, 1, b"x\0").encoded()
    with Smsc(first_words=[bound + receipt.generate()]) as smsc, connected(smsc) as connection:
        assert [report.carrier_id for report in reports_of(connection, 1)] == ["9"]


# Bytes that mean harm


_units = st.builds(
    lambda command, status, sequence, body: Pdu(command, status, sequence, body).encoded(),
    st.sampled_from([*Command, *(each | 0x80000000 for each in Command), 0x777, 0xFFFFFFFF]),
    st.sampled_from([0, 1, 0x58, 0xFFFFFFFF]),
    st.integers(0, 3) | st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=60),
)
_lies = st.builds(lambda length, rest: struct.pack(">L", length) + rest, st.integers(0, 0xFFFFFFFF), st.binary())
_nonsense = st.lists(st.binary(max_size=80) | _units | _lies, min_size=1, max_size=6).map(b"".join)


def _answer_with(listener: socket.socket, garbage: bytes, *, is_bound: bool) -> None:
    with suppress(OSError):
        line, _ = listener.accept()
        with line:
            line.recv(4096)
            if is_bound:
                line.sendall(Pdu(Command.BIND_TRANSCEIVER | 0x80000000, 0, 1, b"x\0").encoded())
                line.recv(4096)
            line.sendall(garbage)


@settings(max_examples=60, deadline=None)
@given(_nonsense, st.booleans())
@example(struct.pack(">L", 0), True)
@example(struct.pack(">LLLL", 16, Command.UNBIND, 0, 7) + b"\xff" * 40, True)
@example(b"HTTP/1.1 400 Bad Request\r\n\r\n", False)
def test_garbage_ends_in_outcomes_or_carrier_down_and_never_hangs(garbage: bytes, is_bound: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer_with, args=(listener, garbage), kwargs={"is_bound": is_bound})
        thread.start()
        url = f"smpp://firstlight:secret@127.0.0.1:{listener.getsockname()[1]}?timeout=0.3"
        began = time.monotonic()
        with suppress(CarrierDown):
            connection = open_smpp(CarrierUrl.parse(url)).connect()
            with suppress(CarrierDown):
                outcomes = connection.send(batch(3))
                assert [outcome.client_id for outcome in outcomes] == ["c0", "c1", "c2"]
                connection.inbox()
                connection.inbox()
            connection.close()
        assert time.monotonic() - began < 4
        thread.join(5)


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for command in (Command.DELIVER_SM, Command.DATA_SM):
        try:
            incoming = read_incoming(Pdu(command, 0, 1, body))
        except Malformed:
            continue
        read_reply(incoming)
        read_receipt(incoming, zone=ZoneInfo("Asia/Seoul"))


@given(st.lists(_units, max_size=5), st.integers(1, 7))
def test_units_are_cut_the_same_however_the_stream_is_chopped(units: list[bytes], step: int) -> None:
    buffer, found = bytearray(), []
    stream = b"".join(units)
    for at in range(0, len(stream), step):
        buffer += stream[at : at + step]
        cut_units, is_in_step = cut(buffer)
        assert is_in_step
        found += cut_units
    assert [unit.encoded() for unit in found] == units
    assert not buffer


@given(
    st.binary(max_size=254),
    st.sampled_from([0, RECEIPT, 0x40]),
    st.integers(0, 255),
    st.text("0123456789", max_size=20),
)
def test_we_read_what_smpplib_writes(content: bytes, esm_class: int, coding: int, source: str) -> None:
    pdu = make_pdu(
        "deliver_sm", sequence=0, status=0, source_addr=source, destination_addr="1577", esm_class=esm_class,
        data_coding=coding, short_message=content, user_message_reference=7,
    )  # fmt: skip
    raw = pdu.generate()
    incoming = read_incoming(cut(bytearray(raw))[0][0])
    assert incoming == Incoming(source, "1577", esm_class, coding, content, {Option.USER_MESSAGE_REFERENCE: b"\0\7"})
    assert parse_pdu(raw, sequence=0).destination_addr == b"1577"


# Settings


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("smpp://127.0.0.1", "the user is missing"),
        ("smpp://a:b@h?window=0", "window"),
        ("smpp://a:b@h?bind=both", "transceiver or pair"),
        ("smpp://a:b@h?parts=glue", "udh or sar or payload"),
        ("smpp://a:b@h?zone=Mars/Phobos", "time zone"),
        ("smpp://a:b@h?client_id_tag=0x0204", "0x1400"),
        ("smpp://a:b@h?from=this-is-far-too-long", "option from"),
        ("smpp://a:longpassword@h", "at most 8 ASCII"),
        ("smpp://averyverylongsystemid:b@h", "at most 15 ASCII"),
        ("smpp://a:b@h?tls=1&ca=/no/such/file", "certificates"),
        ("smpp://a:b@h?colour=red", "colour is not known"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_word_and_without_the_password(url: str, word: str) -> None:
    with pytest.raises(ValueError, match=word) as raised:
        open_smpp(CarrierUrl.parse(url))
    assert "longpassword" not in str(raised.value)


def test_a_carrier_shows_no_password_and_takes_no_calls() -> None:
    carrier = open_smpp(CarrierUrl.parse("smpp://firstlight:secret@smsc.example:2776?connections=3&per_second=20"))
    assert "secret" not in repr(carrier)
    assert (carrier.connections, carrier.per_second, carrier.dedicated, carrier.batch) == (3, 20.0, True, 100)
    with pytest.raises(ValueError, match="does not call"):
        carrier.read_call({}, b"")


# Message centres that nobody here wrote


@pytest.mark.interop
def test_kannels_own_smpp_centre(tmp_path: Path) -> None:
    """Kannel's drive_smpp knows transmitter and receiver, five texts of a person, and gives its messages no ids."""
    if not DRIVE_SMPP.exists():
        missing("drive_smpp of kannel-extras")
    if os.geteuid():
        missing("the right to make a network")
    (tmp_path / "drive.conf").write_text("group = core\nadmin-port = 13000\nadmin-password = bar\n")
    with own_network(), socket.create_server(("127.0.0.1", 13001)):
        processes = Processes(tmp_path)
        processes.start("drive", str(DRIVE_SMPP), "-v", "0", "-p", "2345", "-m", "5", "-c", "drive.conf")
        try:
            wait_for(lambda: "accept_thread) maps" in processes.output("drive"))
            carrier = open_smpp(CarrierUrl.parse("smpp://foo:bar@127.0.0.1:2345?bind=pair&from=15776789&timeout=5"))
            connection = _connect_when_listening(carrier)
            outcomes = connection.send([write("a"), write("b", LONG), write("c", "plain")])
            assert answers(outcomes) == [Answer.TAKEN] * 3
            inbox = gather(connection, lambda inbox: len(inbox.replies) == 5)
            assert [reply.text for reply in inbox.replies] == ["1", "2", "3", "4", "5"]
            connection.close()
            wait_for(lambda: processes.output("drive").count("submit_sm: short_message") == 5)
            wait_for(lambda: "Handling SMPP PDU of type unbind" in processes.output("drive"))
        finally:
            processes.kill("drive")


def _connect_when_listening(carrier: SmppCarrier) -> SmppConnection:
    """drive_smpp takes two calls and no third, so that nobody can knock first."""
    until = time.monotonic() + 10
    while True:
        try:
            return carrier.connect()
        except CarrierDown:
            assert time.monotonic() < until
            time.sleep(0.1)


_RUST_CENTRE = """
import asyncio, sys, smpp34
async def main(port):
    server = smpp34.Server(host="127.0.0.1", port=port, system_id="centre")
    await server.start()
    print("listening", flush=True)
    lines, number = {}, 0
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            lines[event.session_id] = event
        elif isinstance(event, smpp34.SubmitSmEvent):
            number += 1
            if event.destination_addr.endswith("000"):
                event.reject(smpp34.ESME_RINVDSTADR)
                continue
            event.accept(message_id=f"r{number}")
            state = "UNDELIV" if event.destination_addr.endswith("999") else "DELIVRD"
            await lines[event.session_id].deliver_sm(
                destination_addr=event.source_addr, source_addr=event.destination_addr, esm_class=4,
                short_message=f"id:r{number} sub:001 dlvrd:001 stat:{state} err:000 text:".encode(),
                tlvs=[smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, f"r{number}".encode() + bytes(1))])
asyncio.run(main(int(sys.argv[1])))
"""


@pytest.mark.interop
def test_a_centre_written_in_rust(tmp_path: Path) -> None:
    if importlib.util.find_spec("smpp34") is None:
        missing("smpp34, a message centre from PyPI,")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", _RUST_CENTRE, str(port)], stdout=subprocess.PIPE) as centre:
        try:
            assert centre.stdout is not None
            assert centre.stdout.readline() == b"listening\n"
            carrier = open_smpp(CarrierUrl.parse(f"smpp://firstlight:secret@127.0.0.1:{port}?timeout=5"))
            connection = carrier.connect()
            outcomes = connection.send(
                [write("a"), write("b", LONG), write("c", to="+821055550999"), write("d", to="+821055550000")]
            )
            assert answers(outcomes) == [Answer.TAKEN] * 3 + [Answer.NEVER]
            fates = {report.client_id: report.fate for report in reports_of(connection, 3)}
            assert fates == {"a": Fate.DELIVERED, "b": Fate.DELIVERED, "c": Fate.FAILED}
            connection.close()
        finally:
            centre.kill()
