"""The process that takes in what peers have sent, batch by batch, as STOW-RS does; then tells who asked."""

import os
import threading
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from firstlight.dimse.files import make_folder, move
from firstlight.dimse.receivers import told, until_told_to_stop
from firstlight.dimse.spool import waiting_in
from firstlight.dimse.tls import client_tls

if TYPE_CHECKING:
    from firstlight.imaging.memberships import Terms
    from firstlight.imaging.models import Peer
    from firstlight.imaging.rules.arrivals import Content

AT_ONCE = 128
BYTES_AT_ONCE = 64 << 20
LARGEST_READ = 16 << 20  # what is larger is mapped
PAUSE_SECONDS = 0.1
TROUBLE_SECONDS = 5.0
SET_ASIDE = "set-aside"
YIELDING = 10  # of nice(2): who waits for an answer at the door comes before what was answered


def work(given: dict[str, Any], stop: threading.Event) -> None:
    """Take in until told to stop; trouble with the disk or the database is waited out."""
    from django.db import DatabaseError, close_old_connections
    from django.utils import timezone

    from firstlight.imaging.dimse.commitment import report_due
    from firstlight.imaging.dimse.entity import note

    arrivals = Path(given["arrivals"])
    tls = client_tls(given["tls_ca"], given["tls_cert"], given["tls_key"]) if given["tls_cert"] else None
    make_folder(arrivals)
    while not stop.is_set():
        close_old_connections()
        try:
            taken = take_in_all(arrivals)
            report_due(given["ae_title"], tls, lambda peer: not waiting_in(arrivals / str(peer.pk)), at=timezone.now())
            stop.wait(0 if taken else PAUSE_SECONDS)
        except (OSError, DatabaseError) as error:
            note("trouble", kind=type(error).__name__)
            stop.wait(TROUBLE_SECONDS)


def take_in_all(arrivals: Path) -> int:
    """Take in a batch of each peer's; how many files that were."""
    from firstlight.imaging.models import Peer

    peers = {str(peer.pk): peer for peer in Peer.objects.select_related("member", "outbreak")}
    folders = [each for each in arrivals.iterdir() if each.name in peers]
    return sum(take_in_batch(peers[each.name], waiting_in(each)[:AT_ONCE], arrivals / SET_ASIDE) for each in folders)


def take_in_batch(peer: "Peer", paths: Sequence[Path], set_aside: Path) -> int:
    """Take files of a peer in; each leaves the spool once the depository has it, or has said why not."""
    from django.utils import timezone

    from firstlight.dicom.profile import Profile
    from firstlight.imaging.memberships import Terms
    from firstlight.imaging.peers import stores_under_receipt

    terms = Terms(peer.outbreak, peer.member, timezone.now(), stores_under_receipt(peer), Profile.load())
    some: list[Path] = []
    size = 0
    for path in paths:
        some.append(path)
        size += path.stat().st_size
        if size >= BYTES_AT_ONCE:
            break
    if some:
        _take_in(some, terms, set_aside)
    return len(some)


def _take_in(paths: Sequence[Path], terms: "Terms", set_aside: Path) -> None:
    """One by one where something goes wrong with them together; what still does is put aside, and nothing is lost."""
    from django.db import DatabaseError

    from firstlight.imaging.actions import take_in
    from firstlight.imaging.dimse.entity import note

    try:
        take_in([contents_of(path) for path in paths], terms)
    except (OSError, DatabaseError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other files must not wait behind it
        if len(paths) > 1:
            for path in paths:
                _take_in([path], terms, set_aside)
            return
        note("set-aside", kind=type(error).__name__)
        make_folder(set_aside)
        move(paths[0], set_aside)
        return
    for path in paths:
        path.unlink(missing_ok=True)


def contents_of(path: Path) -> "Content":
    """A file's bytes: read when small, mapped when large."""
    if path.stat().st_size <= LARGEST_READ:
        return path.read_bytes()
    handle = os.open(path, os.O_RDONLY)
    try:
        return mmap(handle, 0, access=ACCESS_READ)
    finally:
        os.close(handle)


if __name__ == "__main__":
    django.setup()
    os.nice(YIELDING)
    instructions = told()
    until_told_to_stop(lambda stop: work(instructions, stop))
