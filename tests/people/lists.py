"""Members' lists for the tests, as people hand them in."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

HEADINGS = ("이름", "이메일", "휴대전화", "소속", "전문분야", "언어", "역할")
HANEUL = ("김하늘", "kim@example.org", "010-1234-5678", "가나병원", "흉부", "ko", "회원")
BORA = ("<b>Bora</b> Lee", "Bora@Example.org", "", "Dara Hospital", "msk", "English", "editor, reader")
PHONE_ONLY = ("이솔", "", "1098765432", "가나병원", "", "", "")
GOOD = (HANEUL, BORA, PHONE_ONLY)


def csv_list(
    path: Path,
    rows: Sequence[Sequence[str]] = GOOD,
    *,
    headings: Sequence[str] = HEADINGS,
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
) -> Path:
    """A list as CSV."""
    quoted = [delimiter.join(f'"{cell}"' for cell in row) for row in (headings, *rows)]
    path.write_text("\r\n".join(quoted) + "\r\n", encoding=encoding, newline="")
    return path


def spreadsheet(path: Path, rows: Sequence[Sequence[object]] = GOOD) -> Path:
    """A list as an Excel file, with a title above its headings."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["회원 명부"], [], HEADINGS, *rows):
        sheet.append(list(row))
    book.save(path)
    return path
