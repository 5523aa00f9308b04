"""Which reader a file needs, by how it begins."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from firstlight.literature.rules.record import Read
from firstlight.literature.sources.bibtex import read_bibtex
from firstlight.literature.sources.crossref import read_crossref
from firstlight.literature.sources.csl import read_csl
from firstlight.literature.sources.medrxiv import read_medrxiv
from firstlight.literature.sources.pubmed import read_pubmed
from firstlight.literature.sources.retractions import read_retractions
from firstlight.literature.sources.ris import read_ris
from firstlight.literature.sources.text import read_some

Reader = Callable[[BinaryIO], Iterator[Read]]
READERS: dict[str, Reader] = {
    "pubmed": read_pubmed,
    "crossref": read_crossref,
    "medrxiv": read_medrxiv,
    "csl": read_csl,
    "ris": read_ris,
    "bibtex": read_bibtex,
    "retractions": read_retractions,
}
_SIGNS = (
    ("retractions", re.compile(rb"^\W*Record ID,|RetractionNature")),
    ("pubmed", re.compile(rb"<PubmedArticle|<!DOCTYPE\s+PubmedArticle", re.IGNORECASE)),
    ("ris", re.compile(rb"^\s*(?:\d+\.\s*)?TY  ?-", re.MULTILINE)),
    ("bibtex", re.compile(rb"^\s*@\s*\w+\s*[{(]", re.MULTILINE)),
    (
        "medrxiv",
        re.compile(rb'"(?:collection|biorxiv_doi|preprint_doi)"|"server"\s*:\s*"(?:med|bio)rxiv', re.IGNORECASE),
    ),
    ("crossref", re.compile(rb'"(?:message-type|date-parts|DOI)"')),
)
_CSL = re.compile(rb'"type"\s*:\s*"(?:article-journal|article|paper-conference|chapter|book|report|webpage)"')
_CROSSREF = re.compile(rb'"(?:message-type|container-title"\s*:\s*\[|is-referenced-by-count|reference-count|prefix)')
_LOOKED_AT = 1 << 16


def kind_of(beginning: bytes) -> str:
    """The reader that fits a file which begins so; empty when none does."""
    if beginning[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        beginning = beginning.decode("utf-16", errors="ignore").encode()
    beginning = beginning.removeprefix(b"\xef\xbb\xbf")
    found = next((name for name, sign in _SIGNS if sign.search(beginning)), "")
    if found in {"crossref", ""} and _CSL.search(beginning) and not _CROSSREF.search(beginning):
        return "csl"
    return found


def read_from(kind: str, stream: BinaryIO, after: int = 0) -> Iterator[Read]:
    """What the file holds after so many records, for who goes on where it was stopped."""
    if kind == "pubmed":
        return read_pubmed(stream, after)
    return islice(READERS[kind](stream), after, None)


class Opened(NamedTuple):
    """A file being read: its bytes, unpacked when they are packed, and the file itself, for how far it is."""

    stream: BinaryIO
    file: BinaryIO


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Read a file, packed by gzip or not."""
    with path.open("rb") as plain:
        is_packed = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        if is_packed:
            with gzip.open(plain) as unpacked:
                yield Opened(cast(BinaryIO, unpacked), plain)
        else:
            yield Opened(plain, plain)


def beginning_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked."""
    with opened(path) as (stream, _file):
        found = b""
        try:
            while len(found) < _LOOKED_AT and (more := read_some(stream)):
                found += more
        except (EOFError, zlib.error):
            return found  # a packed file that breaks off: what came before is what there is
        return found[:_LOOKED_AT]
