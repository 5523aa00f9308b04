"""The whole gateway: receivers, station, sender and status page, from start to a stop in good order."""

import fcntl
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO

from firstlight.dicom.keys import SiteKey
from firstlight.dimse.files import make_folder
from firstlight.dimse.receivers import Processes, listen
from firstlight.dimse.tls import server_tls
from firstlight.gateway.journal import note, open_journal, tell
from firstlight.gateway.ledger import Ledger
from firstlight.gateway.sending import Sender
from firstlight.gateway.settings import Settings
from firstlight.gateway.station import Station
from firstlight.gateway.status import Desk, StatusServer
from firstlight.signing import signer_of

GRACE_SECONDS = 20
PROGRESS_SECONDS = 10.0


class BadStart(ValueError):
    """A gateway that cannot start as it was told; the message is a sentence for a person."""


def run(settings: Settings, token: str) -> None:
    """Work until SIGTERM or SIGINT. Raises BadStart."""
    make_folder(settings.data)
    lock = _locked(settings)
    open_journal(settings.log)
    key = _key(settings)
    _check_tls(settings)
    listening = _listening(settings)
    settings = _with_port(settings, listening)
    station = Station(settings, signer_of(key))
    station.tidy()
    sender = Sender(settings, token)
    desk = Desk(settings, lambda: [each for each in (station.trouble, sender.state) if each], sender.wake.set)
    try:
        status = StatusServer(desk)
    except OSError:
        raise BadStart(f"port {settings.status_port} for the status page is taken") from None
    receivers = Processes([_receiver(settings)] * settings.receivers, listening, note)
    stop = _stopped_by_signals()
    threads = [
        threading.Thread(target=status.serve_forever, daemon=True),
        threading.Thread(target=sender.work, args=(stop,), daemon=True),
        threading.Thread(target=receivers.watch, args=(stop,), daemon=True),
        threading.Thread(target=_progress, args=(settings, stop), daemon=True),
    ]
    for thread in threads:
        thread.start()
    receivers.answer()
    _announce(settings, status.server_port)
    station.work(stop)
    tell("Stopping; what is here stays and is gone on with at the next start.")
    receivers.stop()
    sender.wake.set()
    threads[1].join(GRACE_SECONDS)
    station.close()
    status.shutdown()
    note("stopped")
    lock.close()


def _announce(settings: Settings, status_port: int) -> None:
    note("started", receivers=settings.receivers, workers=settings.workers)
    line = f"Firstlight gateway is ready at {settings.ae_title}@{settings.host}:{settings.port}"
    print(f"{line}, status at http://127.0.0.1:{status_port}/", flush=True)  # noqa: T201 - the program's answer


def _locked(settings: Settings) -> IO[str]:
    lock = (settings.data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise BadStart(f"another gateway is at work in {settings.data}") from None
    return lock


def _key(settings: Settings) -> SiteKey:
    try:
        return SiteKey.from_file(settings.secret_file)
    except OSError as error:
        raise BadStart(f"the secret file {settings.secret_file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadStart(f"{settings.secret_file}: {error}") from None


def _check_tls(settings: Settings) -> None:
    if settings.tls_cert is None:
        return
    try:
        server_tls(str(settings.tls_cert), str(settings.tls_key or settings.tls_cert), str(settings.tls_ca or ""))
    except OSError as error:
        raise BadStart(f"the TLS certificate, key or CA cannot be used: {error.strerror or 'not valid'}") from None


def _listening(settings: Settings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        raise BadStart(f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}") from None


def _with_port(settings: Settings, listening: socket.socket) -> Settings:
    return replace(settings, port=listening.getsockname()[1])


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, told)
    return stop


def _progress(settings: Settings, stop: threading.Event) -> None:
    """One line on standard error whenever the counts have changed."""
    ledger, said = Ledger(settings.data / "ledger"), ""
    while not stop.wait(PROGRESS_SECONDS):
        counts = ledger.by_state()
        line = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
        if line and line != said:
            tell(line)
            said = line
    ledger.close()


def _receiver(settings: Settings) -> tuple[str, dict[str, object]]:
    """One receiver process, and what it is told."""

    def path(given: Path | None) -> str:
        return str(given) if given else ""

    return "firstlight.gateway.receiver", {
        "calling": list(settings.calling),
        "spool": str(settings.spool),
        "log": str(settings.log),
        "keep_free_bytes": settings.keep_free_bytes,
        "tls_cert": path(settings.tls_cert),
        "tls_key": path(settings.tls_key or settings.tls_cert),
        "tls_ca": path(settings.tls_ca),
    }


def processors() -> int:
    """How many worker processes this machine is worth: one is left to receiving and sending."""
    return max(1, (os.cpu_count() or 2) - 1)
