"""One thread's place at a carrier: its open connection, what it hands over and hears."""

import logging
import threading
from typing import TYPE_CHECKING

from firstlight.delivery.rules.bites import FIRST_BITE, LONGEST_BITE, next_bite
from firstlight.delivery.rules.messages import Outcome
from firstlight.delivery.tasks.pile import Parcel
from firstlight.delivery.transports.interface import CarrierDown, Connection

if TYPE_CHECKING:
    from firstlight.delivery.tasks.line import Line

log = logging.getLogger(__name__)

KEPT_OPEN_SECONDS = 30.0


class Seat:
    """A connection that is opened when there is work, and closed when there was none for a while."""

    def __init__(self, line: "Line") -> None:
        self.line = line
        self.bite = FIRST_BITE
        self.sending_since: float | None = None
        self._connection: Connection | None = None
        self._used_at = 0.0
        self.thread: threading.Thread | None = None

    def work(self) -> None:
        """Turn after turn until the line closes."""
        while not self.line.is_closing:
            if not self.turn():
                self.line.rest()
        self.hang_up()

    def turn(self) -> bool:
        """Hand a bite of the pile over, and hear what the carrier tells; False when there was nothing to hand over."""
        bite = self.line.next_bite(self)
        if bite:
            self._hand_over(bite)
        else:
            self._keep_open()
        self._hear()
        return bool(bite)

    def hang_up(self) -> None:
        """Close the connection, after hearing what it told last."""
        if self._connection is None:
            return
        self._hear()
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except Exception as error:  # noqa: BLE001 — a line that is given up must not stop the thread that gives it up
            log.info("%s: a line ended with %s", self.line.carrier.name, type(error).__name__)

    def _hand_over(self, bite: list[Parcel]) -> None:
        started = self.line.now()
        done = 0
        try:
            done = self._send_all(bite)
        finally:
            self.line.finish_bite(self, unused=bite[done:])
        self._used_at = self.line.now()
        most = max(self.line.carrier.batch, LONGEST_BITE)
        self.bite = next_bite(self.bite, self._used_at - started, most=most)

    def _send_all(self, bite: list[Parcel]) -> int:
        """Send in the carrier's batches, and say how far it came."""
        size = self.line.carrier.batch
        for done in range(0, len(bite), size):
            batch = bite[done : done + size]
            if self.line.is_closing or batch[0].until < self.line.now() or not self._connect():
                return done
            outcomes = self._send(batch)
            if outcomes is None:
                return done
            if not self.line.take_answers(batch, outcomes):
                return done + len(batch)
        return len(bite)

    def _send(self, batch: list[Parcel]) -> list[Outcome] | None:
        """The carrier's answers; None when it is certain that it took nothing."""
        if self._connection is None:
            return None
        self.sending_since = self.line.now()
        try:
            return self._connection.send([parcel.message for parcel in batch])
        except CarrierDown as down:
            self._break(str(down))
            return None
        except Exception as error:  # noqa: BLE001 — a fault in one transport must stop neither this line nor the others
            log.error("%s: a fault in handing over (%s)", self.line.carrier.name, type(error).__name__)  # noqa: TRY400
            self._connection = None
            return []
        finally:
            self.sending_since = None

    def _connect(self) -> bool:
        if self._connection is not None:
            return True
        try:
            self._connection = self.line.carrier.connect()
        except CarrierDown as down:
            self._break(str(down))
            return False
        except Exception as error:  # noqa: BLE001 — as above
            log.error("%s: a fault in connecting (%s)", self.line.carrier.name, type(error).__name__)  # noqa: TRY400
            self._break(type(error).__name__)
            return False
        self._used_at = self.line.now()
        self.line.signed_in()
        return True

    def _keep_open(self) -> None:
        """A dedicated line stays open to hear reports; any other is closed when it was idle for a while."""
        if self.line.carrier.dedicated:
            if self.line.may_dial():
                self._connect()
        elif self._connection is not None and self.line.now() - self._used_at > KEPT_OPEN_SECONDS:
            self.hang_up()

    def _hear(self) -> None:
        if self._connection is None:
            return
        try:
            self.line.take_inbox(self._connection.inbox())
        except CarrierDown as down:
            self._break(str(down))
        except Exception as error:  # noqa: BLE001 — as above
            log.error("%s: a fault in listening (%s)", self.line.carrier.name, type(error).__name__)  # noqa: TRY400
            self._connection = None

    def _break(self, reason: str) -> None:
        connection, self._connection = self._connection, None
        self.line.broke(reason)
        if connection is not None:
            connection.close()
