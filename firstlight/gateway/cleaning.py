"""What the worker processes do: read whose study a file is of, and de-identify it by the same code as everywhere."""

import signal
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from firstlight.dicom.deidentify import deidentify_chunks, identity_under
from firstlight.dicom.identity import NOBODY, Identity
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.pixels import PixelReader
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import contents, take_apart, text
from firstlight.dicom.receipts import counted
from firstlight.dicom.structure import Unreadable
from firstlight.dimse.files import write_durably
from firstlight.gateway.journal import open_journal
from firstlight.gateway.ledger import Cleaned, Received
from firstlight.pixels.confirmations import BadLooks, confirmed_in, read_looks
from firstlight.pixels.look import pixel_reader

_KEYS: list[SiteKey] = []


def begin_worker(secret_file: Path, log: Path) -> None:
    """Prepare a process: the key is read here, so that it never travels; the parent alone decides when to stop."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    open_journal(log)
    _KEYS[:] = [SiteKey.from_file(secret_file)]


def examine(paths: Sequence[Path]) -> list[Received]:
    """Whose study each file is of, in keyed names; an unreadable one is of none."""
    return [each for path in paths if (each := _examined(path, _KEYS[0])) is not None]


def _examined(path: Path, key: SiteKey) -> Received | None:
    try:
        about = path.stat()
    except FileNotFoundError:
        return None
    study = sop = fingerprint = ""
    try:
        data = contents(path)
        fingerprint = key.fingerprint(data)
        elements = take_apart(data).elements
        study, sop = (key.uid(found) if (found := text(elements, tag)) else "" for tag in (0x0020000D, 0x00080018))
    except Unreadable:
        pass  # it gets its reason when it is worked on
    return Received(path.name, about.st_mtime, about.st_size, study, sop, fingerprint)


def identity_of_study(paths: Sequence[Path]) -> Identity:
    """Whom the files of a study are about, all together."""
    identity = NOBODY
    for path in paths:
        try:
            identity |= identity_under(Profile.load(), take_apart(contents(path)).elements)
        except Unreadable:
            continue  # it gets its reason when it is worked on
    return identity


def clean(paths: Sequence[Path], outbox: Path, identity: Identity, looks: Path | None) -> list[Cleaned]:
    """De-identify a batch into the outbox, each result durable under its checksum. Raises OSError for a full disk."""
    reader = _reader(looks, _stamp(looks))
    return [_cleaned(path, outbox, identity, reader) for path in paths]


def _stamp(looks: Path | None) -> int:
    try:
        return looks.stat().st_mtime_ns if looks else 0
    except OSError:
        return 0


@cache
def _reader(looks: Path | None, _changed_ns: int) -> PixelReader:
    """Who looks at pixels, with what persons decided so far; a damaged file of decisions decides nothing."""
    try:
        confirmed = confirmed_in(read_looks(looks)) if looks else {}
    except BadLooks:
        confirmed = {}
    return pixel_reader(confirmed=confirmed)


def _cleaned(path: Path, outbox: Path, identity: Identity, reader: PixelReader) -> Cleaned:
    try:
        data = contents(path)
    except Unreadable as error:
        return Cleaned(path.name, error.reason)
    outcome, chunks = deidentify_chunks(data, profile=Profile.load(), key=_KEYS[0], identity=identity, pixels=reader)
    if outcome.status != "done":
        return Cleaned(path.name, outcome.reason)
    target = outbox / outcome.sha256
    if not target.exists():
        write_durably(target, chunks)
    return Cleaned(
        path.name, "", outcome.study_instance_uid, outcome.sop_instance_uid, outcome.sha256, outcome.pixels,
        outcome.scan, tuple(sorted(counted(outcome.decisions).items())),
    )  # fmt: skip
