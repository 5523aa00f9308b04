"""A message as the bytes of an e-mail (RFC 5322, MIME), put together by hand because thousands leave in one go."""

import re
from base64 import b64encode
from binascii import b2a_base64
from datetime import datetime
from email.utils import format_datetime, formataddr
from functools import lru_cache

from firstlight.delivery.rules.messages import Message

LONGEST_LINE = 998  # RFC 5322 2.1.1, without CRLF
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_PLAIN = re.compile(r"[^\t\r\n\x20-\x7e]")
_ENDS = re.compile(r"\r\n|\r|\n")
_OURS = frozenset({
    "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "return-path",
    "received", "auto-submitted", "dkim-signature",
})  # fmt: skip


def compose(message: Message, *, sender: str, host: str, at: datetime) -> bytes:
    """The e-mail for one person, lines ended by CRLF; ValueError when a part could change the letter's own headers.

    `sender` is a From header as `from_header` writes it; `host` stands in the Message-ID, which is the same at every
    attempt; `at` is the Date.
    """
    if not _ID.fullmatch(message.client_id):
        raise ValueError("the message's id cannot stand in a header")
    boundary = f"=_{message.client_id}"
    head = (
        f"From: {sender}\r\nTo: {envelope_address(message.to)}\r\n{_subject_header(message.subject)}"
        f"Date: {_date(at)}\r\nMessage-ID: <{message.client_id}@{host}>\r\n"
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\nMIME-Version: 1.0\r\n"
        f"{_language_header(message.language)}{''.join(_header(*pair) for pair in message.headers)}"
    )
    text = _part("plain", message.text, boundary)
    if not message.html:
        return head.encode("ascii") + text + b"\r\n"
    return b"".join((
        head.encode("ascii"),
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'.encode(),
        text,
        f"\r\n--{boundary}\r\n".encode(),
        _part("html", message.html, boundary),
        f"\r\n--{boundary}--\r\n".encode(),
    ))  # fmt: skip


def envelope_address(address: str) -> str:
    """An address as SMTP takes it without extensions: ASCII, its domain in IDNA; ValueError for any other."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = _idna(domain)
    if len(local) > 64 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError("the address is not one that mail can be sent to")
    return f"{local}@{domain}"


def from_header(name: str, address: str) -> str:
    """A From header's value, with the name in RFC 2047 words where it needs them; ValueError for control characters."""
    if _CONTROLS.search(name):
        raise ValueError("the sender's name holds a control character")
    return formataddr((name, envelope_address(address)))


def _idna(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        raise ValueError("the address is not one that mail can be sent to") from None


@lru_cache(maxsize=4)
def _date(at: datetime) -> str:
    return format_datetime(at)


def _language_header(language: str) -> str:
    return f"Content-Language: {language}\r\n" if language.isascii() and language.replace("-", "").isalnum() else ""


def _header(name: str, value: str) -> str:
    is_ours = name.lower() in _OURS or name.lower().startswith("content-")
    if is_ours or not _HEADER.fullmatch(name):
        raise ValueError("a header's name cannot be used")
    line = f"{name}: {value}"
    if not value.isascii() or _CONTROLS.search(value) or len(line) > LONGEST_LINE:
        raise ValueError("a header's value cannot be used: it must be printable ASCII on one line")
    return line + "\r\n"


@lru_cache(maxsize=512)
def _subject_header(subject: str) -> str:
    """The subject, in RFC 2047 encoded words of at most 75 characters a line unless it is short and plain."""
    if _CONTROLS.search(subject):
        raise ValueError("the subject holds a control character")
    if subject.isascii() and len(subject) <= 66 and subject == subject.strip() and "=?" not in subject:
        return f"Subject: {subject}\r\n"
    words = (f"=?utf-8?B?{b64encode(piece).decode()}?=" for piece in _pieces(subject, 39))
    return "Subject: " + "\r\n ".join(words) + "\r\n"


def _pieces(text: str, most_bytes: int) -> list[bytes]:
    """A text in UTF-8, cut between characters."""
    pieces = [b""]
    for character in text:
        spelled = character.encode()
        if len(pieces[-1]) + len(spelled) > most_bytes:
            pieces.append(b"")
        pieces[-1] += spelled
    return pieces


def _part(kind: str, text: str, boundary: str) -> bytes:
    """One body with its headers: as it is when every mail server can carry it so, else in base64."""
    text = _ENDS.sub("\r\n", text)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: "
    is_plain = not _NOT_PLAIN.search(text) and boundary not in text
    if is_plain and max(map(len, text.split("\r\n"))) <= LONGEST_LINE:
        return f"{head}7bit\r\n\r\n{text}".encode("ascii")
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half a character") from None
    lines = [b2a_base64(raw[start : start + 57], newline=False) for start in range(0, len(raw), 57)]
    return f"{head}base64\r\n\r\n".encode("ascii") + b"\r\n".join(lines)
