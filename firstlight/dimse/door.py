"""The door of one process: connections taken from a shared socket, each association in a thread of its own."""

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from firstlight.dimse.associations import Aborted, Association
from firstlight.dimse.services import Handlers, Note, answer_all
from firstlight.dimse.terms import (
    NO_CONTEXT_AGREED,
    NOT_NOW,
    TOO_MANY,
    Offered,
    Proposed,
    Rejection,
    agree,
    read_request,
    written_acceptance,
)
from firstlight.dimse.wire import (
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    ASSOCIATE_RQ,
    UNEXPECTED_PDU,
    Broken,
    Gone,
    Limits,
    Wire,
)

MOST_ASSOCIATIONS = 64
# Beyond the most, so many more are at least told so; others wait in the socket's queue.
MOST_CONNECTIONS = 128
FINISHING_SECONDS = 10.0
GLANCE_SECONDS = 0.2
STEP_ASIDE_SECONDS = 0.002
BY_USER, BY_PROVIDER = 0, 2


@dataclass(frozen=True)
class Admitted:
    """A peer that may come in: what it may propose, and what answers it."""

    offers: Mapping[str, Offered]
    handlers: Handlers


Admit = Callable[[Proposed, str], Admitted | Rejection]


@dataclass(frozen=True)
class Entity:
    """An application entity: whom it lets in, and how it speaks; `leave` is called at the end of each thread."""

    admit: Admit
    note: Note
    tls: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)
    leave: Callable[[], None] = lambda: None


class Door:
    """Answers associations until told to stop."""

    def __init__(self, entity: Entity, listening: socket.socket) -> None:
        self.entity = entity
        self.stopping = threading.Event()
        self._listening = listening
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._entered = threading.BoundedSemaphore(MOST_ASSOCIATIONS)
        self._threads: set[threading.Thread] = set()
        listening.setblocking(False)

    def serve(self) -> None:
        """Take connections; whoever has more of them lets another process be quicker."""
        while not self.stopping.is_set():
            ready, _, _ = select.select([self._listening], [], [], GLANCE_SECONDS)
            if not ready or not self._places.acquire(timeout=GLANCE_SECONDS):
                continue
            time.sleep(STEP_ASIDE_SECONDS * min(len(self._threads), 10))
            try:
                connection, address = self._listening.accept()
            except OSError:
                self._places.release()
                continue
            self._begin(connection, str(address[0]))

    def _begin(self, connection: socket.socket, address: str) -> None:
        thread = threading.Thread(target=self._attend, args=(connection, address), daemon=True)
        self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # the machine has no room for another thread
            self._threads.discard(thread)
            self._places.release()
            connection.close()
            self.entity.note("refused", why="threads")

    def _attend(self, connection: socket.socket, address: str) -> None:
        try:
            self._converse(connection, address)
        finally:
            connection.close()
            self.entity.leave()
            self._threads.discard(threading.current_thread())
            self._places.release()

    def _converse(self, connection: socket.socket, address: str) -> None:
        try:
            connection.settimeout(self.entity.limits.opening_seconds)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.entity.tls is not None:
                connection = self.entity.tls.wrap_socket(connection, server_side=True)
        except OSError:
            self.entity.note("refused", why="tls")
            return
        wire = Wire(connection, self.entity.limits, self.stopping)
        try:
            self._associate(wire, address)
        except Broken as error:
            self.entity.note("aborted", why="broken", reason=error.reason)
            wire.abort(BY_PROVIDER, error.reason)
        except Gone:
            wire.abort(BY_PROVIDER, 0)
        except Aborted:
            pass  # by the peer, as it may at any time
        finally:
            wire.close()

    def _associate(self, wire: Wire, address: str) -> None:
        kind, content = wire.read(within_seconds=self.entity.limits.opening_seconds)
        if kind != ASSOCIATE_RQ:
            raise Broken(UNEXPECTED_PDU)
        asked = read_request(bytes(content))
        with contextlib.ExitStack() as entered:
            admitted = self._admitted(asked, address, entered)
            if isinstance(admitted, Rejection):
                self._reject(wire, admitted)
                return
            agreed, results = agree(asked, admitted.offers)
            if not agreed and not asked.contexts:
                self._reject(wire, NO_CONTEXT_AGREED)
                return
            largest = self.entity.limits.largest_pdu
            wire.write_pdu(ASSOCIATE_AC, written_acceptance(asked, agreed, results, largest_pdu=largest))
            contexts = {each.number: each for each in agreed}
            association = Association(wire, asked.calling, asked.called, address, contexts, asked.largest_pdu)
            answer_all(association, admitted.handlers, self.entity.note)

    def _admitted(self, asked: Proposed, address: str, entered: contextlib.ExitStack) -> Admitted | Rejection:
        if self.stopping.is_set() or not self._entered.acquire(blocking=False):
            return TOO_MANY
        entered.callback(self._entered.release)
        try:
            return self.entity.admit(asked, address)
        except Exception as error:  # noqa: BLE001 - the peer is told to come again, and no message leaves
            self.entity.note("refused", why="failure", kind=type(error).__name__)
            return NOT_NOW

    def _reject(self, wire: Wire, rejection: Rejection) -> None:
        self.entity.note("rejected", result=rejection.result, source=rejection.source, reason=rejection.reason)
        wire.write_pdu(ASSOCIATE_RJ, bytes((0, rejection.result, rejection.source, rejection.reason)))
        try:
            wire.read(within_seconds=1.0)  # the peer hangs up once it has read why
        except (Gone, Broken):
            return

    def finish(self) -> None:
        """Take no more, and let peers finish what they are at."""
        self.stopping.set()
        ends_at = time.monotonic() + FINISHING_SECONDS
        for thread in [*self._threads]:
            thread.join(max(0.0, ends_at - time.monotonic()))
