"""A zip that is sent while it is made: nothing is compressed, and one piece at a time is in memory."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

PIECE = 1024 * 1024
File = tuple[str, bytes | Path]


class _Outflow:
    """What a zip is written to: it cannot be turned back, and gives away what it holds."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: bytes, /) -> int:
        self._held += content
        return len(content)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """Nothing to close."""

    def taken(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def stream_zip(files: Iterable[File], *, at: datetime) -> Iterator[bytes]:
    """The pieces of a zip of these files, each given as its bytes or as where they lie."""
    outflow = _Outflow()
    with ZipFile(outflow, "w", ZIP_STORED) as archive:
        for name, content in files:
            with archive.open(_entry(name, content, at), "w") as entry:
                for piece in _pieces(content):
                    entry.write(piece)
                    yield outflow.taken()
    yield outflow.taken()


def _entry(name: str, content: bytes | Path, at: datetime) -> ZipInfo:
    entry = ZipInfo(name, at.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    entry.file_size = content.stat().st_size if isinstance(content, Path) else len(content)
    return entry


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
