"""One receiver process of the depository: `python -m firstlight.imaging.dimse.receiver`, told what it is by a line."""

import socket
from pathlib import Path
from typing import Any

import django

from firstlight.dimse.door import Door
from firstlight.dimse.receivers import receive, told
from firstlight.dimse.tls import client_tls, server_tls


def serve(given: dict[str, Any]) -> None:
    """Receive until told to stop."""
    from firstlight.imaging.dimse.entity import Desk

    cert, key, ca = given["tls_cert"], given["tls_key"], given["tls_ca"]
    desk = Desk(
        given["ae_title"],
        Path(given["arrivals"]),
        given["keep_free_bytes"],
        client_tls(ca, cert, key) if cert else None,
    )
    entity = desk.entity(server_tls(cert, key, ca if given["tls_peers_prove"] else "") if cert else None)
    receive(Door(entity, socket.socket(fileno=given["socket"])), given["answers"])


if __name__ == "__main__":
    django.setup()
    serve(told())
