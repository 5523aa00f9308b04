"""A message centre as its setting describes it, and how a line to it is bound."""

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firstlight.delivery.rules.messages import Channel, Message
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.interface import CarrierDown, Inbox
from firstlight.delivery.transports.smpp.book import Book, Notation
from firstlight.delivery.transports.smpp.composing import (
    Address,
    Alphabet,
    Joining,
    Part,
    compose,
    recipient,
    reference_of,
    sender,
    validity_period,
)
from firstlight.delivery.transports.smpp.connection import Habits, SmppConnection
from firstlight.delivery.transports.smpp.line import Line, LineBroken, wait
from firstlight.delivery.transports.smpp.pdu import RESPONSE, Command, Option, Pdu, bind_body, submit_body
from firstlight.delivery.transports.smpp.statuses import words_of
from firstlight.delivery.transports.tls import context_of

PORT = 2775
OPTIONS = frozenset(
    {
        "alphabet", "batch", "bind", "ca", "client_id_tag", "from", "idle", "ids", "parts", "priority", "reference",
        "service_type", "system_type", "timeout", "tls", "window", "zone",
    }
)  # fmt: skip
_BINDS = {
    "transceiver": (Command.BIND_TRANSCEIVER,),
    "pair": (Command.BIND_TRANSMITTER, Command.BIND_RECEIVER),
}
_WANTS_RECEIPT = 0x01  # registered_delivery: whether it was delivered or failed


@dataclass(frozen=True, slots=True)
class Style:
    """How messages are written for this carrier."""

    source: Address
    alphabet: Alphabet
    joining: Joining
    priority: int
    service_type: str
    has_reference: bool
    client_id_tag: int

    def write(self, message: Message) -> tuple[str, list[bytes]]:
        """The digits of the recipient and the bodies of the parts; raises ValueError that quotes nothing."""
        to, reference = recipient(message.to), reference_of(message.client_id)
        parts = compose(message.text, alphabet=self.alphabet, joining=self.joining, reference=reference)
        return to.digits, [self._body(part, message, to, reference) for part in parts]

    def _body(self, part: Part, message: Message, to: Address, reference: int) -> bytes:
        options = dict(part.options)
        if self.has_reference:
            options[Option.USER_MESSAGE_REFERENCE] = reference.to_bytes(2)
        if self.client_id_tag:
            options[self.client_id_tag] = message.client_id.encode()
        return submit_body(
            options,
            service_type=self.service_type,
            source_addr_ton=self.source.ton,
            source_addr_npi=self.source.npi,
            source_addr=self.source.digits,
            dest_addr_ton=to.ton,
            dest_addr_npi=to.npi,
            destination_addr=to.digits,
            esm_class=part.esm_class,
            priority_flag=self.priority,
            validity_period=validity_period(message.valid_until),
            registered_delivery=_WANTS_RECEIPT,
            data_coding=part.data_coding,
            short_message=part.content,
        )


@dataclass(frozen=True, slots=True)
class Door:
    """Where a line leads and how it is opened."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str
    tls: ssl.SSLContext | None
    timeout_seconds: float

    def bind(self, command: Command) -> Line:
        """An open, bound line; raises CarrierDown."""
        line = Line(self._dial(), timeout_seconds=self.timeout_seconds)
        body = bind_body(command, system_id=self.system_id, password=self.password, system_type=self.system_type)
        try:
            line.ask(command, [body])
            answer = _await_bound(line, command, time.monotonic() + self.timeout_seconds)
        except LineBroken as broken:
            line.hang_up()
            raise CarrierDown(f"smpp: {broken}") from None
        if answer.status:
            line.hang_up()
            raise CarrierDown(f"smpp: the carrier refused the bind, {words_of(answer.status)}")
        return line

    def _dial(self) -> socket.socket:
        try:
            plain = socket.create_connection((self.host, self.port), timeout=self.timeout_seconds)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return self.tls.wrap_socket(plain, server_hostname=self.host) if self.tls else plain
        except OSError as error:
            raise CarrierDown(f"smpp: the carrier cannot be reached ({type(error).__name__})") from None


@dataclass(slots=True)
class SmppCarrier:
    """A message centre. Its lines must be looked at with `inbox` oftener than `idle` seconds, or the carrier hangs up.

    All lines of one carrier share a book of ids, because a receipt may come over any of them.
    """

    name: str
    connections: int
    per_second: float | None
    batch: int
    door: Door
    binds: tuple[Command, ...]
    style: Style
    habits: Habits
    book: Book
    channel: Channel = Channel.SMS
    dedicated: bool = True

    def connect(self) -> SmppConnection:
        """Bind a transceiver, or a transmitter and a receiver; raises CarrierDown."""
        lines: list[Line] = []
        try:
            for command in self.binds:
                lines.append(self.door.bind(command))
        except CarrierDown:
            for line in lines:
                line.close()
            raise
        return SmppConnection(lines, self.book, self.habits, self.style.write)

    def read_call(self, fields: Mapping[str, str], body: bytes) -> Inbox:
        """A message centre speaks over its lines, never by calls: always ValueError."""
        raise ValueError("a message centre does not call")


def open_smpp(url: CarrierUrl) -> SmppCarrier:
    """A message centre from `smpp://system_id:password@host:port?option=value`; raises ValueError.

    from: the sender. bind: transceiver, pair. window: parts that may be out at once. timeout: seconds for an answer.
    idle: seconds of silence before an enquiry. alphabet: gsm7, ksc5601 (both with UCS-2 for the rest). parts: udh, sar,
    payload. ids: same, hex-decimal, decimal-hex (how answers and receipts write one id). client_id_tag: the optional
    parameter that carries our own id, 0x1400 to 0x3FFF. reference: 0 leaves user_message_reference out. zone: the
    time zone of the carrier's receipts. priority, service_type, system_type, tls, ca, batch.
    """
    url.require("host", "user")
    url.refuse_unknown(OPTIONS)
    timeout_seconds = url.option_float("timeout", 10.0, least=0.05, most=120)
    notation = url.option_choice("ids", "same", pattern="|".join(Notation), meaning=" or ".join(Notation))
    return SmppCarrier(
        name=url.name,
        connections=url.connections(1),
        per_second=url.per_second,
        batch=url.option_int("batch", 100, least=1, most=1000),
        door=_door(url, timeout_seconds),
        binds=_BINDS[_choice(url, "bind", "transceiver", *_BINDS)],
        style=_style(url),
        habits=Habits(
            window=url.option_int("window", 10, least=1, most=1000),
            timeout_seconds=timeout_seconds,
            idle_seconds=url.option_float("idle", 30.0, least=0.05, most=3600),
            zone=_zone(url),
        ),
        book=Book(Notation(notation)),
    )


def _door(url: CarrierUrl, timeout_seconds: float) -> Door:
    return Door(
        host=url.host,
        port=url.port or PORT,
        system_id=_fitting("system_id in the URL", url.user, 15),
        password=_fitting("password in the URL", url.password, 8),
        system_type=_fitting("option system_type", url.option_str("system_type"), 12),
        tls=context_of(url),
        timeout_seconds=timeout_seconds,
    )


def _style(url: CarrierUrl) -> Style:
    tag = url.option_choice(
        "client_id_tag", "", pattern="|0x(1[4-9A-Fa-f]|[23][0-9A-Fa-f])[0-9A-Fa-f]{2}", meaning="from 0x1400 to 0x3FFF"
    )
    return Style(
        source=sender(url.option_str("from")),
        alphabet=Alphabet(_choice(url, "alphabet", *Alphabet)),
        joining=Joining(_choice(url, "parts", *Joining)),
        priority=url.option_int("priority", 0, most=3),
        service_type=_fitting("option service_type", url.option_str("service_type"), 5),
        has_reference=url.option_bool("reference", True),
        client_id_tag=int(tag, 16) if tag else 0,
    )


def _choice(url: CarrierUrl, option: str, default: str, *others: str) -> str:
    choices = list(dict.fromkeys((default, *others)))
    return url.option_choice(option, default, pattern="|".join(choices), meaning=" or ".join(choices))


def _fitting(what: str, text: str, longest: int) -> str:
    """A field of the bind as the protocol bounds it: longer would be cut off unseen (SMPP 3.4, 4.1)."""
    if len(text) > longest or not text.isascii():
        raise ValueError(f"smpp: the {what} must be at most {longest} ASCII characters")
    return text


def _zone(url: CarrierUrl) -> ZoneInfo | None:
    name = url.option_str("zone")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("smpp: the option zone must be a time zone such as Asia/Seoul") from None


def _await_bound(line: Line, command: Command, until: float) -> Pdu:
    """The answer to a bind; receipts may come right behind it."""
    while (left := until - time.monotonic()) > 0:
        wait([line], left)
        units = line.take()
        for index, unit in enumerate(units):
            if unit.command in {command | RESPONSE, Command.GENERIC_NACK}:
                line.give_back(units[index + 1 :])
                return unit
    raise LineBroken("the carrier did not answer the bind in time")
