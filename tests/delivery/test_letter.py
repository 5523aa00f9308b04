"""A letter by hand is the letter that the standard library reads."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.delivery.rules.letter import compose, envelope_address, from_header
from firstlight.delivery.rules.messages import Message
from firstlight.delivery.rules.reasons import cleaned, enhanced_status, is_dead_address

AT = datetime(2031, 3, 2, 9, 30, tzinfo=UTC)
PLAIN = Message("a1", "reader@hospital.example", "text", "ko", "subject")
SENDER = from_header("대한 Firstlight", "alerts@example.org")
whole = st.characters(exclude_categories=["Cs"])
subjects = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200)


def composed(message: Message) -> tuple[bytes, EmailMessage]:
    raw = compose(message, sender=SENDER, host="fl.example.org", at=AT)
    return raw, cast(EmailMessage, message_from_bytes(raw, policy=policy.default))


def lines(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\n", text)


def body(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return lines(payload.decode())


@settings(max_examples=300, deadline=None)
@given(subject=subjects, text=st.text(whole, max_size=3000), html=st.text(whole, max_size=3000))
def test_any_letter_reads_back_as_it_was(subject: str, text: str, html: str) -> None:
    raw, mail = composed(replace(PLAIN, subject=subject, text=text, html=html))
    # Between words the library's own folding keeps one blank of several: compare what stands between blanks
    assert str(mail["Subject"]).split() == subject.split()
    if html:
        assert [body(cast(EmailMessage, part)) for part in mail.iter_parts()] == [lines(text), lines(html)]
    else:
        assert body(mail) in {lines(text), lines(text) + "\n"}
    assert not mail.defects and raw.isascii() and raw.endswith(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\r" not in raw.replace(b"\r\n", b"") and b"\n" not in raw.replace(b"\r\n", b"")


@given(subject=st.text(max_size=60), name=st.text(max_size=20), value=st.text(max_size=60), to=st.text(max_size=40))
def test_no_part_adds_a_header_of_its_own(subject: str, name: str, value: str, to: str) -> None:
    message = replace(PLAIN, subject=subject, headers=((name, value),), to=f"{to}@hospital.example")
    try:
        _, mail = composed(message)
    except ValueError:
        return
    ours = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"]
    assert list(mail.keys()) == [
        *ours, "MIME-Version", "Content-Language", name, "Content-Type", "Content-Transfer-Encoding"
    ]  # fmt: skip


def test_the_headers_a_machine_owes(subject: str = "긴급 " * 30) -> None:
    raw, mail = composed(replace(PLAIN, subject=subject, headers=(("List-Id", "<alerts.example.org>"),)))
    assert (mail["Date"].datetime, mail["Message-ID"]) == (AT, "<a1@fl.example.org>")
    assert (mail["From"], mail["Content-Language"]) == ("대한 Firstlight <alerts@example.org>", "ko")
    assert (mail["Auto-Submitted"], mail["List-Id"]) == ("auto-generated", "<alerts.example.org>")
    header = raw.split(b"\r\nDate:")[0].split(b"Subject: ")[1]
    assert all(len(line.strip()) <= 75 for line in header.split(b"\r\n")), "RFC 2047 2"


def test_a_body_that_quotes_the_boundary_is_not_cut() -> None:
    _, mail = composed(replace(PLAIN, text="--=_a1\r\nContent-Type: text/html\r\n\r\n--=_a1--", html="<p>"))
    assert len(list(mail.iter_parts())) == 2


@pytest.mark.parametrize(
    "address", ["", "a", "@b", "a@", "a b@c", "a@b c", "<a@b>", "a@b@c", "a,b@c", '"a b"@c', "a..b@c"]
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="address") as bad:
        envelope_address(address)
    assert "kim" not in str(bad.value)


@pytest.mark.parametrize("address", ["a@b", "a.b+c@d-e.example", "o'neil@x.example", "a=b@x.example"])
def test_an_address_that_is_one(address: str) -> None:
    assert envelope_address(address) == address


@pytest.mark.parametrize(
    ("said", "about", "kept"),
    [
        ("550 5.1.1 <kim@h.example>: no such user", "kim@h.example", "550 5.1.1 <[address]>: no such user"),
        ('550 unknown user: "kim"', "kim@h.example", '550 unknown user: "[address]"'),
        ("unknown user KIM at kimchi", "kim@h.example", "unknown user [address] at kimchi"),
        ("no 010-1234-5678 here, nor +82 10 1234 5678", "", "no [number] here, nor [number]"),
        ("no 010.1234.5678, +82.10.1234.5678, (010) 1234-5678", "", "no [number], [number], ([number]"),
        ("5.1.1 550 5.1.1 gone 552-5.2.2", "", "5.1.1 550 5.1.1 gone 552-5.2.2"),
        ("no 01012345678", "+821012345678", "no [address]"),
        ("see https://x.example/?t=secret now", "", "see [link] now"),
        ("two\r\nlines\x00 and\ttabs", "", "two lines and tabs"),
        ("김@병원.example 없음", "", "[address] 없음"),
        ("452 4.2.2 over quota", "", "452 4.2.2 over quota"),
        ("x" * 999, "", "x" * 200),
    ],
)
def test_a_reason_is_kept_without_whom_it_is_about(said: str, about: str, kept: str) -> None:
    assert cleaned(said, about=about) == kept


@given(st.emails(), st.text(max_size=30), st.text(max_size=30))
def test_no_address_survives_cleaning(address: str, before: str, after: str) -> None:
    assert address not in cleaned(f"{before} {address} {after}", about=address)


def test_status_codes() -> None:
    assert enhanced_status("550-5.7.26 text 5.1.1") == "5.7.26"
    assert enhanced_status("from 10.5.1.1 and 5.1.1.9") == ""
    assert [is_dead_address(code) for code in ("5.1.1", "5.2.1", "5.1.10", "5.1.8", "5.2.2", "4.1.1", "")] == [
        True, True, True, False, False, False, False
    ]  # fmt: skip
