"""`firstlight dicom`: the DIMSE door by itself."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, refuse, start_django
from firstlight.cli.watching import end_with_parent

AeTitle = Annotated[str, typer.Option("--ae-title", help="This depository's application entity title.")]
TlsCert = Annotated[Path | None, typer.Option(help="Certificate (PEM): DICOM over TLS.")]
TlsKey = Annotated[Path | None, typer.Option(help="Its private key (PEM).")]
TlsCa = Annotated[Path | None, typer.Option(help="Certificates that sign those of the peers (PEM).")]


def dicom(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for DICOM; 0 takes a free one.")] = 11112,
    ae_title: AeTitle = "FIRSTLIGHT",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_ca: TlsCa = None,
    tls_peers_prove: Annotated[bool, typer.Option(help="Peers must show a certificate signed by --tls-ca.")] = False,
    receivers: Annotated[int, typer.Option(min=1, max=32, help="Receiving processes.")] = 2,
    keep_free_mb: Annotated[int, typer.Option(min=1, help="Refuse more when the disk has less room.")] = 512,
    data: DataFolder = None,
) -> None:
    """Receive, search and send over DICOM's own network protocol until stopped; `serve --dicom-port` starts one.

    Who may come in is said with `firstlight peer add`.

    Example: firstlight dicom --port 11112 --ae-title FIRSTLIGHT --host 0.0.0.0 --data /srv/firstlight
    """
    check_door(ae_title, tls_cert, tls_key, tls_ca, peers_prove=tls_peers_prove)
    end_with_parent()
    start_django(data)
    from django.conf import settings

    from firstlight.dimse.receivers import Processes, listen
    from firstlight.imaging.dimse.entity import note

    try:
        listening = listen(host, port)
    except OSError as error:
        refuse(f"{host}:{port} cannot be listened on: {error.strerror}.")
    told = {
        "ae_title": ae_title,
        "arrivals": str(settings.DATA / "arrivals"),
        "keep_free_bytes": keep_free_mb << 20,
        "tls_cert": str(tls_cert or ""),
        "tls_key": str(tls_key or ""),
        "tls_ca": str(tls_ca or ""),
        "tls_peers_prove": tls_peers_prove,
    }
    sweep_arrivals(settings.DATA / "arrivals")
    parts = [("firstlight.imaging.dimse.receiver", told)] * receivers + [("firstlight.imaging.dimse.intake", told)]
    processes = Processes(parts, listening, note)
    while not processes.answer():
        console.print("The DICOM door is not open yet …")
    typer.echo(f"DICOM at {ae_title}@{host}:{listening.getsockname()[1]}")
    _wait(processes.watch)
    console.print("The DICOM door is closing; what was accepted stays.")
    processes.stop()


def check_door(
    ae_title: str, tls_cert: Path | None, tls_key: Path | None, tls_ca: Path | None, *, peers_prove: bool
) -> None:
    """Refuse a call that cannot work."""
    from firstlight.dimse.tls import client_tls, server_tls
    from firstlight.imaging.rules.peers import is_ae_title

    if not is_ae_title(ae_title):
        refuse("--ae-title has 1 to 16 characters of plain ASCII, and no backslash.")
    if tls_cert is None:
        if tls_key or tls_ca or peers_prove:
            refuse("The other TLS options need a certificate (--tls-cert).")
        return
    if peers_prove and tls_ca is None:
        refuse("--tls-peers-prove needs --tls-ca.")
    try:
        server_tls(str(tls_cert), str(tls_key or ""), str(tls_ca or ""))
        client_tls(str(tls_ca or ""), str(tls_cert), str(tls_key or ""))
    except OSError as error:
        refuse(f"The TLS certificate, key or CA cannot be used: {error.strerror or 'not valid'}.")


def sweep_arrivals(arrivals: Path) -> None:
    """Take away what was half-written when the door closed last; nobody is writing yet."""
    from firstlight.dimse.files import make_folder, sweep

    make_folder(arrivals)
    for folder in arrivals.iterdir():
        sweep(folder)


def _wait(watch: Callable[[threading.Event], None]) -> None:
    """Watch until SIGTERM or SIGINT."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    watch(stop)
