"""The content-addressed store: an object is named by the SHA-256 of its bytes, written once and never changed."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from mmap import mmap
from pathlib import Path

from django.conf import settings

from firstlight.objects.interface import Missing, Objects
from firstlight.objects.opening import open_objects


def digest_of(content: bytes | mmap) -> str:
    """The name of these bytes."""
    return hashlib.sha256(content).hexdigest()


def objects() -> Objects:
    """Where everything is kept."""
    return open_objects(settings.STORE)


def name_of(digest: str, *, room: str = "objects") -> str:
    """The name that the store knows these bytes by; rooms: objects, receipts, memberships, metadata, quarantine,
    rendered. The first three are the truth; what the other rooms hold can be made again, but for the quarantine."""
    return f"{room}/{digest[:2]}/{digest[2:4]}/{digest}"


def keep(contents: Iterable[bytes | mmap], *, room: str = "objects") -> list[str]:
    """Keep bytes, durable when this returns, and give their names; what is there already stays as it is."""
    named = [(digest_of(content), content) for content in contents]
    objects().put({name_of(digest, room=room): content for digest, content in named})
    return [digest for digest, _ in named]


def remembered(name: str, make: Callable[[], bytes]) -> bytes:
    """A picture made before under this name, or made now and kept; it can be deleted at any time."""
    place = name_of(digest_of(name.encode()), room="rendered")
    try:
        return objects().get(place)
    except Missing:
        content = make()
        objects().put({place: content})
        return content


def read(digest: str, *, room: str = "objects") -> bytes:
    """The bytes of that name."""
    return objects().get(name_of(digest, room=room))


def source(digest: str) -> Path | bytes:
    """An instance as a decoder reads it."""
    return objects().source(name_of(digest))


def has(digest: str, *, room: str = "objects") -> bool:
    """Whether these bytes are kept."""
    return objects().has(name_of(digest, room=room))


def read_ranges(digest: str, ranges: Sequence[tuple[int, int]], *, before: bytes = b"", after: bytes = b"") -> bytes:
    """Some (offset, length) stretches of an object, joined, with other bytes before and after them."""
    return objects().get_ranges(name_of(digest), ranges, before=before, after=after)


def forget(digest: str, *, room: str) -> None:
    """Remove what nothing points at any more."""
    objects().forget(name_of(digest, room=room))
