"""A table of cases, row by row: what each says, and everything that is wrong with it."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from firstlight.library.rules.document import TEXT_FIELDS, AuthorView
from firstlight.library.rules.licences import licence_of
from firstlight.library.rules.orcid import BadOrcid, read_orcid

PLAIN = (*TEXT_FIELDS, "references", "certainty", "licence", "consent")
FIELDS = ("key", *PLAIN, "tags", "authors", "is_synthetic", "studies", "folder")
MOST_ROWS = 500
MOST_BYTES = 10 * 1024 * 1024
_LONGEST = {"title_ko": 200, "title_en": 200, "diagnosis_ko": 300, "diagnosis_en": 300, "key": 200}
_YES, _NO = {"yes", "true", "1", "y", "예"}, {"", "no", "false", "0", "n", "아니오", "아니요"}
_UID = re.compile(r"[0-9.]{1,64}")
_AUTHOR = re.compile(r"(?P<family>[^,<(]+)(?:,\s*(?P<given>[^<(]+))?(?:\((?P<ko>[^)]*)\))?\s*(?:<(?P<orcid>[^>]*)>)?")
Line = tuple[int, dict[str, str]]


class UnreadableSheet(ValueError):
    """A file that is no table of cases; `reason` is a key for pages, never a cell."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Sheet:
    """A table as it was handed in: its headings, and its rows with the lines they begin on."""

    columns: list[str]
    rows: list[Line]


@dataclass(frozen=True)
class Row:
    """What a good row says of one case."""

    line: int
    key: str
    texts: dict[str, Any]
    authors: tuple[AuthorView, ...] = ()
    studies: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used: each fault with the column it is in; never a cell."""

    line: int
    faults: tuple[tuple[str, str], ...] = field(default=())


def read_sheet(content: bytes) -> Sheet:
    """A CSV of any usual kind; raises UnreadableSheet for what is none, is too large or has rows too long."""
    if len(content) > MOST_BYTES:
        raise UnreadableSheet("too-large")
    text = _decoded(content)
    if "\0" in text:
        raise UnreadableSheet("not-a-table")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings, rows = _split(reader)
    except csv.Error:
        raise UnreadableSheet("broken-line") from None
    return Sheet(headings, rows)


def _decoded(content: bytes) -> str:
    """UTF-8, or cp949, in which Korean spreadsheets save CSV."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableSheet("unknown-letters")


def _split(reader: Any) -> tuple[list[str], list[Line]]:
    headings = [each.strip() for each in next(reader, [])]
    if not any(headings):
        raise UnreadableSheet("empty")
    if len({each for each in headings if each}) != len([each for each in headings if each]):
        raise UnreadableSheet("two-columns")
    rows: list[Line] = []
    began = reader.line_num + 1
    for cells in reader:
        if any(each.strip() for each in cells):
            if len(cells) > len(headings):
                raise UnreadableSheet("too-many-cells")
            rows.append((began, {key: cell.strip() for key, cell in zip(headings, cells, strict=False) if key}))
        began = reader.line_num + 1
    if not rows:
        raise UnreadableSheet("empty")
    if len(rows) > MOST_ROWS:
        raise UnreadableSheet("too-many-rows")
    return [each for each in headings if each], rows


def mapping_of(columns: Sequence[str]) -> dict[str, str]:
    """Columns whose heading is a field's own name, however it is spelled."""
    plain = {re.sub(r"[\s-]+", "_", each.lower()): each for each in columns}
    return {each: plain[each] for each in FIELDS if each in plain}


def read_rows(
    sheet: Sheet,
    mapping: Mapping[str, str],
    *,
    tags: frozenset[str],
    certainties: frozenset[str],
    consents: frozenset[str],
) -> tuple[list[Row], list[BadRow]]:
    """The rows that can become cases, and those that cannot with every reason."""
    good, bad = [], []
    seen: set[str] = set()
    for line, cells in sheet.rows:
        said = {each: cells.get(column, "") for each, column in mapping.items()}
        faults = _faults(said, tags=tags, certainties=certainties, consents=consents)
        key = said.get("key", "")
        faults += [("same-key", "key")] if key in seen else []
        seen.add(key)
        if faults:
            bad.append(BadRow(line, tuple(faults)))
        else:
            good.append(_row(line, said))
    return good, bad


def _faults(
    said: Mapping[str, str], *, tags: frozenset[str], certainties: frozenset[str], consents: frozenset[str]
) -> list[tuple[str, str]]:
    checks = [
        ("missing", "key", bool(said.get("key"))),
        ("missing", "title_en", bool(said.get("title_en") or said.get("title_ko"))),
        ("unknown-word", "certainty", said.get("certainty", "") in certainties | {""}),
        ("unknown-word", "consent", said.get("consent", "") in consents | {""}),
        ("unknown-licence", "licence", not said.get("licence") or licence_of(said["licence"]) is not None),
        ("unknown-tag", "tags", set(_listed(said.get("tags", ""))) <= tags),
        ("unknown-word", "is_synthetic", said.get("is_synthetic", "").lower() in _YES | _NO),
        ("bad-uid", "studies", all(_UID.fullmatch(each) for each in _listed(said.get("studies", "")))),
        ("bad-folder", "folder", _is_inside(said.get("folder", ""))),
        *(("too-long", name, len(said.get(name, "")) <= longest) for name, longest in _LONGEST.items()),
    ]
    return [(fault, name) for fault, name, is_fine in checks if not is_fine] + _author_faults(said.get("authors", ""))


def _author_faults(text: str) -> list[tuple[str, str]]:
    try:
        read_authors(text)
    except BadOrcid:
        return [("bad-orcid", "authors")]
    except ValueError:
        return [("bad-author", "authors")]
    return []


def _is_inside(folder: str) -> bool:
    """Whether a folder's name stays below the one that is imported."""
    parts = folder.replace("\\", "/").split("/")
    return not folder or (".." not in parts and not folder.startswith(("/", "\\")) and ":" not in folder)


def _listed(text: str) -> list[str]:
    return [each for each in re.split(r"[;\s]+", text) if each]


def read_authors(text: str) -> list[AuthorView]:
    """Authors as `Family, Given (한글) <ORCID>; …`; raises BadOrcid, and ValueError for what is no name."""
    authors = []
    for part in filter(str.strip, text.split(";")):
        found = _AUTHOR.fullmatch(part.strip())
        if not found:
            raise ValueError("no name")
        said = {key: (value or "").strip() for key, value in found.groupdict().items()}
        orcid = read_orcid(said["orcid"]) if said["orcid"] else ""
        authors.append(AuthorView(said["given"], said["family"], said["ko"], orcid))
    return authors


def _row(line: int, said: Mapping[str, str]) -> Row:
    texts: dict[str, Any] = {name: said[name] for name in PLAIN if said.get(name)}
    if "licence" in texts and (licence := licence_of(texts["licence"])):
        texts["licence"] = licence.name
    return Row(
        line=line,
        key=said["key"],
        texts={
            **texts,
            "tags": _listed(said.get("tags", "")),
            "is_synthetic": said.get("is_synthetic", "").lower() in _YES,
        },
        authors=tuple(read_authors(said.get("authors", ""))),
        studies=tuple(_listed(said.get("studies", ""))),
        folder=said.get("folder", "").replace("\\", "/").strip("/"),
    )
