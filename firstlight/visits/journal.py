"""Files in which each web process writes the requests it answered, one line and one write each.

A line is in the kernel's hands when the write returns, so that a killed process loses none. Its owner holds a lock on
the file as long as it lives; whoever gets that lock knows that the file will not grow, and may delete it once read.
"""

import atexit
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import FileIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

SUFFIX = ".views"
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class _Open:
    folder: Path
    day: date
    process: int
    file: FileIO


class Part(NamedTuple):
    """Whole lines of a journal, and where the next begins."""

    lines: list[bytes]
    end: int


_lock = threading.Lock()
_mine: _Open | None = None


def write(folder: Path, day: date, line: bytes) -> None:
    """Append a line to this process's journal of that day; raises OSError when it could not be written whole."""
    global _mine  # noqa: PLW0603 — a process has one journal
    with _lock:
        if _mine is None or (_mine.folder, _mine.day, _mine.process) != (folder, day, os.getpid()):
            close_mine()
            _mine = _Open(folder, day, os.getpid(), _begin(folder, day))
        if os.write(_mine.file.fileno(), line) != len(line):
            close_mine()  # the next line begins a file of its own, so that the torn one spoils no other
            raise OSError("A line of the journal was cut short")


def close_mine() -> None:
    """Let go of this process's journal, which may then be deleted once it is read."""
    global _mine  # noqa: PLW0603
    if _mine is not None:
        _mine.file.close()
    _mine = None


atexit.register(close_mine)


def _begin(folder: Path, day: date) -> FileIO:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{day}-{secrets.token_hex(8)}{SUFFIX}"
    hidden = path.with_suffix(".new")
    file = FileIO(os.open(hidden, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "a")
    fcntl.flock(file, fcntl.LOCK_EX)
    hidden.rename(path)  # only now can it be found, with its lock held
    return file


def journals(folder: Path) -> list[Path]:
    """Every journal there is, oldest day first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, bool]]:
    """A journal to read from, and whether its owner is gone, so that what it holds now is all it ever will."""
    with path.open("rb") as file:
        yield file, _is_left(file)


def _is_left(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read(file: BinaryIO, start: int, *, most: int = MOST_BYTES) -> Part:
    """The whole lines from `start` on, as many as fit into `most` bytes."""
    file.seek(start)
    chunk = file.read(most)
    # A stretch without any end of line is what a disk left behind, and is read as one damaged line.
    end = chunk.rfind(b"\n") + 1 or (most if len(chunk) == most else 0)
    return Part(chunk[:end].removesuffix(b"\n").split(b"\n") if end else [], start + end)
