"""One batch on its way to a message centre: a window of parts is out at any time, and each is answered for."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from firstlight.delivery.rules.messages import Answer, Fate, Message, Outcome, Report
from firstlight.delivery.transports.smpp.book import Book, Entry
from firstlight.delivery.transports.smpp.line import Line, LineBroken
from firstlight.delivery.transports.smpp.pdu import Command, Pdu, message_id
from firstlight.delivery.transports.smpp.statuses import answer_of, words_of

SLOW = "the carrier answers slowly"
SILENT = "the carrier did not answer in time"
_WORST_FIRST = (Answer.NEVER, Answer.UNSURE, Answer.THROTTLED, Answer.AGAIN, Answer.TAKEN)

Compose = Callable[[Message], tuple[str, list[bytes]]]
"""The number and the bodies of a message's parts; raises ValueError with words that quote nothing of it."""


@dataclass(slots=True)
class Carried:
    """One message of a batch and what is known of its parts."""

    entry: Entry
    waiting: deque[tuple[int, bytes]]
    out: int = 0
    is_begun: bool = False
    answers: list[tuple[Answer, str]] = field(default_factory=list)

    @property
    def is_lost(self) -> bool:
        """Whether a part was refused, so that the others need not go."""
        return any(answer != Answer.TAKEN for answer, _ in self.answers)

    def outcome(self, left: tuple[Answer, str]) -> Outcome:
        """The worst that happened to a part; `left` is said of parts that were never begun."""
        answers = self.answers + [left] * bool(self.waiting) + [(Answer.UNSURE, left[1])] * bool(self.out)
        answer, reason = min(answers, key=lambda each: _WORST_FIRST.index(each[0]))
        self.entry.is_void = answer not in {Answer.TAKEN, Answer.UNSURE}
        carrier_id = self.entry.carrier_id if answer == Answer.TAKEN else ""
        return Outcome(self.entry.client_id, answer, carrier_id=carrier_id, reason=reason)


@dataclass(slots=True)
class Out:
    """A part that was handed over and is not answered yet."""

    carried: Carried
    number: int
    since: float


class Window:
    """The parts that are out on a line; it outlives a batch, because an answer may come late."""

    def __init__(self, line: Line, book: Book, *, size: int, timeout_seconds: float) -> None:
        self._line = line
        self._book = book
        self._size = size
        self._timeout_seconds = timeout_seconds
        self._out: dict[int, Out] = {}
        self._late: dict[int, Out] = {}

    @property
    def is_empty(self) -> bool:
        """Whether every part is answered for."""
        return not self._out

    def fill(self, queue: deque[Carried]) -> None:
        """Hand over as many parts as there is room for; raises LineBroken, and then they may have gone."""
        parts: list[tuple[Carried, int, bytes]] = []
        while queue and len(self._out) + len(parts) < self._size:
            carried = queue[0]
            if carried.waiting and not carried.is_lost:
                parts.append((carried, *carried.waiting.popleft()))
                carried.out += 1
                carried.is_begun = True
            else:
                queue.popleft()
        if parts:
            sequences = self._line.ask(Command.SUBMIT_SM, [body for _, _, body in parts])
            since = time.monotonic()
            for sequence, (carried, number, _) in zip(sequences, parts, strict=True):
                self._out[sequence] = Out(carried, number, since)

    def hear(self, unit: Pdu) -> Report | Answer | None:
        """Take an answer in: what it was, a report when it is late, or nothing when it answers nothing."""
        out = self._out.pop(unit.sequence, None)
        if out is None:
            return self._hear_late(unit)
        out.carried.out -= 1
        answer, reason = answer_of(unit.status), "" if unit.status == 0 else words_of(unit.status)
        if unit.command == Command.GENERIC_NACK and unit.status == 0:
            answer, reason = Answer.AGAIN, "the carrier did not understand"
        out.carried.answers.append((answer, reason))
        if answer == Answer.TAKEN:
            self._book.enter(message_id(unit), out.carried.entry, out.number)
        return answer

    def wait_seconds(self) -> float:
        """How long until the oldest part has been out too long."""
        oldest = next(iter(self._out.values()), None)
        return max(0.0, oldest.since + self._timeout_seconds - time.monotonic()) if oldest else 0.0

    def expire(self) -> None:
        """Give up on parts that are out too long; raises LineBroken when nothing at all was heard since."""
        before = time.monotonic() - self._timeout_seconds
        for sequence, out in list(self._out.items()):
            if out.since > before:
                return
            if self._line.heard_at < out.since:
                raise LineBroken(SILENT)
            del self._out[sequence]
            out.carried.out -= 1
            out.carried.answers.append((Answer.UNSURE, SILENT))
            self._late[sequence] = out

    def forget_oldest_late(self, keep: int) -> None:
        """Bound what is remembered of parts whose answer never came."""
        for sequence in list(self._late)[: max(0, len(self._late) - keep)]:
            del self._late[sequence]

    def _hear_late(self, unit: Pdu) -> Report | None:
        out = self._late.pop(unit.sequence, None)
        if out is None or unit.command == Command.GENERIC_NACK or answer_of(unit.status) != Answer.TAKEN:
            return None
        entry = out.carried.entry
        self._book.enter(message_id(unit), entry, out.number)
        if len(entry.ids) < entry.parts:
            return None
        return Report(Fate.ACCEPTED, client_id=entry.client_id, carrier_id=entry.carrier_id)


def begin(messages: Sequence[Message], compose: Compose) -> list[Carried | Outcome]:
    """Write every message's parts; what cannot be written is NEVER at once."""
    begun: list[Carried | Outcome] = []
    for message in messages:
        try:
            number, bodies = compose(message)
        except ValueError as error:
            begun.append(Outcome(message.client_id, Answer.NEVER, reason=str(error)))
        else:
            begun.append(Carried(Entry(message.client_id, number, len(bodies)), deque(enumerate(bodies))))
    return begun
