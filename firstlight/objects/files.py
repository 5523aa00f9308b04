"""Objects as files of a folder: written beside their place, synced, and moved there."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from firstlight.objects.interface import Missing, joined

PARTIAL = ".partial"


class FileObjects:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Files are synced one by one; the folders that got a new name once, after the last."""
        changed: set[Path] = set()
        for name, content in objects.items():
            path = self.root / name
            if not path.exists():
                changed |= _made(path.parent)
                _write_durably(path, content)
                changed.add(path.parent)
        for folder in changed:
            _sync_folder(folder)

    def get(self, name: str) -> bytes:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            raise Missing from None

    def get_ranges(self, name: str, ranges: Sequence[tuple[int, int]]) -> bytes:
        try:
            handle = os.open(self.root / name, os.O_RDONLY)
        except FileNotFoundError:
            raise Missing from None
        try:
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


def _made(folder: Path) -> set[Path]:
    """Make a folder and those above it; the ones that got a new entry by it."""
    if folder.exists():
        return set()
    changed = _made(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    return {*changed, folder.parent}


def _write_durably(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{secrets.token_hex(8)}{PARTIAL}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
