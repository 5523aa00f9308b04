"""One receiver process: C-STORE and C-ECHO (PS3.4 B and A), each object as it came onto the disk before its status.

Nothing of a data set is parsed here. Several such processes share one listening socket, since one is bound by the
interpreter's lock. A receiver ends with the gateway: its standard input is the gateway's, and closes with it.
"""

import json
import os
import signal
import socket
import ssl
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.transport import ThreadedAssociationServer

from firstlight.gateway.files import FULL, free_bytes, new_name, write_durably
from firstlight.gateway.journal import note, open_journal

# PS3.4 table B.2-1 and PS3.7 annex C.
VERIFICATION = "1.2.840.10008.1.1"
SUCCESS, OUT_OF_RESOURCES, PROCESSING_FAILURE = 0x0000, 0xA700, 0x0110
MOST_ASSOCIATIONS = 64
LARGEST_PDU = 131_072
SILENCE_SECONDS = 60
NAME = "FIRSTLIGHT_GW"


class _Shared(ThreadedAssociationServer):
    """A server on a socket that another process has bound and listens on."""

    listening: socket.socket

    def server_bind(self) -> None:
        """Take the socket over; it does not block, since another receiver may be quicker to accept."""
        own, self.socket = self.socket, self.listening
        if own is not None:
            own.close()
        self.socket.setblocking(False)
        self.server_address = self.socket.getsockname()


def receive(event: Any, spool: Path, keep_free_bytes: int) -> int:
    """One C-STORE request: the status is success only once the object is durable."""
    try:
        if free_bytes(spool) < keep_free_bytes:
            note("refused", why="disk-full")
            return OUT_OF_RESOURCES
        write_durably(spool / new_name(), [event.encoded_dataset(include_meta=True)])
    except OSError as error:
        note("refused", why="disk-full" if error.errno in FULL else "disk-error", number=error.errno or 0)
        return OUT_OF_RESOURCES if error.errno in FULL else PROCESSING_FAILURE
    except MemoryError:
        note("refused", why="memory")
        return OUT_OF_RESOURCES
    except Exception:  # noqa: BLE001 - the sender gets a status whatever happens, and no message leaves
        note("refused", why="unreadable")
        return PROCESSING_FAILURE
    return SUCCESS


def entity(told: dict[str, Any]) -> AE:
    """The application entity: every storage class in every transfer syntax, and verification."""
    ae = AE(ae_title=told["ae_title"])
    ae.maximum_pdu_size = LARGEST_PDU
    ae.maximum_associations = MOST_ASSOCIATIONS
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = SILENCE_SECONDS
    ae.require_calling_aet = told["calling"]
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(str(context.abstract_syntax), AllTransferSyntaxes)
    ae.add_supported_context(VERIFICATION, AllTransferSyntaxes[:4])
    ae.implementation_version_name = NAME
    return ae


def tls_context(cert: str, key: str, ca: str) -> ssl.SSLContext:
    """TLS as BCP 195 has it (PS3.15 B.9): 1.2 or newer; with `ca`, senders show a certificate of its own.

    Raises:
        OSError: when a file cannot be read or is no certificate (ssl.SSLError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key)
    if ca:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def serve(told: dict[str, Any]) -> None:
    """Receive until told to stop."""
    open_journal(Path(told["log"]))
    _Shared.listening = socket.socket(fileno=told["socket"])
    tls = tls_context(told["tls_cert"], told["tls_key"], told["tls_ca"]) if told["tls_cert"] else None
    spool = Path(told["spool"])
    handlers: list[evt.EventHandlerType] = [(evt.EVT_C_STORE, receive, [spool, told["keep_free_bytes"]])]
    server = entity(told).make_server(
        _Shared.listening.getsockname(), evt_handlers=handlers, ssl_context=tls, server_class=_Shared
    )
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    threading.Thread(target=_end_with_gateway, daemon=True).start()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    stopping.wait()
    _finish(server)


def _finish(server: Any) -> None:
    """Accept no more, let senders finish what they are at, then end."""
    server.shutdown()
    for association in [*server.active_associations]:
        association.join(timeout=10)
    os._exit(0)


def _end_with_gateway() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    serve(json.loads(sys.stdin.readline()))
