"""Objects as files of a folder: written beside their place, synced, and moved there."""

import io
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from firstlight.objects.interface import TOO_SHORT, Content, Missing, joined

PARTIAL = ".partial"
PARALLEL = 8


class FileObjects:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, objects: Mapping[str, Content]) -> None:
        """All are written and named first, and then synced at once, so that the disk does it in one go.

        A file is synced after it has its name: ext4, XFS, Btrfs and ZFS then make the name, and the new folders above
        it, durable with it, since they log both together.
        """
        written = [handle for name, content in objects.items() for handle in _named(self.root / name, content)]
        try:
            _sync(written)
        finally:
            for handle in written:
                os.close(handle)

    def get(self, name: str) -> bytes:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            raise Missing from None

    def get_ranges(
        self, name: str, ranges: Sequence[tuple[int, int]], *, before: bytes = b"", after: bytes = b""
    ) -> bytes:
        try:
            handle = os.open(self.root / name, os.O_RDONLY)
        except FileNotFoundError:
            raise Missing from None
        try:
            if before or after:
                return _between(handle, ranges, before, after)
            return joined([os.pread(handle, length, offset) for offset, length in ranges], ranges)
        finally:
            os.close(handle)

    def source(self, name: str) -> Path:
        if not self.has(name):
            raise Missing
        return self.root / name

    def has(self, name: str) -> bool:
        return (self.root / name).exists()

    def forget(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def names(self, folder: str) -> Iterator[str]:
        for above, _folders, files in os.walk(self.root / folder):
            for file in files:
                if not file.endswith(PARTIAL):
                    yield (Path(above) / file).relative_to(self.root).as_posix()

    def problem(self) -> str:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                return ""
        except OSError as error:
            return f"the folder cannot be written to ({error.strerror})"


def _between(handle: int, ranges: Sequence[tuple[int, int]], before: bytes, after: bytes) -> bytes:
    """The stretches read straight to their place between other bytes: copied once, not three times."""
    buffer, place = io.BytesIO(), len(before)
    buffer.seek(place + sum(length for _, length in ranges))
    buffer.write(after)
    buffer.seek(0)
    buffer.write(before)
    with buffer.getbuffer() as view:
        for offset, length in ranges:
            if os.preadv(handle, [view[place : place + length]], offset) != length:
                raise OSError(TOO_SHORT)
            place += length
    return buffer.getvalue()


def _named(path: Path, content: Content) -> Iterator[int]:
    """A file under its name, not yet synced: its handle.

    What has the name already stays, but for what a power cut left of an earlier write: a part of the same bytes.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield _write(path, content)
        return
    size = os.fstat(handle).st_size
    if size < len(content) and content[:size] == os.pread(handle, size, 0):
        os.close(handle)
        handle = _write(path, content)
    yield handle


def _write(path: Path, content: Content) -> int:
    partial = path.with_name(f".{secrets.token_hex(8)}{PARTIAL}")
    try:
        handle = _created(partial)
    except FileNotFoundError:
        _make(path.parent)
        handle = _created(partial)
    try:
        _write_all(handle, content)
        partial.rename(path)
    except BaseException:
        os.close(handle)
        partial.unlink(missing_ok=True)
        raise
    return handle


def _make(folder: Path) -> None:
    """Make a folder and those above it, for their owner alone."""
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _write_all(handle: int, content: Content) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def _sync(handles: Sequence[int]) -> None:
    if len(handles) <= 1:
        for handle in handles:
            os.fsync(handle)
        return
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(os.fsync, handles))
