"""Where a members' list lies between handing in and taking in: in the store, for the server's own eyes alone."""

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from firstlight.objects.interface import Objects
from firstlight.objects.opening import open_objects


def keep_list(pieces: Iterable[bytes]) -> str:
    """Keep a file, durable when this returns, and give its name there."""
    name = secrets.token_hex(16)
    _objects().put({_place(name): b"".join(pieces)})
    return name


@contextmanager
def list_file(name: str) -> Iterator[Path]:
    """The file of that name, for as long as it is read."""
    source = _objects().source(_place(name))
    if isinstance(source, Path):
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="firstlight-list-") as file:
        file.write(source)
        file.flush()
        yield Path(file.name)


def forget_list(name: str) -> None:
    """Remove the file."""
    if name:
        _objects().forget(_place(name))


def _objects() -> Objects:
    return open_objects(settings.STORE)


def _place(name: str) -> str:
    return f"member-lists/{Path(name).name}"
