"""What stands between receiving and sending: new files are entered, whole studies de-identified and put under receipts.

The state is in the folders and the ledger; a step that was cut off is simply done again.
"""

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from firstlight.dicom.identity import NOBODY, Identity
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import Signer, build_receipt
from firstlight.dimse.files import FULL, PART, make_folder, move, sweep
from firstlight.gateway.cleaning import begin_worker, clean, examine, identity_of_study
from firstlight.gateway.journal import note, tell
from firstlight.gateway.ledger import Cleaned, Ledger
from firstlight.gateway.settings import Settings

BATCH = 16
FULL_PAUSE_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 3600.0
STUDIES_REMEMBERED = 2000
MOST_BREAKS = 2
R = TypeVar("R")


class Station:
    """The steps of one gateway; they run in one thread, the de-identification itself in worker processes."""

    def __init__(self, settings: Settings, signer: Signer) -> None:
        self.settings = settings
        self.signer = signer
        self.ledger = Ledger(settings.data / "ledger")
        self.trouble = ""
        self._identities: OrderedDict[str, Identity] = OrderedDict()
        self._breaks: dict[str, int] = {}
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.settings.workers,
            get_context("spawn"),
            initializer=begin_worker,
            initargs=(self.settings.secret_file, self.settings.log),
        )

    def close(self) -> None:
        """End the workers after what they are at."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.ledger.close()

    def work(self, stop: threading.Event) -> None:
        """Step after step until told to stop; trouble with the disk is waited out."""
        while not stop.is_set():
            pause = 0.3
            try:
                self.step(stop)
                self.trouble = ""
            except (OSError, sqlite3.OperationalError) as error:
                self._say_trouble(error)
                pause = FULL_PAUSE_SECONDS
            except BrokenExecutor:
                self._pool = self._new_pool()
            stop.wait(pause)

    def _say_trouble(self, error: Exception) -> None:
        is_full = (isinstance(error, OSError) and error.errno in FULL) or "full" in str(error)
        trouble = "disk-full" if is_full else "disk-error"
        if trouble != self.trouble:
            note("trouble", why=trouble)
            tell(f"firstlight gateway: {'the disk is full' if is_full else 'the disk cannot be used'}; waiting")
        self.trouble = trouble

    def step(self, stop: threading.Event) -> None:
        """Everything there is to do now."""
        self.enter()
        now = time.time()
        due = self.ledger.due(quiet_before=now - self.settings.quiet_seconds, begun_before=now - LONGEST_WAIT_SECONDS)
        for study in due:
            if stop.is_set():
                return
            self.clean_study(study)
            self.enter()
        for study in self.ledger.without_receipt():
            self.put_under_receipt(study)
        self.clear()

    def enter(self) -> None:
        """Enter what came into the spool since; a file that is here already goes at once."""
        known = self.ledger.known()
        new = sorted(path for path in self.settings.spool.iterdir() if path.suffix != PART and path.name not in known)
        for begin in range(0, len(new), BATCH):
            entered = self._run(examine, new[begin : begin + BATCH])
            for name in self.ledger.take(entered):
                (self.settings.spool / name).unlink(missing_ok=True)
                note("repeated")
            note("received", files=len(entered))
            for each in entered:
                if self.ledger.state_of(each.name) == "held":
                    note("held", reason="conflict")
                    move(self.settings.spool / each.name, self.settings.held)

    def _run(self, work: Callable[..., R], *given: object) -> R:
        return self._pool.submit(work, *given).result()

    def place_of(self, name: str) -> Path:
        """Where an identified file is: among those kept back, or in the spool."""
        held = self.settings.held / name
        return held if held.exists() else self.settings.spool / name

    def clean_study(self, study: str) -> None:
        """De-identify what came of a study, knowing whom all of it is about."""
        names = [name for name in self.ledger.waiting(study) if self._is_there(name)]
        identity = self._identity(study, names) if study else NOBODY
        batches = [names[begin : begin + BATCH] for begin in range(0, len(names), BATCH)]
        futures = [(batch, self._clean(batch, identity)) for batch in batches]
        for batch, future in futures:
            try:
                self._settle(future.result())
            except BrokenExecutor:
                self._suspect(batch)
                raise
        note("cleaned", files=len(names))

    def _clean(self, batch: Sequence[str], identity: Identity) -> Future[list[Cleaned]]:
        paths = [self.place_of(name) for name in batch]
        return self._pool.submit(clean, paths, self.settings.outbox, identity, self.settings.looks)

    def _is_there(self, name: str) -> bool:
        if self.place_of(name).exists():
            return True
        self.ledger.drop(name)
        return False

    def _identity(self, study: str, names: Sequence[str]) -> Identity:
        """Whom a study is about, with what is remembered of those of its files that were sent before."""
        found: Identity = self._run(identity_of_study, [self.place_of(name) for name in names])
        identity = self._identities.pop(study, NOBODY) | found
        self._identities[study] = identity
        while len(self._identities) > STUDIES_REMEMBERED:
            self._identities.popitem(last=False)
        return identity

    def _settle(self, cleaned: list[Cleaned]) -> None:
        self.ledger.settle(cleaned, at=time.time())
        for each in cleaned:
            self._breaks.pop(each.name, None)
            if each.reason:
                note("held", reason=each.reason)
                move(self.settings.spool / each.name, self.settings.held)

    def _suspect(self, batch: Sequence[str]) -> None:
        """A worker died on one of these: each is tried alone in its turn, and one on which it dies again is held."""
        for name in batch:
            self._breaks[name] = self._breaks.get(name, 0) + 1
        for name in batch:
            if self._breaks[name] < MOST_BREAKS:
                continue
            self._pool = self._new_pool()
            try:
                self._settle(self._clean([name], NOBODY).result())
            except BrokenExecutor:
                self._settle([Cleaned(name, "too-large")])

    def put_under_receipt(self, study: str) -> None:
        """Sign for what of a study was cleaned since its last receipt."""
        account = self.ledger.account(study)
        self.ledger.add_receipt(
            build_receipt(study_instance_uid=study, profile=Profile.load(), signer=self.signer, **account)
        )
        note("receipt", instances=len(account["instances"]))

    def clear(self) -> None:
        """Delete what was sent and confirmed, identified and de-identified, once it need not be kept any longer."""
        gone = self.ledger.gone(settled_before=time.time() - self.settings.keep_identified_seconds)
        for name, sha256 in gone:
            for path in (self.settings.spool / name, self.settings.held / name):
                path.unlink(missing_ok=True)
            if sha256:
                (self.settings.outbox / sha256).unlink(missing_ok=True)
        for name, _reason, _at, _size in self.ledger.held():
            move(self.settings.spool / name, self.settings.held)
        if gone:
            self.ledger.forget(name for name, _sha256 in gone)

    def tidy(self) -> None:
        """After whatever ended the last run: nothing half-written stays, and every file is where its state says."""
        for folder in (self.settings.spool, self.settings.held, self.settings.outbox):
            make_folder(folder)
            sweep(folder)
        wanted = set()
        for name, state, sha256 in self.ledger.places():
            if state == "held":
                move(self.settings.spool / name, self.settings.held)
            if state == "cleaned":
                wanted.add(sha256)
                if not (self.settings.outbox / sha256).exists():
                    self.ledger.retry_cleaned(name)
        for path in self.settings.outbox.iterdir():
            if path.name not in wanted:
                path.unlink()
