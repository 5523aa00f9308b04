import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django
from firstlight.cli.watching import GRACE_SECONDS, PARENT

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", envvar="PORT")]


def serve(
    data: DataFolder = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Web processes.")] = 2,
) -> None:
    """Run everything in one command: web and background worker, on embedded parts.

    Example: firstlight serve --data /srv/firstlight --host 0.0.0.0 --port 8000
    """
    os.environ.setdefault("FIRSTLIGHT_ORIGIN", f"http://{shown_host(host)}:{port}")
    start_django(data)
    migrate_database()
    collect_static()
    run(host=host, port=port, workers=workers)


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


def run(*, host: str, port: int, workers: int) -> None:
    """Serve until told to stop; the background worker ends with the web."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    if not _free(host, port):
        refuse(f"Port {port} is taken. Choose another with --port.")
    background = subprocess.Popen(
        [sys.executable, "-m", "firstlight.cli", "worker"], env={**os.environ, PARENT: str(os.getpid())}
    )
    threading.Thread(target=_announce, args=(host, port), daemon=True).start()
    server = Server(
        "firstlight.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_access=False,
        log_level=LogLevels.warning,
    )
    try:
        server.serve()
    finally:
        background.send_signal(signal.SIGTERM)
        background.wait(timeout=GRACE_SECONDS + 5)


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


def _announce(host: str, port: int) -> None:
    from django.conf import settings

    address = f"http://{shown_host(host)}:{port}/healthz"
    for _attempt in range(600):
        try:
            with urllib.request.urlopen(address, timeout=2):
                typer.echo(f"Firstlight is ready at {settings.ORIGIN}/")
                sys.stdout.flush()
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
