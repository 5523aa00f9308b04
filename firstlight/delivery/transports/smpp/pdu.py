"""SMPP 3.4 protocol units: ours are written by smpplib, the carrier's are read here, strictly.

smpplib's own reader takes a unit that is cut short for a whole one, and stops at options that it does not expect.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from smpplib.smpp import make_pdu

RESPONSE = 0x80000000
LONGEST_ID = 64  # 5.2.23
SMALLEST, LARGEST = 16, 70_000  # a message_payload may hold 64 kB
_HEADER = struct.Struct(">LLLL")
_OPTION = struct.Struct(">HH")


class Command(IntEnum):
    """SMPP 3.4, 5.1.2.1: the command ids that a line speaks."""

    BIND_RECEIVER = 0x01
    BIND_TRANSMITTER = 0x02
    SUBMIT_SM = 0x04
    DELIVER_SM = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15
    ALERT_NOTIFICATION = 0x102
    DATA_SM = 0x103
    GENERIC_NACK = 0x80000000


class Option(IntEnum):
    """SMPP 3.4, 5.3.2: the optional parameters that are written or read here."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Malformed(ValueError):
    """Bytes that are no protocol unit."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """A protocol unit, its body unread."""

    command: int
    status: int
    sequence: int
    body: bytes = b""

    def encoded(self) -> bytes:
        """The unit as it travels."""
        return _HEADER.pack(_HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True)
class Incoming:
    """What the carrier delivers to us: a receipt or a person's text. `options` are the optional parameters by tag."""

    source: str
    destination: str
    esm_class: int
    data_coding: int
    content: bytes
    options: Mapping[int, bytes] = field(default_factory=dict)


def cut(buffer: bytearray) -> tuple[list[Pdu], bool]:
    """Take the whole units off the front of a stream; and whether the stream is still in step."""
    units, at, is_in_step = [], 0, True
    while len(buffer) - at >= _HEADER.size and is_in_step:
        length, command, status, sequence = _HEADER.unpack_from(buffer, at)
        is_in_step = SMALLEST <= length <= LARGEST
        if not is_in_step or len(buffer) - at < length:
            break
        units.append(Pdu(command, status, sequence, bytes(buffer[at + _HEADER.size : at + length])))
        at += length
    del buffer[:at]
    return units, is_in_step


def bind_body(command: Command, *, system_id: str, password: str, system_type: str) -> bytes:
    """The body of a bind (4.1)."""
    return _body(command.name.lower(), system_id=system_id, password=password, system_type=system_type)


def submit_body(options: Mapping[int, bytes], **parameters: str | int | bytes) -> bytes:
    """The body of a submit_sm (4.4.1) with its optional parameters."""
    body = _body("submit_sm", **parameters)
    return body + b"".join(_OPTION.pack(tag, len(value)) + value for tag, value in options.items())


def message_id(pdu: Pdu) -> str:
    """The id in a submit_sm_resp, empty when there is none."""
    return c_string(pdu.body)[:LONGEST_ID]


def read_incoming(pdu: Pdu) -> Incoming:
    """Read a deliver_sm (4.6.1) or a data_sm (4.7.1); raises Malformed."""
    try:
        return _read_data(pdu.body) if pdu.command == Command.DATA_SM else _read_deliver(pdu.body)
    except (struct.error, IndexError, ValueError):
        raise Malformed("a unit that does not hold what it says") from None


def c_string(value: bytes) -> str:
    """The text of a field that ends, or ought to end, with a zero byte."""
    return _text(value.partition(b"\0")[0])


def _body(name: str, **parameters: str | int | bytes) -> bytes:
    body: bytes = make_pdu(name, sequence=0, status=0, **parameters).generate_params()
    return body


def _read_deliver(body: bytes) -> Incoming:
    source, destination, at = _read_addresses(body)
    esm_class = body[at]
    _, at = _read_string(body, at + 3)  # esm_class, protocol_id, priority_flag
    _, at = _read_string(body, at)
    _, _, data_coding, _, length = struct.unpack_from("5B", body, at)
    at += 5
    content = body[at : at + length]
    if len(content) != length:
        raise Malformed
    options = _read_options(body, at + length)
    content = content or options.get(Option.MESSAGE_PAYLOAD, b"")
    return Incoming(source, destination, esm_class, data_coding, content, options)


def _read_data(body: bytes) -> Incoming:
    source, destination, at = _read_addresses(body)
    esm_class, _, data_coding = struct.unpack_from("3B", body, at)
    options = _read_options(body, at + 3)
    content = options.get(Option.MESSAGE_PAYLOAD, b"")
    return Incoming(source, destination, esm_class, data_coding, content, options)


def _read_addresses(body: bytes) -> tuple[str, str, int]:
    """Source, destination and where they end; each has its type of number and numbering plan before it."""
    _, at = _read_string(body, 0)
    source, at = _read_string(body, at + 2)
    destination, at = _read_string(body, at + 2)
    return source, destination, at


def _read_string(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(0, at)
    return _text(body[at:end]), end + 1


def _read_options(body: bytes, at: int) -> dict[int, bytes]:
    options = {}
    while at < len(body):
        tag, length = _OPTION.unpack_from(body, at)
        at += _OPTION.size
        options[tag] = body[at : at + length]
        if len(options[tag]) != length:
            raise Malformed
        at += length
    return options


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")
