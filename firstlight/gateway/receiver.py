"""One receiver process: C-STORE and C-ECHO (PS3.4 B and A) from whoever may send, into the spool as it comes."""

import socket
from pathlib import Path
from typing import Any

from firstlight.dimse.commands import C_ECHO, C_STORE
from firstlight.dimse.door import Admit, Admitted, Door, Entity
from firstlight.dimse.receivers import receive, told
from firstlight.dimse.services import Handlers, echo, storing
from firstlight.dimse.spool import Spool
from firstlight.dimse.syntaxes import STORAGE_CLASSES, TRANSFER_SYNTAXES, VERIFICATION
from firstlight.dimse.terms import CALLING_NOT_RECOGNIZED, Offered, Proposed, Rejection
from firstlight.dimse.tls import server_tls
from firstlight.gateway.journal import note, open_journal

OFFERS = {each: Offered(TRANSFER_SYNTAXES) for each in (*STORAGE_CLASSES, VERIFICATION)}


def admit(calling: frozenset[str], handlers: Handlers) -> Admit:
    """Let in those on the list, or everybody where there is none."""

    def admitted(asked: Proposed, _address: str) -> Admitted | Rejection:
        if calling and asked.calling not in calling:
            return CALLING_NOT_RECOGNIZED
        return Admitted(OFFERS, handlers)

    return admitted


def serve(given: dict[str, Any]) -> None:
    """Receive until told to stop."""
    open_journal(Path(given["log"]))
    spool = Spool(Path(given["spool"]), keep_free_bytes=given["keep_free_bytes"])
    tls = server_tls(given["tls_cert"], given["tls_key"], given["tls_ca"]) if given["tls_cert"] else None
    handlers = {C_ECHO: echo, C_STORE: storing(spool, note)}
    entity = Entity(admit(frozenset(given["calling"]), handlers), note, tls)
    receive(Door(entity, socket.socket(fileno=given["socket"])), given["answers"])


if __name__ == "__main__":
    serve(told())
