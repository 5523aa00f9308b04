"""E-mail against a real SMTP server: what is kept, what is said about it, and what happens when the line breaks."""

import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from firstlight.delivery.rules.messages import Answer, Channel, Message
from firstlight.delivery.transports import CarrierDown, Connection
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.opening import open_carrier
from firstlight.delivery.transports.smtp import SmtpCarrier, how_secured
from tests.delivery.sinks import Sink, certificate, mail_server


def sign(client_id: str) -> str:
    return f"{client_id}sig"


def carrier_at(port: int, rest: str = "", *, login: str = "") -> SmtpCarrier:
    url = f"smtp://{login}127.0.0.1:{port}?sender=Firstlight%20<alerts@example.org>&timeout=3{rest}"
    carrier = open_carrier(url, data=Path("/nowhere"), host="fl.example.org", channel=Channel.EMAIL, sign=sign)
    assert isinstance(carrier, SmtpCarrier)
    return carrier


def letter(client_id: str = "a1", to: str = "reader@hospital.example", **more: object) -> Message:
    parts: dict[str, object] = {"text": "흉부 소견", "subject": "새 소견", "html": "<p>흉부 소견</p>", **more}
    return Message(client_id, to, **parts)  # type: ignore[arg-type]


@contextmanager
def line_to(sink: Sink, rest: str = "", **options: object) -> Iterator[Connection]:
    with mail_server(sink, **options) as port:  # type: ignore[arg-type]
        line = carrier_at(port, rest).connect()
        try:
            yield line
        finally:
            line.close()
            line.close()


def test_a_letter_arrives_whole_with_a_return_address_of_its_own() -> None:
    sink = Sink(extensions=("DSN", "PIPELINING"))
    unsubscribe = (
        ("List-Unsubscribe", "<https://fl.example.org/u/x>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    with line_to(sink, "&bounces=bounces@fl.example.org") as line:
        outcome, second = line.send([letter(headers=unsubscribe), letter("b2", text="two", html="")])
    assert (outcome.answer, outcome.carrier_id, outcome.reason) == (Answer.TAKEN, "00000001", "")
    assert second.answer is Answer.TAKEN
    kept = sink.letters[0]
    assert (kept.sender, kept.to) == ("bounces+a1.a1sig@fl.example.org", "reader@hospital.example")
    assert {"RET=HDRS", "ENVID=A1.A1SIG"} <= set(kept.mail_options)
    assert kept.rcpt_options == ["NOTIFY=FAILURE,DELAY"]
    mail = message_from_bytes(kept.raw, policy=policy.default)
    assert (mail["Subject"], mail["Message-ID"]) == ("새 소견", "<a1@fl.example.org>")
    assert (mail["From"], mail["Auto-Submitted"]) == ("Firstlight <alerts@example.org>", "auto-generated")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content() for part in mail.iter_parts()] == ["흉부 소견", "<p>흉부 소견</p>"]
    assert sink.sessions == 1, "one kept line carried both"


def test_lines_that_begin_with_a_dot_arrive_as_they_were() -> None:
    sink = Sink()
    with line_to(sink) as line:
        line.send([letter(text=".\n..\n.end", html="")])
    assert message_from_bytes(sink.letters[0].raw, policy=policy.default).get_content().split() == [".", "..", ".end"]


REFUSALS = [
    ("at_rcpt", "550 5.1.1 <reader@hospital.example>: unknown user reader", Answer.NEVER),
    ("at_rcpt", "450 4.2.0 Greylisted, try again", Answer.AGAIN),
    ("at_rcpt", "451 4.7.1 Greylisting in action", Answer.AGAIN),
    ("at_rcpt", "450 4.7.1 too much mail for reader@hospital.example", Answer.THROTTLED),
    ("at_rcpt", "452 4.2.2 mailbox full: too many messages", Answer.AGAIN),
    ("at_rcpt", "452 too many messages, slow down", Answer.THROTTLED),
    ("at_mail", "451 4.3.0 later", Answer.AGAIN),
    ("at_mail", "552 5.3.4 too big", Answer.NEVER),
    ("at_end", "554 5.7.1 looks like spam", Answer.NEVER),
    ("at_end", "451 4.3.2 later", Answer.AGAIN),
    ("at_end", "450 4.7.0 message rate exceeded", Answer.THROTTLED),
]


@pytest.mark.parametrize(("moment", "said", "answer"), REFUSALS)
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)], ids=["one by one", "in one breath"])
def test_a_refusal_is_understood_and_the_line_stays_usable(
    moment: str, said: str, answer: Answer, extensions: tuple[str, ...]
) -> None:
    sink, refused = Sink(extensions=extensions), threading.Event()

    def once(_: str) -> str | None:
        if refused.is_set():
            return None
        refused.set()
        return said

    setattr(sink, moment, once)
    with line_to(sink) as line:
        first, second = line.send([letter("a1"), letter("b2")])
    assert (first.client_id, first.answer, second.answer) == ("a1", answer, Answer.TAKEN)
    assert first.reason.startswith(said[:3])
    assert "reader" not in first.reason and "@" not in first.reason
    assert sink.sessions == 1


@pytest.mark.parametrize("said", ["550 5.7.1 sender not allowed", "553 5.1.8 unknown sender domain"])
def test_a_refused_sender_is_the_carriers_trouble_not_the_members(said: str) -> None:
    sink = Sink(at_mail=lambda _: said)
    with line_to(sink) as line, pytest.raises(CarrierDown, match=said[:3]):
        line.send([letter("a1"), letter("b2")])


def test_a_relay_that_does_not_know_us_fails_nobody() -> None:
    sink = Sink(at_rcpt=lambda to: "554 5.7.1 <x@y>: Relay access denied" if to.startswith("b") else None)
    with line_to(sink) as line:
        outcomes = line.send([letter("a1"), letter("b2", "b@hospital.example"), letter("c3")])
    assert [each.answer for each in outcomes] == [Answer.TAKEN, Answer.AGAIN, Answer.AGAIN]


def test_421_slows_down_the_rest_of_the_batch() -> None:
    sink = Sink(at_rcpt=lambda to: "421 4.7.0 too many messages" if to.startswith("b") else None)
    with line_to(sink) as line:
        outcomes = line.send([letter("a1"), letter("b2", "b@hospital.example"), letter("c3")])
        assert [each.answer for each in outcomes] == [Answer.TAKEN, Answer.THROTTLED, Answer.THROTTLED]
        assert line.send([letter("d4")])[0].answer is Answer.TAKEN, "and a new line is opened for the next"


@pytest.mark.parametrize("moment", ["at_mail", "at_rcpt"])
def test_a_line_lost_before_the_letter_is_opened_again_at_once(moment: str) -> None:
    sink, lost = Sink(), threading.Event()

    def once(_: str) -> str | None:
        if lost.is_set() or len(sink.letters) == 0:
            return None
        lost.set()
        return "hang up"

    setattr(sink, moment, once)
    with line_to(sink) as line:
        outcomes = line.send([letter("a1"), letter("b2"), letter("c3")])
    assert [each.answer for each in outcomes] == [Answer.TAKEN] * 3
    assert (sink.sessions, len(sink.letters)) == (2, 3)


def test_an_idle_line_that_the_server_closed_is_opened_again() -> None:
    sink = Sink()
    with mail_server(sink, timeout=0.3) as port:
        line = carrier_at(port).connect()
        threading.Event().wait(0.8)
        assert line.send([letter("a1")])[0].answer is Answer.TAKEN
        line.close()


@pytest.mark.parametrize("end", ["hang up", "take and hang up"])
def test_a_line_cut_after_the_letter_leaves_it_unsure_and_the_rest_for_later(end: str) -> None:
    sink = Sink(at_end=lambda to: end if to.startswith("b") else None)
    with line_to(sink) as line:
        outcomes = line.send([letter("a1"), letter("b2", "b@hospital.example"), letter("c3")])
        assert [each.answer for each in outcomes] == [Answer.TAKEN, Answer.UNSURE, Answer.AGAIN]
        assert line.send([letter("c3")])[0].answer is Answer.TAKEN


@contextmanager
def impostor(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of our own making, for what no real one does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            try:
                while True:
                    client, _ = server.accept()
                    with client:
                        talk(client)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def read_until(client: socket.socket, word: bytes) -> None:
    seen = b""
    while word not in seen.upper():
        piece = client.recv(4096)
        if not piece:
            return
        seen += piece


def test_a_line_cut_in_the_middle_of_the_letter_is_unsure() -> None:
    def talk(client: socket.socket) -> None:
        client.sendall(b"220 sink\r\n")
        for word, reply in (
            (b"EHLO", b"250 sink\r\n"),
            (b"MAIL", b"250 ok\r\n"),
            (b"RCPT", b"250 ok\r\n"),
            (b"DATA", b"354 go\r\n"),
        ):
            read_until(client, word)
            client.sendall(reply)
        client.recv(1024)

    with impostor(talk) as port:
        line = carrier_at(port).connect()
        outcomes = line.send([letter("a1", text="x\n" * 200_000), letter("b2")])
        line.close()
    assert [each.answer for each in outcomes] == [Answer.UNSURE, Answer.AGAIN]


@pytest.mark.parametrize(
    "nonsense", [b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xfe\x00\r\n", b"250" + b"x" * 9000 + b"\r\n", b""]
)
def test_nonsense_after_the_greeting_is_for_later(nonsense: bytes) -> None:
    def talk(client: socket.socket) -> None:
        client.sendall(b"220 sink\r\n")
        read_until(client, b"EHLO")
        client.sendall(b"250 sink\r\n")
        read_until(client, b"MAIL")
        client.sendall(nonsense)

    with impostor(talk) as port:
        line = carrier_at(port).connect()
        outcomes = line.send([letter("a1"), letter("b2")])
        line.close()
    assert [each.answer for each in outcomes] == [Answer.AGAIN, Answer.AGAIN]


def test_a_server_that_never_answers_is_given_up_on() -> None:
    stop = threading.Event()
    with impostor(lambda client: stop.wait(8) and None) as port:
        carrier = carrier_at(port)
        carrier.timeout_seconds = 0.3
        with pytest.raises(CarrierDown, match="cannot be reached"):
            carrier.connect()
        stop.set()


def test_a_carrier_that_is_away_is_down_and_its_password_is_not_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(CarrierDown) as down:
        carrier_at(port, login="user:hush-hush@").connect()
    assert "hush" not in f"{down.value!r} {carrier_at(port, login='user:hush-hush@').name}"


def test_starttls_and_signing_in(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path)
    sink = Sink()
    options = {"authenticator": sink.authenticate, "auth_required": True, "auth_require_tls": True}
    with mail_server(sink, tls=context, **options) as port:
        line = carrier_at(port, f"&tls=1&ca={cert}", login="user:p%40ss%2Fword@").connect()
        assert line.send([letter()])[0].answer is Answer.TAKEN
        line.close()
        assert sink.logins == [(b"user", b"p@ss/word")]
        with pytest.raises(CarrierDown, match="535") as down:
            carrier_at(port, f"&tls=1&ca={cert}", login="user:wrong-word@").connect()
        assert "wrong-word" not in str(down.value)
        with pytest.raises(CarrierDown, match="TLS failed"):
            carrier_at(port, "&tls=1", login="user:p%40ss%2Fword@").connect()


def test_implicit_tls(tmp_path: Path) -> None:
    cert, context = certificate(tmp_path)
    sink = Sink()
    with mail_server(sink, tls=context, implicit=True) as port:
        line = carrier_at(port, f"&tls=implicit&ca={cert}").connect()
        assert line.send([letter()])[0].answer is Answer.TAKEN
        line.close()


def test_tls_that_was_asked_for_and_is_not_offered_is_never_done_without() -> None:
    with mail_server(Sink()) as port, pytest.raises(CarrierDown, match="does not offer TLS"):
        carrier_at(port, "&tls=1").connect()


BAD = [
    letter(client_id="a1\r\nRCPT TO:<x@y>"),
    letter(to="reader@hospital.example>\r\nRCPT TO:<x@y.example"),
    letter(to="a@b\nBcc: x@y.example"),
    letter(to="two@a.example, x@b.example"),
    letter(to="no address"),
    letter(to="한글@hospital.example"),
    letter(subject="Hello\r\nBcc: x@y.example"),
    letter(headers=(("X-Any", "1\r\nBcc: x@y.example"),)),
    letter(headers=(("Bcc", "x@y.example"),)),
    letter(headers=(("X: y\r\nBcc", "x@y.example"),)),
    letter(text="\ud800"),
]


@pytest.mark.parametrize("message", BAD, ids=range(len(BAD)))
def test_nothing_slips_into_the_headers_or_the_envelope(message: Message) -> None:
    sink = Sink()
    with line_to(sink) as line:
        bad, good = line.send([message, letter("b2")])
    assert (bad.client_id, bad.answer, good.answer) == (message.client_id, Answer.NEVER, Answer.TAKEN)
    assert len(sink.letters) == 1 and "@" not in bad.reason


def test_a_hangul_domain_travels_as_idna() -> None:
    sink = Sink()
    with line_to(sink) as line:
        assert line.send([letter(to="reader@병원.example")])[0].answer is Answer.TAKEN
    assert sink.letters[0].to == "reader@xn--om3bw6p.example"


def test_a_return_address_that_is_too_long_is_refused_in_words() -> None:
    sink = Sink()
    with line_to(sink, "&bounces=bounces@fl.example.org") as line:
        outcome = line.send([letter("a" * 50)])[0]
    assert (outcome.answer, outcome.reason) == (Answer.NEVER, "the return address would be too long")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("smtp://mail.example.org?tls=0", "none"),
        ("smtp://mail.example.org", "starttls"),
        ("smtp://127.0.0.1", "none"),
        ("smtp://localhost", "none"),
        ("smtps://mail.example.org", "implicit"),
        ("smtp://mail.example.org:465", "implicit"),
        ("smtp://u:p@mail.example.org?tls=1", "starttls"),
    ],
)
def test_how_a_line_is_secured(url: str, word: str) -> None:
    assert how_secured(CarrierUrl.parse(url)) == word


def test_a_bare_client_reads_the_same_letter() -> None:
    """The letter needs no extension: it is ASCII in lines of at most 998 characters."""
    sink = Sink()
    with mail_server(sink) as port:
        raw, sender, to = carrier_at(port).write(letter(text="가" * 5000))
        with smtplib.SMTP("127.0.0.1", port) as bare:
            bare.sendmail(sender, [to], raw)
    assert max(map(len, sink.letters[0].raw.split(b"\r\n"))) <= 998
    assert sink.letters[0].raw.isascii()
