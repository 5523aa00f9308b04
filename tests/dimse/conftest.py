"""A door of this process that stores into a folder, and callers that say what they like."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from firstlight.dimse.commands import C_ECHO, C_STORE
from firstlight.dimse.door import Admitted, Door, Entity
from firstlight.dimse.receivers import listen
from firstlight.dimse.requesting import Callee
from firstlight.dimse.services import echo, storing
from firstlight.dimse.spool import Spool, waiting_in
from firstlight.dimse.syntaxes import STORAGE_CLASSES, TRANSFER_SYNTAXES, VERIFICATION
from firstlight.dimse.terms import CALLING_NOT_RECOGNIZED, Offered, Proposed, Rejection, written_request
from firstlight.dimse.wire import ASSOCIATE_RQ, HEADER, Limits

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
QUICK = Limits(silence_seconds=3.0, pdu_seconds=1.0, opening_seconds=1.0)


@dataclass
class Standing:
    """A door that stands open, what it told, and what came in."""

    door: Door
    port: int
    spool: Spool
    told: list[str]

    @property
    def callee(self) -> Callee:
        return Callee("127.0.0.1", self.port, "FL", "SCU")

    @property
    def came(self) -> list[Path]:
        return waiting_in(self.spool.folder)

    @property
    def halves(self) -> list[Path]:
        return list(self.spool.folder.glob("*.part"))

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


Open = Callable[..., Standing]


@pytest.fixture
def open_door(tmp_path: Path) -> Iterator[Open]:
    """Opens a door for callers of the title SCU."""
    standing: list[Standing] = []
    sockets: list[socket.socket] = []

    def make(
        *, limits: Limits = QUICK, keep_free_bytes: int = 1, largest_object: int = 1 << 30, **more: object
    ) -> Standing:
        told: list[str] = []

        def note(event: str, **said: str | int | float) -> None:
            told.append(" ".join([event, *(f"{name}={value}" for name, value in said.items())]))

        spool = Spool(
            tmp_path / f"spool-{len(standing)}", keep_free_bytes=keep_free_bytes, largest_object=largest_object
        )
        handlers = {C_ECHO: echo, C_STORE: storing(spool, note)}
        offers = {each: Offered(TRANSFER_SYNTAXES) for each in (*STORAGE_CLASSES, VERIFICATION)}

        def admit(asked: Proposed, _address: str) -> Admitted | Rejection:
            return Admitted(offers, handlers) if asked.calling == "SCU" else CALLING_NOT_RECOGNIZED

        listening = listen("127.0.0.1", 0)
        sockets.append(listening)
        door = Door(Entity(admit, note, limits=limits, **more), listening)  # type: ignore[arg-type]
        threading.Thread(target=door.serve, daemon=True).start()
        standing.append(Standing(door, listening.getsockname()[1], spool, told))
        return standing[-1]

    yield make
    for each in standing:
        each.door.finish()
    for listening in sockets:
        listening.close()


def request(calling: str = "SCU", *, syntax: str = EXPLICIT, largest_pdu: int = 16_384) -> bytes:
    """An A-ASSOCIATE-RQ for CT images in context 1."""
    content = written_request(Proposed(calling, "FL", ((1, CT, (syntax,)),), {}, largest_pdu))
    return HEADER.pack(ASSOCIATE_RQ, len(content)) + content


def pdv(content: bytes, header: int, *, context: int = 1) -> bytes:
    """A P-DATA-TF with one value (PS3.8 9.3.5)."""
    return HEADER.pack(4, len(content) + 6) + struct.pack(">IBB", len(content) + 2, context, header) + content


def read_pdu(peer: socket.socket) -> tuple[int, bytes]:
    """The next PDU that the door says; (0, b"") when it has hung up."""
    head = _exactly(peer, HEADER.size)
    if len(head) < HEADER.size:
        return 0, b""
    kind, length = HEADER.unpack(head)
    return kind, _exactly(peer, length)


def _exactly(peer: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        try:
            piece = peer.recv(size - len(found))
        except ConnectionResetError:
            break
        if not piece:
            break
        found += piece
    return found


def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Wait for something to hold."""
    ends_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends_at, "it did not come to hold"
        time.sleep(0.01)
