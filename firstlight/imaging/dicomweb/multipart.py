"""multipart/related (RFC 2387), as DICOMweb speaks it."""

import re
import secrets
from collections.abc import Iterable, Iterator

from django.http import HttpResponse

# RFC 2046 5.1.1: at most 70 of these characters.
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,\-./:=? ]{1,70}?)"?\s*(?:;|$)')


class BadMultipart(ValueError):
    """A body that is not the multipart/related its header promises."""


def parts_of(body: bytes, content_type: str) -> Iterator[bytes]:
    """The parts' contents, in order; raises BadMultipart for a body without boundary or end."""
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/related") or not found:
        raise BadMultipart("Send multipart/related with a boundary.")
    delimiter = b"\r\n--" + found.group(1).encode()
    position = 0 if body.startswith(delimiter[2:]) else body.find(delimiter) + 2
    if position == 1:
        raise BadMultipart("The boundary does not occur in the body.")
    position += len(delimiter) - 2
    while not body.startswith(b"--", position):
        end = body.find(delimiter, position)
        if end < 0:
            raise BadMultipart("The last part has no end.")
        header_end = body.find(b"\r\n\r\n", position - 2, end)
        if header_end < 0:
            raise BadMultipart("A part has no header.")
        yield body[header_end + 4 : end]
        position = end + len(delimiter)


def multipart_response(parts: Iterable[tuple[str, bytes]], *, media_type: str) -> HttpResponse:
    """An answer of several parts, each with its own content type."""
    boundary = secrets.token_hex(16)
    chunks = []
    for content_type, content in parts:
        chunks.append(f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode())
        chunks += [content, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return HttpResponse(b"".join(chunks), content_type=f'multipart/related; type="{media_type}"; boundary={boundary}')
