import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from firstlight.cli.dicom import AeTitle, TlsCa, TlsCert, TlsKey, check_door
from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django
from firstlight.cli.watching import GRACE_SECONDS, PARENT

# A web process's threads: half of them may be taken by uploads (imaging/dicomweb/uploads.py), the rest are readers'.
THREADS = 16
Host = Annotated[str, typer.Option(help="Address to listen on.")]
NOTHING: Mapping[int, Sequence[str]] = {}
Port = Annotated[int, typer.Option(help="Port to listen on.", envvar="PORT")]


def serve(
    data: DataFolder = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Web processes.")] = 2,
    dicom_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port for DICOM; without it, none.")] = None,
    ae_title: AeTitle = "FIRSTLIGHT",
    dicom_tls_cert: TlsCert = None,
    dicom_tls_key: TlsKey = None,
    dicom_tls_ca: TlsCa = None,
    dicom_tls_peers_prove: Annotated[bool, typer.Option(help="DICOM peers must show a certificate.")] = False,
) -> None:
    """Run everything in one command: web, background worker and, with a DICOM port, the DIMSE door.

    Example: firstlight serve --data /srv/firstlight --host 0.0.0.0 --port 8000
    """
    if dicom_port is not None:
        check_door(ae_title, dicom_tls_cert, dicom_tls_key, dicom_tls_ca, peers_prove=dicom_tls_peers_prove)
        if not _free(host, dicom_port):
            refuse(f"Port {dicom_port} is taken. Choose another with --dicom-port.")
    os.environ.setdefault("FIRSTLIGHT_ORIGIN", f"http://{shown_host(host)}:{port}")
    start_django(data)
    migrate_database()
    collect_static()
    tls = (("cert", dicom_tls_cert), ("key", dicom_tls_key), ("ca", dicom_tls_ca))
    door = ["dicom", "--host", host, "--port", str(dicom_port), "--ae-title", ae_title]
    door += [part for name, path in tls if path for part in (f"--tls-{name}", str(path))]
    door += ["--tls-peers-prove"] if dicom_tls_peers_prove else []
    run(host=host, port=port, workers=workers, besides={} if dicom_port is None else {dicom_port: door})


def shown_host(host: str) -> str:
    """The host a browser on this machine would use."""
    return "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 — compared, not bound


def collect_static() -> None:
    """Put the static files, compressed, where they are served from; only when the installed ones changed."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = settings.STATIC_ROOT / ".collected"
    state = _static_state(settings.PACKAGE)
    if stamp.is_file() and stamp.read_text() == state:
        return
    console.print("Preparing static files …")
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)


def _static_state(package: Path) -> str:
    files = [file for folder in package.glob("*/static") for file in folder.rglob("*") if file.is_file()]
    newest = max((file.stat().st_mtime_ns for file in files), default=0)
    return f"{sys.prefix} {len(files)} {newest}"


def run(*, host: str, port: int, workers: int, besides: Mapping[int, Sequence[str]] = NOTHING) -> None:
    """Serve until told to stop; the background worker, and commands that listen on ports besides, end with the web."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    if not _free(host, port):
        refuse(f"Port {port} is taken. Choose another with --port.")
    background = [
        subprocess.Popen(  # noqa: S603 — our own commands
            [sys.executable, "-m", "firstlight.cli", *each], env={**os.environ, PARENT: str(os.getpid())}
        )
        for each in (["worker"], *besides.values())
    ]
    threading.Thread(target=_announce, args=(host, port, besides.keys()), daemon=True).start()
    server = Server(
        "firstlight.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        blocking_threads_idle_timeout=600,  # seconds; each has its own connection to the database
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_access=False,
        log_level=LogLevels.error,  # that it warns of the number of threads on few cores is known
    )
    try:
        server.serve()
    finally:
        for each in background:
            each.send_signal(signal.SIGTERM)
        for each in background:
            each.wait(timeout=GRACE_SECONDS + 5)


def _free(host: str, port: int) -> bool:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _announce(host: str, port: int, beside: Collection[int]) -> None:
    """Say that everything answers: the web, and what listens beside it."""
    import socket

    from django.conf import settings

    address = f"http://{shown_host(host)}:{port}/healthz"
    for _attempt in range(600):
        try:
            for other in beside:
                socket.create_connection((shown_host(host), other), timeout=2).close()
            with urllib.request.urlopen(address, timeout=2):
                typer.echo(f"Firstlight is ready at {settings.ORIGIN}/")
                sys.stdout.flush()
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
