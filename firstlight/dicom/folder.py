"""A folder de-identified into another: streamed, repeatable, and never half-written."""

import os
import shutil
import signal
import sqlite3
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from threading import Thread, active_count
from typing import TYPE_CHECKING, TypeVar

from firstlight.dicom.decisions import Decision
from firstlight.dicom.deidentify import deidentify_chunks, identity_under
from firstlight.dicom.identity import NOBODY, Identity
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.ledger import Ledger
from firstlight.dicom.pixels import PixelReader
from firstlight.dicom.profile import Profile
from firstlight.dicom.reading import contents, take_apart
from firstlight.dicom.receipts import Count, Signer, build_receipt, counted, dump_receipt
from firstlight.dicom.residual import fingerprint, is_told
from firstlight.dicom.structure import Unreadable, Value

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

WORK = ".firstlight-work"
FIRST_BATCH, LONGEST_BATCH, FLUSHERS = 16, 32, 4  # files; threads
_A = TypeVar("_A")
_B = TypeVar("_B")
_NUMBERS = count()  # of batches, so that two with the same content do not write into one file


class BadCall(ValueError):
    """A call that cannot be carried out as it stands; its message is a sentence for a person."""


class WorkerEnded(RuntimeError):
    """A worker process was ended from outside; its message says so."""


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: `source` relative to the folder, `path` of the result relative to its folder.

    `about` is the same for files about the same people and numbers, and can be made with the key alone; `said` are
    the texts of the result.
    """

    source: str
    status: str
    reason: str = ""
    path: str = ""
    study_instance_uid: str = ""
    sop_instance_uid: str = ""
    sha256: str = ""
    counts: tuple[tuple[Count, int], ...] = ()
    pixels: str = ""
    texts: int = 0
    about: str = ""
    said: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Summary:
    """A whole run: how many files were done, how many refused and why, how many studies came of it."""

    done: int
    refused: int
    studies: int
    reasons: dict[str, int]


@dataclass(frozen=True)
class _Task:
    source: Path
    work: Path
    profile: Profile
    secret: SiteKey
    target: Path
    pixels: PixelReader | None = None


def deidentify_folder(
    src: Path,
    dst: Path,
    *,
    profile: Profile,
    key: SiteKey,
    receipts_dir: Path | None = None,
    signer: Signer | None = None,
    workers: int = 1,
    pixels: PixelReader | None = None,
    on_outcome: Callable[[FileOutcome], None] | None = None,
) -> Summary:
    """De-identify every file under `src` into `dst`; run again after any interruption, the result is the same.

    Whom one file of a study names is searched for in all others of the study: where a text of a result tells more
    than its own file knew, that file is done again before the study gets its receipt. `pixels` goes to the workers.

    Files that differ but claim the same SOP Instance UID are all refused, in whatever order they come: then
    `on_outcome` is called once more for one that had been done.

    Raises:
        BadCall: when the folders lie in one another, the source is missing, another run is at work, or receipts
            are wanted that nobody signs.
    """
    if receipts_dir is not None and signer is None:
        raise BadCall("receipts are wanted, but nobody signs them")
    check_folders(src, dst, receipts_dir)
    work = dst / WORK
    work.mkdir(parents=True, exist_ok=True)
    try:
        ledger = Ledger(work / "ledger")
    except sqlite3.OperationalError:
        raise BadCall(f"another run is at work in {dst}") from None
    with closing(ledger):
        _sweep(work)
        run = _Run(dst, ledger, on_outcome or (lambda _: None))
        task = _Task(src.resolve(), work, profile, key, dst, pixels)
        for outcome in _outcomes(task, workers):
            run.take(outcome)
        for study in ledger.studies_about_several():
            _do_again(task, run, study)
        run.sync()
        ledger.settle()
        if receipts_dir is not None and signer is not None:
            _write_receipts(ledger, receipts_dir, profile, signer)
        summary = _summary(ledger)
    shutil.rmtree(work)
    return summary


def check_folders(src: Path, dst: Path, receipts_dir: Path | None = None) -> None:
    """Refuse folders that would mix what is identified with what is not.

    Raises:
        BadCall: with a sentence that says which.
    """
    if not src.exists():
        raise BadCall(f"there is no {src}")
    if dst.exists() and not dst.is_dir():
        raise BadCall(f"{dst} is not a folder")
    for folder, name in ((dst, "the destination"), (receipts_dir, "the receipts' folder")):
        if folder is None:
            continue
        one, other = src.resolve(), folder.resolve()
        if one == other or one in other.parents:
            raise BadCall(f"{name} {folder} lies inside the source {src}")
        if other in one.parents and src.is_dir():
            raise BadCall(f"the source {src} lies inside {name} {folder}")


def _sweep(work: Path) -> None:
    """Take away what an interrupted run left half-written."""
    for left in work.glob("*.part"):
        left.unlink()


def files_under(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every entry of a folder that is not a folder itself, in sorted order, with "" or why it cannot be read."""
    if not folder.is_dir():
        yield folder, ""
        return
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        yield folder, "unreadable-file"
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from files_under(Path(entry.path))
        else:
            yield Path(entry.path), _obstacle(entry)


def _obstacle(entry: "os.DirEntry[str]") -> str:
    if entry.is_symlink():
        return "link"
    try:
        return "" if entry.is_file(follow_symlinks=False) else "not-a-file"
    except OSError:
        return "unreadable-file"


def _outcomes(task: _Task, workers: int) -> Iterator[FileOutcome]:
    files = (found for found in files_under(task.source) if not _link_within(found, task.source))
    batches = _batches(files)
    if workers <= 1:
        yield from _alone(task, batches)
    else:
        yield from _together(task, batches, workers)


def _batches(files: Iterator[tuple[Path, str]]) -> Iterator[list[tuple[Path, str]]]:
    """The files in batches that grow: a small folder is shared out evenly, a large one is flushed in few turns."""
    met = 0
    while batch := [*islice(files, min(LONGEST_BATCH, FIRST_BATCH + met // 8))]:
        met += len(batch)
        yield batch


def _alone(task: _Task, batches: Iterable[list[tuple[Path, str]]]) -> Iterator[FileOutcome]:
    """One process, which does not wait for the disk: while one batch is flushed, the next is cleaned."""
    before: _Begun | None = None
    for batch in batches:
        begun = _begun(task, batch)
        if before is not None:
            yield from before.settled()
        before = begun.settle()
    if before is not None:
        yield from before.settled()


def _together(task: _Task, batches: Iterable[list[tuple[Path, str]]], workers: int) -> Iterator[FileOutcome]:
    from concurrent.futures import BrokenExecutor

    with _pool(workers) as pool:
        try:
            yield from _pooled(pool, task, batches, 2 * workers)
        except BrokenExecutor:
            raise WorkerEnded("a worker process was ended") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _pool(workers: int) -> "ProcessPoolExecutor":
    """Worker processes: forked where that is safe, which is on Linux before any thread has begun."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    alone = sys.platform == "linux" and active_count() == 1
    context = get_context("fork" if alone else "spawn")
    return ProcessPoolExecutor(workers, context, initializer=_leave_stopping_to_the_parent)


def _leave_stopping_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _link_within(found: tuple[Path, str], folder: Path) -> bool:
    """A link to something inside the folder needs no second look: its target is met by itself."""
    path, obstacle = found
    return obstacle == "link" and path.exists() and folder in path.resolve().parents


def _pooled(
    pool: "ProcessPoolExecutor", task: _Task, batches: Iterable[list[tuple[Path, str]]], ahead: int
) -> Iterator[FileOutcome]:
    waiting: deque[Future[list[FileOutcome]]] = deque()
    for batch in batches:
        waiting.append(pool.submit(_done, task, batch))
        if len(waiting) > ahead:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _done(task: _Task, batch: list[tuple[Path, str]], identity: Identity = NOBODY) -> list[FileOutcome]:
    """A batch de-identified, its results durable together: disks flush many files at once as fast as one."""
    return _begun(task, batch, identity).settle().settled()


def _begun(task: _Task, batch: list[tuple[Path, str]], identity: Identity = NOBODY) -> "_Begun":
    begun = _Begun()
    begun.outcomes = [_one(task, path, obstacle, begun, identity) for path, obstacle in batch]
    return begun


def _do_again(task: _Task, run: "_Run", study: str) -> None:
    """Clean those files of a study once more in whose results a word stands that another file tells of."""
    identity = NOBODY
    for source in run.ledger.sources_about(study):
        identity |= _known_of(task, source)
    for source, path in [*run.ledger.told(study, lambda texts: is_told(texts, identity))]:
        [outcome] = _done(task, [(_place(task, source), "")], identity)
        run.replace(path, outcome)


def _known_of(task: _Task, source: str) -> Identity:
    try:
        return identity_under(task.profile, take_apart(contents(_place(task, source))).elements)
    except Unreadable:
        return NOBODY  # it was readable a moment ago: what it tells of is not known, and it is refused itself


def _place(task: _Task, source: str) -> Path:
    return task.source / source if task.source.is_dir() else task.source


def _one(task: _Task, path: Path, obstacle: str, begun: "_Begun", identity: Identity) -> FileOutcome:
    name = str(path).removeprefix(f"{task.source}{os.sep}") if path != task.source else path.name
    if obstacle:
        return FileOutcome(name, "refused", obstacle)
    try:
        outcome, chunks = deidentify_chunks(
            contents(path), profile=task.profile, key=task.secret, identity=identity, pixels=task.pixels
        )
    except Unreadable as error:
        return FileOutcome(name, "refused", error.reason)
    about = fingerprint(outcome.identity, task.secret)
    if outcome.path is None:
        return FileOutcome(name, "refused", outcome.reason, study_instance_uid=outcome.study_instance_uid, about=about)
    place = str(outcome.path)
    if not _same(Path(f"{task.target}{os.sep}{place}"), chunks):
        begun.write(f"{task.work}{os.sep}{outcome.sha256}", chunks)
    return FileOutcome(
        name, "done", "", place, outcome.study_instance_uid, outcome.sop_instance_uid, outcome.sha256,
        _counts(outcome.decisions), outcome.pixels, outcome.scan, about, _said(outcome.texts),
    )  # fmt: skip


def _of_the_last(function: Callable[[_A], _B]) -> Callable[[_A], _B]:
    """The same function with its last answer remembered: the files of a series share decisions and texts."""
    last: list[tuple[_A, _B]] = []

    def answer(asked: _A) -> _B:
        known = last[0] if last else None
        if known is None or known[0] is not asked:
            known = (asked, function(asked))
            last[:] = [known]
        return known[1]

    return answer


@_of_the_last
def _counts(decisions: tuple[Decision, ...]) -> tuple[tuple[Count, int], ...]:
    return tuple(sorted(counted(decisions).items()))


@_of_the_last
def _said(texts: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))


class _Begun:
    """The results of a batch, written under names of this process's own until all of them are durable."""

    def __init__(self) -> None:
        self.number = next(_NUMBERS)
        self.outcomes: list[FileOutcome] = []
        self.parts: dict[Path, Path] = {}
        self.threads: list[Thread] = []
        self.faults: list[OSError] = []

    def write(self, part: str, chunks: list[Value]) -> None:
        unsettled = Path(f"{part}.{os.getpid()}-{self.number}.part")
        with unsettled.open("wb") as file:
            file.writelines(chunks)
            file.flush()
            if hasattr(os, "posix_fadvise"):  # the disk begins now
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.parts[Path(f"{part}.part")] = unsettled

    def settle(self) -> "_Begun":
        """Begin to make the contents durable: files flushed at the same time cost the disk little more than one."""
        parts = [*self.parts.items()]
        shares = [share for each in range(FLUSHERS) if (share := parts[each::FLUSHERS])]
        self.threads = [Thread(target=self._settle, args=[share]) for share in shares]
        for thread in self.threads:
            thread.start()
        return self

    def settled(self) -> list[FileOutcome]:
        """The outcomes, once their contents are on the disk. Raises OSError when they cannot be."""
        for thread in self.threads:
            thread.join()
        if self.faults:
            raise self.faults[0]
        return self.outcomes

    def _settle(self, parts: list[tuple[Path, Path]]) -> None:
        try:
            for part, unsettled in parts:
                with unsettled.open("rb") as file:
                    os.fsync(file.fileno())
                unsettled.replace(part)
        except OSError as error:
            self.faults.append(error)


def _same(target: Path, chunks: list[Value]) -> bool:
    """Whether an earlier run has already left this very content in its place."""
    if not target.exists():
        return False
    try:
        with target.open("rb") as file:
            if os.fstat(file.fileno()).st_size != sum(map(len, chunks)):
                return False
            return all(file.read(len(chunk)) == chunk for chunk in chunks)
    except OSError:
        return False


class _Run:
    """Takes outcomes in order, publishes what is unique and takes back what is not."""

    def __init__(self, dst: Path, ledger: Ledger, tell: Callable[[FileOutcome], None]) -> None:
        self.dst = dst
        self.ledger = ledger
        self.tell = tell
        self.folder: Path | None = None

    def sync(self) -> None:
        """Make the names in the folder written to last as durable as the files themselves."""
        if self.folder is not None and self.folder.is_dir() and os.name == "posix":
            handle = os.open(self.folder, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)

    def part(self, outcome: FileOutcome) -> Path:
        return Path(f"{self.dst}{os.sep}{WORK}{os.sep}{outcome.sha256}.part")

    def publish(self, outcome: FileOutcome) -> None:
        part, target = self.part(outcome), Path(f"{self.dst}{os.sep}{outcome.path}")
        if not part.exists():
            return  # an earlier run has put this very content in its place
        if target.parent != self.folder:
            self.sync()
            self.folder = target.parent
            self.folder.mkdir(parents=True, exist_ok=True)
        part.replace(target)

    def replace(self, path: str, outcome: FileOutcome) -> None:
        """Put the second result of a file in the place of the first, or take the first back."""
        if outcome.status == "done":
            self.publish(outcome)
            self.ledger.amend(outcome)
            return
        for source in self.ledger.withdraw(path):
            self.ledger.refuse(source, outcome.reason, outcome.study_instance_uid)
            self.tell(FileOutcome(source, "refused", outcome.reason, study_instance_uid=outcome.study_instance_uid))
        self._take_away(path)

    def take(self, outcome: FileOutcome) -> None:
        self.ledger.hear(outcome)
        if outcome.status != "done":
            self.ledger.refuse(outcome.source, outcome.reason, outcome.study_instance_uid)
            self.tell(outcome)
            return
        known = self.ledger.claimed(outcome.path)
        if known is None:
            self.publish(outcome)
            self.ledger.claim(outcome)
            self.tell(outcome)
        elif known.sha256 == outcome.sha256 and not known.conflict:
            self.part(outcome).unlink(missing_ok=True)
            self.ledger.repeat(outcome)
            self.tell(outcome)
        else:
            self.part(outcome).unlink(missing_ok=True)
            self._conflict(outcome)

    def _conflict(self, outcome: FileOutcome) -> None:
        for source in (*self.ledger.withdraw(outcome.path), outcome.source):
            refused = FileOutcome(source, "refused", "conflict", study_instance_uid=outcome.study_instance_uid)
            self.ledger.refuse(source, "conflict", outcome.study_instance_uid)
            self.tell(refused)
        self._take_away(outcome.path)

    def _take_away(self, path: str) -> None:
        target = self.dst / path
        target.unlink(missing_ok=True)
        for folder in islice(target.parents, 3):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
                self.folder = None


def _write_receipts(ledger: Ledger, folder: Path, profile: Profile, signer: Signer) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for study in ledger.studies():
        receipt = build_receipt(
            study_instance_uid=study,
            profile=profile,
            signer=signer,
            instances=ledger.instances(study),
            counts=ledger.counts(study),
            refused=ledger.refusals(study),
            texts=ledger.texts(study),
        )
        part = folder / f".{study}.part"
        part.write_text(dump_receipt(receipt), "utf-8")
        part.replace(folder / f"{study}.json")


def _summary(ledger: Ledger) -> Summary:
    reasons = Counter(ledger.reasons())
    return Summary(ledger.done(), reasons.total(), ledger.study_count(), dict(sorted(reasons.items())))
