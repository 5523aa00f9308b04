"""What a message centre tells of a message it took: SMPP 3.4, Appendix B, and the optional parameters of 5.3.2."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from firstlight.delivery.rules.messages import Fate
from firstlight.delivery.transports.smpp.pdu import LONGEST_ID, Incoming, Option, c_string

# esm_class, 5.2.12: bits 5 to 2 say what a delivered unit is.
_KIND = 0x3C
_RECEIPTS = frozenset({0x04, 0x20})  # the centre's receipt, and its word on the way
_FROM_PERSON = 0x00

_STATES = {  # message_state, 5.2.28, 0 and 9 from SMPP 5.0
    0: "SCHEDLD",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
_FATES = {
    "SCHEDLD": Fate.ACCEPTED,
    "ENROUTE": Fate.ACCEPTED,
    "ACCEPTD": Fate.ACCEPTED,
    "DELIVRD": Fate.DELIVERED,
    "EXPIRED": Fate.EXPIRED,
    "DELETED": Fate.FAILED,
    "UNDELIV": Fate.FAILED,
    "REJECTD": Fate.FAILED,
    "SKIPPED": Fate.FAILED,
    "FAILED": Fate.FAILED,
}
_FIELD = re.compile(r"\b(id|stat|err|done date):\s*([^\s:]+)", re.IGNORECASE)
_GSM_NETWORK = 3
_UNKNOWN_SUBSCRIBER = 1  # MAP, 3GPP TS 29.002 17.6.6
_TWO_DIGIT_YEARS = {10: "%y%m%d%H%M", 12: "%y%m%d%H%M%S"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """The centre's word on one short message, by its own id; `recipient` is whom the message was for."""

    message_id: str
    fate: Fate
    reason: str = ""
    recipient: str = ""
    at: datetime | None = None
    is_address_dead: bool = False


def is_receipt(incoming: Incoming) -> bool:
    """Whether the centre itself says that this is its receipt: a person can write `stat:DELIVRD` too."""
    kind = incoming.esm_class & _KIND
    has_options = Option.RECEIPTED_MESSAGE_ID in incoming.options and Option.MESSAGE_STATE in incoming.options
    return kind in _RECEIPTS or (kind == _FROM_PERSON and has_options)


def is_from_person(incoming: Incoming) -> bool:
    """Whether this is somebody's text, and not an acknowledgement that a phone makes."""
    return incoming.esm_class & _KIND == _FROM_PERSON


def read_receipt(incoming: Incoming, *, zone: ZoneInfo | None = None) -> Receipt | None:
    """Read a receipt from its options, or else from its text; None when it names no message.

    Its text tells the time in the carrier's own `zone`; without one no time is read.
    """
    told = _fields(incoming.content)
    message_id = c_string(incoming.options.get(Option.RECEIPTED_MESSAGE_ID, b"")) or told.get("id", "")
    if not message_id:
        return None
    state = _state(incoming.options.get(Option.MESSAGE_STATE, b"")) or told.get("stat", "").upper()
    return Receipt(
        message_id=message_id[:LONGEST_ID],
        fate=_FATES.get(state, Fate.UNKNOWN),
        reason=_reason(state, told.get("err", ""), incoming.options.get(Option.NETWORK_ERROR_CODE, b"")),
        recipient=incoming.source.lstrip("+"),
        at=_moment(told.get("done date", ""), zone),
        is_address_dead=_is_dead(incoming.options.get(Option.NETWORK_ERROR_CODE, b"")),
    )


def read_state(text: str) -> str:
    """State and error from a receipt's text form, as in `UNDELIV err:069`; empty when the text is none."""
    told = _receipt_fields(text)
    return _reason(told["stat"].upper(), told.get("err", ""), b"") if told else ""


def read_fate(text: str) -> Fate | None:
    """The fate that a receipt's text form tells; None when the text is none."""
    told = _receipt_fields(text)
    return _FATES.get(told["stat"].upper()) if told else None


def _receipt_fields(text: str) -> dict[str, str]:
    told = _fields(text.encode("ascii", "replace"))
    return told if "id" in told and "stat" in told else {}


def _fields(content: bytes) -> dict[str, str]:
    """The fields before `text:`, where the message itself begins."""
    head = re.split(r"\btext:", content.decode("ascii", "replace").replace("\0", ""), maxsplit=1, flags=re.IGNORECASE)[
        0
    ]
    return {name.lower(): value for name, value in reversed(_FIELD.findall(head))}


def _state(option: bytes) -> str:
    return _STATES.get(option[0], "") if len(option) == 1 else ""


def _reason(state: str, error: str, network_error: bytes) -> str:
    """Only what has the form of a code is kept: a carrier may write anything there."""
    words = [state] if re.fullmatch(r"[A-Z]{2,10}", state) else []
    if re.fullmatch(r"[0-9A-Za-z]{1,6}", error, re.ASCII) and error.strip("0"):
        words.append(f"err:{error}")
    if len(network_error) == 3 and any(network_error[1:]):
        words.append(f"network {network_error[0]}:{int.from_bytes(network_error[1:])}")
    return " ".join(words)


def _is_dead(network_error: bytes) -> bool:
    """Whether the mobile network says that nobody has this number."""
    return network_error == bytes([_GSM_NETWORK, 0, _UNKNOWN_SUBSCRIBER])


def _moment(date: str, zone: ZoneInfo | None) -> datetime | None:
    if zone is None or len(date) not in _TWO_DIGIT_YEARS:
        return None
    try:
        told = datetime.strptime(date, _TWO_DIGIT_YEARS[len(date)]).replace(tzinfo=zone)
    except ValueError:
        return None
    return told.astimezone(UTC)
