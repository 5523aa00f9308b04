"""A bound line, or a pair of them, as the outbox uses it."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from firstlight.delivery.rules.messages import Answer, Message, Outcome, Reply, Report
from firstlight.delivery.transports.interface import CarrierDown, Inbox
from firstlight.delivery.transports.smpp.book import Book
from firstlight.delivery.transports.smpp.handover import SLOW, Carried, Compose, Window, begin
from firstlight.delivery.transports.smpp.line import Line, LineBroken, wait
from firstlight.delivery.transports.smpp.pdu import RESPONSE, Command, Malformed, Pdu, read_incoming
from firstlight.delivery.transports.smpp.receipts import is_from_person, is_receipt, read_receipt
from firstlight.delivery.transports.smpp.replies import read_reply

GOODBYE_SECONDS = 2.0
MOST_LATE = 1_000
_UNREADABLE = 0x65  # ESME_RX_P_APPN: do not send this again
_ANSWERS = frozenset({Command.SUBMIT_SM | RESPONSE, Command.GENERIC_NACK})


@dataclass(frozen=True, slots=True)
class Habits:
    """How a connection behaves: parts that may be out at once, seconds for an answer, seconds of silence."""

    window: int
    timeout_seconds: float
    idle_seconds: float
    zone: ZoneInfo | None


class SmppConnection:
    """Hands messages over on the first line and hears on all of them.

    A receipt is acknowledged when it is read: what is not fetched from `inbox` before the process dies stays unknown.
    """

    def __init__(self, lines: Sequence[Line], book: Book, habits: Habits, compose: Compose) -> None:
        self._lines = tuple(lines)
        self._book = book
        self._habits = habits
        self._compose = compose
        self._window = Window(lines[0], book, size=habits.window, timeout_seconds=habits.timeout_seconds)
        self._incoming: list[Pdu] = []
        self._reports: list[Report] = []
        self._replies: list[Reply] = []
        self._end = ""

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand a batch over; CarrierDown while nothing of it was begun. Lasts at most twice the timeout and a bit."""
        self._listen()
        begun = begin(messages, self._compose)
        carried = [each for each in begun if isinstance(each, Carried)]
        left = self._carry(deque(carried)) if not self._end else (Answer.AGAIN, self._end)
        if self._end and not any(each.is_begun for each in carried):
            self._leave_behind()
            raise CarrierDown(f"smpp: {self._end}")
        return [each.outcome(left) if isinstance(each, Carried) else each for each in begun]

    def inbox(self) -> Inbox:
        """What came; CarrierDown once the line is broken and everything from it was fetched."""
        self._listen()
        self._stay_awake()
        inbox, left = self._heard(), self._book.fetch()
        inbox = Inbox(inbox.reports + left.reports, inbox.replies + left.replies)
        if self._end and inbox == Inbox():
            raise CarrierDown(f"smpp: {self._end}")
        return inbox

    def close(self) -> None:
        """Unbind and hang up; what was heard and not fetched is told by the carrier's next line."""
        self._leave_behind()
        for line in self._lines:
            line.close(wait_seconds=0.0 if self._end else GOODBYE_SECONDS)
        self._end = self._end or "the line was closed"

    def _carry(self, queue: deque[Carried]) -> tuple[Answer, str]:
        """Keep the window full until all is answered; what to say of messages that were not begun."""
        begin_until = time.monotonic() + self._habits.timeout_seconds
        held = (Answer.AGAIN, "")
        try:
            while queue or not self._window.is_empty:
                if queue and time.monotonic() > begin_until:
                    held = (Answer.THROTTLED, SLOW)
                if held[0] != Answer.THROTTLED:
                    self._window.fill(queue)
                elif self._window.is_empty:
                    break
                wait(self._lines, self._window.wait_seconds())
                held = self._hear() or held
                self._window.expire()
        except LineBroken as broken:
            self._break(str(broken))
            return Answer.AGAIN, self._end
        return held

    def _hear(self) -> tuple[Answer, str] | None:
        """Take in what has come; what it means for messages that are not begun."""
        answers = [self._sort(unit, line) for line in self._lines for unit in line.take()]
        return (Answer.THROTTLED, "held back: the carrier said slower") if Answer.THROTTLED in answers else None

    def _listen(self) -> None:
        if not self._end:
            try:
                self._hear()
            except LineBroken as broken:
                self._break(str(broken))

    def _sort(self, unit: Pdu, line: Line) -> Answer | None:
        if unit.command in {Command.DELIVER_SM, Command.DATA_SM}:
            self._accept(unit, line)
        elif unit.command in _ANSWERS:
            heard = self._window.hear(unit)
            if isinstance(heard, Answer):
                return heard
            self._reports += [heard] if heard else []
        return None

    def _accept(self, unit: Pdu, line: Line) -> None:
        """Acknowledge; a unit that cannot be read is refused for good, so that it does not come back for ever."""
        try:
            read_incoming(unit)
        except Malformed:
            line.answer(unit, status=_UNREADABLE, body=b"\0")
        else:
            self._incoming.append(unit)
            line.answer(unit, body=b"\0")

    def _heard(self) -> Inbox:
        """Read what came, only between batches, when the answers that receipts belong to are in the book."""
        units, self._incoming = self._incoming, []
        for incoming in map(read_incoming, units):
            if is_receipt(incoming):
                receipt = read_receipt(incoming, zone=self._habits.zone)
                report = self._book.settle(receipt) if receipt else None
                self._reports += [report] if report else []
            elif is_from_person(incoming):
                self._replies.append(read_reply(incoming))
        inbox = Inbox(tuple(self._reports), tuple(self._replies))
        self._reports, self._replies = [], []
        return inbox

    def _leave_behind(self) -> None:
        self._book.leave(self._heard())

    def _stay_awake(self) -> None:
        """Ask on a line that is idle; one that then stays silent is broken."""
        self._window.forget_oldest_late(MOST_LATE)
        if not self._end:
            try:
                for line in self._lines:
                    self._check(line, time.monotonic())
            except LineBroken as broken:
                self._break(str(broken))

    def _check(self, line: Line, now: float) -> None:
        if line.asked_at is not None and now - line.asked_at > self._habits.timeout_seconds:
            raise LineBroken("the carrier fell silent")
        if line.asked_at is None and now - line.heard_at >= self._habits.idle_seconds:
            line.enquire()

    def _break(self, why: str) -> None:
        self._end = why
        for line in self._lines:
            line.hang_up()
