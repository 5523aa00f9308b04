"""What all forms in JSON share: the documents of a file one by one, and values of the kind they should have."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson

from firstlight.literature.rules.record import Fault, PaperRecord, Read

LARGEST = 512 << 20
Document = Mapping[str, Any]


class Unusable(ValueError):
    """A document that is not a paper; says why without what it holds."""


def read_documents(stream: BinaryIO, lists: Sequence[str], read: Callable[[Document], PaperRecord]) -> Iterator[Read]:
    """Every document of a file: one, a list, lines of one each, or a list under one of these names."""
    for number, found in enumerate(_each(stream, lists), start=1):
        if isinstance(found, Fault):
            yield found
            continue
        try:
            yield read(found)
        except Unusable as error:
            yield Fault(number, f"document {number:,}", str(error))


def _each(stream: BinaryIO, lists: Sequence[str]) -> Iterator[Document | Fault]:
    text = stream.read(LARGEST + 1)
    if len(text) > LARGEST:
        yield Fault(0, "", "The file is larger than 512 MB: cut it into several, or write one document a line.")
        return
    try:
        yield from _documents(orjson.loads(text), lists)
    except orjson.JSONDecodeError as error:
        if text.count(b"\n") and text.lstrip().startswith(b"{"):
            yield from _lines(text, lists)
        else:
            yield Fault(1, f"byte {error.pos:,}", "The file is not JSON.")


def _lines(text: bytes, lists: Sequence[str]) -> Iterator[Document | Fault]:
    place = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if line.strip():
            try:
                yield from _documents(orjson.loads(line), lists)
            except orjson.JSONDecodeError:
                yield Fault(number, f"byte {place:,}", "the line is not JSON")
        place += len(line)


def _documents(found: Any, lists: Sequence[str]) -> Iterator[Document]:
    if isinstance(found, list):
        yield from (each if isinstance(each, dict) else {} for each in found)
        return
    if not isinstance(found, dict):
        yield {}
        return
    message = found.get("message")
    inner: Document = message if isinstance(message, dict) else found
    for name in lists:
        if isinstance(inner.get(name), list):
            yield from _documents(inner[name], lists)
            return
    yield inner


def text_of(document: Document, *names: str) -> str:
    """The first text under these names, a list's first, blanks made single; empty for anything else."""
    for name in names:
        value = document.get(name)
        if isinstance(value, list):
            value = value[0] if value else ""
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return " ".join(str(value).replace("\0", "").split())
    return ""


def texts_of(document: Document, name: str) -> tuple[str, ...]:
    """All texts of a list."""
    value = document.get(name)
    found = value if isinstance(value, list) else []
    return tuple(each.replace("\0", "") for each in found if isinstance(each, str) and each)


def parts_of(document: Document, name: str) -> list[Document]:
    """The documents of a list within a document."""
    value = document.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
