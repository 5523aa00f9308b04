"""Members' lists as they arrive, CSV of any usual kind or a spreadsheet, read line by line."""

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from openpyxl import load_workbook

from firstlight.people.rules.lists import ListFault, Row, UnreadableList, find_columns
from firstlight.people.rules.words import Column

MOST_BYTES = 200 * 1024 * 1024
MOST_BYTES_UNPACKED = 1024 * 1024 * 1024
_STRETCH = 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
Line = tuple[int, list[str]]


@contextmanager
def open_list(path: Path) -> Iterator[Iterator[Row]]:
    """The rows of a members' list below its headings; raises UnreadableList, also while they are read."""
    if path.stat().st_size > MOST_BYTES:
        raise UnreadableList(ListFault.TOO_LARGE)
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLE:
        raise UnreadableList(ListFault.OLD_SPREADSHEET)
    with _open_spreadsheet(path) if start == _ZIP else _open_text(path) as lines:
        yield _rows(lines)


def _rows(lines: Iterator[Line]) -> Iterator[Row]:
    _line, columns = find_columns(_filled(lines))
    for line, cells in _filled(lines):
        yield Row(line, {column: cells[index] for column, index in columns.items() if index < len(cells)})


def _filled(lines: Iterator[Line]) -> Iterator[Line]:
    return ((line, cells) for line, cells in lines if any(cell.strip() for cell in cells))


@contextmanager
def _open_text(path: Path) -> Iterator[Iterator[Line]]:
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        start = "".join(islice(file, 20))
        if "\x00" in start:
            raise UnreadableList(ListFault.NOT_A_LIST)
        file.seek(0)
        yield _text_lines(file, _delimiter_of(start))


def _text_lines(file: io.TextIOBase, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(file, delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error:
        raise UnreadableList(ListFault.BROKEN_LINE, str(reader.line_num)) from None


def _delimiter_of(start: str) -> str:
    return max(",;\t", key=lambda each: max((line.count(each) for line in start.splitlines()), default=0))


def _encoding_of(path: Path) -> str:
    """utf-8-sig, utf-16 by its mark, or cp949, in which Korean spreadsheets save CSV; the first that fits it all."""
    with path.open("rb") as file:
        mark = file.read(2)
    has_mark = mark in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    candidates = ["utf-16"] if has_mark else ["utf-8-sig", "cp949"]
    found = next((each for each in candidates if _decodes(path, each)), None)
    if found is None:
        raise UnreadableList(ListFault.UNKNOWN_LETTERS)
    return found


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while stretch := file.read(_STRETCH):
                decoder.decode(stretch)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _open_spreadsheet(path: Path) -> Iterator[Iterator[Line]]:
    _check_unpacked_size(path)
    try:
        with warnings.catch_warnings():
            # It warns of what it will not keep, such as a file's styles; nothing is written back here.
            warnings.simplefilter("ignore")
            book = load_workbook(path, read_only=True, data_only=True)
    except Exception:  # noqa: BLE001 — a broken spreadsheet fails in a dozen ways, and its words may quote a cell
        raise UnreadableList(ListFault.NOT_A_LIST) from None
    try:
        yield _sheet_lines(book)
    finally:
        book.close()


def _check_unpacked_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except zipfile.BadZipFile:
        raise UnreadableList(ListFault.NOT_A_LIST) from None
    if size > MOST_BYTES_UNPACKED:
        raise UnreadableList(ListFault.TOO_LARGE)


def _sheet_lines(book) -> Iterator[Line]:  # type: ignore[no-untyped-def]  # openpyxl names no type for this
    if not book.worksheets:
        raise UnreadableList(ListFault.EMPTY)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    try:
        for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield line, [_as_text(cell) for cell in cells]
    except UnreadableList:
        raise
    except Exception:  # noqa: BLE001 — as above: what is inside is only parsed now
        raise UnreadableList(ListFault.NOT_A_LIST) from None


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)


def template_lines() -> str:
    """An empty list with the headings that are understood, as CSV that a Korean spreadsheet opens rightly."""
    return "\ufeff" + ",".join(["이름", "이메일", "휴대전화", "소속", "전문분야", "언어", "역할"]) + "\r\n"


__all__ = ["Column", "Row", "open_list", "template_lines"]
