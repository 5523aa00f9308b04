"""The content-addressed store: a file is named by the SHA-256 of its bytes, written once and never changed."""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings


def digest_of(content: bytes) -> str:
    """The name of these bytes."""
    return hashlib.sha256(content).hexdigest()


def path_of(digest: str, *, room: str = "objects") -> Path:
    """Where the bytes of that name are kept; rooms: objects, metadata, quarantine, rendered."""
    root: Path = settings.STORE
    return root / room / digest[:2] / digest[2:4] / digest


def keep(contents: Iterable[bytes], *, room: str = "objects") -> list[str]:
    """Put bytes on disk, durable when this returns, and give their names; what is there already stays as it is.

    Files are synced one by one and their folders once, after the last.
    """
    digests = []
    folders = set()
    for content in contents:
        digest = digest_of(content)
        digests.append(digest)
        path = path_of(digest, room=room)
        if not path.exists():
            _write_durably(path, content)
            folders.add(path.parent)
    for folder in folders:
        _sync_folder(folder)
    return digests


def remembered(name: str, make: Callable[[], bytes]) -> bytes:
    """A picture made before under this name, or made now and kept; it can be deleted at any time."""
    path = path_of(digest_of(name.encode()), room="rendered")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        content = make()
        _write_durably(path, content)
        return content


def read(digest: str, *, room: str = "objects") -> bytes:
    """The bytes of that name."""
    return path_of(digest, room=room).read_bytes()


def read_ranges(digest: str, ranges: Iterable[tuple[int, int]]) -> bytes:
    """Some (offset, length) stretches of an object, joined."""
    with path_of(digest).open("rb") as file:
        return b"".join(_read_range(file.fileno(), offset, length) for offset, length in ranges)


def forget(digest: str, *, room: str) -> None:
    """Remove what nothing points at any more."""
    path_of(digest, room=room).unlink(missing_ok=True)


def _read_range(handle: int, offset: int, length: int) -> bytes:
    content = os.pread(handle, length, offset)
    if len(content) != length:
        raise OSError("A stored object is shorter than its index says.")
    return content


def _write_durably(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{secrets.token_hex(8)}.partial")
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
    for each in (folder, folder.parent, folder.parent.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
