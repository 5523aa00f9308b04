"""Command sets (PS3.7 6.3 and annex E): implicit little endian, a few elements, each of one kind."""

import struct
from collections.abc import Mapping

Command = Mapping[int, int | str]
GROUP_LENGTH, AFFECTED_SOP_CLASS, REQUESTED_SOP_CLASS = 0x0000, 0x0002, 0x0003
COMMAND_FIELD, MESSAGE_ID, MESSAGE_ID_RESPONDED_TO = 0x0100, 0x0110, 0x0120
MOVE_DESTINATION, PRIORITY, DATA_SET_TYPE, STATUS, ERROR_COMMENT = 0x0600, 0x0700, 0x0800, 0x0900, 0x0902
AFFECTED_SOP_INSTANCE, REQUESTED_SOP_INSTANCE, EVENT_TYPE, ACTION_TYPE = 0x1000, 0x1001, 0x1002, 0x1008
REMAINING, COMPLETED, FAILED, WARNING = 0x1020, 0x1021, 0x1022, 0x1023
MOVE_ORIGINATOR, MOVE_ORIGINATOR_MESSAGE_ID = 0x1030, 0x1031

C_STORE, C_GET, C_FIND, C_MOVE, C_ECHO, C_CANCEL = 0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0FFF
N_EVENT_REPORT, N_ACTION, RESPONSE = 0x0100, 0x0130, 0x8000
NO_DATA_SET, A_DATA_SET = 0x0101, 0x0001

NUMBERS = frozenset(
    {
        COMMAND_FIELD, MESSAGE_ID, MESSAGE_ID_RESPONDED_TO, PRIORITY, DATA_SET_TYPE, STATUS, EVENT_TYPE, ACTION_TYPE,
        REMAINING, COMPLETED, FAILED, WARNING, MOVE_ORIGINATOR_MESSAGE_ID,
    }
)  # fmt: skip
UIDS = frozenset({AFFECTED_SOP_CLASS, REQUESTED_SOP_CLASS, AFFECTED_SOP_INSTANCE, REQUESTED_SOP_INSTANCE})
TEXTS = frozenset({MOVE_DESTINATION, MOVE_ORIGINATOR, ERROR_COMMENT})
_HEAD = struct.Struct("<HHL")
_US = struct.Struct("<H")


class BadCommand(ValueError):
    """Bytes that are no command set."""


def read_command(data: bytes) -> dict[int, int | str]:
    """What a command set says, by element number; elements of no meaning here are passed over. Raises BadCommand."""
    found: dict[int, int | str] = {}
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise BadCommand
        group, element, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if group or at + length > len(data):
            raise BadCommand
        value, at = data[at : at + length], at + length
        if element in NUMBERS and length == _US.size:
            [found[element]] = _US.unpack(value)
        elif element in UIDS or element in TEXTS:
            found[element] = value.decode("ascii", "replace").strip(" \0")
    if not isinstance(found.get(COMMAND_FIELD), int):
        raise BadCommand
    return found


def written_command(command: Command) -> bytes:
    """A command set as it goes over the wire, with its group length."""
    body = b"".join(_element(element, command[element]) for element in sorted(command))
    return _HEAD.pack(0, GROUP_LENGTH, 4) + struct.pack("<L", len(body)) + body


def _element(element: int, value: int | str) -> bytes:
    content = _US.pack(value) if isinstance(value, int) else value.encode("ascii", "replace")
    if len(content) % 2:
        content += b"\0" if element in UIDS else b" "
    return _HEAD.pack(0, element, len(content)) + content


def number(command: Command, element: int, default: int = 0) -> int:
    """A number of a command; the default where it is absent."""
    found = command.get(element, default)
    return found if isinstance(found, int) else default


def text(command: Command, element: int) -> str:
    """A text of a command, "" where it is absent."""
    found = command.get(element, "")
    return found if isinstance(found, str) else ""


def response_to(command: Command, status: int, counts: Mapping[int, int]) -> dict[int, int | str]:
    """The response to a request, without a data set; `counts` are those of sub-operations, by element."""
    found: dict[int, int | str] = {
        COMMAND_FIELD: number(command, COMMAND_FIELD) | RESPONSE,
        MESSAGE_ID_RESPONDED_TO: number(command, MESSAGE_ID),
        DATA_SET_TYPE: NO_DATA_SET,
        STATUS: status,
        **counts,
    }
    for asked, answered in (
        (AFFECTED_SOP_CLASS, AFFECTED_SOP_CLASS),
        (REQUESTED_SOP_CLASS, AFFECTED_SOP_CLASS),
        (AFFECTED_SOP_INSTANCE, AFFECTED_SOP_INSTANCE),
        (REQUESTED_SOP_INSTANCE, AFFECTED_SOP_INSTANCE),
        (ACTION_TYPE, ACTION_TYPE),
        (EVENT_TYPE, EVENT_TYPE),
    ):
        if asked in command:
            found[answered] = command[asked]
    return found
