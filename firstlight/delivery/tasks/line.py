"""A carrier at work: one pile, one pace and one circuit that the threads of its connections share."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from firstlight.delivery.rules.circuit import Circuit, Trust, after_answers, after_break, blown
from firstlight.delivery.rules.messages import Answer, Outcome
from firstlight.delivery.rules.pace import eased, grant, pace_of, seconds_to_next, taken_back
from firstlight.delivery.tasks.pile import Parcel, Pile
from firstlight.delivery.tasks.seat import Seat
from firstlight.delivery.transports.interface import Carrier, Inbox

PRESSING = 3
IDLE_SECONDS = 0.2
SLOW_SECONDS = 20.0
MANY_ANSWERS = 500
EASED_AT_MOST_EVERY_SECONDS = 1.0
BAD = frozenset({Answer.AGAIN, Answer.UNSURE, Answer.THROTTLED})

Clock = Callable[[], float]


class Answered(NamedTuple):
    """A parcel and what the carrier said."""

    parcel: Parcel
    outcome: Outcome


class Line:
    """What a carrier is given and what it tells; `news` is set when the lane should look."""

    def __init__(self, carrier: Carrier, *, clock: Clock, news: threading.Event) -> None:
        self.carrier = carrier
        self.now = clock
        self.is_closing = False
        self.answered: deque[Answered] = deque()
        self.unused: deque[Parcel] = deque()
        self.inboxes: deque[Inbox] = deque()
        self.circuit = Circuit()
        self.pace = pace_of(carrier.per_second, clock())
        self.trouble = ""
        self.trouble_at: float | None = None
        self.handed_over = 0
        self._good = 0
        self.per_second = 0.0
        self.seats = [Seat(self) for _ in range(carrier.connections)]
        self._news = news
        self._pile = Pile()
        self._lock = threading.Condition()
        self._prober: Seat | None = None

    def open(self) -> None:
        """Start a thread for each connection that the carrier allows, where none is at work already."""
        self.is_closing = False
        for number, seat in enumerate(self.seats):
            if seat.thread is not None and seat.thread.is_alive():
                continue
            seat.thread = threading.Thread(target=seat.work, name=f"{self.carrier.name}-{number}", daemon=True)
            seat.thread.start()

    def close(self) -> None:
        """Let what is being handed over be answered, and begin nothing more."""
        with self._lock:
            self.is_closing = True
            self._lock.notify_all()

    def join(self, seconds: float) -> None:
        """Wait for the threads of a closed line."""
        for seat in self.seats:
            if seat.thread is not None:
                seat.thread.join(seconds)

    def has_lost_a_thread(self) -> bool:
        """Whether a thread of this open line has ended."""
        return any(seat.thread is not None and not seat.thread.is_alive() for seat in self.seats)

    def trust(self) -> Trust:
        """How far the carrier is trusted now; one on which everything hangs is not."""
        with self._lock:
            now = self.now()
            sending = [since for seat in self.seats if (since := seat.sending_since) is not None]
            if sending and max(sending) < now - SLOW_SECONDS and self.circuit.down_since is None:
                self.circuit = blown(self.circuit, now)
                self._note("slow")
            return self.circuit.trust(now)

    def waiting(self, severity: int = 0) -> int:
        """How many parcels lie here that press at least so much."""
        with self._lock:
            return self._pile.count(severity)

    def add(self, parcels: Sequence[Parcel]) -> None:
        """Lay parcels on the pile."""
        with self._lock:
            self._pile.add(parcels)
            self._lock.notify_all()

    def withdraw(self, unwanted: Callable[[Parcel], bool]) -> list[Parcel]:
        """Take parcels off the pile again."""
        with self._lock:
            return self._pile.withdraw(unwanted)

    def next_bite(self, seat: Seat) -> list[Parcel]:
        """What a thread hands over next: what presses most, as much as pace and trust allow."""
        with self._lock:
            now = self.now()
            trust = self.circuit.trust(now)
            is_probe = trust is Trust.HALF_OPEN
            if not self._pile or self.is_closing or trust is Trust.OPEN or (is_probe and self._prober):
                return []
            share = -(-len(self._pile) // len(self.seats))
            presses = self._pile.top_severity >= PRESSING
            self.pace, granted = grant(self.pace, 1 if is_probe else min(seat.bite, share), now, presses=presses)
            bite = self._pile.take(granted)
            self._prober = seat if bite and is_probe else self._prober
            is_low = len(self._pile) < len(bite) * len(self.seats)
        if is_low:
            self._news.set()
        return bite

    def finish_bite(self, seat: Seat, unused: list[Parcel]) -> None:
        """Take back what a thread did not get to."""
        with self._lock:
            self._count_answers(0, self.now())
            self._prober = None if self._prober is seat else self._prober
            self.pace = taken_back(self.pace, len(unused))
        if unused:
            self.unused.extend(unused)
            self._news.set()

    def take_answers(self, batch: list[Parcel], outcomes: list[Outcome]) -> bool:
        """Keep the carrier's answers; False when the thread should stop and look again.

        A message that was not answered may have been taken.
        """
        answered = _matched(batch, outcomes)
        self.answered.extend(answered)
        if len(self.answered) >= MANY_ANSWERS:
            self._news.set()
        bad = [each.outcome for each in answered if each.outcome.answer in BAD]
        with self._lock:
            self._good += len(answered) - len(bad)
            return self._judge(bad) if bad else self.circuit.down_since is None

    def take_inbox(self, inbox: Inbox) -> None:
        """Keep what the carrier told on its own."""
        if inbox.reports or inbox.replies:
            self.inboxes.append(inbox)
            self._news.set()

    def broke(self, reason: str) -> None:
        """The carrier could not be reached."""
        with self._lock:
            self.circuit = after_break(self.circuit, self.now())
            self._note(reason)
        self._news.set()

    def signed_in(self) -> None:
        """A dedicated carrier that let us sign in again is there again; for others only a message tells."""
        with self._lock:
            if self.carrier.dedicated and self.circuit.down_since is not None:
                self.circuit = Circuit()

    def may_dial(self) -> bool:
        """Whether a dedicated line should be opened."""
        return not self.is_closing and self.trust() is not Trust.OPEN

    def rest(self) -> None:
        """Wait for work, or for the pace to allow more."""
        with self._lock:
            if not self.is_closing:
                wait = seconds_to_next(self.pace) if self._pile else 0.0
                self._lock.wait(min(IDLE_SECONDS, wait or IDLE_SECONDS))

    def _judge(self, bad: list[Outcome]) -> bool:
        now = self.now()
        throttled = [outcome for outcome in bad if outcome.answer is Answer.THROTTLED]
        put_off = [outcome for outcome in bad if outcome.answer is not Answer.THROTTLED]
        if put_off:
            self._count_answers(len(put_off), now)
            self._note(put_off[-1].reason)
        if throttled:
            self._ease(max(outcome.wait_seconds for outcome in throttled), now)
        return not throttled and self.circuit.down_since is None

    def _count_answers(self, bad: int, now: float) -> None:
        good, self._good = self._good, 0
        self.handed_over += good
        if good or bad:
            self.circuit = after_answers(self.circuit, good, bad, now)

    def _ease(self, wait_seconds: float, now: float) -> None:
        # All connections are told "too many" at once: that is one reason to slow down, not several.
        if self.trouble != "throttled" or now - (self.trouble_at or 0.0) >= EASED_AT_MOST_EVERY_SECONDS:
            self.pace = eased(self.pace, max(self.per_second, 1.0), now, wait_seconds)
            self._note("throttled")

    def _note(self, trouble: str) -> None:
        self.trouble, self.trouble_at = trouble, self.now()


def _matched(batch: list[Parcel], outcomes: list[Outcome]) -> list[Answered]:
    """Each parcel with its own answer, in whatever order the answers came."""
    if len(batch) == len(outcomes) == 1 and batch[0].message.client_id == outcomes[0].client_id:
        return [Answered(batch[0], outcomes[0])]
    by_id = {outcome.client_id: outcome for outcome in outcomes}
    ids = [parcel.message.client_id for parcel in batch]
    return [
        Answered(parcel, by_id.get(client_id) or Outcome(client_id, Answer.UNSURE, reason="no answer"))
        for parcel, client_id in zip(batch, ids, strict=True)
    ]
