"""Bounces in the shapes that mail servers write them, and everything else that lands in that mailbox."""

import io
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.config import environment
from firstlight.delivery.actions.bounces import collect_bounces
from firstlight.delivery.rules.messages import Fate, Report
from firstlight.delivery.transports import CarrierDown
from firstlight.delivery.transports.bounces import fetch_bounces, read_bounce, read_stream

BACK = "bounces+a1.goodsig@fl.example.org"


def verify(client_id: str, signature: str) -> bool:
    return client_id in {"a1", "b2"} and signature == "goodsig"


def read(raw: str) -> Report | None:
    return read_bounce(dedent(raw).lstrip().replace("\n", "\r\n").encode(), verify=verify)


def dsn(block: str, *, to: str = BACK, head: str = "", text: str = "It could not be delivered.") -> str:
    """A multipart/report around one recipient's fields (RFC 3462, RFC 3464)."""
    return "\n".join([
        "Return-Path: <>", f"To: {to}", "From: MAILER-DAEMON@mail.example.net (Mail Delivery System)",
        "Date: Mon, 2 Mar 2031 18:30:00 +0900", *filter(None, [head]), "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"', "",
        "--B", "Content-Type: text/plain", "", text, "",
        "--B", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mail.example.net", "",
        dedent(block).strip(), "",
        "--B", "Content-Type: text/rfc822-headers", "", "Subject: Fwd", "Message-ID: <a1@fl.example.org>", "",
        "--B--", "",
    ])  # fmt: skip


# The fields as Postfix, Exim, Exchange, Gmail and Sendmail are known to write them
POSTFIX = dsn(
    """
    Final-Recipient: rfc822; kim@hospital.example
    Original-Recipient: rfc822;kim@hospital.example
    Action: failed
    Status: 5.1.1
    Remote-MTA: dns; mx.hospital.example
    Diagnostic-Code: smtp; 550 5.1.1 <kim@hospital.example>: Recipient address
        rejected: User unknown in local recipient table
    """,
    head="Auto-Submitted: auto-replied",
)
POSTFIX_GAVE_UP = dsn(
    """
    Final-Recipient: rfc822; kim@hospital.example
    Action: failed
    Status: 4.4.1
    Diagnostic-Code: X-Postfix; connect to mx.hospital.example[192.0.2.7]:25: Connection timed out
    """
)
POSTFIX_DELAYED = dsn(
    """
    Final-Recipient: rfc822; kim@hospital.example
    Action: delayed
    Status: 4.4.1
    Diagnostic-Code: X-Postfix; connect to mx.hospital.example[192.0.2.7]:25: Connection timed out
    Will-Retry-Until: Sat, 7 Mar 2031 18:30:00 +0900 (KST)
    """
)
EXIM = dsn(
    """
    Action: failed
    Final-Recipient: rfc822;kim@hospital.example
    Status: 5.0.0
    Remote-MTA: dns; mx.hospital.example
    Diagnostic-Code: smtp; 550 5.2.1 The email account that you tried to reach is disabled. kim
    """,
    head="X-Failed-Recipients: kim@hospital.example\nAuto-Submitted: auto-replied",
)
EXCHANGE = dsn(
    """
    Original-Recipient: rfc822;kim@hospital.example
    Final-Recipient: rfc822;kim@hospital.example
    Action: failed
    Status: 5.1.10
    Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient kim@hospital.example not found
    """
).replace("MAILER-DAEMON@mail.example.net (Mail Delivery System)", "postmaster@hospital.example")
EXCHANGE_EXPIRED = dsn(
    """
    Final-Recipient: rfc822;kim@hospital.example
    Action: failed
    Status: 5.4.7
    Diagnostic-Code: smtp;550 4.4.7 QUEUE.Expired; message expired
    """
)
GMAIL = dsn(
    """
    Final-Recipient: rfc822; kim@hospital.example
    Action: failed
    Status: 5.2.2
    Remote-MTA: dns; hospital.example. (192.0.2.7, the server for the domain hospital.example.)
    Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space. Please direct the
     552-5.2.2 recipient to https://support.example/mail/?p=OverQuotaPerm d9443c01a7336-sor - gsmtp
    Last-Attempt-Date: Mon, 02 Mar 2031 01:30:00 -0800 (PST)
    """
)
SENDMAIL_RELAYED = dsn(
    """
    Final-Recipient: RFC822; kim@hospital.example
    Action: relayed (to non-DSN-aware mailer)
    Status: 2.0.0
    """
)
DELIVERED = dsn("Final-Recipient: rfc822; kim@hospital.example\nAction: delivered\nStatus: 2.0.0")
EXIM_OLD = f"""\
Return-path: <>
Envelope-to: {BACK}
X-Failed-Recipients: kim@hospital.example
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: {BACK}
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  kim@hospital.example
    SMTP error from remote mail server after RCPT TO:<kim@hospital.example>:
    550 5.1.1 No such user kim
"""
QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.net
To: {BACK}
Subject: failure notice

Hi. This is the qmail-send program at mail.example.net.

<kim@hospital.example>:
Sorry, no mailbox here by that name. (#5.1.1)
"""
SHAPES = [
    ("postfix", POSTFIX, Fate.FAILED, "5.1.1", True),
    ("postfix gave up", POSTFIX_GAVE_UP, Fate.EXPIRED, "4.4.1", False),
    ("postfix delayed", POSTFIX_DELAYED, Fate.ACCEPTED, "4.4.1", False),
    ("exim", EXIM, Fate.FAILED, "5.2.1", True),
    ("exchange", EXCHANGE, Fate.FAILED, "5.1.10", True),
    ("exchange expired", EXCHANGE_EXPIRED, Fate.EXPIRED, "5.4.7", False),
    ("gmail", GMAIL, Fate.FAILED, "5.2.2", False),
    ("sendmail relayed", SENDMAIL_RELAYED, Fate.ACCEPTED, "2.0.0", False),
    ("delivered", DELIVERED, Fate.DELIVERED, "2.0.0", False),
    ("old exim", EXIM_OLD, Fate.FAILED, "5.1.1", True),
    ("qmail", QMAIL, Fate.FAILED, "5.1.1", True),
]


@pytest.mark.parametrize(("shape", "raw", "fate", "status", "dead"), SHAPES, ids=[each[0] for each in SHAPES])
def test_a_bounce_of_each_server(shape: str, raw: str, fate: Fate, status: str, dead: bool) -> None:
    report = read(raw)
    assert report is not None
    assert (report.client_id, report.fate, report.is_address_dead) == ("a1", fate, dead), shape
    assert report.reason.startswith(status)
    assert not re.search(r"kim|@|https|hospital\.example>", report.reason)


def test_when_it_was_written() -> None:
    report = read(POSTFIX)
    assert report is not None and report.at == datetime(2031, 3, 2, 9, 30, tzinfo=UTC)
    for wrong in ("Date: yesterday\n", "Date: Mon, 2 Mar 99999999 18:30:00 +0900\n", ""):
        raw = read(re.sub(r"Date: .*\n", wrong, POSTFIX, count=1))
        assert raw is not None and raw.at is None


def test_the_worse_of_two_recipients_is_told() -> None:
    two = dsn(
        "Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.0.0\n\n"
        "Final-Recipient: rfc822; c@d.example\nAction: failed\nStatus: 5.1.1"
    )
    report = read(two)
    assert report is not None and (report.fate, report.is_address_dead) == (Fate.FAILED, True)


@pytest.mark.parametrize(
    "to",
    [
        "bounces@fl.example.org",
        "bounces+a1@fl.example.org",
        "bounces+a1.badsig@fl.example.org",
        "bounces+c3.goodsig@fl.example.org",
        "bounces+.goodsig@fl.example.org",
        "undisclosed",
    ],
)
def test_a_forged_bounce_is_not_believed(to: str) -> None:
    assert read(POSTFIX.replace(BACK, to)) is None


def test_the_id_is_found_wherever_the_server_keeps_it() -> None:
    assert read(POSTFIX.replace(f"To: {BACK}", f"To: someone@x.example\nX-Original-To: {BACK}")) is not None
    assert read(POSTFIX.replace(f"To: {BACK}", f"Delivered-To: <{BACK}>")) is not None
    quoted = POSTFIX.replace(BACK, "x@y.example").replace(
        "Reporting-MTA: dns; mail.example.net", "Reporting-MTA: dns; mail.example.net\nOriginal-Envelope-Id: a1.goodsig"
    )
    report = read(quoted)
    assert report is not None and report.client_id == "a1"


def test_a_quoted_report_inside_a_letter_says_nothing_of_ours() -> None:
    inner = (
        dsn("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1")
        .replace('"B"', '"C"')
        .replace("--B", "--C")
    )
    outer = dsn("Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.2.0").replace("Subject: Fwd", inner)
    report = read(outer)
    assert report is not None and report.fate is Fate.ACCEPTED


@pytest.mark.parametrize(
    "raw",
    [
        f"From: kim@hospital.example\nTo: {BACK}\nSubject: Re: notice\n\nThank you 5.1.1\n",
        f"Return-Path: <>\nFrom: kim@h.example\nTo: {BACK}\nAuto-Submitted: auto-replied (vacation)\n\nI am away\n",
        f"Return-Path: <>\nFrom: kim@h.example\nTo: {BACK}\nX-Autoreply: yes\n\nI am away\n",
        POSTFIX.replace("report-type=delivery-status", "report-type=disposition-notification"),
        POSTFIX.replace("report-type=delivery-status", "report-type=feedback-report"),
        "",
    ],
    ids=["a person", "an absence", "an old absence", "a reading receipt", "a complaint", "nothing"],
)
def test_what_is_no_bounce_says_nothing(raw: str) -> None:
    assert read(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        f"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: {BACK}\nSubject: ?\n\nSomething happened.\n",
        dsn(""),
        dsn("Action: \x00\nStatus: five"),
        POSTFIX.split("--B")[0],
        POSTFIX.replace('boundary="B"', ""),
        POSTFIX.replace("message/delivery-status", "application/octet-stream"),
    ],
    ids=["words only", "no fields", "odd fields", "cut off", "no boundary", "wrong type"],
)
def test_a_bounce_that_cannot_be_read_is_unknown(raw: str) -> None:
    report = read(raw)
    assert report is not None and (report.client_id, report.fate, report.is_address_dead) == ("a1", Fate.UNKNOWN, False)


@given(st.binary(max_size=400), st.integers(0, 2000), st.integers(0, 50))
def test_no_mail_breaks_the_reader(noise: bytes, place: int, cut: int) -> None:
    raw = POSTFIX.replace("\n", "\r\n").encode()
    report = read_bounce(raw[:place] + noise + raw[place + cut :], verify=verify)
    assert report is None or (report.client_id == "a1" and "kim@" not in report.reason)


def test_a_bounce_may_be_piped_in() -> None:
    report = read_stream(io.BytesIO(POSTFIX.encode()), verify=verify)
    assert report is not None and report.fate is Fate.FAILED


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of IMAP4rev1 (RFC 3501) as reading a mailbox takes."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, letters: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.letters, self.seen = letters, set[int]()


class Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            self.wfile.write(self._answer(command).encode("latin-1") + f"{tag} {self._status(command)}\r\n".encode())
            if command.upper() == "LOGOUT":
                return

    def _status(self, command: str) -> str:
        return "NO [AUTHENTICATIONFAILED] user bounces" if "wrong" in command else "OK done"

    def _answer(self, command: str) -> str:
        words = command.upper().split()
        match words[:2]:
            case ["CAPABILITY", *_]:
                return "* CAPABILITY IMAP4rev1\r\n"
            case ["SELECT", *_]:
                return f"* {len(self.server.letters)} EXISTS\r\n"
            case ["UID", "SEARCH"]:
                unseen = [str(n + 1) for n in range(len(self.server.letters)) if n not in self.server.seen]
                return f"* SEARCH {' '.join(unseen)}\r\n"
            case ["UID", "FETCH"]:
                letter = self.server.letters[int(words[2]) - 1]
                head = f"* {words[2]} FETCH (UID {words[2]} BODY[]<0> {{{len(letter)}}}\r\n"
                return f"{head}{letter.decode('latin-1')})\r\n"
            case ["UID", "STORE"]:
                assert words[3:] == ["+FLAGS", r"(\SEEN)"]
                self.server.seen.add(int(words[2]) - 1)
        return ""


@contextmanager
def mailbox(letters: list[bytes]) -> Iterator[tuple[Mailbox, str]]:
    with Mailbox(letters) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server, f"imap://bounces:hush@127.0.0.1:{server.server_address[1]}/Bounced%20mail?tls=0"
        server.shutdown()
        thread.join(timeout=5)


def test_a_mailbox_is_read_and_marked_only_as_its_reports_are_taken() -> None:
    letters = [each.replace("\n", "\r\n").encode() for each in ("Subject: hello\n\nspam\n", POSTFIX, GMAIL)]
    with mailbox(letters) as (server, url):
        reports = fetch_bounces(url, verify=verify)
        assert next(reports).reason.startswith("5.1.1")
        assert server.seen == {0}, "the one in hand is not yet marked"
        reports.close()  # type: ignore[attr-defined]
        assert [report.reason[:5] for report in fetch_bounces(url, verify=verify)] == ["5.1.1", "5.2.2"]
        assert server.seen == {0, 1, 2}
        assert list(fetch_bounces(url, verify=verify)) == []


@pytest.mark.django_db
def test_the_clock_collects_what_the_setting_names(settings: Any) -> None:
    forged = POSTFIX.replace("\n", "\r\n").encode()
    with mailbox([forged]) as (server, url):
        settings.BOUNCES = url
        assert collect_bounces(datetime(2031, 3, 1, tzinfo=UTC)) == 0, "signed by another server"
        assert server.seen == {0}


def test_a_mailbox_that_cannot_be_meant_is_refused_by_name() -> None:
    assert environment.bounces({}) == ""
    with pytest.raises(environment.BadSetting, match="FIRSTLIGHT_BOUNCES") as error:
        environment.bounces({"FIRSTLIGHT_BOUNCES": "pop://u:hush@h/"})
    assert "hush" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["pop://u:hush@h/", "imap://h/", "imaps://u:hush@h/?colour=red", "imap://u:hush@mail.example.org/?tls=0"]
)
def test_a_wrong_mailbox_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"imap|mailbox") as bad:
        list(fetch_bounces(url, verify=verify))
    assert "hush" not in str(bad.value)


def test_a_mailbox_that_refuses_us_is_down_and_tells_no_secret() -> None:
    with mailbox([]) as (_, url), pytest.raises(CarrierDown, match="cannot be opened") as down:
        list(fetch_bounces(url.replace("hush", "wrong-word"), verify=verify))
    assert "wrong-word" not in str(down.value) and "user" not in str(down.value)


def test_a_mailbox_that_is_away_is_down() -> None:
    with mailbox([]) as (_, url):
        pass
    with pytest.raises(CarrierDown, match="cannot be opened"):
        list(fetch_bounces(url, verify=verify))
