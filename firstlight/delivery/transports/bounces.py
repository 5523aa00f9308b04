"""Bounced mail, read back into reports: delivery status notifications (RFC 3464) and what older servers write.

A bounce is believed only when it names the message by its return address `local+ID.SIGNATURE@domain`, which nobody but
us can have written; anyone may send mail to that mailbox.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from firstlight.delivery.rules.messages import Fate, Report
from firstlight.delivery.rules.reasons import cleaned, enhanced_status, is_dead_address
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown

LONGEST_BOUNCE = 1024 * 1024
LONGEST_WORDS = 20_000
_RETURN = re.compile(r"\+([A-Za-z0-9][A-Za-z0-9_-]{0,63})\.([A-Za-z0-9]{6,64})(?=@|$)")
_ADDRESSED = ("To", "X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "Resent-To")
_DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery (?:sub)?system", re.IGNORECASE)
_TIME_EXPIRED = re.compile(r"[245]\.4\.7")
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})

Verify = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class _Notice:
    """What one bounce says about one address."""

    action: str = ""
    status: str = ""
    diagnosis: str = ""
    about: str = ""


def read_bounce(raw: bytes, *, verify: Verify) -> Report | None:
    """What a mail to a return address says became of the letter; None for other mail and for any that is forged.

    `verify(client_id, signature)` says whether we wrote the return address. Fate is UNKNOWN when the mail is a bounce
    that cannot be read.
    """
    mail = message_from_bytes(raw[:LONGEST_BOUNCE])
    if not _is_bounce(mail):
        return None
    client_id = _client_id(mail, verify)
    if client_id is None:
        return None
    notice = _notice(mail)
    return Report(
        fate=_fate(notice),
        client_id=client_id,
        reason=cleaned(f"{notice.status} {notice.diagnosis}".strip(), about=notice.about),
        at=_date(mail),
        is_address_dead=notice.action == "failed" and is_dead_address(notice.status),
    )


def read_stream(stream: BinaryIO, *, verify: Verify) -> Report | None:
    """A bounce as a mail server pipes it to a command."""
    return read_bounce(stream.read(LONGEST_BOUNCE), verify=verify)


def fetch_bounces(url: str, *, verify: Verify) -> Iterator[Report]:
    """The unread bounces of a mailbox `imaps://user:password@host/folder`, each marked as read once the next is asked.

    Mail that is not a bounce is marked as read too: the mailbox should be for bounces alone. Raises ValueError for a
    bad setting and CarrierDown for a mailbox that cannot be read. Options: tls (0, 1 for STARTTLS), timeout, ca.
    """
    parts = check_mailbox(url)
    mailbox = _open_mailbox(parts)
    try:
        for uid in _unread(mailbox):
            report = read_bounce(_fetched(mailbox, uid), verify=verify)
            if report is not None:
                yield report
            mailbox.uid("STORE", uid, "+FLAGS", r"(\Seen)")
    except (imaplib.IMAP4.error, OSError) as error:
        raise CarrierDown(f"{parts.name}: the mailbox cannot be read ({type(error).__name__})") from None
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            mailbox.logout()


def _is_bounce(mail: Message) -> bool:
    """Not a person's answer, not an absence notice (RFC 3834), not a reading receipt (RFC 8098)."""
    if _header(mail, "Auto-Submitted").lower().startswith("auto-replied") and not _is_report(mail):
        return False
    if mail.get_content_type() == "multipart/report":
        return _is_report(mail)
    if _header(mail, "X-Autoreply") or _header(mail, "X-Autorespond"):
        return False
    is_null = _header(mail, "Return-Path").strip() == "<>"
    return is_null or bool(mail["X-Failed-Recipients"]) or _DAEMON.search(_header(mail, "From")) is not None


def _is_report(mail: Message) -> bool:
    return mail.get_content_type() == "multipart/report" and (
        str(mail.get_param("report-type", "delivery-status")).lower() == "delivery-status"
    )


def _client_id(mail: Message, verify: Verify) -> str | None:
    """The first signed id among the addresses this mail came to, and the envelope id (RFC 3461) it quotes."""
    named = [_header_of(value) for name in _ADDRESSED for value in mail.get_all(name, [])]
    named += [f"+{_header(block, 'Original-Envelope-Id').strip()}" for block in _status_blocks(mail)[:1]]
    for value in named:
        for client_id, signature in _RETURN.findall(value):
            if verify(client_id, signature):
                return str(client_id)
    return None


def _notice(mail: Message) -> _Notice:
    told = [_told(block) for block in _status_blocks(mail) if block["Action"] or block["Status"]]
    if told:
        return next((each for each in told if each.action == "failed"), told[0])
    words = _words(mail)
    status = enhanced_status(words)
    failed = status.startswith("5") or bool(mail["X-Failed-Recipients"])
    line = next((each for each in words.splitlines() if status and status in each), "")
    diagnosis = line.partition(status)[2].strip() if status else ""
    return _Notice("failed" if failed else "", status, diagnosis, _header(mail, "X-Failed-Recipients").strip())


def _told(block: Message) -> _Notice:
    diagnosis = " ".join(_header(block, "Diagnostic-Code").split()).partition(";")[2].strip()
    action = _header(block, "Action").split("(")[0].strip().lower()
    status = enhanced_status(_header(block, "Status"))
    about = _header(block, "Final-Recipient") or _header(block, "Original-Recipient")
    precise = enhanced_status(diagnosis)
    # Some servers write 5.0.0 there and put the code they were told into the diagnosis (RFC 3463 2: "other")
    if status in {"", "5.0.0"} and precise.startswith("5"):
        status = precise
    return _Notice(action, status, diagnosis, about.partition(";")[2].strip().strip("<>"))


def _fate(notice: _Notice) -> Fate:
    match notice.action:
        case "failed":
            gave_up = notice.status.startswith("4") or _TIME_EXPIRED.fullmatch(notice.status) is not None
            return Fate.EXPIRED if gave_up else Fate.FAILED
        case "delivered":
            return Fate.DELIVERED
        case "delayed" | "relayed" | "expanded":
            return Fate.ACCEPTED
    return Fate.UNKNOWN


def _status_blocks(mail: Message) -> list[Message]:
    """The groups of fields in the mail's own delivery status, not in one that it quotes."""
    parts = mail.get_payload() if mail.get_content_type() == "multipart/report" else []
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, Message) and part.get_content_type() in _STATUS_TYPES:
            blocks = part.get_payload()
            return [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
    return []


def _words(mail: Message) -> str:
    """The first text that the bouncing server wrote."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload[:LONGEST_WORDS].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _header(mail: Message, name: str) -> str:
    return _header_of(mail.get(name, ""))


def _header_of(value: object) -> str:
    return " ".join(str(value).split())


def _date(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(mail, "Date"))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else None


def check_mailbox(setting: str) -> CarrierUrl:
    """Take the mailbox's setting apart; raises ValueError with a sentence that holds no password."""
    url = CarrierUrl.parse(setting)
    if url.scheme not in {"imap", "imaps"}:
        raise ValueError("the mailbox of bounces is imap:// or imaps://")
    url.require("host", "user", "password")
    url.refuse_unknown({"tls", "timeout", "ca"})
    if url.scheme == "imap" and not url.option_bool("tls", True) and url.host not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("imap: a password leaves this machine only over TLS")
    return url


def _open_mailbox(url: CarrierUrl) -> imaplib.IMAP4:
    try:
        return _signed_in(url)
    except (imaplib.IMAP4.error, OSError) as error:
        # What the server says may quote the user
        raise CarrierDown(f"{url.name}: the mailbox cannot be opened ({type(error).__name__})") from None


def _signed_in(url: CarrierUrl) -> imaplib.IMAP4:
    timeout = url.option_float("timeout", 20.0, least=0.1, most=600)
    trust = ssl.create_default_context(cafile=url.option_str("ca") or None)
    if url.scheme == "imaps":
        mailbox: imaplib.IMAP4 = imaplib.IMAP4_SSL(url.host, url.port or 993, ssl_context=trust, timeout=timeout)
    else:
        mailbox = imaplib.IMAP4(url.host, url.port or 143, timeout=timeout)
        if url.option_bool("tls", True):
            _or_shut(mailbox, lambda: mailbox.starttls(trust))
    folder = url.path.strip("/").replace("\\", "\\\\").replace('"', '\\"')
    _or_shut(mailbox, lambda: mailbox.login(url.user, url.password))
    _or_shut(mailbox, lambda: _checked(mailbox.select(f'"{folder}"' if folder else "INBOX")))
    return mailbox


def _or_shut(mailbox: imaplib.IMAP4, step: Callable[[], object]) -> None:
    try:
        step()
    except BaseException:
        mailbox.shutdown()
        raise


def _unread(mailbox: imaplib.IMAP4) -> list[str]:
    found = _checked(mailbox.uid("SEARCH", "UNSEEN"))
    return found[0].decode().split() if found and isinstance(found[0], bytes) else []


def _fetched(mailbox: imaplib.IMAP4, uid: str) -> bytes:
    for part in _checked(mailbox.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST_BOUNCE}>)")):
        if isinstance(part, tuple):
            return bytes(part[1])
    return b""


def _checked(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("refused")
    return answer[1]
