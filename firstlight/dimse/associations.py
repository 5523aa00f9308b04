"""An association once it stands: messages in and out (PS3.7 6.3, PS3.8 annex E), data sets as a stream of bytes."""

import struct
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from firstlight.dimse import commands
from firstlight.dimse.commands import BadCommand, Command, read_command, response_to, written_command
from firstlight.dimse.terms import Context
from firstlight.dimse.wire import (
    ABORT,
    DATA,
    HEADER,
    INVALID_PARAMETER,
    RELEASE_RP,
    RELEASE_RQ,
    UNEXPECTED_PDU,
    Broken,
    Wire,
)

IS_COMMAND, IS_LAST = 1, 2
LARGEST_COMMAND = 16_384
LARGEST_IDENTIFIER = 4 << 20
LARGEST_SENT_PDU = 131_072
_PDV = struct.Struct(">IBB")


class Aborted(Exception):
    """The peer has ended the association with A-ABORT."""


class TooLarge(ValueError):
    """A data set beyond what is taken into memory."""


@dataclass
class Message:
    """A command in its context; its data set, where it has one, comes over the wire while `chunks` is gone through."""

    association: "Association"
    context: Context
    command: dict[int, int | str]
    is_open: bool = False

    @property
    def kind(self) -> int:
        """The command field."""
        return commands.number(self.command, commands.COMMAND_FIELD)

    @property
    def number(self) -> int:
        """The message ID."""
        return commands.number(self.command, commands.MESSAGE_ID)

    def chunks(self) -> Iterator[memoryview]:
        """The encoded data set in pieces; a piece holds until the next is asked for."""
        while self.is_open:
            content, is_last = self.association.next_piece(self.context)
            self.is_open = not is_last
            yield content

    def drain(self) -> None:
        """Pass over what is left of the data set."""
        for _ in self.chunks():
            pass

    def data_set(self, most: int = LARGEST_IDENTIFIER) -> bytes:
        """The encoded data set whole. Raises TooLarge, with what is left of it passed over."""
        pieces, size = [], 0
        for chunk in self.chunks():
            size += len(chunk)
            if size <= most:
                pieces.append(bytes(chunk))
        if size > most:
            raise TooLarge
        return b"".join(pieces)


@dataclass
class Association:
    """Who asked for it, from where, what was agreed on, and the wire that it goes over."""

    wire: Wire
    calling: str
    called: str
    address: str
    contexts: Mapping[int, Context]
    largest_pdu: int = 0
    cancelled: set[int] = field(default_factory=set)
    _pieces: deque[tuple[int, int, memoryview]] = field(default_factory=deque)
    _sent: int = 0

    def context_for(self, abstract_syntax: str, transfer_syntax: str | None = None) -> Context | None:
        """An agreed context for a SOP class, in a transfer syntax where one is named."""
        for each in self.contexts.values():
            if each.abstract_syntax == abstract_syntax and transfer_syntax in (None, each.transfer_syntax):
                return each
        return None

    def receive(self) -> Message | None:
        """The next message, its data set still to come; None when the peer releases. Raises Gone, Broken, Aborted."""
        found = self._next()
        if found is None:
            return None
        number, header, content = found
        command = bytearray()
        while True:
            if not header & IS_COMMAND or len(command) + len(content) > LARGEST_COMMAND:
                raise Broken(INVALID_PARAMETER)
            command += content
            if header & IS_LAST:
                break
            following, header, content = self._next_within()
            if following != number:
                raise Broken(INVALID_PARAMETER)
        return self._message(number, bytes(command))

    def _message(self, number: int, encoded: bytes) -> Message:
        try:
            command = read_command(encoded)
            context = self.contexts[number]
        except (BadCommand, KeyError):
            raise Broken(INVALID_PARAMETER) from None
        has_data = commands.number(command, commands.DATA_SET_TYPE, commands.NO_DATA_SET) != commands.NO_DATA_SET
        return Message(self, context, command, is_open=has_data)

    def next_piece(self, context: Context) -> tuple[memoryview, bool]:
        """A piece of the data set that is coming, and whether it is the last."""
        number, header, content = self._next_within()
        if header & IS_COMMAND or number != context.number:
            raise Broken(INVALID_PARAMETER)
        return content, bool(header & IS_LAST)

    def _next_within(self) -> tuple[int, int, memoryview]:
        found = self._next()
        if found is None:
            raise Broken(UNEXPECTED_PDU)
        return found

    def _next(self) -> tuple[int, int, memoryview] | None:
        """The next presentation data value: context, header, content; None for a request to release."""
        while not self._pieces:
            kind, content = self.wire.read(within_seconds=self.wire.limits.silence_seconds)
            if kind == DATA:
                self._pieces.extend(_values_of(content))
            elif kind == RELEASE_RQ:
                return None
            elif kind == ABORT:
                raise Aborted
            else:
                raise Broken(UNEXPECTED_PDU)
        return self._pieces.popleft()

    def confirm_release(self) -> None:
        """Answer a request to release."""
        self.wire.write_pdu(RELEASE_RP, bytes(4))

    def release(self) -> None:
        """End in good order, as the one who asked for the association."""
        self.wire.write_pdu(RELEASE_RQ, bytes(4))
        kind, _content = self.wire.read(within_seconds=self.wire.limits.opening_seconds)
        if kind == RELEASE_RQ:  # both asked at once (PS3.8 7.2.2)
            self.confirm_release()

    def respond(
        self, message: Message, status: int, data_set: bytes = b"", counts: Mapping[int, int] | None = None
    ) -> None:
        """Answer a request with a status, and a data set where there is one."""
        command = response_to(message.command, status, counts or {})
        self.send(message.context, command, (data_set,) if data_set else ())

    def send(self, context: Context, command: Command, data_set: Iterable[bytes | memoryview] = ()) -> None:
        """Send a message; a data set is sent as its pieces come."""
        pieces = iter(data_set)
        first = next(pieces, None)
        kind = commands.NO_DATA_SET if first is None else commands.A_DATA_SET
        encoded = written_command({**command, commands.DATA_SET_TYPE: kind})
        opening = self._pdu(context, IS_COMMAND | IS_LAST, encoded)
        if first is None:
            self.wire.write(opening)
            return
        self._send_pieces(context, opening, first, pieces)

    def _send_pieces(
        self, context: Context, opening: bytes, first: bytes | memoryview, pieces: Iterator[bytes | memoryview]
    ) -> None:
        room = self._room()
        for piece, is_last in _cut(first, pieces, room):
            head = _pdu_head(context, IS_LAST if is_last else 0, len(piece))
            self.wire.write(opening + head, piece)
            opening = b""

    def _pdu(self, context: Context, header: int, content: bytes) -> bytes:
        return _pdu_head(context, header, len(content)) + content

    def _room(self) -> int:
        """How much of a data set fits into a PDU of the peer's."""
        largest = min(self.largest_pdu or LARGEST_SENT_PDU, LARGEST_SENT_PDU)
        return max(largest - _PDV.size, 64)

    def next_number(self) -> int:
        """A message ID for a request of ours."""
        self._sent = self._sent % 0xFFFF + 1
        return self._sent

    def ask(self, context: Context, command: Command, data_set: Iterable[bytes | memoryview] = ()) -> Message:
        """Send a request and wait for its response; a C-CANCEL that comes between is remembered."""
        number = commands.number(command, commands.MESSAGE_ID)
        self.send(context, command, data_set)
        while True:
            answer = self.receive()
            if answer is None:
                raise Broken(UNEXPECTED_PDU)
            if answer.kind == commands.C_CANCEL:
                self._note_cancel(answer)
                continue
            expected = commands.number(command, commands.COMMAND_FIELD) | commands.RESPONSE
            responded = commands.number(answer.command, commands.MESSAGE_ID_RESPONDED_TO)
            if (answer.kind, responded) != (expected, number):
                raise Broken(UNEXPECTED_PDU)
            return answer

    def is_cancelled(self, message: Message) -> bool:
        """Whether the peer has taken a request back meanwhile (PS3.7 9.3.2.3)."""
        while not message.is_open and self._has_input():
            said = self.receive()
            if said is None or said.kind != commands.C_CANCEL:
                raise Broken(UNEXPECTED_PDU)
            self._note_cancel(said)
        return message.number in self.cancelled

    def _has_input(self) -> bool:
        return bool(self._pieces) or self.wire.has_input()

    def _note_cancel(self, message: Message) -> None:
        message.drain()
        if len(self.cancelled) < 1000:
            self.cancelled.add(commands.number(message.command, commands.MESSAGE_ID_RESPONDED_TO))


def _values_of(content: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """The presentation data values of a P-DATA-TF (PS3.8 9.3.5.1). Raises Broken for lengths that lie."""
    at = 0
    while at < len(content):
        if at + _PDV.size > len(content):
            raise Broken(INVALID_PARAMETER)
        length, number, header = _PDV.unpack_from(content, at)
        end = at + 4 + length
        if length < 2 or end > len(content):
            raise Broken(INVALID_PARAMETER)
        yield number, header, content[at + _PDV.size : end]
        at = end


def _pdu_head(context: Context, header: int, length: int) -> bytes:
    return HEADER.pack(DATA, length + _PDV.size) + _PDV.pack(length + 2, context.number, header)


def _cut(
    first: bytes | memoryview, pieces: Iterator[bytes | memoryview], room: int
) -> Iterator[tuple[bytes | memoryview, bool]]:
    """The data set in pieces of at most so many bytes, and of each whether it is the last."""
    current: bytes | memoryview | None = first
    while current is not None:
        following = next(pieces, None)
        view = memoryview(current)
        for begin in range(0, max(len(view), 1), room):
            piece = view[begin : begin + room]
            yield piece, following is None and begin + room >= len(view)
        current = following
