"""A text as the parts that travel: its alphabet, where it is cut, and how the parts are joined again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from zlib import crc32

from firstlight.delivery.rules.counting import gsm7_bytes, segments
from firstlight.delivery.transports.smpp.pdu import Option

GSM7_CODING, UCS2_CODING, KSC5601_CODING = 0x00, 0x08, 0x0E
HAS_HEADER = 0x40  # esm_class: the content begins with a user data header
MOST_PARTS = 255
_KSC5601_ALONE, _KSC5601_JOINED = 140, 134
_LONGEST_PAYLOAD = 65_535


class Joining(StrEnum):
    """How a carrier is told that parts belong together."""

    UDH = "udh"  # a header in the content, 3GPP TS 23.040 9.2.3.24.1
    SAR = "sar"  # the sar_ optional parameters
    PAYLOAD = "payload"  # the carrier cuts the text itself, from message_payload


class Alphabet(StrEnum):
    """What texts are written in; UCS-2 where it lacks a character."""

    GSM7 = "gsm7"
    KSC5601 = "ksc5601"


@dataclass(frozen=True, slots=True)
class Part:
    """One short message of a text."""

    content: bytes
    data_coding: int
    esm_class: int = 0
    options: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Address:
    """A number with its type and its numbering plan (SMPP 3.4, 5.2.5 and 5.2.6)."""

    ton: int
    npi: int
    digits: str


_TELEPHONE = 1  # numbering plan E.164
_UNKNOWN, _INTERNATIONAL, _ALPHANUMERIC = 0, 1, 5


def compose(text: str, *, alphabet: Alphabet, joining: Joining, reference: int) -> list[Part]:
    """The parts of a text; raises ValueError when it is empty or too long. `reference` is the same for all parts."""
    coding, pieces = _cut(text, alphabet)
    if not text or len(pieces) > MOST_PARTS:
        raise ValueError("the text is too long" if text else "the text is empty")
    if joining == Joining.PAYLOAD and len(pieces) > 1:
        return [_payload(b"".join(pieces), coding)]
    if len(pieces) == 1:
        return [Part(pieces[0], coding)]
    join = _with_header if joining == Joining.UDH else _with_options
    return [join(piece, coding, reference, len(pieces), number) for number, piece in enumerate(pieces, 1)]


def reference_of(client_id: str) -> int:
    """Sixteen bits that stay the same at every attempt, so that a phone joins a repeated part with the first."""
    return crc32(client_id.encode()) & 0xFFFF


def recipient(number: str) -> Address:
    """A telephone number as a destination; raises ValueError for what no carrier takes."""
    if not re.fullmatch(r"\+?[0-9]{3,20}", number, re.ASCII):
        raise ValueError("the number is not a telephone number")
    return Address(_INTERNATIONAL if number.startswith("+") else _UNKNOWN, _TELEPHONE, number.lstrip("+"))


def sender(name: str) -> Address:
    """A sender: a telephone number, or at most 11 letters; raises ValueError."""
    if not name:
        return Address(_UNKNOWN, _UNKNOWN, "")
    if re.fullmatch(r"\+?[0-9]{1,20}", name, re.ASCII):
        return Address(_INTERNATIONAL if name.startswith("+") else _UNKNOWN, _TELEPHONE, name.lstrip("+"))
    if not re.fullmatch(r"[0-9A-Za-z ._-]{1,11}", name, re.ASCII):
        raise ValueError("smpp: the option from must be a telephone number or at most 11 letters")
    return Address(_ALPHANUMERIC, _UNKNOWN, name)


def validity_period(until: datetime | None) -> str:
    """The moment after which the carrier gives up, in its absolute form (7.1.1); empty for the carrier's own."""
    return until.astimezone(UTC).strftime("%y%m%d%H%M%S000+") if until else ""


def _cut(text: str, alphabet: Alphabet) -> tuple[int, list[bytes]]:
    if alphabet == Alphabet.KSC5601 and (pieces := _cut_korean(text)):
        return KSC5601_CODING, pieces
    cut = segments(text)
    try:
        return GSM7_CODING, [gsm7_bytes(piece) for piece in cut] if gsm7_bytes(text) else []
    except ValueError:
        return UCS2_CODING, [_ucs2(piece) for piece in cut]


def _ucs2(piece: str) -> bytes:
    try:
        return piece.encode("utf-16-be")
    except UnicodeEncodeError:
        # its own words would quote the text
        raise ValueError("the text holds half a character") from None


def _cut_korean(text: str) -> list[bytes]:
    """The text in CP949, no character cut in two; nothing when it cannot be written so."""
    try:
        characters = [char.encode("cp949") for char in text]
    except UnicodeEncodeError:
        return []
    pieces, room = [b""], _KSC5601_ALONE if sum(map(len, characters)) <= _KSC5601_ALONE else _KSC5601_JOINED
    for char in characters:
        if len(pieces[-1]) + len(char) > room:
            pieces.append(b"")
        pieces[-1] += char
    return pieces


def _payload(content: bytes, coding: int) -> Part:
    if len(content) > _LONGEST_PAYLOAD:
        raise ValueError("the text is too long")
    return Part(b"", coding, options={Option.MESSAGE_PAYLOAD: content})


def _with_header(piece: bytes, coding: int, reference: int, total: int, number: int) -> Part:
    return Part(bytes([5, 0, 3, reference & 0xFF, total, number]) + piece, coding, esm_class=HAS_HEADER)


def _with_options(piece: bytes, coding: int, reference: int, total: int, number: int) -> Part:
    options = {
        Option.SAR_MSG_REF_NUM: reference.to_bytes(2),
        Option.SAR_TOTAL_SEGMENTS: bytes([total]),
        Option.SAR_SEGMENT_SEQNUM: bytes([number]),
    }
    return Part(piece, coding, options={int(tag): value for tag, value in options.items()})
