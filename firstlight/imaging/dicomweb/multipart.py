"""multipart/related (RFC 2387), as DICOMweb speaks it."""

import re
from collections.abc import Iterator

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
