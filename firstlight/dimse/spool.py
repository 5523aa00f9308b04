"""A folder that objects lie in from their arrival until somebody has dealt with them: whole, durable, and nameless."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from firstlight.dicom.encoding import encoded_file
from firstlight.dicom.structure import Encoding
from firstlight.dimse.files import PART, free_bytes, make_folder, new_name, sweep

LARGEST_OBJECT = 8 << 30
WRITTEN_AT_ONCE = 1 << 18


class Full(OSError):
    """There is no room for an object, or it is larger than any may be."""


class Spool:
    """One folder, for all threads of a process; other processes may use the same."""

    def __init__(self, folder: Path, *, keep_free_bytes: int, largest_object: int = LARGEST_OBJECT) -> None:
        make_folder(folder)
        self.folder = folder
        self.keep_free_bytes = keep_free_bytes
        self.largest_object = largest_object

    def take(self, head: bytes, chunks: Iterable[bytes | memoryview]) -> Path:
        """Put an object into the folder as it comes, durable when this returns; of a broken one nothing stays.

        The file is synced after it has its name: ext4, XFS, Btrfs and ZFS log both together, so that one wait is enough
        for it, and one for all that come at the same time.

        Raises:
            Full: when there is too little room.
            OSError: when the disk cannot be used.
        """
        if free_bytes(self.folder) < self.keep_free_bytes:
            raise Full
        part = self.folder / f"{new_name()}{PART}"
        path = part.with_suffix("")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb", WRITTEN_AT_ONCE) as file:
                file.write(head)
                self._fill(file.write, chunks)
                file.flush()
                part.rename(path)
                os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise
        return path

    def _fill(self, write: Callable[[memoryview | bytes], int], chunks: Iterable[bytes | memoryview]) -> None:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self.largest_object:
                raise Full
            write(chunk)

    def tidy(self) -> None:
        """Take away what was half-written when a process ended; nobody may be writing."""
        sweep(self.folder)


def waiting_in(folder: Path) -> list[Path]:
    """What is in a spool, the oldest first; what is still being written is not."""
    try:
        with os.scandir(folder) as found:
            entries = [(each.stat().st_mtime_ns, each.path) for each in found if not each.name.endswith(PART)]
    except FileNotFoundError:
        return []
    return [Path(path) for _, path in sorted(entries)]


def head_of_file(transfer_syntax_uid: str, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """Preamble and file meta information (PS3.10 7.1) before a data set as it came over the wire.

    The same as `firstlight deidentify` writes, so that its file has the same bytes when it arrives as it had there.
    """
    encoding = Encoding(implicit=False, little=True)
    return b"".join(encoded_file({}, transfer_syntax_uid, encoding, sop_class_uid, sop_instance_uid))
