"""A Korean text message gateway: calls signed with HMAC-SHA256, 100 people a call, results asked for afterwards.

The shape is that of NAVER Cloud SENS, SMS API v2; result codes are those that Korea's operators share.
"""

import hmac
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from firstlight.delivery.rules.counting import Plan, Scheme, count
from firstlight.delivery.rules.messages import Answer, Channel, Fate, Message, Outcome, Report
from firstlight.delivery.rules.reasons import cleaned
from firstlight.delivery.transports.calls import BrokeOff, Host, HttpAnswer, Line, NotReached, call_path, host_of
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox
from firstlight.people.rules.phones import BadPhone, national

OPTIONS = frozenset({"sender", "poll_seconds", "timeout", "ca"})
BATCH = 100
SUBJECT_BYTES = 40
LONGEST_POLL_SECONDS = 1800.0
GIVE_UP_SECONDS = 72 * 3600.0  # operators try for about two days
SURELY_ABOUT_US = 10
_SEOUL = ZoneInfo("Asia/Seoul")
_TIMED_OUT = frozenset({"2000"})
_DEAD = frozenset({"3001", "3003"})  # no such subscriber; not a number


@dataclass(slots=True)
class _Asked:
    """A call whose results are awaited."""

    since: float
    due: float
    pause: float
    told: set[str] = field(default_factory=set)


@dataclass(slots=True)
class KoreaCarrier:
    """A gateway behind `/…/services/ID`; `sender` is a number registered there beforehand.

    It asks for results itself over any of its lines, so one line stays open. After a start, `resume` names what an
    earlier process was waiting for.
    """

    name: str
    host: Host
    path: str
    access_key: str
    secret_key: str
    sender: str
    poll_seconds: float
    connections: int
    per_second: float | None
    clock: Callable[[], float] = time.time
    channel: Channel = Channel.SMS
    batch: int = BATCH
    dedicated: bool = True
    _awaited: dict[str, _Asked] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def connect(self) -> "KoreaConnection":
        """A line that is opened by its first call."""
        return KoreaConnection(self, self.host.line())

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """The gateway is asked, it does not call: always ValueError."""
        raise ValueError("this gateway does not call")

    def resume(self, carrier_ids: Iterable[str]) -> None:
        """Ask again for the results of messages that were taken before this process began."""
        for request_id in {carrier_id.rpartition(".")[0] for carrier_id in carrier_ids}:
            if request_id:
                self.expect(request_id)

    def expect(self, request_id: str) -> None:
        """Await the results of a call that was taken."""
        now = self.clock()
        with self._lock:
            self._awaited.setdefault(request_id, _Asked(now, now + self.poll_seconds, self.poll_seconds))

    def next_due(self) -> tuple[str, _Asked] | None:
        """The call to ask about now, if any; the next line will be given another."""
        now = self.clock()
        with self._lock:
            for request_id, asked in list(self._awaited.items()):
                if now - asked.since > GIVE_UP_SECONDS:
                    del self._awaited[request_id]
                elif asked.due <= now:
                    asked.pause = min(asked.pause * 2, LONGEST_POLL_SECONDS)
                    asked.due = now + asked.pause
                    return request_id, asked
        return None

    def settle(self, request_id: str) -> None:
        """All results of a call are known."""
        with self._lock:
            self._awaited.pop(request_id, None)

    def headers(self, method: str, path: str) -> dict[str, str]:
        """A call's signature over method, path and time."""
        at = str(int(self.clock() * 1000))
        signed = f"{method} {path}\n{at}\n{self.access_key}".encode()
        signature = b64encode(hmac.digest(self.secret_key.encode(), signed, sha256)).decode()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "x-ncp-apigw-timestamp": at,
            "x-ncp-iam-access-key": self.access_key,
            "x-ncp-apigw-signature-v2": signature,
        }

    def carrier_id(self, request_id: str, number: str) -> str:
        """One person's message in a call: the gateway lists results by number, which must not stand in an id."""
        mark = hmac.digest(self.secret_key.encode(), f"{request_id}:{number}".encode(), sha256).hex()[:16]
        return f"{request_id}.{mark}"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A message as the gateway takes it."""

    message: Message
    kind: str
    number: str


@dataclass(slots=True)
class KoreaConnection:
    """One kept line to the gateway."""

    carrier: KoreaCarrier
    line: Line

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """One call for the short and one for the long messages, and another where a number comes twice."""
        outcomes: dict[str, Outcome] = {}
        pieces = []
        for message in messages:
            piece = _piece(message)
            if isinstance(piece, Outcome):
                outcomes[message.client_id] = piece
            else:
                pieces.append(piece)
        self._send_groups(_groups(pieces), outcomes)
        return [outcomes[message.client_id] for message in messages]

    def inbox(self) -> Inbox:
        """The results of one call that is due; an answer that cannot be had or read is asked for again later."""
        due = self.carrier.next_due()
        if due is None:
            return Inbox()
        request_id, asked = due
        query = urlencode({"requestId": request_id, "pageSize": BATCH}, quote_via=quote)
        path = f"{self.carrier.path}?{query}"
        with suppress(NotReached, BrokeOff, ValueError):
            answer = self.line.call("GET", path, self.carrier.headers("GET", path))
            return Inbox(reports=self._results(request_id, asked, _listed(answer)))
        return Inbox()

    def close(self) -> None:
        """Close the line."""
        self.line.close()

    def _send_groups(self, groups: list[list[_Piece]], outcomes: dict[str, Outcome]) -> None:
        taken = False
        for place, group in enumerate(groups):
            try:
                answers = self._hand_over(group)
            except CarrierDown as down:
                if not taken:
                    raise
                answers = _same(group, Answer.AGAIN, str(down))
            outcomes.update({answer.client_id: answer for answer in answers})
            taken = taken or any(each.answer in {Answer.TAKEN, Answer.UNSURE} for each in answers)
            last = answers[-1]
            if last.answer not in {Answer.TAKEN, Answer.NEVER}:
                waiting = Answer.THROTTLED if last.answer is Answer.THROTTLED else Answer.AGAIN
                for later in groups[place + 1 :]:
                    rest = _same(later, waiting, last.reason, last.wait_seconds)
                    outcomes.update({each.client_id: each for each in rest})
                return

    def _hand_over(self, group: list[_Piece]) -> list[Outcome]:
        answers = self._halved(group)
        if len(group) >= SURELY_ABOUT_US and all(each.answer is Answer.NEVER for each in answers):
            raise CarrierDown(f"{self.carrier.name}: the gateway refuses every message: {answers[0].reason}")
        return answers

    def _halved(self, group: list[_Piece]) -> list[Outcome]:
        """Hand over a group; where the gateway refuses it as a whole, its halves, until the bad one is alone."""
        answers = self._call(group)
        if len(group) == 1 or answers[0].answer is not Answer.NEVER:
            return answers
        middle = len(group) // 2
        first = self._halved(group[:middle])
        if first[-1].answer not in {Answer.TAKEN, Answer.NEVER}:
            waiting = Answer.THROTTLED if first[-1].answer is Answer.THROTTLED else Answer.AGAIN
            return first + _same(group[middle:], waiting, first[-1].reason, first[-1].wait_seconds)
        return first + self._halved_on(group[middle:], first)

    def _halved_on(self, group: list[_Piece], before: list[Outcome]) -> list[Outcome]:
        try:
            return self._halved(group)
        except CarrierDown as down:
            if not any(each.answer is Answer.TAKEN for each in before):
                raise
            return _same(group, Answer.AGAIN, str(down))

    def _call(self, group: list[_Piece]) -> list[Outcome]:
        carrier = self.carrier
        headers = carrier.headers("POST", carrier.path)
        try:
            answer = self.line.call("POST", carrier.path, headers, _body(group, carrier.sender))
        except NotReached as error:
            raise CarrierDown(f"{carrier.name}: the gateway cannot be reached ({error})") from None
        except BrokeOff as error:
            return _same(group, Answer.UNSURE, f"the gateway broke off ({error})")
        reason = _reason(answer, group)
        if answer.refuses_us:
            raise CarrierDown(f"{carrier.name}: the gateway refuses us: {reason}")
        if not answer.is_taken:
            return _same(group, answer.refusal(), reason, answer.wait_seconds)
        return self._taken(group, _request_id(answer))

    def _taken(self, group: list[_Piece], request_id: str) -> list[Outcome]:
        if not request_id:
            return _same(group, Answer.UNSURE, "the gateway's answer names no request")
        self.carrier.expect(request_id)
        return [
            Outcome(each.message.client_id, Answer.TAKEN, self.carrier.carrier_id(request_id, each.number))
            for each in group
        ]

    def _results(self, request_id: str, asked: _Asked, listed: list[Mapping[str, Any]]) -> tuple[Report, ...]:
        done = [entry for entry in listed if str(entry.get("status", "")).upper() == "COMPLETED"]
        reports = {}
        for entry in done:
            number = str(entry.get("to", ""))
            carrier_id = self.carrier.carrier_id(request_id, number)
            if carrier_id not in asked.told:
                reports[carrier_id] = _report(entry, carrier_id, number)
        asked.told.update(reports)
        if listed and len(done) == len(listed):
            self.carrier.settle(request_id)
        return tuple(reports.values())


def open_korea(url: CarrierUrl) -> KoreaCarrier:
    """A gateway from `korea+https://ACCESS:SECRET@host/sms/v2/services/ID?sender=0212345678`; raises ValueError.

    Options: sender (registered there, digits), poll_seconds (the first wait for results, then doubling), timeout, ca.
    """
    url.require("host", "user", "password", "path")
    url.refuse_unknown(OPTIONS)
    if not (url.user + url.password).isascii():
        raise ValueError(f"{url.scheme}: the keys must be ASCII")
    sender = url.option_choice("sender", "", pattern=r"[0-9]{8,12}", meaning="a registered number, its digits alone")
    return KoreaCarrier(
        name=url.name,
        host=host_of(url),
        path=call_path(url.path.rstrip("/") + "/messages"),
        access_key=url.user,
        secret_key=url.password,
        sender=sender,
        poll_seconds=url.option_float("poll_seconds", 10.0, least=0.01, most=3600),
        connections=url.connections(2),
        per_second=url.per_second,
    )


def cut_subject(subject: str) -> str:
    """A subject within 40 bytes of CP949, without what cannot be written in it; the text itself is never cut."""
    kept, room = "", SUBJECT_BYTES
    for character in " ".join(subject.split()):
        size = len(character.encode("cp949", "ignore"))
        if size > room:
            break
        kept, room = kept + (character if size else ""), room - size
    return kept.strip()


def _piece(message: Message) -> _Piece | Outcome:
    """A message as the gateway takes it, or why it never will."""
    cost = count(message.text, plan=Plan.KOREAN)
    if not cost.is_sendable or not cost.parts:
        problem = "is too long or empty" if not cost.unsendable else "holds characters that cannot be sent"
        return Outcome(message.client_id, Answer.NEVER, reason=f"the text {problem}")
    try:
        return _Piece(message, "SMS" if cost.scheme is Scheme.SMS else "LMS", national(message.to, "KR"))
    except BadPhone as bad:
        return Outcome(message.client_id, Answer.NEVER, reason=str(bad))


def _groups(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces of one kind, none with a number twice, at most a call's worth."""
    groups: list[list[_Piece]] = []
    for piece in pieces:
        for group in groups:
            is_new = all(each.number != piece.number for each in group)
            if group[0].kind == piece.kind and is_new and len(group) < BATCH:
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _body(group: list[_Piece], sender: str) -> bytes:
    call: dict[str, Any] = {
        "type": group[0].kind,
        "contentType": "COMM",
        "countryCode": "82",
        "from": sender,
        "content": ".",  # for those without a text of their own, of whom there are none
        "messages": [_addressed(piece) for piece in group],
    }
    return json.dumps(call, ensure_ascii=False).encode()


def _addressed(piece: _Piece) -> dict[str, str]:
    addressed = {"to": piece.number, "content": piece.message.text}
    subject = cut_subject(piece.message.subject) if piece.kind == "LMS" else ""
    return addressed | ({"subject": subject} if subject else {})


def _request_id(answer: HttpAnswer) -> str:
    with suppress(ValueError):
        parts = answer.parts()
        if isinstance(parts, dict) and isinstance(parts.get("requestId"), str):
            return str(parts["requestId"])[:100]
    return ""


def _reason(answer: HttpAnswer, group: list[_Piece]) -> str:
    words = ""
    with suppress(ValueError):
        parts = answer.parts()
        if isinstance(parts, dict):
            error = parts.get("error")
            said = error if isinstance(error, dict) else parts
            words = str(said.get("message") or said.get("errorMessage") or said.get("statusName") or "")
    return cleaned(f"{answer.status} {words}", about=group[0].number)


def _listed(answer: HttpAnswer) -> list[Mapping[str, Any]]:
    """The messages in an answer; ValueError when it is not one."""
    if not answer.is_taken:
        raise ValueError("the gateway does not list the call")
    parts = answer.parts()
    messages = parts.get("messages") if isinstance(parts, dict) else None
    return [entry for entry in messages if isinstance(entry, dict)] if isinstance(messages, list) else []


def _report(entry: Mapping[str, Any], carrier_id: str, number: str) -> Report:
    code, words = str(entry.get("statusCode", "")), str(entry.get("statusMessage") or entry.get("statusName") or "")
    return Report(
        fate=_fate(code),
        carrier_id=carrier_id,
        reason="" if code == "0" else cleaned(f"{code} {words}", about=number),
        at=_seoul_time(str(entry.get("completeTime", ""))),
        is_address_dead=code in _DEAD,
    )


def _fate(code: str) -> Fate:
    if not code:
        return Fate.UNKNOWN
    if code == "0":
        return Fate.DELIVERED
    return Fate.EXPIRED if code in _TIMED_OUT else Fate.FAILED


def _seoul_time(text: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=_SEOUL)
    return None


def _same(group: Sequence[_Piece], answer: Answer, reason: str, wait_seconds: float = 0.0) -> list[Outcome]:
    return [Outcome(each.message.client_id, answer, reason=reason, wait_seconds=wait_seconds) for each in group]
