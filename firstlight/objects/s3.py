"""Objects in a bucket that speaks S3: what many machines share."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import S3Store

from firstlight.objects.interface import Content, Missing, joined

PARALLEL = 8


class S3Objects:
    """A bucket, or a folder of one; credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def store(self) -> S3Store:
        """The connection, opened by the process that uses it."""
        parts = urlsplit(self.url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        options: dict[str, str | bool] = {"region": asked.get("region", "us-east-1")}
        if "endpoint" in asked:
            options["endpoint"] = asked["endpoint"]
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={"allow_http": asked.get("endpoint", "").startswith("http://"), "timeout": "60s"},
            virtual_hosted_style_request=False,
            **options,  # type: ignore[arg-type]
        )

    def put(self, objects: Mapping[str, Content]) -> None:
        if len(objects) == 1:
            self._put(*next(iter(objects.items())))
            return
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda each: self._put(*each), objects.items()))

    def _put(self, name: str, content: Content) -> None:
        try:
            obstore.put(self.store, name, bytes(content), mode="create")
        except AlreadyExistsError:
            return
        except BaseError as error:
            raise OSError("The bucket did not take an object.") from error

    def get(self, name: str) -> bytes:
        try:
            return bytes(obstore.get(self.store, name).bytes())
        except (NotFoundError, FileNotFoundError):
            raise Missing from None

    def get_ranges(
        self, name: str, ranges: Sequence[tuple[int, int]], *, before: bytes = b"", after: bytes = b""
    ) -> bytes:
        starts, lengths = [offset for offset, _ in ranges], [length for _, length in ranges]
        try:
            found = obstore.get_ranges(self.store, name, starts=starts, lengths=lengths)
            return b"".join((before, joined([bytes(each) for each in found], ranges), after))
        except (NotFoundError, FileNotFoundError):
            raise Missing from None

    def source(self, name: str) -> bytes:
        return self.get(name)

    def has(self, name: str) -> bool:
        try:
            obstore.head(self.store, name)
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def forget(self, name: str) -> None:
        try:
            obstore.delete(self.store, name)
        except (NotFoundError, FileNotFoundError):
            return

    def names(self, folder: str) -> Iterator[str]:
        for batch in obstore.list(self.store, prefix=folder):
            yield from (each["path"] for each in batch)

    def problem(self) -> str:
        try:
            self._put("check", b"Firstlight writes here.")
            self.get("check")
        except (OSError, Missing, BaseError) as error:
            return f"the bucket cannot be used ({type(error).__name__})"
        return ""
