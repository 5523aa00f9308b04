"""What a store of objects can do; names are paths with slashes, made of letters, digits, dots and hyphens."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from mmap import mmap
from pathlib import Path
from typing import Protocol

Content = bytes | mmap


TOO_SHORT = "A stored object is shorter than its index says."


class Missing(LookupError):
    """There is no object of that name."""


class Objects(Protocol):
    """A store of objects."""

    def put(self, objects: Mapping[str, Content]) -> None:
        """Keep these; durable when it returns. What is there already stays as it is."""

    def get(self, name: str) -> bytes:
        """All bytes of an object; raises Missing."""

    def get_ranges(
        self, name: str, ranges: Sequence[tuple[int, int]], *, before: bytes = b"", after: bytes = b""
    ) -> bytes:
        """Some (offset, length) stretches of an object, joined, with other bytes before and after them.

        Raises:
            Missing: when there is no such object.
            OSError: when it is too short.
        """

    def source(self, name: str) -> Path | bytes:
        """An object as what a decoder reads from: its file where it has one, else its bytes; raises Missing."""

    def has(self, name: str) -> bool:
        """Whether there is an object of that name."""

    def forget(self, name: str) -> None:
        """Remove an object; nothing happens where there is none."""

    def names(self, folder: str) -> Iterator[str]:
        """The names of all objects below a folder, in no particular order."""

    def problem(self) -> str:
        """Why nothing can be kept here, as a sentence; "" when all is well."""


def joined(parts: Iterable[bytes], ranges: Sequence[tuple[int, int]]) -> bytes:
    """The stretches as one, each as long as it was asked for."""
    pieces = list(parts)
    if any(len(piece) != length for piece, (_, length) in zip(pieces, ranges, strict=True)):
        raise OSError(TOO_SHORT)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
