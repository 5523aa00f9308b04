"""`firstlight gateway`: the hospital's edge program."""

import re
import sys
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer

BAD_CALL = 2


def gateway(
    data: Annotated[Path, typer.Option(help="Folder of the spool, the outbox and what is kept back.")],
    server: Annotated[str, typer.Option(help="The Firstlight server's address.")],
    token: Annotated[str, typer.Option(envvar="FIRSTLIGHT_TOKEN", help="A token of the server.")],
    secret_file: Annotated[Path, typer.Option(help="The site's secret, at least 16 bytes.")],
    outbreak: Annotated[str, typer.Option(help="The outbreak's slug.")],
    ae_title: Annotated[str, typer.Option(help="This gateway's application entity title.")] = "FIRSTLIGHT",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for DICOM; 0 takes a free one.")] = 11112,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    calling: Annotated[list[str] | None, typer.Option(help="Accept this AE title alone; may be repeated.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM): receive over TLS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="Senders must show a certificate of this CA.")] = None,
    status_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the status page on 127.0.0.1.")] = 0,
    receivers: Annotated[int, typer.Option(min=1, max=16, help="Receiving processes.")] = 2,
    workers: Annotated[int | None, typer.Option(min=1, help="De-identifying processes.")] = None,
    quiet_seconds: Annotated[float, typer.Option(min=0, help="A study this long without news is whole.")] = 20,
    keep_identified_hours: Annotated[float, typer.Option(min=0, help="Keep what came after it was stored.")] = 0,
    keep_free_mb: Annotated[int, typer.Option(min=1, help="Refuse more when the disk has less room.")] = 512,
    looks: Annotated[Path | None, typer.Option(help="What persons confirmed with `firstlight look`.")] = None,
) -> None:
    """Receive from the PACS, de-identify, and send to a Firstlight server; goes on after any interruption.

    What is in doubt is kept back and shown on the status page, and never leaves this machine.

    Example: firstlight gateway --data /srv/gateway --ae-title FIRSTLIGHT --port 11112 --server https://firstlight.example
    --token flt_… --secret-file site.key --outbreak novel-2031
    """
    from firstlight.gateway.run import BadStart, processors, run
    from firstlight.gateway.settings import Settings

    _check(server, ae_title, outbreak, tls_cert, tls_key)
    settings = Settings(
        data=data.absolute(), ae_title=ae_title, host=host, port=port, server=server, outbreak=outbreak,
        secret_file=secret_file.absolute(), calling=tuple(calling or ()), tls_cert=tls_cert, tls_key=tls_key,
        tls_ca=tls_ca, status_port=status_port, receivers=receivers, workers=workers or processors(),
        quiet_seconds=quiet_seconds, keep_identified_seconds=keep_identified_hours * 3600,
        keep_free_bytes=keep_free_mb << 20, looks=(looks or data / "looks.json").absolute(),
    )  # fmt: skip
    try:
        run(settings, token)
    except BadStart as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"the folder {data} cannot be used: {error.strerror}")


def _check(server: str, ae_title: str, outbreak: str, tls_cert: Path | None, tls_key: Path | None) -> None:
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _refuse("--server needs an address such as https://firstlight.example")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        _refuse("the token must not travel in the open: --server needs https, or an address on this machine")
    # PS3.5 6.2 AE: 1 to 16 characters of the default repertoire, no backslash, not spaces alone.
    if not re.fullmatch(r"[ -\[\]-~]{1,16}", ae_title) or not ae_title.strip():
        _refuse("--ae-title has 1 to 16 characters, and no backslash")
    if not re.fullmatch(r"[a-z0-9-]{1,80}", outbreak):
        _refuse("--outbreak is a slug: small letters, digits and hyphens")
    if tls_key is not None and tls_cert is None:
        _refuse("--tls-key needs --tls-cert")


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"firstlight gateway: {sentence}\n")
    raise typer.Exit(BAD_CALL)
