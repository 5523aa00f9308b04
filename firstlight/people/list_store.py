"""Where a members' list lies between handing in and taking in: in the store, for the server's own eyes alone."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings


def keep_list(pieces: Iterable[bytes]) -> str:
    """Put a file on disk, durable when this returns, and give its name there."""
    name = secrets.token_hex(16)
    path = list_path(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return name


def list_path(name: str) -> Path:
    """Where the file of that name is."""
    root: Path = settings.STORE
    return root / "member-lists" / Path(name).name


def forget_list(name: str) -> None:
    """Remove the file."""
    if name:
        list_path(name).unlink(missing_ok=True)
