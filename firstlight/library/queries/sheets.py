"""What a table of cases says, before anything is made of it."""

from collections.abc import Mapping

from firstlight.imaging.models import Series, Study
from firstlight.library.models import Case
from firstlight.library.rules.sheets import BadRow, Row, Sheet, read_rows
from firstlight.outbreaks.models import Outbreak


def rows_of(
    sheet: Sheet, mapping: Mapping[str, str], *, outbreak: Outbreak | None, has_folder: bool
) -> tuple[list[Row], list[BadRow]]:
    """The rows that can become cases of this outbreak, and those that cannot with every reason."""
    tags = frozenset(outbreak.case_tags.values_list("key", flat=True)) if outbreak else frozenset()
    good, bad = read_rows(
        sheet,
        mapping,
        tags=tags,
        certainties=frozenset(Case.Certainty.values),
        consents=frozenset(Case.Consent.values),
    )
    there = _studies_there([uid for row in good for uid in row.studies], outbreak)
    missing = {row.line for row in good if not set(row.studies) <= there}
    unasked = set() if has_folder else {row.line for row in good if row.folder}
    bad += [BadRow(line, (("no-such-study", "studies"),)) for line in missing]
    bad += [BadRow(line, (("folder-on-a-page", "folder"),)) for line in unasked - missing]
    left = missing | unasked
    return [row for row in good if row.line not in left], sorted(bad, key=lambda each: each.line)


def _studies_there(uids: list[str], outbreak: Outbreak | None) -> set[str]:
    found = Study.objects.filter(study_instance_uid__in=uids, outbreak=outbreak)
    return set(found.values_list("study_instance_uid", flat=True))


def key_of(row: Row, outbreak: Outbreak | None) -> str:
    """Under which name a row's case is known, so that the same row again makes no second one."""
    return f"{outbreak.slug if outbreak else ''}/{row.key}"[:200]


def cases_there(rows: list[Row], outbreak: Outbreak | None) -> dict[str, int]:
    """The number of each row's case that was made before, by the row's key."""
    keys = {key_of(row, outbreak): row.key for row in rows}
    known = Case.objects.filter(import_key__in=keys).values_list("import_key", "number")
    return {keys[key]: number for key, number in known if key}


def series_of_studies(uids: list[str]) -> list[Series]:
    """The series of these studies, in the order of their numbers."""
    return list(Series.objects.filter(study__study_instance_uid__in=uids).order_by("study", "series_number", "pk"))
