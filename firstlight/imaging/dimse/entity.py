"""Whom the depository lets in at its DIMSE door, and what each may ask."""

import logging
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import close_old_connections, connections

from firstlight.dimse.commands import C_ECHO, C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION
from firstlight.dimse.door import Admitted, Entity
from firstlight.dimse.files import make_folder
from firstlight.dimse.services import Handlers, echo, storing, within
from firstlight.dimse.spool import Spool
from firstlight.dimse.syntaxes import (
    PATIENT_ROOT_FIND,
    PATIENT_ROOT_GET,
    PATIENT_ROOT_MOVE,
    PLAIN,
    STORAGE_CLASSES,
    STORAGE_COMMITMENT,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
    STUDY_ROOT_MOVE,
    TRANSFER_SYNTAXES,
    VERIFICATION,
)
from firstlight.dimse.terms import CALLED_NOT_RECOGNIZED, CALLING_NOT_RECOGNIZED, Offered, Proposed, Rejection
from firstlight.imaging.dimse.commitment import committing
from firstlight.imaging.dimse.retrieve import getting, moving
from firstlight.imaging.dimse.search import finding
from firstlight.imaging.models import Peer
from firstlight.imaging.peers import peer_calling
from firstlight.imaging.policies import can_contribute, reader_of
from firstlight.imaging.rules.access import Reader

EVENTS = logging.getLogger("firstlight.dimse")
KEEP_FREE_BYTES = 512 << 20
FINDS, MOVES, GETS = (
    (PATIENT_ROOT_FIND, STUDY_ROOT_FIND),
    (PATIENT_ROOT_MOVE, STUDY_ROOT_MOVE),
    (PATIENT_ROOT_GET, STUDY_ROOT_GET),
)


def note(event: str, **said: str | int | float) -> None:
    """An event in the log: codes and numbers."""
    EVENTS.info("%s", " ".join([event, *(f"{name}={value}" for name, value in said.items())]))


@dataclass
class Desk:
    """One process's application entity: its title, where arrivals wait, and TLS to call others with."""

    ae_title: str
    arrivals: Path
    keep_free_bytes: int = KEEP_FREE_BYTES
    calling_tls: ssl.SSLContext | None = None
    _spools: dict[int, Spool] = field(default_factory=dict)

    def admit(self, asked: Proposed, address: str) -> Admitted | Rejection:
        """Known peers may come in from where they are known to be, and propose what they may ask."""
        close_old_connections()
        if asked.called != self.ae_title:
            return CALLED_NOT_RECOGNIZED
        peer = peer_calling(asked.calling, address)
        if peer is None:
            return CALLING_NOT_RECOGNIZED
        return Admitted(offers_to(peer), self.handlers(peer))

    def handlers(self, peer: Peer) -> Handlers:
        """What answers this peer."""

        def reader(_at: datetime) -> Reader:
            return reader_of(peer.member)

        return {
            C_ECHO: echo,
            C_STORE: storing(self.spool_of(peer), note),
            C_FIND: within(FINDS, finding(reader, self.ae_title)),
            C_MOVE: within(MOVES, moving(reader, self.ae_title, self.calling_tls)),
            C_GET: within(GETS, getting(reader)),
            N_ACTION: within((STORAGE_COMMITMENT,), committing(peer)),
        }

    def spool_of(self, peer: Peer) -> Spool:
        """Where what this peer sends lies until it is taken in."""
        if peer.pk not in self._spools:
            make_folder(self.arrivals)
            self._spools[peer.pk] = Spool(self.arrivals / str(peer.pk), keep_free_bytes=self.keep_free_bytes)
        return self._spools[peer.pk]

    def entity(self, tls: ssl.SSLContext | None) -> Entity:
        """The application entity for a door."""
        return Entity(self.admit, note, tls, leave=connections.close_all)


def offers_to(peer: Peer) -> dict[str, Offered]:
    """What a peer may propose: what it may do now, and may do at all."""
    may_store = peer.may_store and can_contribute(peer.member)
    offers = {VERIFICATION: Offered(PLAIN)}
    if may_store or peer.may_retrieve:
        stored = Offered(TRANSFER_SYNTAXES, as_scu=may_store, as_scp=peer.may_retrieve)
        offers |= dict.fromkeys(STORAGE_CLASSES, stored)
    offers |= _plain(FINDS, peer.may_find)
    offers |= _plain((*MOVES, *GETS), peer.may_retrieve)
    return offers | _plain((STORAGE_COMMITMENT,), may_store and peer.can_be_called)


def _plain(sop_classes: Iterable[str], is_offered: bool) -> dict[str, Offered]:
    return dict.fromkeys(sop_classes, Offered(PLAIN)) if is_offered else {}
