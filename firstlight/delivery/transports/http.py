"""Text messages by a provider's JSON interface: one POST a message, reports by signed calls back."""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from firstlight.delivery.rules.messages import Answer, Channel, Fate, Message, Outcome, Reply, Report
from firstlight.delivery.rules.reasons import cleaned
from firstlight.delivery.transports.calls import (
    BrokeOff,
    Host,
    HttpAnswer,
    Line,
    NotReached,
    call_path,
    host_of,
    one_by_one,
)
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox

FATES = {
    Fate.ACCEPTED: "accepted,queued,sending,sent,buffered",
    Fate.DELIVERED: "delivered,delivrd",
    Fate.FAILED: "failed,undelivered,undeliv,rejected,rejectd",
    Fate.EXPIRED: "expired",
}
OPTIONS = frozenset(
    {"sender", "secret", "signature_field", "id_path", "report_id", "report_status", "report_reason", "timeout", "ca"}
    | set(FATES)
)
MOST_REPORTS = 1000
LONGEST_ID = 128


@dataclass(slots=True)
class HttpCarrier:
    """A provider that takes `{id, to, text, from, report_to, valid_until}` and knows `id` again (Idempotency-Key)."""

    name: str
    host: Host
    path: str
    authorization: str
    sender: str
    id_path: str
    reports: "ReportShape"
    connections: int
    per_second: float | None
    channel: Channel = Channel.SMS
    batch: int = 1
    dedicated: bool = False

    def connect(self) -> "HttpConnection":
        """A line that is opened by its first message."""
        return HttpConnection(self, self.host.line())

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """Reports and replies as JSON, one or a list, or as a form; ValueError when unsigned or not understood.

        `fields` holds the call's headers too, for the signature: hex of HMAC-SHA256 over the body.
        """
        return self.reports.read(fields, body)


@dataclass(slots=True)
class HttpConnection:
    """One kept line to the provider."""

    carrier: HttpCarrier
    line: Line

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand messages over one call each; after a broken line or a throttle the rest wait."""
        return one_by_one(messages, self._post)

    def inbox(self) -> Inbox:
        """Nothing: the provider calls us."""
        return Inbox()

    def close(self) -> None:
        """Close the line."""
        self.line.close()

    def _post(self, message: Message) -> Outcome:
        carrier = self.carrier
        headers = {
            "Authorization": carrier.authorization,
            "Content-Type": "application/json",
            "Idempotency-Key": message.client_id,
        }
        try:
            body = _body(message, carrier.sender)
            answer = self.line.call("POST", carrier.path, headers, body)
        except ValueError:
            # Half a character in the text, or an id that is no header: no attempt will mend it
            return Outcome(message.client_id, Answer.NEVER, reason="the message cannot be written as a call")
        except NotReached as error:
            raise CarrierDown(f"{carrier.name}: the provider cannot be reached ({error})") from None
        except BrokeOff as error:
            return Outcome(message.client_id, Answer.UNSURE, reason=f"the provider broke off ({error})")
        return self._outcome(message, answer)

    def _outcome(self, message: Message, answer: HttpAnswer) -> Outcome:
        if not answer.is_taken:
            reason = _reason(answer, message.to)
            if answer.refuses_us:
                raise CarrierDown(f"{self.carrier.name}: the provider refuses us: {reason}")
            # The provider drops a double by its Idempotency-Key, so a failure of its own is safe to repeat
            said = Answer.AGAIN if answer.status == 500 else answer.refusal()
            return Outcome(message.client_id, said, reason=reason, wait_seconds=answer.wait_seconds)
        try:
            parts = answer.parts() if answer.body.strip() else {}
        except ValueError:
            return Outcome(message.client_id, Answer.UNSURE, reason=f"{answer.status} and an answer that is not JSON")
        return Outcome(message.client_id, Answer.TAKEN, carrier_id=_text_at(parts, self.carrier.id_path)[:LONGEST_ID])


@dataclass(frozen=True, slots=True)
class ReportShape:
    """Where in a provider's call things stand, and what its words mean."""

    id_path: str
    status_path: str
    reason_path: str
    carrier_id_path: str
    fates: Mapping[str, Fate]
    secret: str
    signature_field: str

    def read(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """One call's reports and replies; ValueError when its signature or its shape is wrong."""
        if self.secret:
            self._check_signature(fields, body)
        # What is signed is the body: beside a secret nothing else is read
        entries = _entries(body) if body.strip() or self.secret else [dict(fields)]
        reports = tuple(self._report(entry) for entry in entries if _text_at(entry, self.status_path))
        replies = tuple(self._reply(entry) for entry in entries if not _text_at(entry, self.status_path))
        return Inbox(reports=reports, replies=replies)

    def _check_signature(self, fields: Mapping[str, str], body: bytes) -> None:
        given = next((value for name, value in fields.items() if name.lower() == self.signature_field), "")
        wanted = hmac.digest(self.secret.encode(), body, sha256).hex()
        if not hmac.compare_digest(given.lower().removeprefix("sha256=").encode(), wanted.encode()):
            raise ValueError("the call is not signed with our secret")

    def _report(self, entry: Mapping[str, Any]) -> Report:
        word = _text_at(entry, self.status_path)
        reason = f"{word} {_text_at(entry, self.reason_path)}".strip()
        return Report(
            fate=self.fates.get(word.lower(), Fate.UNKNOWN),
            client_id=_text_at(entry, self.id_path)[:LONGEST_ID],
            carrier_id=_text_at(entry, self.carrier_id_path)[:LONGEST_ID],
            reason=cleaned(reason, about=_text_at(entry, "to")),
            at=_moment(_text_at(entry, "at")),
        )

    def _reply(self, entry: Mapping[str, Any]) -> Reply:
        sender, text = _text_at(entry, "from"), _text_at(entry, "text")
        if not sender:
            raise ValueError("the call is neither a report nor a reply")
        carrier_id = _text_at(entry, self.carrier_id_path)[:LONGEST_ID]
        return Reply(sender=sender, text=text, to=_text_at(entry, "to"), carrier_id=carrier_id)


def open_http(url: CarrierUrl) -> HttpCarrier:
    """A provider from `https+sms://token@host/path?sender=…`; raises ValueError.

    A token alone is sent as Bearer, user and password as Basic. Options: sender; secret and signature_field (signed
    reports); id_path, report_id, report_status, report_reason (dotted paths in the JSON); accepted, delivered, failed,
    expired (the provider's words, by commas); timeout (seconds), ca (a file of certificates to trust).
    """
    url.require("host", "user")
    url.refuse_unknown(OPTIONS)
    return HttpCarrier(
        name=url.name,
        host=host_of(url),
        path=call_path(url.path),
        authorization=_authorization(url),
        sender=url.option_str("sender"),
        id_path=url.option_str("id_path", "id"),
        reports=_report_shape(url),
        connections=url.connections(4),
        per_second=url.per_second,
    )


def _authorization(url: CarrierUrl) -> str:
    if not url.password:
        if not url.user.isascii():
            raise ValueError(f"{url.scheme}: the token must be ASCII")
        return f"Bearer {url.user}"
    return f"Basic {b64encode(f'{url.user}:{url.password}'.encode()).decode()}"


def _report_shape(url: CarrierUrl) -> ReportShape:
    fates = {
        word.strip().lower(): fate
        for fate, words in FATES.items()
        for word in url.option_str(fate.value, words).split(",")
        if word.strip()
    }
    return ReportShape(
        id_path=url.option_str("report_id", "id"),
        status_path=url.option_str("report_status", "status"),
        reason_path=url.option_str("report_reason", "reason"),
        carrier_id_path="message_id",
        fates=fates,
        secret=url.option_str("secret"),
        signature_field=url.option_str("signature_field", "x-signature").lower(),
    )


def _body(message: Message, sender: str) -> bytes:
    parts = {"id": message.client_id, "to": message.to, "text": message.text, "from": sender}
    if message.report_to:
        parts["report_to"] = message.report_to
    if message.valid_until is not None:
        parts["valid_until"] = message.valid_until.isoformat()
    return json.dumps({name: part for name, part in parts.items() if part}, ensure_ascii=False).encode()


def _reason(answer: HttpAnswer, about: str) -> str:
    """The status and the words that providers usually put beside it."""
    words = ""
    with suppress(ValueError):
        parts = answer.parts()
        paths = ("error.message", "error", "message", "reason", "detail")
        words = next(filter(None, (_text_at(parts, path) for path in paths)), "")
    return cleaned(f"{answer.status} {words}", about=about)


def _entries(body: bytes) -> list[Mapping[str, Any]]:
    """The objects of a JSON body, or the one that a form is."""
    try:
        is_json = body.lstrip()[:1] in {b"{", b"["}
        parts = json.loads(body) if is_json else dict(parse_qsl(body.decode(), max_num_fields=50))
    except (ValueError, RecursionError):
        raise ValueError("the call is neither JSON nor a form") from None
    entries = parts if isinstance(parts, list) else [parts]
    if len(entries) > MOST_REPORTS or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("the call is not an object or a list of at most 1,000 objects")
    return entries


def _text_at(parts: object, path: str) -> str:
    """What stands at a dotted path, as text; empty when nothing plain stands there."""
    for name in path.split("."):
        if isinstance(parts, list) and name.isdecimal() and int(name) < len(parts):
            parts = parts[int(name)]
        elif isinstance(parts, dict):
            parts = parts.get(name)
        else:
            return ""
    return str(parts) if isinstance(parts, str | int | float) and not isinstance(parts, bool) else ""


def _moment(text: str) -> datetime | None:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else None
    return None
