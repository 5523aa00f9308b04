"""Cases are made from a table, row by row: each one whole or not at all, and none twice."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from firstlight.audit.actions import record
from firstlight.imaging.actions import receive
from firstlight.imaging.models import Series
from firstlight.library.actions.writing import attach_series, begin_case, name_authors, write_case
from firstlight.library.models import Case, CaseSheet
from firstlight.library.policies import check_can_edit_cases
from firstlight.library.queries.sheets import key_of, series_of_studies
from firstlight.library.rules.sheets import Row, Sheet, mapping_of, read_sheet
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Member


@dataclass(frozen=True)
class Made:
    """What became of a row: "made", "there" from an earlier time, or "refused" with its reason."""

    line: int
    status: str
    number: int | None = None
    reason: str = ""
    count: int = 0


def hand_in_sheet(content: bytes, *, outbreak: Outbreak | None, by: Member, at: datetime) -> CaseSheet:
    """Keep a table with the columns whose headings are known; raises UnreadableSheet."""
    check_can_edit_cases(by)
    sheet = read_sheet(content)
    kept = CaseSheet.objects.create(
        rows=sheet.rows,
        columns=sheet.columns,
        mapping=mapping_of(sheet.columns),
        outbreak=outbreak,
        handed_in_by=by,
        handed_in_at=at,
    )
    record("sheet.handed_in", kept, by=by, at=at, rows=len(sheet.rows))
    return kept


def map_sheet(kept: CaseSheet, mapping: Mapping[str, str], *, by: Member, at: datetime) -> None:
    """Say which column each field is read from."""
    check_can_edit_cases(by)
    kept.mapping = dict(mapping)
    kept.save(update_fields=["mapping"])
    record("sheet.mapped", kept, by=by, at=at, fields=sorted(mapping))


def sheet_of(kept: CaseSheet) -> Sheet:
    """A table as it was read when it was handed in."""
    return Sheet(list(kept.columns), [(line, dict(cells)) for line, cells in kept.rows])


def import_sheet(kept: CaseSheet, rows: Sequence[Row], *, by: Member, at: datetime) -> list[Made]:
    """Make drafts of a kept table's good rows."""
    made = list(import_rows(rows, outbreak=kept.outbreak, by=by, at=at))
    kept.imported_at = at
    kept.save(update_fields=["imported_at"])
    counts = {status: sum(each.status == status for each in made) for status in ("made", "there", "refused")}
    record("sheet.imported", kept, by=by, at=at, **counts)
    return made


def import_rows(
    rows: Sequence[Row], *, outbreak: Outbreak | None, by: Member, at: datetime, folder: Path | None = None
) -> Iterator[Made]:
    """Make a draft of each row; stopped at any moment and run again, it goes on with the next one."""
    check_can_edit_cases(by)
    for row in rows:
        yield _import_row(row, outbreak=outbreak, by=by, at=at, folder=folder)


def _import_row(row: Row, *, outbreak: Outbreak | None, by: Member, at: datetime, folder: Path | None) -> Made:
    there = Case.objects.filter(import_key=key_of(row, outbreak)).first()
    if there:
        return Made(row.line, "there", there.number)
    uids = list(row.studies)
    if row.folder and folder:
        found, held = _receive(folder / row.folder, outbreak=outbreak, by=by, at=at)
        if held or not found:
            return Made(row.line, "refused", reason="held-images" if held else "no-images", count=held)
        uids += found
    try:
        case = _draft(row, series_of_studies(uids), outbreak=outbreak, by=by, at=at)
    except ValidationError as error:
        return Made(row.line, "refused", reason=" ".join(error.messages))
    return Made(row.line, "made", case.number)


def _receive(folder: Path, *, outbreak: Outbreak | None, by: Member, at: datetime) -> tuple[list[str], int]:
    """Take a folder in as any other: its studies, and how many of its files are held."""
    outcomes = list(receive(_contents(folder), outbreak=outbreak, by=by, at=at))
    held = sum(each.status == "held" for each in outcomes)
    return list(dict.fromkeys(each.study_instance_uid for each in outcomes if each.study_instance_uid)), held


def _contents(folder: Path) -> Iterator[bytes]:
    """Every regular file below, in order; links are not followed out of the folder."""
    for place, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            file = Path(place) / name
            if file.is_file() and not file.is_symlink():
                yield file.read_bytes()


@transaction.atomic
def _draft(row: Row, series: Sequence[Series], *, outbreak: Outbreak | None, by: Member, at: datetime) -> Case:
    case = begin_case(outbreak=outbreak, by=by, at=at)
    attach_series(case, series, by=by, at=at)
    if row.authors:
        name_authors(case, row.authors, by=by, at=at)
    write_case(case, by=by, at=at, import_key=key_of(row, outbreak), **row.texts)
    return case
