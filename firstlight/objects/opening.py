"""From a URL to a store of objects."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from firstlight.objects.files import FileObjects
from firstlight.objects.interface import Objects


@lru_cache(8)
def open_objects(url: str) -> Objects:
    """The store at file:///FOLDER or s3://BUCKET/FOLDER?endpoint=URL&region=NAME.

    Raises:
        ValueError: for any other address, with a sentence that says what is wanted.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FileObjects(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc and not parts.username:
        from firstlight.objects.s3 import S3Objects

        return S3Objects(url)
    raise ValueError("use file:///ABSOLUTE/PATH or s3://BUCKET?endpoint=URL&region=NAME")
