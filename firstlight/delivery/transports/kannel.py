"""Kannel's sendsms interface: one POST a message over kept lines; Kannel calls back with what became of it.

Kannel 1.4 User's Guide, chapter 6 (sending and delivery reports) and the escape codes of its table 6-8.
"""

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from firstlight.delivery.rules.counting import gsm7_bytes
from firstlight.delivery.rules.messages import Answer, Channel, Fate, Message, Outcome, Reply, Report
from firstlight.delivery.rules.reasons import cleaned
from firstlight.delivery.transports.calls import BrokeOff, Host, HttpAnswer, Line, NotReached, call_path, one_by_one
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox
from firstlight.delivery.transports.smpp.receipts import read_fate, read_state
from firstlight.delivery.transports.tls import context_of

PORT = 13013
PATH = "/cgi-bin/sendsms"
OPTIONS = frozenset({"batch", "ca", "from", "priority", "smsc", "timeout", "tls"})
REPORT_QUERY = "status=%d&answer=%A&at=%T&foreign_id=%F"  # no number and no text: %p, %P and %a stay out
REPLY_QUERY = "sender=%p&to=%P&text=%a&id=%I"
"""What stands behind our reply address in the get-url of Kannel's sms-service."""

_EVERY_REPORT = "31"
_FATES = {
    1: Fate.DELIVERED,
    2: Fate.FAILED,
    4: Fate.ACCEPTED,  # it waits at the message centre
    8: Fate.ACCEPTED,  # the message centre took it
    16: Fate.FAILED,  # the message centre refused it
    32: Fate.ACCEPTED,  # a word on the way
}
_TAKEN = re.compile(rb"[03]: ")  # accepted, and queued for later
_OUR_SETTING = re.compile(rb"Authorization failed|Sender missing|Denied")
_NEVER = re.compile(rb"Not routable")
_TELEPHONE = re.compile(r"\+?[0-9]{3,20}", re.ASCII)


@dataclass(slots=True)
class KannelCarrier:
    """A Kannel. Its sendsms-user needs `concatenation = true` and `max-messages` of 10, or it cuts long texts off."""

    name: str
    host: Host
    path: str
    fixed: Mapping[str, str] = field(repr=False)
    connections: int
    per_second: float | None
    batch: int
    clock: Callable[[], float] = time.time
    channel: Channel = Channel.SMS
    dedicated: bool = False

    def connect(self) -> "KannelConnection":
        """Open a line; raises CarrierDown."""
        line = self.host.line()
        try:
            line.dial()
        except NotReached as error:
            raise CarrierDown(f"kannel: it cannot be reached ({error})") from None
        return KannelConnection(self, line)

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """A report, as REPORT_QUERY asks for it, or a reply, as REPLY_QUERY does; ValueError for anything else."""
        if "status" in fields:
            return Inbox(reports=(_read_report(fields),))
        if fields.get("sender") and "text" in fields:
            return Inbox(replies=(_read_reply(fields),))
        raise ValueError("neither a report nor a reply of Kannel's")

    def headers(self, message: Message) -> dict[str, str]:
        """What Kannel is told of a message; ValueError, which quotes nothing of it, when it cannot be carried."""
        if not _TELEPHONE.fullmatch(message.to):
            raise ValueError("the number is not a telephone number")
        if not message.text:
            raise ValueError("the text is empty")
        headers = {**self.fixed, "X-Kannel-To": message.to, "X-Kannel-Coding": _coding(message.text)}
        if message.report_to:
            if not re.fullmatch(r"[!-~]+", message.report_to):
                raise ValueError("the address for reports is not written as a URL")
            headers["X-Kannel-DLR-Mask"] = _EVERY_REPORT
            headers["X-Kannel-DLR-Url"] = _report_url(message.report_to)
        if message.valid_until:
            left_seconds = message.valid_until.timestamp() - self.clock()
            headers["X-Kannel-Validity"] = str(max(1, math.ceil(left_seconds / 60)))
        return headers


@dataclass(slots=True)
class KannelConnection:
    """One kept line to Kannel."""

    carrier: KannelCarrier
    line: Line

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand messages over one call each; once the line breaks or Kannel is full, the rest wait."""
        return one_by_one(messages, self._post)

    def inbox(self) -> Inbox:
        """Nothing: Kannel calls us."""
        return Inbox()

    def close(self) -> None:
        """Close the line."""
        self.line.close()

    def _post(self, message: Message) -> Outcome:
        carrier = self.carrier
        try:
            headers, body = carrier.headers(message), _body(message.text)
        except ValueError as error:
            return Outcome(message.client_id, Answer.NEVER, reason=str(error))
        try:
            answer = self.line.call("POST", carrier.path, headers, body)
        except NotReached as error:
            raise CarrierDown(f"kannel: it cannot be reached ({error})") from None
        except BrokeOff as error:
            return Outcome(message.client_id, Answer.UNSURE, reason=f"Kannel broke off ({error})")
        return _outcome(message, answer)


def open_kannel(url: CarrierUrl) -> KannelCarrier:
    """A Kannel from `kannel://user:password@host:port/path?option=value`; raises ValueError.

    from: the sender. smsc: the smsc-id that messages go to. priority: 0 to 3. timeout: seconds for an answer. tls: 1
    for a sendsms port with a certificate, which the file `ca` vouches for when the system does not. batch.
    """
    url.require("host", "user", "password")
    url.refuse_unknown(OPTIONS)
    return KannelCarrier(
        name=url.name,
        host=Host(
            host=url.host,
            port=url.port or PORT,
            tls=context_of(url),
            timeout_seconds=url.option_float("timeout", 20.0, least=0.1, most=600),
        ),
        path=call_path(url.path.rstrip("/") or PATH),
        fixed=_fixed_headers(url),
        connections=url.connections(8),
        per_second=url.per_second,
        batch=url.option_int("batch", 20, least=1, most=500),
    )


def _fixed_headers(url: CarrierUrl) -> dict[str, str]:
    """What is the same for every message."""
    headers = {
        "X-Kannel-Username": url.user,
        "X-Kannel-Password": url.password,
        "X-Kannel-From": url.option_str("from"),
        "X-Kannel-SMSC": url.option_str("smsc"),
        "X-Kannel-Priority": str(url.option_int("priority", 0, most=3)) if "priority" in url.options else "",
    }
    if not all(value.isascii() for value in headers.values()):
        raise ValueError("kannel: user, password, from and smsc must be ASCII characters")
    return {"Content-Type": "text/plain; charset=UTF-8"} | {name: value for name, value in headers.items() if value}


def _coding(text: str) -> str:
    """0 for the GSM alphabet, 2 for UCS-2."""
    try:
        gsm7_bytes(text)
    except ValueError:
        return "2"
    return "0"


def _body(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # its own words would quote the text
        raise ValueError("the text holds half a character") from None


def _report_url(report_to: str) -> str:
    """Our address with Kannel's escapes behind it, and none read into it."""
    return report_to.replace("%", "%%") + ("&" if "?" in report_to else "?") + REPORT_QUERY


def _outcome(message: Message, answer: HttpAnswer) -> Outcome:
    """What Kannel said; raises CarrierDown when it would say so to any message."""
    if answer.status == HTTPStatus.ACCEPTED and _TAKEN.match(answer.body):
        return Outcome(message.client_id, Answer.TAKEN)
    reason = cleaned(f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}", about=message.to)
    if _NEVER.search(answer.body):
        return Outcome(message.client_id, Answer.NEVER, reason=reason)
    if answer.refuses_us or _OUR_SETTING.search(answer.body):
        raise CarrierDown(f"kannel: it refuses us: {reason}")
    if answer.is_taken:
        return Outcome(message.client_id, Answer.UNSURE, reason=f"{answer.status} and words that are not Kannel's")
    return Outcome(message.client_id, answer.refusal(), reason=reason)


def _read_report(fields: Mapping[str, str]) -> Report:
    status = fields["status"]
    if not re.fullmatch(r"[0-9]{1,3}", status, re.ASCII) or int(status) not in _FATES:
        raise ValueError("a status that Kannel does not have")
    answer = fields.get("answer", "")
    fate = _FATES[int(status)]
    return Report(
        fate=(read_fate(answer) or fate) if fate is Fate.FAILED else fate,
        client_id=fields.get("client_id", ""),
        carrier_id=re.sub(r"[^!-~]", "", fields.get("foreign_id", ""))[:64],
        reason=read_state(answer) or cleaned(answer.strip(" /")),
        at=_moment(fields.get("at", "")),
    )


def _read_reply(fields: Mapping[str, str]) -> Reply:
    return Reply(
        sender=fields["sender"].replace("\0", ""),
        text=fields["text"].replace("\0", ""),
        to=fields.get("to", ""),
        carrier_id=re.sub(r"[^!-~]", "", fields.get("id", ""))[:64],
    )


def _moment(seconds: str) -> datetime | None:
    """Seconds since 1970, as Kannel tells the time."""
    if not re.fullmatch(r"[0-9]{1,11}", seconds, re.ASCII):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
