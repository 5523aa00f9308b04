"""Files that are there whole or not at all, under names that say nothing."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from firstlight.dicom.structure import Value

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
PART = ".part"


def make_folder(path: Path) -> None:
    """A folder for its owner alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def new_name() -> str:
    """A file name by chance: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def write_durably(path: Path, chunks: Iterable[Value]) -> None:
    """Put a file in its place, on disk when this returns; on any error nothing of it stays."""
    part = path.with_name(f"{new_name()}{PART}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as its files."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(path: Path, folder: Path) -> None:
    """A file into another folder of the same disk, under the same name; one that is there already stays."""
    target = folder / path.name
    if path.exists():
        path.replace(target)
        sync_folder(folder)


def sweep(folder: Path) -> None:
    """Take away what was half-written when a process ended."""
    for part in folder.glob(f"*{PART}"):
        part.unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """How much room the disk of a folder has."""
    return shutil.disk_usage(folder).free
